/* The walk: one directory of each level open, no recursion. */
#include "copyup.h"

#include <errno.h>
#include <fcntl.h>
#include <stdint.h>
#include <string.h>
#include <sys/syscall.h>
#include <unistd.h>
#include "step.h"
#include "text.h"

#define DEPTH_MAX  200
#define LINKS_MAX  16384      /* files with several names; of more each name becomes a file */
#define NAMES_SIZE (1u << 20) /* the paths of these */

/* What getdents64(2) returns. */
struct entry {
	uint64_t inode;
	int64_t offset;
	uint16_t length;
	uint8_t type;
	char name[];
};

/* One directory on the way: what is read of it, and how much of the path is its own. */
static struct level {
	int from, to;
	struct stat st;
	size_t path, at, end;
	_Alignas(8) char entries[4096];
} levels[DEPTH_MAX];
static size_t depth;

static struct {
	dev_t device;
	ino_t inode;
	uint32_t path; /* in names */
} links[LINKS_MAX];
static size_t link_count, names_used;
static char names[NAMES_SIZE];

char copy_path[4096];
static size_t devices;

_Noreturn void die_here(int err)
{
	die("tmpcopyup:", copy_path, err);
}

void warn_here(const char *what)
{
	warn(what, copy_path, 0);
}

/* NULL at the end of the directory. */
static const struct entry *next_entry(struct level *level)
{
	const struct entry *entry;

	if (level->at == level->end) {
		long n = syscall(
			__NR_getdents64, level->from, level->entries, sizeof(level->entries));

		if (n < 0)
			die_here(errno);
		level->at = 0;
		level->end = (size_t)n;
		if (!n)
			return NULL;
	}
	entry = (const struct entry *)(const void *)(level->entries + level->at);
	level->at += entry->length;
	return entry;
}

static void enter_path(size_t length, const char *name)
{
	copy_path[length] = '\0';
	if (length + 1 + strlen(name) >= sizeof(copy_path))
		die_here(ENAMETOOLONG);
	if (length)
		copy_path[length++] = '/';
	memcpy(copy_path + length, name, strlen(name) + 1);
}

/* Takes over both. */
static void push(int from, int to)
{
	struct level *level = &levels[depth];

	if (depth == DEPTH_MAX)
		die("tmpcopyup: directories nested too deeply:", copy_path, 0);
	if (fstat(from, &level->st) < 0)
		die_here(errno);
	level->from = from;
	level->to = to;
	level->path = strlen(copy_path);
	level->at = level->end = 0;
	depth++;
}

/* When all is in it: what is made below changes a directory's times, and its mode may forbid it. */
static void pop(void)
{
	struct level *level = &levels[--depth];

	copy_path[level->path] = '\0';
	if (depth) {
		copy_attributes(level->from, level->to, &level->st);
		close(level->to);
		close(level->from);
	}
}

static void copy_directory(int from, int to, const char *name)
{
	int below = open_entry(from, name, O_DIRECTORY), made;

	if (mkdirat(to, name, 0700) < 0)
		die_here(errno);
	if (below == -EXDEV) { /* something is mounted there: that is not what will be covered */
		if (fchmodat(to, name, 0755, 0) < 0)
			die_here(errno);
		return;
	}
	if (below < 0)
		die_here(below);
	made = open_entry(to, name, O_DIRECTORY);
	if (made < 0)
		die_here(made);
	push(below, made);
}

static void copy_symlink(int from, int to, const char *name, const struct stat *st)
{
	char target[4096];
	ssize_t n = readlinkat(from, name, target, sizeof(target) - 1);

	if (n < 0)
		die_here(errno);
	target[n] = '\0';
	if (symlinkat(target, to, name) < 0)
		die_here(errno);
	set_attributes_of(to, name, st);
}

static void copy_node(int to, const char *name, const struct stat *st)
{
	/* Of sockets and FIFOs the name is all there is; neither is opened. */
	if (mknodat(to, name, st->st_mode & (S_IFMT | 07777), 0) < 0)
		die_here(errno);
	set_attributes_of(to, name, st);
}

/* True when the file was copied under another name and NAME is a link to that now. */
static int make_hard_link(int to, const char *name, const struct stat *st)
{
	size_t length = strlen(copy_path) + 1;

	for (size_t i = 0; i < link_count; i++) {
		if (links[i].inode != st->st_ino || links[i].device != st->st_dev)
			continue;
		if (!linkat(levels[0].to, names + links[i].path, to, name, 0))
			return 1;
		if (errno != EXDEV) /* Landlock before Linux 5.19, in another directory */
			die_here(errno);
		return 0;
	}
	if (link_count < LINKS_MAX && names_used + length <= sizeof(names)) {
		links[link_count].device = st->st_dev;
		links[link_count].inode = st->st_ino;
		links[link_count++].path = (uint32_t)names_used;
		memcpy(names + names_used, copy_path, length);
		names_used += length;
	}
	return 0;
}

static void copy_entry(int from, int to, const char *name)
{
	struct stat st;

	if (fstatat(from, name, &st, AT_SYMLINK_NOFOLLOW) < 0)
		die_here(errno);
	switch (st.st_mode & S_IFMT) {
	case S_IFDIR:
		copy_directory(from, to, name);
		break;
	case S_IFREG:
		if (st.st_nlink < 2 || !make_hard_link(to, name, &st))
			copy_file(from, to, name);
		break;
	case S_IFLNK:
		copy_symlink(from, to, name, &st);
		break;
	case S_IFIFO:
	case S_IFSOCK:
		copy_node(to, name, &st);
		break;
	default:
		if (!devices++)
			warn_here("tmpcopyup: devices are not copied; the first:");
	}
}

void copy_tree(int from, int to)
{
	/* The first one is only a path (O_PATH). */
	int top = open_entry(from, ".", O_DIRECTORY), made = open_entry(to, ".", O_DIRECTORY);

	if (top < 0 || made < 0)
		die_here(top < 0 ? top : made);
	push(top, made);
	while (depth) {
		struct level *level = &levels[depth - 1];
		const struct entry *entry = next_entry(level);

		if (!entry) {
			if (depth == 1)
				break;
			pop();
			continue;
		}
		if (!strcmp(entry->name, ".") || !strcmp(entry->name, ".."))
			continue;
		enter_path(level->path, entry->name);
		copy_entry(level->from, level->to, entry->name);
	}
	*copy_path = '\0';
	copy_times(levels[0].to, &levels[0].st);
}
