/*
 * Reading ROOT/ID. Every name is one component, opened below an fd that was checked before; nothing
 * follows a symlink. What a file says is believed only when it belongs to us and nobody else may
 * write it.
 */
#include "state.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <linux/magic.h>
#include <signal.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/statfs.h>
#include <time.h>
#include <unistd.h>
#include "step.h"
#include "sys.h"
#include "text.h"

#define PF_EXITING     0x4  /* of the kernel's task flags, proc_pid_stat(5) */
#define FREEZING_POLLS 1000 /* of one millisecond: the v1 freezer offers no event */

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

/* Ours, and nobody else can change it: a sticky directory lets others add names, but not touch
 * ours. */
static int check_owner(int fd, mode_t type)
{
	static uid_t self = (uid_t)-1;
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

static int read_journal(struct container *container)
{
	int fd = checked(open_entry(container->dir, "journal", O_RDONLY), S_IFREG);
	int err;

	if (fd < 0)
		return fd == -ENOENT || fd == -ELOOP ? -EBADMSG : fd;
	err = journal_read(fd, &container->journal);
	close(fd);
	return err;
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
	return read_journal(container);
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

static int open_plan(const struct container *container)
{
	return checked(open_entry(container->dir, "plan", O_RDONLY), S_IFREG);
}

int state_load_plan(struct container *container, const char **why)
{
	struct plan *plan = &container->plan;
	int fd, err;

	*why = "plan";
	if (container->have_plan)
		return 0;
	fd = open_plan(container);
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
	fd = open_plan(container);
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

/* Reads a small file of procfs or a cgroup file system whole; TYPE and TYPE2 are what its file
 * system may be. */
static int read_kernel_file(const char *path, long type, long type2, char *buffer, size_t size)
{
	int fd = open(path, O_RDONLY | O_NOFOLLOW | O_NOCTTY | O_CLOEXEC);
	struct statfs fs;
	ssize_t n = -1;
	int err = 0;

	if (fd < 0)
		return -errno;
	if (fstatfs(fd, &fs) < 0)
		err = -errno;
	else if ((long)fs.f_type != type && (long)fs.f_type != type2)
		err = -EBADMSG;
	else if ((n = read(fd, buffer, size - 1)) < 0)
		err = -errno;
	close(fd);
	buffer[n > 0 ? n : 0] = '\0';
	return err;
}

static int cgroup_file_is(const char *directory, const char *file, const char *value)
{
	char path[PATH_MAX], buffer[64];

	if (text_join(path, sizeof(path), directory, file, NULL) ||
		read_kernel_file(
			path, CGROUP_SUPER_MAGIC, CGROUP2_SUPER_MAGIC, buffer, sizeof(buffer)))
		return 0; /* gone with its cgroup: not frozen */
	buffer[strcspn(buffer, "\n")] = '\0';
	return !strcmp(buffer, value);
}

/* A freeze inherited from a parent is not ours: self_freezing says so. */
static int is_frozen_v1(const char *directory)
{
	const struct timespec millisecond = {.tv_nsec = 1000 * 1000};

	for (int i = 0; i < FREEZING_POLLS; i++) {
		if (cgroup_file_is(directory, "/freezer.state", "FROZEN"))
			return cgroup_file_is(directory, "/freezer.self_freezing", "1");
		if (!cgroup_file_is(directory, "/freezer.state", "FREEZING"))
			return 0;
		nanosleep(&millisecond, NULL);
	}
	return 0;
}

const char *state_freezer(const struct container *container, int *unified)
{
	const struct journal *journal = &container->journal;
	const char *found = NULL;

	*unified = 1;
	for (size_t i = 0; i < journal->cgroup_count; i++) {
		const char *controllers = journal->cgroups[i].controller;
		const char *path = journal->cgroups[i].path;

		/* A journal names what is to be made, and without rights not all of it was. */
		if (text_has_word(controllers, "freezer") && !access(path, F_OK)) {
			*unified = 0;
			return path;
		}
		found = *controllers ? found : path;
	}
	return found;
}

static int is_frozen(const struct container *container)
{
	int unified;
	const char *freezer = state_freezer(container, &unified);

	if (!freezer)
		return 0;
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

static int read_stat(uint64_t pid, char *buffer, size_t size)
{
	char path[48];
	struct text t = TEXT(path);
	int err;

	text_add(&t, "/proc/");
	text_add_u64(&t, pid);
	text_add(&t, "/stat");
	err = read_kernel_file(path, PROC_SUPER_MAGIC, PROC_SUPER_MAGIC, buffer, size);
	return err == -ENOENT ? -ESRCH : err;
}

int state_start_time(uint64_t pid, uint64_t *start_time, int *zombie)
{
	char buffer[1024];
	const char *state;
	int err = read_stat(pid, buffer, sizeof(buffer));

	if (err)
		return err;
	state = stat_field(buffer, 3);
	if (!state)
		return -EBADMSG;
	if (zombie)
		*zombie = strchr("ZXx", *state) != NULL;
	return stat_number(buffer, 22, start_time);
}

int state_is_ending(const struct container *container)
{
	uint64_t flags, pending;
	char buffer[1024];

	if (read_stat(container->journal.init.pid, buffer, sizeof(buffer)) ||
		stat_number(buffer, 9, &flags) || stat_number(buffer, 31, &pending))
		return 1;
	return (flags & PF_EXITING) || (pending >> (SIGKILL - 1) & 1);
}

static int init_is_alive(const struct journal_init *init)
{
	uint64_t start_time;
	int zombie;

	return init->pid && !state_start_time(init->pid, &start_time, &zombie) && !zombie &&
		start_time == init->start_time;
}

/*
 * The fifo goes with `start`, which may be killed before it has removed it. So whoever waits at it
 * decides: dmz has it open until the user's program is executed. Opening the other end for a moment
 * says nothing to dmz, which has both.
 */
static int is_waiting(int dir)
{
	int fd = open_entry(dir, "exec.fifo", O_WRONLY);

	if (fd < 0)
		return errno != ENOENT && errno != ENXIO;
	close(fd);
	return 1;
}

enum container_status state_status(const struct container *container)
{
	if (!container->journal.is_ready)
		return STATUS_CREATING;
	if (is_frozen(container))
		return STATUS_PAUSED;
	if (!init_is_alive(&container->journal.init))
		return STATUS_STOPPED;
	if (is_waiting(container->dir))
		return STATUS_CREATED;
	return STATUS_RUNNING;
}

int state_pidfd(const struct container *container)
{
	const struct journal_init *init = &container->journal.init;
	int fd;

	if (!init->pid || init->pid > INT32_MAX)
		return -ESRCH;
	fd = sys_pidfd_open((int)init->pid, 0);
	if (fd < 0)
		return -errno;
	/* The number may have been given to another process before, but not after, the pidfd was
	 * opened. */
	if (init_is_alive(init))
		return fd;
	close(fd);
	return -ESRCH;
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
		"filter.bpf", "plan", "plan.new", "resources.json", "resources.json.new",
		"config.json", "lock", "journal"};
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
