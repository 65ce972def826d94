/* Walks over a cgroup and those below it. Their names and their number are the container's choice:
 * everything is bounded. */
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/syscall.h>
#include <unistd.h>
#include "cgroup.h"
#include "text.h"

#define DEPTH_MAX  128
#define REMOVE_MAX 1000000 /* directories opened by one removal */

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

int procs_each(int dir, int (*visit)(pid_t, void *), void *arg)
{
	int fd = beneath(dir, "cgroup.procs", O_RDONLY), result = 0;
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

static int is_directory(const struct entry *entry)
{
	return entry->type == DT_DIR && strcmp(entry->name, ".") && strcmp(entry->name, "..");
}

static int walk(int dir, int (*visit)(int, void *), void *arg, int depth)
{
	char buffer[1024] __attribute__((aligned(8)));
	int result = visit(dir, arg);
	long n = 0;

	if (!result && depth == DEPTH_MAX)
		return -ELOOP;
	while (!result && (n = syscall(SYS_getdents64, dir, buffer, sizeof(buffer))) > 0) {
		for (long at = 0; !result && at < n;) {
			const struct entry *entry = (const void *)(buffer + at);
			int child;

			at += entry->length;
			if (!is_directory(entry))
				continue;
			child = beneath(dir, entry->name, O_RDONLY | O_DIRECTORY);
			if (child == -ENOENT)
				continue; /* gone meanwhile */
			result = child < 0 ? child : walk(child, visit, arg, depth + 1);
			close_fd(&child);
		}
	}
	return result ? result : n < 0 && errno != ENOENT ? -errno : 0;
}

int tree_each(int dir, int (*visit)(int, void *), void *arg)
{
	if (lseek(dir, 0, SEEK_SET) < 0)
		return -errno;
	return walk(dir, visit, arg, 0);
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

int tree_count(int dir)
{
	int count = 0, err = tree_each(dir, count_directory, &count);

	return err ? err : count;
}

/* Finds a directory in DIR, from its beginning. 1 and NAME, 0 or -errno. */
static int first_child(int dir, char name[256])
{
	char buffer[4096] __attribute__((aligned(8)));
	long n;

	if (lseek(dir, 0, SEEK_SET) < 0)
		return -errno;
	while ((n = syscall(SYS_getdents64, dir, buffer, sizeof(buffer))) > 0) {
		for (long at = 0; at < n;) {
			const struct entry *entry = (const void *)(buffer + at);

			at += entry->length;
			if (is_directory(entry) && strlen(entry->name) < 256) {
				memcpy(name, entry->name, strlen(entry->name) + 1);
				return 1;
			}
		}
	}
	return n < 0 && errno != ENOENT ? -errno : 0;
}

static int remove_directory(int dir, const char *name)
{
	if (unlinkat(dir, name, AT_REMOVEDIR) < 0 && errno != ENOENT)
		return -errno;
	return 0;
}

/*
 * Goes down to a directory without children and removes it and its siblings, with two fds whatever
 * the depth is: a container that nests a thousand cgroups must not be able to keep its own. 1:
 * removed something; 0: DIR has no child.
 */
static int prune(int dir, int *budget)
{
	char name[256], deeper[256];
	int parent = dir, result = first_child(dir, name);

	while (result > 0) {
		int child = beneath(parent, name, O_RDONLY | O_DIRECTORY);

		result = --*budget < 0 ? -ELOOP : child == -ENOENT ? 0 : child < 0 ? child : 0;
		if (!result && child >= 0)
			result = first_child(child, deeper);
		if (result > 0) {
			if (parent != dir)
				close(parent);
			parent = child;
			memcpy(name, deeper, sizeof(name));
			continue;
		}
		close_fd(&child);
		if (!result)
			result = remove_directory(parent, name);
		if (!result)
			result = first_child(parent, name);
		if (!result && parent != dir) {
			close(parent);
			return 1; /* emptied a level: start again from above */
		}
	}
	if (parent != dir)
		close(parent);
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

static int remove_below(int dir)
{
	int budget = REMOVE_MAX, err;

	do
		err = prune(dir, &budget);
	while (err > 0);
	return err;
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
