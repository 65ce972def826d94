/*
 * Which cgroup file systems this host has mounted below /sys/fs/cgroup, and where we are in each.
 * The kernel's list in /proc/self/cgroup names the hierarchies, so no directory is searched and no
 * table of mounts is read.
 */
#include <errno.h>
#include <fcntl.h>
#include <linux/magic.h>
#include <string.h>
#include <sys/vfs.h>
#include <unistd.h>
#include "cgroups.h"
#include "kernfs.h"
#include "step.h"
#include "text.h"

static char self_text[64 * 1024];

/* A caller without rights may be kept out of a hierarchy: it can have no cgroup in it then. */
static int may_be_kept_out;

/* Reads an absolute path of /proc whole; what is not there is empty. Returns the length. */
static size_t read_proc(const char *path, char *buffer, size_t size)
{
	int fd = openat(AT_FDCWD, path, O_RDONLY | O_CLOEXEC | O_NOFOLLOW);
	size_t length = 0;
	ssize_t n = 1;

	buffer[0] = '\0';
	if (fd < 0 && errno == ENOENT)
		return 0;
	if (fd < 0)
		die("open", path, errno);
	while (n > 0 && length < size - 1) {
		do
			n = read(fd, buffer + length, size - 1 - length);
		while (n < 0 && errno == EINTR);
		length += n > 0 ? (size_t)n : 0;
	}
	if (n < 0)
		die("read", path, errno);
	buffer[length] = '\0';
	close(fd);
	return length;
}

void host_read_self(struct host *host)
{
	char map[256];
	size_t at = 0;
	uint64_t numbers[3];

	host->uid = geteuid();
	may_be_kept_out = host->uid != 0;
	read_proc("/proc/self/cgroup", self_text, sizeof(self_text));
	/* The initial user namespace maps everything to itself: "0 0 4294967295". */
	if (!read_proc("/proc/self/uid_map", map, sizeof(map)))
		return;
	for (size_t i = 0; i < 3; i++) {
		size_t length;

		at += strspn(map + at, " ");
		length = strcspn(map + at, " \n");
		if (!map[at + length])
			return;
		map[at + length] = '\0';
		if (text_to_u64(map + at, &numbers[i]))
			return;
		at += length + 1;
	}
	host->in_user_namespace =
		numbers[0] != 0 || numbers[1] != 0 || numbers[2] != UINT32_MAX || map[at];
	may_be_kept_out |= host->in_user_namespace;
}

int is_unified(const struct hierarchy *h)
{
	return !h->controllers[0];
}

const char *full_path(const struct hierarchy *h, const char *file)
{
	static char path[2 * PATH_SIZE];

	text_join(path, sizeof(path), CGROUP_MOUNT, h->mount[0] ? "/" : "", h->mount,
		h->path[0] ? "/" : "", h->path, file ? "/" : "", file ? file : "", NULL);
	return path;
}

int path_clean(const char *path, char *out, size_t size)
{
	struct text t = {out, size, 0, 0};

	out[0] = '\0';
	while (*path) {
		size_t length;

		path += strspn(path, "/");
		length = strcspn(path, "/");
		if (length == 2 && !memcmp(path, "..", 2)) {
			while (t.length && out[--t.length] != '/')
				;
			out[t.length] = '\0';
		} else if (length && !(length == 1 && *path == '.')) {
			if (length > 255)
				return -ENAMETOOLONG;
			text_add(&t, t.length ? "/" : "");
			text_add_bytes(&t, path, length);
		}
		path += length;
	}
	return t.cut ? -ENAMETOOLONG : 0;
}

/* CGROUP_MOUNT itself, opened once. */
static int top = -1, top_is_unified;

static int open_top(void)
{
	struct statfs fs;

	if (top >= 0)
		return top;
	top = openat(AT_FDCWD, CGROUP_MOUNT, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (top < 0 && errno == ENOENT)
		return -1;
	if (top < 0 || fstatfs(top, &fs) < 0)
		die("open", CGROUP_MOUNT, errno);
	top_is_unified = (unsigned)fs.f_type == CGROUP2_SUPER_MAGIC;
	return top;
}

/* Opens CGROUP_MOUNT/NAME when it is the root of a cgroup file system of MAGIC. An fd or -1. */
static int open_mount(const char *name, unsigned magic)
{
	/* "cpu" may be a symlink to "cpu,cpuacct", made by whoever mounted them; never below a
	 * mount. */
	int fd = openat(top, name, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	struct statfs fs;

	if (fd < 0 && (errno == ENOENT || (errno == EACCES && may_be_kept_out)))
		return -1;
	if (fd < 0 || fstatfs(fd, &fs) < 0)
		die("open " CGROUP_MOUNT "/", name, errno);
	if ((unsigned)fs.f_type == magic)
		return fd;
	close(fd);
	return -1;
}

static int try_mount(struct hierarchy *h, const char *name, size_t length)
{
	struct text t = TEXT(h->mount);

	text_add_bytes(&t, name, length);
	h->root = t.cut || !length
		? -1
		: open_mount(
			  h->mount, h->controllers[0] ? CGROUP_SUPER_MAGIC : CGROUP2_SUPER_MAGIC);
	return h->root >= 0;
}

/* "cpu,cpuacct" is mounted at that name or at one of its controllers. */
static int find_mount(struct hierarchy *h)
{
	const char *list = h->controllers;

	if (!*list)
		return try_mount(h, "unified", 7);
	if (!strncmp(list, "name=", 5))
		return !strcmp(list, "name=systemd") && try_mount(h, "systemd", 7);
	if (try_mount(h, list, strlen(list)))
		return 1;
	while (strchr(h->controllers, ',') && *list) {
		size_t length = strcspn(list, ",");

		if (try_mount(h, list, length))
			return 1;
		list += length + (list[length] == ',');
	}
	return 0;
}

/* "12:cpu,cpuacct:/user.slice" → controllers and our own place. Returns 0 for a line that makes no
 * sense. */
static int split_line(struct hierarchy *h, char *line)
{
	char *list = strchr(line, ':'), *path = list ? strchr(list + 1, ':') : NULL;

	if (!path)
		return 0;
	*path++ = '\0';
	/* Outside the root of our cgroup namespace the kernel shows "/..": the root is all that we
	 * can reach. */
	if (!strncmp(path, "/..", 3) && (!path[3] || path[3] == '/'))
		path[1] = '\0';
	return !text_join(h->controllers, sizeof(h->controllers), list + 1, NULL) &&
		!path_clean(path, h->own, sizeof(h->own));
}

int place_in(char *lines, const struct hierarchy *h, char path[PATH_SIZE])
{
	size_t length = strcspn(h->controllers, ",");
	struct hierarchy other;

	for (char *line = lines, *next; *line; line = next) {
		next = line + strcspn(line, "\n");
		if (*next)
			*next++ = '\0';
		/* The journal may have fewer controllers of a long list, but the first is there. */
		if (!split_line(&other, line) || strcspn(other.controllers, ",") != length ||
			memcmp(other.controllers, h->controllers, length) != 0)
			continue;
		memcpy(path, other.own, PATH_SIZE);
		return 0;
	}
	return -ENOENT;
}

static void start(struct hierarchy *h)
{
	h->controllers[0] = h->mount[0] = h->own[0] = h->path[0] = '\0';
	h->root = h->leaf = h->procs = -1;
	h->existed = h->inside = 0;
	h->plan = NULL;
}

void host_find(struct host *host)
{
	char *line = self_text;

	if (open_top() < 0)
		return;
	host->unified = top_is_unified;
	while (*line && host->count < JOURNAL_CGROUPS_MAX) {
		struct hierarchy *h = &host->hierarchies[host->count];
		char *end = line + strcspn(line, "\n"), *next = end + (*end == '\n');

		*end = '\0';
		start(h);
		if (split_line(h, line)) {
			if (host->unified && is_unified(h)) {
				h->root = top;
				host->count = 1;
				return;
			}
			if (!host->unified && find_mount(h))
				host->count++;
		}
		line = next;
	}
}

int has_controller(const struct hierarchy *h, const char *controller)
{
	return text_has_word(h->controllers, controller);
}

struct hierarchy *host_controller(struct host *host, const char *controller)
{
	for (size_t i = 0; i < host->count; i++) {
		struct hierarchy *h = &host->hierarchies[i];

		if (*controller ? has_controller(h, controller) : is_unified(h))
			return h;
	}
	return NULL;
}

static int open_recorded(struct hierarchy *h, const char *controller, const char *absolute)
{
	static const char prefix[] = CGROUP_MOUNT "/";
	int err;

	start(h);
	if (strncmp(absolute, prefix, sizeof(prefix) - 1) != 0 ||
		text_join(h->controllers, sizeof(h->controllers), controller, NULL))
		return -EBADMSG;
	absolute += sizeof(prefix) - 1;
	if (open_top() < 0)
		return -ENOENT;
	if (top_is_unified) {
		h->root = top;
	} else {
		size_t length = strcspn(absolute, "/");

		try_mount(h, absolute, length);
		absolute += length;
	}
	err = h->root < 0 ? -ENOENT : path_clean(absolute, h->path, sizeof(h->path));
	/* The root of a hierarchy is nobody's container. */
	return !err && !h->path[0] ? -EBADMSG : err;
}

const char *host_open_journal(struct host *host, const struct journal *journal)
{
	const char *missing = NULL;

	for (size_t i = 0; i < journal->cgroup_count; i++) {
		const char *path = journal->cgroups[i].path;
		int err = open_recorded(
			&host->hierarchies[host->count], journal->cgroups[i].controller, path);

		if (!err)
			host->count++;
		else if (err != -ENOENT)
			die("the journal names no cgroup:", path, err);
		else
			missing = path;
	}
	host->unified = top_is_unified;
	return missing;
}

/* "12:cpu,cpuacct:/a": a list in the journal may be shorter, but its first is there. */
static int line_has(const char *line, const char *controllers)
{
	const char *list = strchr(line, ':');
	size_t length = strcspn(controllers, ",");

	return list && !strncmp(list + 1, controllers, length) &&
		strcspn(list + 1, ",:\n") == length;
}

static int kernel_has(const char *controllers)
{
	for (const char *line = self_text; *line; line += *line == '\n') {
		if (line_has(line, controllers))
			return 1;
		line += strcspn(line, "\n");
	}
	return 0;
}

static int is_open(const struct host *host, const char *controllers)
{
	for (size_t i = 0; i < host->count; i++)
		if (!strcmp(host->hierarchies[i].controllers, controllers))
			return 1;
	return 0;
}

const char *host_unmounted(
	const struct host *host, const struct journal *journal, const char *controller)
{
	for (size_t i = 0; i < journal->cgroup_count; i++) {
		const char *controllers = journal->cgroups[i].controller;

		if ((!controller || text_has_word(controllers, controller)) &&
			!is_open(host, controllers) && kernel_has(controllers))
			return journal->cgroups[i].path;
	}
	return NULL;
}
