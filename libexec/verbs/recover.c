/*
 * See recover.h. Of state.json only what state_json.c writes is read, byte by byte as it writes it:
 * a file that differs tells nothing. It is as trusted as the journal beside it, and each path from
 * it passes the checks of a journal's record.
 */
#include "recover.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/file.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>
#include "text.h"

#define STATE_MAX (4u << 20)

static char state[STATE_MAX];

/* The file whole, with a NUL behind. 0 or -errno; -EBADMSG: too large, or not ours. */
static int read_state(int dir, struct stat *st)
{
	int fd = openat(dir, "state.json", O_RDONLY | O_NONBLOCK | O_NOFOLLOW | O_CLOEXEC);
	size_t length = 0;
	ssize_t n = 1;

	if (fd < 0)
		return -errno;
	if (fstat(fd, st) < 0)
		n = -1;
	while (n > 0 && length < sizeof(state) - 1) {
		n = read(fd, state + length, sizeof(state) - 1 - length);
		if (n < 0 && errno == EINTR)
			n = 1;
		else if (n > 0)
			length += (size_t)n;
	}
	state[length] = '\0';
	n = n < 0 ? -errno : 0;
	close(fd);
	if (n)
		return (int)n;
	return !S_ISREG(st->st_mode) || st->st_uid != geteuid() ||
			(st->st_mode & (S_IWGRP | S_IWOTH)) || length == sizeof(state) - 1
		? -EBADMSG
		: 0;
}

/* The digits at *AT, which moves to their end. 0 or -EBADMSG. */
static int take_number(const char **at, uint64_t *value)
{
	size_t length = strspn(*at, "0123456789");
	char digits[24];

	if (length >= sizeof(digits))
		return -EBADMSG;
	memcpy(digits, *at, length);
	digits[length] = '\0';
	*at += length;
	return text_to_u64(digits, value) ? -EBADMSG : 0;
}

/* The string at *AT, without its quotes, cut out in place; *AT moves behind it. NULL: none, or one
 * with an escape, which no path of ours has. */
static const char *take_string(char **at)
{
	char *string = *at, *end;

	if (*string++ != '"')
		return NULL;
	end = string + strcspn(string, "\"\\");
	if (*end != '"')
		return NULL;
	*end = '\0';
	*at = end + 1;
	return string;
}

/* {"id":"ID","init_process_pid":PID,"init_process_start":TIME, */
static int take_init(const char *id, struct journal_init *init)
{
	char begin[300];
	const char *at = state;
	size_t length;

	if (text_join(begin, sizeof(begin), "{\"id\":\"", id, "\",\"init_process_pid\":", NULL))
		return -EBADMSG;
	length = strlen(begin);
	if (strncmp(at, begin, length) != 0)
		return -EBADMSG;
	at += length;
	if (take_number(&at, &init->pid))
		return -EBADMSG;
	length = strlen(",\"init_process_start\":");
	if (strncmp(at, ",\"init_process_start\":", length) != 0)
		return -EBADMSG;
	at += length;
	return take_number(&at, &init->start_time) || *at != ',' ? -EBADMSG : 0;
}

static int knows(const struct journal *journal, const char *path)
{
	for (size_t i = 0; i < journal->cgroup_count; i++)
		if (!strcmp(journal->cgroups[i].path, path))
			return 1;
	return 0;
}

/* "cgroup_paths":{"CONTROLLERS":"PATH",…}: those that JOURNAL has not go to FD. In a string the
 * quotes would be escaped, so the name is found without reading what is before it. */
static int add_cgroups(int fd, const struct journal *journal)
{
	static const char name[] = "\"cgroup_paths\":{";
	char *at = strstr(state, name);

	if (!at)
		return -EBADMSG;
	for (at += sizeof(name) - 1; *at != '}'; at += *at == ',') {
		const char *controllers = take_string(&at), *path;
		int err;

		if (!controllers || *at++ != ':')
			return -EBADMSG;
		path = take_string(&at);
		if (!path || (*at != ',' && *at != '}'))
			return -EBADMSG;
		err = knows(journal, path) ? 0 : journal_append_cgroup(fd, controllers, path);
		if (err)
			return err;
	}
	return 0;
}

/* "NAME":"PATH", of the resctrl file system, to FD unless KNOWN. */
static int add_resctrl(int fd, const char *known, enum journal_type type, const char *name)
{
	char *at = known ? NULL : strstr(state, name);
	const char *path;

	if (!at)
		return 0;
	at += strlen(name);
	path = take_string(&at);
	return path ? journal_append_resctrl(fd, type, path) : -EBADMSG;
}

/* What is whole of the journal, and what state.json says beyond that, as a journal in FD. Whether
 * the resctrl group is the container's own only the journal knows: it stays. */
static int compose(int fd, struct container *container, const struct stat *st)
{
	struct journal *journal = &container->journal;
	struct journal_init init;
	int err = take_init(container->id, &init);

	if (err)
		return err;
	if (!journal->init.pid)
		journal->init = init;
	if (!journal->is_ready)
		journal->ready = (struct journal_ready){
			(uint64_t)st->st_mtim.tv_sec, (uint64_t)st->st_mtim.tv_nsec};
	journal->is_ready = 1;
	err = journal_append_all(fd, journal);
	/* From the end of the file to its beginning: each string that is cut out ends the rest. */
	if (!err)
		err = add_resctrl(fd, journal->resctrl.monitor, JOURNAL_RESCTRL_MONITOR,
			"\"intel_rdt_mon_path\":");
	if (!err)
		err = add_resctrl(
			fd, journal->resctrl.group, JOURNAL_RESCTRL, "\"intel_rdt_path\":");
	if (!err)
		err = add_cgroups(fd, journal);
	return err;
}

int container_recover(struct container *container, int err)
{
	struct stat st;
	int fd, result;

	if (err ? err != -EBADMSG : container->journal.is_ready)
		return err;
	result = read_state(container->dir, &st);
	if (result)
		return result == -ENOENT || result == -EBADMSG ? err : result;
	fd = memfd_create("journal", MFD_CLOEXEC);
	if (fd < 0)
		return -errno;
	result = compose(fd, container, &st);
	if (!result)
		result = journal_read(fd, &container->journal);
	close(fd);
	container->recovered = !result;
	return result ? -EBADMSG : 0;
}

int container_repair(struct container *container, int *locked)
{
	int fd = openat(container->dir, "journal.new",
		O_RDWR | O_APPEND | O_CREAT | O_TRUNC | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC, 0600);
	int err;

	if (fd < 0)
		return -errno;
	err = flock(fd, LOCK_EX | LOCK_NB) < 0 ? -errno
					       : journal_append_all(fd, &container->journal);
	if (!err && renameat(container->dir, "journal.new", container->dir, "journal") < 0)
		err = -errno;
	if (err) {
		close(fd);
		return err;
	}
	close(*locked);
	*locked = fd;
	container->recovered = 0;
	return 0;
}
