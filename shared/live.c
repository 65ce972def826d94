/*
 * What a container is at this moment, as /proc, its freezer and its fifo tell (state.h). An answer
 * that cannot be had is an error, and never one of the answers: a caller may act on "stopped".
 */
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <linux/magic.h>
#include <signal.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <sys/statfs.h>
#include <time.h>
#include <unistd.h>
#include "state.h"
#include "sys.h"
#include "text.h"

#define PF_EXITING     0x4  /* of the kernel's task flags, proc_pid_stat(5) */
#define FREEZING_POLLS 1000 /* of one millisecond: the v1 freezer offers no event */

/* Reads a small file of procfs or a cgroup file system whole; TYPE and TYPE2 are what its file
 * system may be. */
static int read_kernel_file(const char *path, long type, long type2, char *buffer, size_t size)
{
	int fd = open(path, O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_NOCTTY | O_CLOEXEC);
	struct statfs fs;
	ssize_t n = -1;
	int err = 0;

	if (fd < 0)
		return -errno;
	if (fstatfs(fd, &fs) < 0)
		err = -errno;
	else if ((long)fs.f_type != type && (long)fs.f_type != type2)
		err = -EBADMSG;
	while (!err && (n = read(fd, buffer, size - 1)) < 0)
		err = errno == EINTR ? 0 : -errno;
	close(fd);
	buffer[n > 0 ? n : 0] = '\0';
	return err;
}

/* 1, 0 or -errno. ENODEV: gone with its cgroup after it was opened. */
static int cgroup_file_is(const char *directory, const char *file, const char *value)
{
	char path[PATH_MAX], buffer[64];
	int err = text_join(path, sizeof(path), directory, file, NULL);

	if (!err)
		err = read_kernel_file(
			path, CGROUP_SUPER_MAGIC, CGROUP2_SUPER_MAGIC, buffer, sizeof(buffer));
	if (err)
		return err == -ENOENT || err == -ENODEV ? 0 : err;
	buffer[strcspn(buffer, "\n")] = '\0';
	return !strcmp(buffer, value);
}

/* A freeze inherited from a parent is not ours: self_freezing says so. */
static int is_frozen_v1(const char *directory)
{
	const struct timespec millisecond = {.tv_nsec = 1000 * 1000};

	for (int i = 0; i < FREEZING_POLLS; i++) {
		int is = cgroup_file_is(directory, "/freezer.state", "FROZEN");

		if (is > 0)
			return cgroup_file_is(directory, "/freezer.self_freezing", "1");
		if (!is)
			is = cgroup_file_is(directory, "/freezer.state", "FREEZING");
		if (is <= 0)
			return is;
		nanosleep(&millisecond, NULL);
	}
	return 0;
}

int state_freezer(const struct container *container, const char **freezer, int *unified)
{
	const struct journal *journal = &container->journal;

	*freezer = NULL;
	*unified = 1;
	for (size_t i = 0; i < journal->cgroup_count; i++) {
		const char *controllers = journal->cgroups[i].controller;
		const char *path = journal->cgroups[i].path;

		/* A journal names what is to be made, and without rights not all of it was. */
		if (text_has_word(controllers, "freezer") && !access(path, F_OK)) {
			*unified = 0;
			*freezer = path;
			return 0;
		}
		if (text_has_word(controllers, "freezer") && errno != ENOENT)
			return -errno;
		*freezer = *controllers ? *freezer : path;
	}
	return 0;
}

/* The line "oom_kill N" of memory.oom_control (cgroup-v1/memory.rst) or memory.events (cgroup-v2.rst),
 * which the kernel counts before it kills. */
static int add_oom_kills(const char *directory, const char *file, uint64_t *kills)
{
	static const char name[] = "oom_kill ";
	char path[PATH_MAX], buffer[512], *line, *next;
	uint64_t count = 0;
	int err = text_join(path, sizeof(path), directory, file, NULL);

	if (!err)
		err = read_kernel_file(
			path, CGROUP_SUPER_MAGIC, CGROUP2_SUPER_MAGIC, buffer, sizeof(buffer));
	if (err)
		return err == -ENOENT || err == -ENODEV ? 0 : err;
	for (next = buffer; (line = strsep(&next, "\n"));)
		if (!strncmp(line, name, sizeof(name) - 1) &&
			text_to_u64(line + sizeof(name) - 1, &count))
			return -EBADMSG;
	*kills += count;
	return 0;
}

int state_oom_kills(const struct journal *journal, uint64_t *kills)
{
	*kills = 0;
	for (size_t i = 0; i < journal->cgroup_count; i++) {
		const char *controllers = journal->cgroups[i].controller;
		const char *file = !*controllers               ? "/memory.events"
			: text_has_word(controllers, "memory") ? "/memory.oom_control"
							       : NULL;
		int err = file ? add_oom_kills(journal->cgroups[i].path, file, kills) : 0;

		if (err)
			return err;
	}
	return 0;
}

static int is_frozen(const struct container *container)
{
	const char *freezer;
	int unified, err = state_freezer(container, &freezer, &unified);

	if (err || !freezer)
		return err;
	return unified ? cgroup_file_is(freezer, "/cgroup.freeze", "1") : is_frozen_v1(freezer);
}

/* Field NUMBER of /proc/PID/stat, from 3 on; the name in field 2 may hold blanks and parentheses, so
 * fields are counted from the last ')'. NULL: there is none. */
static const char *stat_field(const char *stat, int number)
{
	const char *s = strrchr(stat, ')');

	for (int field = 2; s && field < number; field++) {
		s = strchr(s, ' ');
		s = s ? s + 1 : NULL;
	}
	return s && *s ? s : NULL;
}

static int stat_number(const char *stat, int number, uint64_t *value)
{
	const char *field = stat_field(stat, number);
	char digits[24];
	size_t length = field ? strcspn(field, " \n") : 0;

	if (!length || length >= sizeof(digits))
		return -EBADMSG;
	memcpy(digits, field, length);
	digits[length] = '\0';
	return text_to_u64(digits, value) ? -EBADMSG : 0;
}

/* *STATE, which may be NULL, is where field 3 begins. */
static int read_stat(uint64_t pid, char *buffer, size_t size, const char **state)
{
	char path[48];
	struct text t = TEXT(path);
	int err;

	text_add(&t, "/proc/");
	text_add_u64(&t, pid);
	text_add(&t, "/stat");
	err = read_kernel_file(path, PROC_SUPER_MAGIC, PROC_SUPER_MAGIC, buffer, size);
	if (err)
		return err == -ENOENT ? -ESRCH : err;
	if (state)
		*state = stat_field(buffer, 3);
	return state && !*state ? -EBADMSG : 0;
}

int state_letter(uint64_t pid, char *letter)
{
	char buffer[1024];
	const char *state;
	int err = read_stat(pid, buffer, sizeof(buffer), &state);

	if (!err)
		*letter = *state;
	return err;
}

int state_start_time(uint64_t pid, uint64_t *start_time, int *zombie)
{
	char buffer[1024];
	const char *state;
	int err = read_stat(pid, buffer, sizeof(buffer), &state);

	if (err)
		return err;
	if (zombie)
		*zombie = strchr("ZXx", *state) != NULL;
	return stat_number(buffer, 22, start_time);
}

int state_is_ending(const struct container *container)
{
	uint64_t flags, pending;
	char buffer[1024];

	int err = read_stat(container->journal.init.pid, buffer, sizeof(buffer), NULL);

	if (err || stat_number(buffer, 9, &flags) || stat_number(buffer, 31, &pending))
		return err == -ESRCH;
	return (flags & PF_EXITING) || (pending >> (SIGKILL - 1) & 1);
}

/* 1, 0 or -errno. */
static int init_is_alive(const struct journal_init *init)
{
	uint64_t start_time;
	int zombie, err = init->pid ? state_start_time(init->pid, &start_time, &zombie) : -ESRCH;

	if (err)
		return err == -ESRCH ? 0 : err;
	return !zombie && start_time == init->start_time;
}

/*
 * The fifo goes with `start`, which may be killed before it has removed it. So whoever waits at it
 * decides: dmz has it open until the user's program is executed. Opening the other end for a moment
 * says nothing to dmz, which has both. 1, 0 or -errno.
 */
static int is_waiting(int dir)
{
	int fd = openat(dir, "exec.fifo", O_WRONLY | O_NONBLOCK | O_NOFOLLOW | O_CLOEXEC);

	if (fd < 0)
		return errno == ENOENT || errno == ENXIO ? 0 : -errno;
	close(fd);
	return 1;
}

/* Whoever makes a container holds the lock of its journal. */
static int creation_status(int dir)
{
	int fd = openat(dir, "journal", O_RDONLY | O_NONBLOCK | O_NOFOLLOW | O_CLOEXEC), status;

	if (fd < 0)
		return errno == ENOENT ? STATUS_BROKEN : -errno;
	status = !flock(fd, LOCK_SH | LOCK_NB) ? STATUS_BROKEN
		: errno == EWOULDBLOCK         ? STATUS_CREATING
					       : -errno;
	close(fd);
	return status;
}

int state_status(const struct container *container)
{
	int is;

	if (!container->journal.is_ready)
		return creation_status(container->dir);
	is = is_frozen(container);
	if (is)
		return is < 0 ? is : STATUS_PAUSED;
	is = init_is_alive(&container->journal.init);
	if (is <= 0)
		return is < 0 ? is : STATUS_STOPPED;
	is = is_waiting(container->dir);
	return is < 0 ? is : is ? STATUS_CREATED : STATUS_RUNNING;
}

int state_pidfd(const struct container *container)
{
	const struct journal_init *init = &container->journal.init;
	int fd, alive;

	if (!init->pid || init->pid > INT32_MAX)
		return -ESRCH;
	fd = sys_pidfd_open((int)init->pid, 0);
	if (fd < 0) /* EINVAL, ENOENT: the number is a thread's by now */
		return errno == EINVAL || errno == ENOENT ? -ESRCH : -errno;
	/* The number may have been given to another process before, but not after, the pidfd was
	 * opened. */
	alive = init_is_alive(init);
	if (alive > 0)
		return fd;
	close(fd);
	return alive ? alive : -ESRCH;
}
