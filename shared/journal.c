/*
 * The journal of a container: records of a header, a body and a sum of both, each appended with one
 * write. The reader takes a file that a killed writer or anybody else left behind: it checks every
 * byte and keeps nothing of a record it refuses.
 */
#include "journal.h"

#include <errno.h>
#include <string.h>
#include <unistd.h>

#define JOURNAL_MAGIC  0x326a7664u /* "dvj2" */
#define WITHOUT_SUM    0x316a7664u /* "dvj1": of older builds, whose records end with the body */
#define CONTROLLER_MAX 32          /* as in messages, with the NUL */
#define PATH_SIZE_MAX  4096
#define BODY_MAX       (CONTROLLER_MAX + PATH_SIZE_MAX)
#define PID_MAX        (1u << 30)
#define UNIT_NAME_MAX  255 /* systemd.unit(5) */

struct journal_header {
	uint32_t magic;
	uint16_t type;
	uint16_t length; /* of the body, bytes */
};

/* FNV-1a: against bytes that rot, not against people who can write here. */
static uint32_t sum_of(const char *bytes, size_t length)
{
	uint32_t sum = 2166136261u;

	for (size_t i = 0; i < length; i++)
		sum = (sum ^ (unsigned char)bytes[i]) * 16777619u;
	return sum;
}

int journal_append(int fd, enum journal_type type, const void *body, size_t length)
{
	struct journal_header header = {JOURNAL_MAGIC, (uint16_t)type, (uint16_t)length};
	char record[sizeof(header) + BODY_MAX + sizeof(uint32_t)];
	uint32_t sum;
	ssize_t n;

	if (length > BODY_MAX)
		return -ENAMETOOLONG;
	memcpy(record, &header, sizeof(header));
	memcpy(record + sizeof(header), body, length);
	length += sizeof(header);
	sum = sum_of(record, length);
	memcpy(record + length, &sum, sizeof(sum));
	length += sizeof(sum);
	do
		n = write(fd, record, length);
	while (n < 0 && errno == EINTR);
	if (n < 0)
		return -errno;
	/* A part of a record is one that a reader ignores; what follows it would be lost, so
	 * nothing may follow. */
	return (size_t)n == length ? 0 : -ENOSPC;
}

/* Absolute, clean, below at least one directory: nothing that could lead a removal elsewhere. */
static int path_is_sound(const char *path)
{
	if (*path != '/' || !path[1])
		return 0;
	while (*path) {
		const char *name = path + 1;
		size_t length = strcspn(name, "/");

		if (!length || (length == 1 && name[0] == '.') ||
			(length == 2 && name[0] == '.' && name[1] == '.'))
			return 0;
		path = name + length;
	}
	return 1;
}

/* The same, of a cgroup: conductors open it themselves. */
static int cgroup_is_sound(const char *path)
{
	static const char top[] = "/sys/fs/cgroup";
	size_t length = sizeof(top) - 1;

	return path_is_sound(path) && !strncmp(path, top, length) &&
		(path[length] == '/' || !path[length]);
}

int journal_append_cgroup(int fd, const char *controller, const char *path)
{
	size_t first = strlen(controller) + 1, second = strlen(path) + 1;
	char body[BODY_MAX];

	if (first > CONTROLLER_MAX || second > PATH_SIZE_MAX)
		return -ENAMETOOLONG;
	if (!cgroup_is_sound(path))
		return -EINVAL;
	memcpy(body, controller, first);
	memcpy(body + first, path, second);
	return journal_append(fd, JOURNAL_CGROUP, body, first + second);
}

int journal_append_resctrl(int fd, enum journal_type type, const char *path)
{
	size_t length = strlen(path) + 1;

	if (length > PATH_SIZE_MAX)
		return -ENAMETOOLONG;
	return path_is_sound(path) ? journal_append(fd, type, path, length) : -EINVAL;
}

static int ends_with(const char *name, size_t length, const char *end)
{
	size_t n = strlen(end);

	return length > n && !strcmp(name + length - n, end);
}

/* What stopping would end everything of a user or of the system: systemd.special(7). */
static int is_of_systemd(const char *slice)
{
	return *slice == '-' || !strncmp(slice, "user-", 5) || !strcmp(slice, "user.slice") ||
		!strcmp(slice, "system.slice") || !strcmp(slice, "machine.slice");
}

/* As parse makes it, PREFIX-NAME.scope or NAME.slice: whatever the journal says, no service is ever
 * stopped. */
static int unit_is_sound(const char *name)
{
	static const char plain[] =
		"abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789:-_.\\@";
	size_t length = strlen(name);

	if (length > UNIT_NAME_MAX || name[strspn(name, plain)])
		return 0;
	return ends_with(name, length, ".scope")
		? strchr(name, '-') != NULL
		: ends_with(name, length, ".slice") && !is_of_systemd(name);
}

int journal_append_unit(int fd, const char *name, int of_user)
{
	return unit_is_sound(name) ? journal_append(fd, of_user ? JOURNAL_UNIT_USER : JOURNAL_UNIT,
					     name, strlen(name) + 1)
				   : -EINVAL;
}

int journal_append_all(int fd, const struct journal *journal)
{
	const char *group = journal->resctrl.group, *monitor = journal->resctrl.monitor;
	int err = 0;

	for (size_t i = 0; i < journal->cgroup_count && !err; i++)
		err = journal_append_cgroup(
			fd, journal->cgroups[i].controller, journal->cgroups[i].path);
	if (!err && journal->unit.name)
		err = journal_append_unit(fd, journal->unit.name, journal->unit.of_user);
	if (!err && journal->init.pid)
		err = journal_append(fd, JOURNAL_INIT, &journal->init, sizeof(journal->init));
	if (!err && group)
		err = journal_append_resctrl(
			fd, journal->resctrl.own ? JOURNAL_RESCTRL_OWN : JOURNAL_RESCTRL, group);
	if (!err && monitor)
		err = journal_append_resctrl(fd, JOURNAL_RESCTRL_MONITOR, monitor);
	if (!err && journal->has_keyring)
		err = journal_append(
			fd, JOURNAL_KEYRING, &journal->keyring, sizeof(journal->keyring));
	if (!err && journal->is_ready)
		err = journal_append(fd, JOURNAL_READY, &journal->ready, sizeof(journal->ready));
	return err;
}

static int take_cgroup(struct journal *journal, const char *body, size_t length)
{
	size_t first = strnlen(body, length) + 1, second;

	if (first > CONTROLLER_MAX || first >= length ||
		journal->cgroup_count == JOURNAL_CGROUPS_MAX)
		return -EBADMSG;
	second = strnlen(body + first, length - first) + 1;
	if (first + second != length || second > PATH_SIZE_MAX || !cgroup_is_sound(body + first))
		return -EBADMSG;
	journal->cgroups[journal->cgroup_count].controller = body;
	journal->cgroups[journal->cgroup_count].path = body + first;
	journal->cgroup_count++;
	return 0;
}

static int take_resctrl(
	struct journal *journal, enum journal_type type, const char *body, size_t length)
{
	const char **path = type == JOURNAL_RESCTRL_MONITOR ? &journal->resctrl.monitor
							    : &journal->resctrl.group;

	if (*path || strnlen(body, length) + 1 != length || length > PATH_SIZE_MAX ||
		!path_is_sound(body))
		return -EBADMSG;
	*path = body;
	journal->resctrl.own |= type == JOURNAL_RESCTRL_OWN;
	return 0;
}

static int take_unit(
	struct journal *journal, enum journal_type type, const char *body, size_t length)
{
	if (journal->unit.name || strnlen(body, length) + 1 != length || !unit_is_sound(body))
		return -EBADMSG;
	journal->unit.name = body;
	journal->unit.of_user = type == JOURNAL_UNIT_USER;
	return 0;
}

static int take_init(struct journal *journal, const char *body, size_t length)
{
	struct journal_init init;

	if (length != sizeof(init))
		return -EBADMSG;
	memcpy(&init, body, length);
	if (init.pid <= 1 || init.pid > PID_MAX)
		return -EBADMSG;
	journal->init = init;
	return 0;
}

static int take_ready(struct journal *journal, const char *body, size_t length)
{
	struct journal_ready ready;

	if (length != sizeof(ready))
		return -EBADMSG;
	memcpy(&ready, body, length);
	if (ready.nanoseconds >= 1000000000)
		return -EBADMSG;
	journal->ready = ready;
	journal->is_ready = 1;
	return 0;
}

static int take_keyring(struct journal *journal, const char *body, size_t length)
{
	if (length != sizeof(journal->keyring) || journal->has_keyring)
		return -EBADMSG;
	memcpy(&journal->keyring, body, length);
	journal->has_keyring = 1;
	return 0;
}

static int take_record(struct journal *journal, uint16_t type, const char *body, size_t length)
{
	switch (type) {
	case JOURNAL_CGROUP:
		return take_cgroup(journal, body, length);
	case JOURNAL_INIT:
		return take_init(journal, body, length);
	case JOURNAL_READY:
		return take_ready(journal, body, length);
	case JOURNAL_RESCTRL:
	case JOURNAL_RESCTRL_OWN:
	case JOURNAL_RESCTRL_MONITOR:
		return take_resctrl(journal, type, body, length);
	case JOURNAL_UNIT:
	case JOURNAL_UNIT_USER:
		return take_unit(journal, type, body, length);
	case JOURNAL_KEYRING:
		return take_keyring(journal, body, length);
	default:
		return -EBADMSG;
	}
}

static int read_all(int fd, char *bytes, size_t size, size_t *length)
{
	*length = 0;
	while (*length < size) {
		ssize_t n = pread(fd, bytes + *length, size - *length, (off_t)*length);

		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0)
			return -errno;
		if (!n)
			return 0;
		*length += (size_t)n;
	}
	return -EBADMSG; /* no journal grows to this size */
}

/*
 * The record at the beginning of BYTES, of which LENGTH are left. Returns its size; 0 when the bytes
 * end before it does, as where a writer was killed: its thing was not made; -EBADMSG.
 */
static int read_record(struct journal *journal, const char *bytes, size_t length)
{
	struct journal_header header;
	size_t size = sizeof(header);
	uint32_t sum;
	int err;

	if (length < size)
		return 0;
	memcpy(&header, bytes, sizeof(header));
	if ((header.magic != JOURNAL_MAGIC && header.magic != WITHOUT_SUM) ||
		header.length > BODY_MAX)
		return -EBADMSG;
	size += header.length;
	if (size + (header.magic == JOURNAL_MAGIC ? sizeof(sum) : 0) > length)
		return 0;
	if (header.magic == JOURNAL_MAGIC) {
		memcpy(&sum, bytes + size, sizeof(sum));
		if (sum != sum_of(bytes, size))
			return -EBADMSG;
	}
	err = take_record(journal, header.type, bytes + sizeof(header), header.length);
	return err ? err : (int)(size + (header.magic == JOURNAL_MAGIC ? sizeof(sum) : 0));
}

int journal_read(int fd, struct journal *journal)
{
	size_t length, at = 0;
	int err, size, broken, gap = 0;

	memset(journal, 0, offsetof(struct journal, bytes));
	err = read_all(fd, journal->bytes, sizeof(journal->bytes), &length);
	if (err && err != -EBADMSG)
		return err;
	/* Behind bytes that are no record, or seem to be a torn one, there may be whole ones. */
	for (broken = err != 0; at<length; at += size> 0 ? (size_t)size : 1) {
		size = read_record(journal, journal->bytes + at, length - at);
		broken |= size > 0 ? gap : size < 0 && !gap;
		gap = size <= 0;
	}
	return broken ? -EBADMSG : 0;
}
