/* Walks over a cgroup and those below it. Their names and their number are the container's choice:
 * everything is bounded. */
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>
#include "cgroup.h"
#include "text.h"

#define DEPTH_MAX  65536
#define REMOVE_MAX 2000000 /* steps of one removal */
#define NAME_SIZE  256

struct entry {
	uint64_t inode;
	int64_t offset;
	uint16_t length;
	uint8_t type;
	char name[];
};

/* Reads lines of numbers across the borders of BUFFER; a line longer than a number is a broken
 * file. */
static int each_line(char *buffer, size_t *have, int (*visit)(pid_t, void *), void *arg)
{
	char *line = buffer, *end;
	int result = 0;

	while (!result && (end = memchr(line, '\n', *have - (size_t)(line - buffer)))) {
		uint64_t pid;

		*end = '\0';
		if (text_to_u64(line, &pid) || pid > PROCS_MAX)
			return -EBADMSG;
		result = visit((pid_t)pid, arg);
		line = end + 1;
	}
	*have -= (size_t)(line - buffer);
	memmove(buffer, line, *have);
	return result ? result : *have > 32 ? -EBADMSG : 0;
}

static int ids_each(int dir, const char *file, int (*visit)(pid_t, void *), void *arg)
{
	int fd = beneath(dir, file, O_RDONLY), result = 0;
	char buffer[4096];
	size_t have = 0;

	if (fd < 0)
		return fd;
	while (!result) {
		ssize_t n = read(fd, buffer + have, sizeof(buffer) - have);

		if (n < 0 && errno == EINTR)
			continue;
		if (n <= 0) {
			result = n < 0 ? -errno : 0;
			break;
		}
		have += (size_t)n;
		result = each_line(buffer, &have, visit, arg);
	}
	close(fd);
	return result;
}

int procs_each(int dir, int (*visit)(pid_t, void *), void *arg)
{
	return ids_each(dir, "cgroup.procs", visit, arg);
}

int threads_each(int dir, int (*visit)(pid_t, void *), void *arg)
{
	return ids_each(dir, "cgroup.threads", visit, arg);
}

static int is_directory(const struct entry *entry)
{
	return entry->type == DT_DIR && strcmp(entry->name, ".") && strcmp(entry->name, "..");
}

/*
 * Reads on in DIR from *OFFSET, which is moved on, to the next directory in it. A name that appears
 * or goes meanwhile moves no other: kernfs orders them by a hash. 1 and NAME, 0 or -errno.
 */
static int next_child(int dir, int64_t *offset, char name[NAME_SIZE])
{
	char buffer[4096] __attribute__((aligned(8)));
	long n;

	if (lseek(dir, *offset, SEEK_SET) < 0)
		return -errno;
	while ((n = syscall(SYS_getdents64, dir, buffer, sizeof(buffer))) > 0) {
		for (long at = 0; at < n;) {
			const struct entry *entry = (const void *)(buffer + at);

			at += entry->length;
			*offset = entry->offset;
			if (is_directory(entry) && strlen(entry->name) < NAME_SIZE) {
				memcpy(name, entry->name, strlen(entry->name) + 1);
				return 1;
			}
		}
	}
	/* ENOENT: this directory has been removed meanwhile. */
	return n < 0 && errno != ENOENT ? -errno : 0;
}

/* Goes down to NAME, or up when it is NULL: *DIR becomes that directory. What has gone is no error:
 * 1 when we are there, 0 or -errno. */
static int step_to(int *dir, int top, const char *name)
{
	/* beneath() goes no way up. No cgroup is ever moved to another parent, and one that was
	 * removed still has the one it had. */
	int fd = name ? beneath(*dir, name, O_RDONLY | O_DIRECTORY)
		      : openat(*dir, "..", O_RDONLY | O_DIRECTORY | O_CLOEXEC | O_NOFOLLOW);

	if (fd < 0 && name)
		return fd == -ENOENT ? 0 : fd;
	if (fd < 0)
		return -errno;
	if (*dir != top)
		close(*dir);
	*dir = fd;
	return 1;
}

/* With one fd beside TOP, whatever the depth is: how deep it is, the container decides. */
int tree_each(int top, int (*visit)(int, void *), void *arg)
{
	static int64_t offsets[DEPTH_MAX];
	int dir = top, depth = 0, result = visit(top, arg);
	char name[NAME_SIZE];

	offsets[0] = 0;
	while (!result) {
		int found = next_child(dir, &offsets[depth], name);

		if (found < 0 || (!found && !depth)) {
			result = found;
			break;
		}
		if (found && depth + 1 == DEPTH_MAX) {
			result = -ELOOP;
			break;
		}
		result = step_to(&dir, top, found ? name : NULL);
		if (result <= 0)
			continue;
		result = 0;
		depth += found ? 1 : -1;
		if (found) {
			offsets[depth] = 0;
			result = visit(dir, arg);
		}
	}
	if (dir != top)
		close(dir);
	return result;
}

static int count_one(pid_t pid, void *arg)
{
	int *count = arg;

	(void)pid;
	(*count)++;
	return 0;
}

static int count_directory(int dir, void *arg)
{
	int err = procs_each(dir, count_one, arg);

	/* A threaded cgroup (v2) has no list of processes: they are in the domain above. ENODEV:
	 * removed meanwhile. */
	return err == -EOPNOTSUPP || err == -ENOENT || err == -ENODEV ? 0 : err;
}

static int count_threads(int dir, void *arg)
{
	int err = threads_each(dir, count_one, arg);

	return err == -ENOENT || err == -ENODEV ? 0 : err;
}

int tree_count(int dir)
{
	int count = 0, err = tree_each(dir, count_directory, &count);

	/* Below a threaded cgroup there are threaded ones only, and the domain is not ours. */
	if (!err && !count)
		err = tree_each(dir, count_threads, &count);
	return err ? err : count;
}

#define PIDS_SHOWN 8

struct shown {
	struct text *text;
	int count;
};

static int add_pid(pid_t pid, void *arg)
{
	struct shown *shown = arg;

	if (shown->count == PIDS_SHOWN) {
		text_add(shown->text, " …");
		return 1;
	}
	text_add(shown->text, shown->count++ ? ", " : ": ");
	text_add_u64(shown->text, (uint64_t)pid);
	return 0;
}

static int add_pids_of(int dir, void *arg)
{
	int err = procs_each(dir, add_pid, arg);

	if (err == -EOPNOTSUPP && !((struct shown *)arg)->count)
		err = threads_each(dir, add_pid, arg);
	/* A threaded child, whose processes the one above has named; or one that has gone. */
	return err == -EOPNOTSUPP || err == -ENOENT || err == -ENODEV ? 0 : err;
}

void add_pids(struct text *t, int dir)
{
	struct shown shown = {t, 0};

	(void)tree_each(dir, add_pids_of, &shown); /* best effort: only for a message */
}

int tree_changes_modes;

static int remove_directory(int dir, const char *name)
{
	if (unlinkat(dir, name, AT_REMOVEDIR) < 0 && errno != ENOENT)
		return -errno;
	return 0;
}

/* One whose mode keeps us out, although it is ours: an ordinary user has no capability to ignore
 * that. */
static int open_to_remove(int dir, const char *name)
{
	int fd = beneath(dir, name, O_RDONLY | O_DIRECTORY);

	if (fd != -EACCES || !tree_changes_modes || fchmodat(dir, name, 0700, 0) < 0)
		return fd;
	return beneath(dir, name, O_RDONLY | O_DIRECTORY);
}

/* The one that could not be removed, for what is below it. An fd, 0 when it has gone, -EBUSY when
 * nothing is: then it has processes. */
static int open_below(int dir, const char *name)
{
	char child[NAME_SIZE];
	int64_t offset = 0;
	int fd = open_to_remove(dir, name), found;

	if (fd < 0)
		return fd == -ENOENT ? 0 : fd;
	found = next_child(fd, &offset, child);
	if (found > 0)
		return fd;
	close(fd);
	return found ? found : -EBUSY;
}

/*
 * Removes every cgroup below TOP, from the deepest up, with one fd beside it whatever the depth is:
 * a container that nests thousands of cgroups must not be able to keep its own.
 */
static int remove_below(int top)
{
	int dir = top, depth = 0, result = 0;
	char name[NAME_SIZE];
	int64_t offset = 0;

	for (int budget = REMOVE_MAX; !result; budget--) {
		int found = next_child(dir, &offset, name);

		if (found < 0 || (!found && !depth) || !budget) {
			result = budget ? found : -ELOOP;
			break;
		}
		result = found ? remove_directory(dir, name) : -EBUSY;
		if (result != -EBUSY)
			continue;
		result = found ? open_below(dir, name) : step_to(&dir, top, NULL);
		if (result <= 0)
			continue;
		if (found && dir != top)
			close(dir);
		dir = found ? result : dir;
		depth += found ? 1 : -1;
		offset = 0;
		result = 0;
	}
	if (dir != top)
		close(dir);
	return result;
}

int open_parent(int root, const char *path, const char **name)
{
	const char *slash = strrchr(path, '/');
	char parent[PATH_SIZE];
	struct text t = TEXT(parent);

	*name = slash ? slash + 1 : path;
	if (!slash)
		return root;
	text_add_bytes(&t, path, (size_t)(slash - path));
	return t.cut ? -ENAMETOOLONG : beneath(root, parent, O_RDONLY | O_DIRECTORY);
}

int tree_remove(int root, const char *path)
{
	const char *name;
	int parent = open_parent(root, path, &name), err, dir;

	if (parent < 0)
		return parent == -ENOENT ? 0 : parent;
	err = remove_directory(parent, name);
	if (err) {
		dir = beneath(parent, name, O_RDONLY | O_DIRECTORY);
		if (dir == -ENOENT) {
			err = 0; /* rmdir on a read-only file system says EROFS even then */
		} else if (dir >= 0) {
			int below = remove_below(dir);

			err = below ? below : remove_directory(parent, name);
			close(dir);
		}
	}
	if (parent != root)
		close(parent);
	return err;
}
