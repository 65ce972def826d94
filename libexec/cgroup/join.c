/*
 * The way of one more process into the cgroup of a container that is there: what exec needs. It
 * makes nothing, and lets no process go anywhere but into the container's cgroup or that of the
 * container's first process.
 */
#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <unistd.h>
#include "cgroup.h"
#include "fds.h"
#include "state.h"
#include "step.h"
#include "text.h"

static const struct host *all;
static int may_leave_out;           /* the caller is not root: see left_out */
static int may_follow;              /* no sub cgroup was asked for */
static char own_unified[PATH_SIZE]; /* the v2 directory of the journal */
static const char *subs_taken[JOURNAL_CGROUPS_MAX];

/* Keeps the file, which Landlock would not let us open later and which says where the process is at
 * each reading. A number that was given to another process since is noticed by the start time, but
 * only once the file is open. */
static void keep_init(const struct journal_init *init)
{
	char path[48];
	struct text t = TEXT(path);
	uint64_t start_time;
	int fd, zombie, err;

	(void)close(FD_INIT_CGROUP); /* EBADF: it is not handed to us */
	text_add(&t, "/proc/");
	text_add_u64(&t, init->pid);
	text_add(&t, "/cgroup");
	if (!init->pid)
		return;
	fd = open(path, O_RDONLY | O_NOFOLLOW | O_CLOEXEC);
	if (fd < 0 && errno == ENOENT)
		return;
	if (fd < 0)
		die("open", path, errno);
	err = state_start_time(init->pid, &start_time, &zombie);
	if (err && err != -ESRCH)
		die("read the start time of the container's first process:", NULL, err);
	if (!err && !zombie && start_time == init->start_time &&
		dup3(fd, FD_INIT_CGROUP, O_CLOEXEC) < 0)
		die("dup3:", NULL, errno);
	close(fd);
}

void join_prepare(struct host *host, struct journal *journal)
{
	int err = journal_read(FD_JOURNAL, journal);

	if (err)
		die_of_journal(err);
	all = host;
	may_leave_out = geteuid() != 0 || host->in_user_namespace;
	keep_init(&journal->init);
}

int place_by(int file, const struct hierarchy *h, char path[PATH_SIZE])
{
	static char lines[64 * 1024];
	size_t length = 0;
	ssize_t n;

	while ((n = pread(file, lines + length, sizeof(lines) - 1 - length, (off_t)length)) > 0 ||
		(n < 0 && errno == EINTR))
		length += n > 0 ? (size_t)n : 0;
	if (n < 0)
		return errno == EBADF ? -ESRCH : -errno;
	lines[length] = '\0';
	return place_in(lines, h, path);
}

static int find_init(const struct hierarchy *h, char path[PATH_SIZE])
{
	return place_by(FD_INIT_CGROUP, h, path);
}

static int is_below(const char *path, const char *directory)
{
	size_t length = strlen(directory);

	return !strncmp(path, directory, length) && (!path[length] || path[length] == '/');
}

/*
 * A caller without rights, or with a hierarchy that cannot be written, has containers whose journal names cgroups that could not be made or
 * entered, and were left out (runc-cli 5.7). The first process is not in those; where it is, the
 * new one has to be.
 */
static int left_out(const struct hierarchy *h, int err)
{
	char path[PATH_SIZE];

	return (may_leave_out || is_spare(all, h)) && may_follow &&
		(err == -ENOENT || err == -EACCES || err == -EPERM || err == -EROFS) &&
		!find_init(h, path) && !is_below(path, h->path);
}

/*
 * Goes where the container's first process is: it may have moved on below its own cgroup, as an
 * init system does that gives controllers to its children. While the cgroup of the journal exists,
 * only what lies in it counts. Without it somebody with rights over it has moved the process away,
 * and the new one belongs beside it, wherever that is: the kernel wrote this path, and no name of a
 * cgroup can have a newline that would forge one. 0, -errno: as it was.
 */
static int follow_init(struct hierarchy *h)
{
	int own = beneath(h->root, own_unified, O_PATH | O_DIRECTORY), leaf, err;
	char path[PATH_SIZE];

	err = find_init(h, path);
	/* The root of a hierarchy is nobody's container. */
	if (!err && (!path[0] || (own != -ENOENT && !is_below(path, own_unified))))
		err = -EXDEV;
	close_fd(&own);
	if (err)
		return err;
	leaf = beneath(h->root, path, O_RDONLY | O_DIRECTORY);
	if (leaf < 0)
		return leaf;
	close_fd(&h->leaf);
	close_fd(&h->procs);
	h->leaf = leaf;
	memcpy(h->path, path, sizeof(path));
	return 0;
}

/* No: its children have controllers, or it is threaded. Either may be a false alarm, but then the
 * place of the first process is as good. */
static int takes_processes(const struct hierarchy *h)
{
	char text[1024];

	return !read_file(h->leaf, "cgroup.subtree_control", text, sizeof(text)) &&
		read_file(h->leaf, "cgroup.type", text, sizeof(text)) > 0 &&
		(!strcmp(text, "domain") || !strcmp(text, "domain threaded"));
}

static void open_own(struct hierarchy *h)
{
	int err = 0;

	h->leaf = beneath(h->root, h->path, O_RDONLY | O_DIRECTORY);
	if (is_unified(h))
		memcpy(own_unified, h->path, sizeof(own_unified));
	if (h->leaf < 0 && left_out(h, h->leaf))
		return;
	if (h->leaf < 0)
		err = h->leaf;
	else if (!is_unified(h) || !may_follow || takes_processes(h))
		return;
	/* Where nothing better is found the directory stays, and the kernel's refusal is told. */
	if (is_unified(h) && may_follow && (!err || err == -ENOENT) && !follow_init(h))
		return;
	if (err)
		die("can't open cgroup: open", full_path(h, NULL), err);
}

/* True when PATH leaves the directory where it begins, be it to come back. */
static int climbs(const char *path)
{
	int depth = 0;

	while (*path && depth >= 0) {
		size_t length;

		path += strspn(path, "/");
		length = strcspn(path, "/");
		if (length == 2 && !memcmp(path, "..", 2))
			depth--;
		else if (length && !(length == 1 && *path == '.'))
			depth++;
		path += length;
	}
	return depth < 0;
}

static void enter_sub(struct hierarchy *h, const char *sub)
{
	char clean[PATH_SIZE], path[PATH_SIZE];
	int leaf;

	if (climbs(sub))
		die("bad sub cgroup path:", sub, 0);
	if (path_clean(sub, clean, sizeof(clean)) ||
		text_join(path, sizeof(path), h->path, *clean ? "/" : "", clean, NULL))
		die("bad sub cgroup path:", sub, ENAMETOOLONG);
	memcpy(h->path, path, sizeof(path));
	leaf = beneath(h->leaf, *clean ? clean : ".", O_RDONLY | O_DIRECTORY);
	if (leaf < 0)
		die("can't open cgroup: open", full_path(h, NULL), leaf);
	close_fd(&h->leaf);
	h->leaf = leaf;
}

/* CONTROLLERS "": every hierarchy. */
static void take_sub(struct host *host, const char *controllers, const char *sub)
{
	char what[MSG_WHAT_MAX];
	int found = !*controllers;

	for (size_t i = 0; i < host->count; i++) {
		struct hierarchy *h = &host->hierarchies[i];

		if (*controllers && !has_controller(h, controllers))
			continue;
		found = 1;
		if (subs_taken[i] && strcmp(subs_taken[i], sub) != 0)
			die("two sub cgroup paths for controllers of one hierarchy:",
				h->controllers, 0);
		if (!subs_taken[i])
			enter_sub(h, sub);
		subs_taken[i] = sub;
	}
	if (found)
		return;
	text_join(
		what, sizeof(what), "unknown controller ", controllers, " in SubCgroupPaths", NULL);
	die(what, NULL, 0);
}

/* To where follow_init may still go, too. */
static void confine(struct host *host)
{
	struct hierarchy *h = host_controller(host, "");
	int own = h && *own_unified ? beneath(h->root, own_unified, O_PATH | O_DIRECTORY) : -1;

	write_own_only(host, own);
	close_fd(&own);
}

void join_open(struct host *host, const struct journal *journal, char **subs, int count)
{
	const char *missing = host_open_journal(host, journal);

	if (missing)
		die("can't open cgroup: not mounted:", missing, 0);
	if (count % 2)
		die("a sub cgroup has no path:", subs[count - 1], EINVAL);
	may_follow = count == 0;
	for (size_t i = 0; i < host->count; i++)
		open_own(&host->hierarchies[i]);
	for (int i = 0; i < count; i += 2)
		take_sub(host, subs[i], subs[i + 1]);
	prepare_join(host);
	confine(host);
}

static void enter(struct hierarchy *h, const char *digits)
{
	int err;

	if (h->leaf < 0)
		return;
	err = join(h, digits);
	/* Between the opening and now the first process may have gone down a level. */
	if ((err == -EBUSY || err == -EOPNOTSUPP || err == -ENOENT || err == -ENODEV) &&
		is_unified(h) && may_follow && !follow_init(h))
		err = join(h, digits);
	if (!err || left_out(h, err))
		return;
	explain_join(h, err);
	die_write(h, "cgroup.procs", digits, err);
}

void join_process(struct host *host, pid_t pid)
{
	char digits[24];
	struct text t = TEXT(digits);

	text_add_u64(&t, (uint64_t)pid);
	/* The freezer last: in a paused container the process stops there. */
	for (int last = 0; last < 2; last++)
		for (size_t i = 0; i < host->count; i++)
			if (has_controller(&host->hierarchies[i], "freezer") == last)
				enter(&host->hierarchies[i], digits);
}
