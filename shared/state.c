/*
 * Reading ROOT/ID. Every name is one component, opened below an fd that was checked before; nothing
 * follows a symlink. What a file says is believed only when it belongs to us and nobody else may
 * write it.
 */
#include "state.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>
#include "step.h"
#include "sys.h"
#include "text.h"

const char *state_id_error(const char *id)
{
	if (!*id)
		return "container id cannot be empty";
	for (const char *s = id; *s; s++) {
		int letter = (*s >= 'a' && *s <= 'z') || (*s >= 'A' && *s <= 'Z');

		if (!letter && !(*s >= '0' && *s <= '9') && !strchr("_+-.", *s))
			return "invalid container ID format";
	}
	/* ".bpf" is the cache of seccomp programs, beside the containers. */
	if (!strcmp(id, ".") || !strcmp(id, "..") || !strcmp(id, ".bpf") || strlen(id) > NAME_MAX)
		return "invalid container ID format";
	return NULL;
}

static uid_t self = (uid_t)-1; /* whose all must be: we, or with state_look_root the root's owner */

/* Ours, and nobody else can change it: a sticky directory lets others add names, but not touch
 * ours. */
static int check_owner(int fd, mode_t type)
{
	struct stat st;

	if (self == (uid_t)-1)
		self = geteuid();
	if (fstat(fd, &st) < 0)
		return -errno;
	if ((st.st_mode & S_IFMT) != type)
		return type == S_IFDIR ? -ENOTDIR : -EBADMSG;
	if (st.st_uid != self)
		return -EPERM;
	if ((st.st_mode & (S_IWGRP | S_IWOTH)) && !(type == S_IFDIR && (st.st_mode & S_ISVTX)))
		return -EPERM;
	return 0;
}

static int checked(int fd, mode_t type)
{
	int err = fd < 0 ? -errno : check_owner(fd, type);

	if (!err)
		return fd;
	if (fd >= 0)
		close(fd);
	return err;
}

static int make_directories(const char *path)
{
	char name[PATH_MAX];
	size_t length = strlen(path);

	if (length >= sizeof(name))
		return -ENAMETOOLONG;
	for (size_t i = 1; i <= length; i++) {
		if (path[i] && path[i] != '/')
			continue;
		memcpy(name, path, i);
		name[i] = '\0';
		if (mkdir(name, 0700) < 0 && errno != EEXIST)
			return -errno;
	}
	return 0;
}

int state_open_root(const char *path, int create)
{
	const int flags = O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC;
	int fd = open(path, flags);

	if (fd < 0 && errno == ENOENT && create) {
		int err = make_directories(path);

		if (err)
			return err;
		fd = open(path, flags);
	}
	return checked(fd, S_IFDIR);
}

int state_look_root(const char *path)
{
	struct stat st;

	if (!geteuid() && !lstat(path, &st))
		self = st.st_uid;
	return state_open_root(path, 0);
}

/* NAME is one component. The openat of old kernels is as strict for it but for mounts, which only
 * root can make. */
static int open_entry(int dir, const char *name, int flags)
{
	struct open_how how = {
		.flags = (uint64_t)flags | O_NOFOLLOW | O_NONBLOCK | O_NOCTTY | O_CLOEXEC,
		.resolve = RESOLVE_BENEATH | RESOLVE_NO_SYMLINKS | RESOLVE_NO_MAGICLINKS};
	int fd = sys_openat2(dir, name, &how);

	if (fd < 0 && errno == ENOSYS)
		fd = openat(dir, name, (int)how.flags);
	return fd;
}

/* 1 when DIR has NAME, whatever that is; 0 or -errno. */
static int has_entry(int dir, const char *name)
{
	struct stat st;

	if (!fstatat(dir, name, &st, AT_SYMLINK_NOFOLLOW))
		return 1;
	return errno == ENOENT ? 0 : -errno;
}

/* 1 when DIR has no entry, 0 or -errno. -ENOENT: it has been removed. */
static int is_empty(int dir)
{
	char buffer[1024];
	struct stat st;
	long n;

	if (lseek(dir, 0, SEEK_SET) < 0)
		return -errno;
	while ((n = syscall(SYS_getdents64, dir, buffer, sizeof(buffer))) > 0)
		for (long i = 0; i < n;) {
			const struct dirent *entry = (const void *)(buffer + i);

			i += entry->d_reclen;
			if (strcmp(entry->d_name, ".") && strcmp(entry->d_name, ".."))
				return 0;
		}
	if (n < 0 || fstat(dir, &st) < 0)
		return -errno;
	return st.st_nlink ? 1 : -ENOENT;
}

static const char some_other[] = "another runtime";

/* Whose directory it is that has no journal: of ours the plan is left; ours is an empty one, too. */
static int find_maker(struct container *container)
{
	static const struct {
		const char *file, *maker;
	} marks[] = {{"plan", NULL}, {"youki_config.json", "youki"}, {"status", "crun"},
		{"state.json", "runc"}};
	int found;

	memset(&container->journal, 0, offsetof(struct journal, bytes));
	for (size_t i = 0; i < sizeof(marks) / sizeof(marks[0]); i++) {
		found = has_entry(container->dir, marks[i].file);
		if (found < 0)
			return found;
		container->maker = marks[i].maker;
		if (found)
			return container->maker ? -EREMOTE : -EBADMSG;
	}
	container->maker = some_other;
	found = is_empty(container->dir);
	return found < 0 ? found : found ? 0 : -EREMOTE;
}

int state_open_file(const struct container *container, const char *name)
{
	return checked(open_entry(container->dir, name, O_RDONLY), S_IFREG);
}

static int read_journal(struct container *container)
{
	int fd = state_open_file(container, "journal");
	int err;

	if (fd < 0)
		return fd;
	err = journal_read(fd, &container->journal);
	close(fd);
	return err;
}

int state_read_journal(struct container *container)
{
	const struct timespec moment = {.tv_nsec = 10 * 1000 * 1000};
	int err = read_journal(container);

	container->maker = NULL;
	container->recovered = 0;
	if (err == -ENOENT) {
		err = find_maker(container);
		if (container->maker != some_other)
			return err;
		/* A creation may be about to make it, or a removal about to remove the rest. */
		nanosleep(&moment, NULL);
		err = read_journal(container);
		if (err == -ENOENT)
			return find_maker(container);
		container->maker = NULL;
	}
	if (err != -ELOOP)
		return err;
	memset(&container->journal, 0, offsetof(struct journal, bytes));
	return -EBADMSG; /* no journal of ours is a link */
}

int state_open(int root, const char *id, struct container *container)
{
	container->id = id;
	container->have_plan = 0;
	container->dir = checked(open_entry(root, id, O_RDONLY | O_DIRECTORY), S_IFDIR);
	if (container->dir < 0) {
		int err = container->dir;

		container->dir = -1;
		return err;
	}
	return state_read_journal(container);
}

static _Alignas(8) uint8_t plan_buffer[256 * 1024];

static void release_plan(struct plan *plan)
{
	if (plan->image && plan->image != MAP_FAILED && plan->image != plan_buffer)
		munmap((void *)(uintptr_t)plan->image, plan->size);
	plan->image = NULL;
}

void state_close(struct container *container)
{
	if (container->dir >= 0)
		close(container->dir);
	container->dir = -1;
	if (container->have_plan)
		release_plan(&container->plan);
	container->have_plan = 0;
}

int state_load_plan(struct container *container, const char **why)
{
	struct plan *plan = &container->plan;
	int fd, err;

	*why = "plan";
	if (container->have_plan)
		return 0;
	fd = state_open_file(container, "plan");
	if (fd < 0)
		return fd;
	*plan = (struct plan){.image = NULL};
	err = plan_load(fd, build_id, plan, why);
	close(fd);
	container->have_plan = !err;
	if (err)
		release_plan(plan);
	return err;
}

/* Reads a plan into PLAN_BUFFER, without a mapping of its own: `list` does this a thousand times.
 * -EFBIG: no room. */
static int read_plan(int fd, struct plan *plan, const char **why)
{
	ssize_t n = pread(fd, plan_buffer, sizeof(plan_buffer), 0);
	int err;

	if (n < 0)
		return -errno;
	if ((size_t)n == sizeof(plan_buffer))
		return -EFBIG;
	err = plan_check(plan_buffer, (size_t)n, NULL, why);
	if (err)
		return err;
	*plan = (struct plan){plan_buffer, (size_t)n, (const void *)plan_buffer, NULL};
	plan->config = plan_config_at(plan, (struct plan_list){0, 1}, 0);
	return 0;
}

int state_load_any_plan(struct container *container, const char **why)
{
	struct plan *plan = &container->plan;
	int fd, err;

	*why = "plan";
	if (container->have_plan)
		return 0;
	fd = state_open_file(container, "plan");
	if (fd < 0)
		return fd;
	*plan = (struct plan){.image = NULL};
	err = read_plan(fd, plan, why);
	if (err == -EFBIG)
		err = plan_load(fd, NULL, plan, why);
	close(fd);
	container->have_plan = !err;
	if (err)
		release_plan(plan);
	return err;
}

/* What the container's process was handed as /run/notify: our socket, and nothing else unless root
 * of the container could change the mount. */
static int remove_notify(int dir)
{
	int notify = open_entry(dir, "notify", O_RDONLY | O_DIRECTORY);
	int err = 0;

	if (notify < 0)
		return errno == ENOENT ? 0 : -errno;
	if (unlinkat(notify, "notify.sock", 0) < 0 && errno != ENOENT)
		err = -errno;
	close(notify);
	if (!err && unlinkat(dir, "notify", AT_REMOVEDIR) < 0)
		err = -errno;
	return err;
}

int state_remove(int root, const char *id)
{
	/* The journal goes last: until then a second attempt still knows what there was to undo. */
	static const char *const files[] = {"exec.fifo", "state.json", "state.json.new",
		"filter.bpf", "landlock", "plan", "plan.new", "resources.json",
		"resources.json.new", "config.json", "lock", "journal.new", "journal"};
	int dir = checked(open_entry(root, id, O_RDONLY | O_DIRECTORY), S_IFDIR);
	int err;

	if (dir < 0)
		return dir;
	err = remove_notify(dir);
	for (size_t i = 0; i < sizeof(files) / sizeof(files[0]) && !err; i++)
		if (unlinkat(dir, files[i], 0) < 0 && errno != ENOENT)
			err = -errno;
	close(dir);
	if (!err && unlinkat(root, id, AT_REMOVEDIR) < 0)
		err = -errno;
	return err;
}

static void add_padded(struct text *t, uint64_t n, int digits)
{
	for (uint64_t limit = 10; digits > 1; digits--, limit *= 10)
		if (n < limit) {
			for (; digits > 1; digits--)
				text_add(t, "0");
			break;
		}
	text_add_u64(t, n);
}

void state_format_time(uint64_t seconds, uint64_t nanoseconds, char *buffer, size_t size)
{
	struct text t = {buffer, size, 0, 0};
	time_t when = (time_t)seconds;
	struct tm tm;

	buffer[0] = '\0';
	if (!gmtime_r(&when, &tm))
		tm = (struct tm){.tm_mday = 1, .tm_year = 70};
	add_padded(&t, (uint64_t)tm.tm_year + 1900, 4);
	text_add(&t, "-");
	add_padded(&t, (uint64_t)tm.tm_mon + 1, 2);
	text_add(&t, "-");
	add_padded(&t, (uint64_t)tm.tm_mday, 2);
	text_add(&t, "T");
	add_padded(&t, (uint64_t)tm.tm_hour, 2);
	text_add(&t, ":");
	add_padded(&t, (uint64_t)tm.tm_min, 2);
	text_add(&t, ":");
	add_padded(&t, (uint64_t)tm.tm_sec, 2);
	if (nanoseconds % 1000000000) {
		text_add(&t, ".");
		add_padded(&t, nanoseconds % 1000000000, 9);
		while (t.data[t.length - 1] == '0')
			t.data[--t.length] = '\0';
	}
	text_add(&t, "Z");
}
