/*
 * The journal of a container: records of a header and a body, each appended with one write. The
 * reader takes a file that a killed writer or anybody else left behind: it checks every byte and
 * keeps nothing of a record it refuses.
 */
#include "journal.h"

#include <errno.h>
#include <string.h>
#include <unistd.h>

#define JOURNAL_MAGIC  0x316a7664u /* "dvj1" */
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

int journal_append(int fd, enum journal_type type, const void *body, size_t length)
{
	struct journal_header header = {JOURNAL_MAGIC, (uint16_t)type, (uint16_t)length};
	char record[sizeof(header) + BODY_MAX];
	ssize_t n;

	if (length > BODY_MAX)
		return -ENAMETOOLONG;
	memcpy(record, &header, sizeof(header));
	memcpy(record + sizeof(header), body, length);
	length += sizeof(header);
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

int journal_append_cgroup(int fd, const char *controller, const char *path)
{
	size_t first = strlen(controller) + 1, second = strlen(path) + 1;
	char body[BODY_MAX];

	if (first > CONTROLLER_MAX || second > PATH_SIZE_MAX)
		return -ENAMETOOLONG;
	if (!path_is_sound(path))
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

static int unit_is_sound(const char *name)
{
	static const char plain[] =
		"abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789:-_.\\@";
	size_t length = strlen(name);

	return length && length <= UNIT_NAME_MAX && !name[strspn(name, plain)];
}

int journal_append_unit(int fd, const char *name, int of_user)
{
	return unit_is_sound(name) ? journal_append(fd, of_user ? JOURNAL_UNIT_USER : JOURNAL_UNIT,
					     name, strlen(name) + 1)
				   : -EINVAL;
}

static int take_cgroup(struct journal *journal, const char *body, size_t length)
{
	size_t first = strnlen(body, length) + 1, second;

	if (first > CONTROLLER_MAX || first >= length ||
		journal->cgroup_count == JOURNAL_CGROUPS_MAX)
		return -EBADMSG;
	second = strnlen(body + first, length - first) + 1;
	if (first + second != length || second > PATH_SIZE_MAX || !path_is_sound(body + first))
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
	if (length != sizeof(journal->init))
		return -EBADMSG;
	memcpy(&journal->init, body, length);
	return journal->init.pid > 1 && journal->init.pid <= PID_MAX ? 0 : -EBADMSG;
}

static int take_ready(struct journal *journal, const char *body, size_t length)
{
	if (length != sizeof(journal->ready))
		return -EBADMSG;
	memcpy(&journal->ready, body, length);
	journal->is_ready = 1;
	return journal->ready.nanoseconds < 1000000000 ? 0 : -EBADMSG;
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

int journal_read(int fd, struct journal *journal)
{
	size_t length, at = 0;
	int err;

	memset(journal, 0, offsetof(struct journal, bytes));
	err = read_all(fd, journal->bytes, sizeof(journal->bytes), &length);
	while (!err && length - at >= sizeof(struct journal_header)) {
		struct journal_header header;

		memcpy(&header, journal->bytes + at, sizeof(header));
		at += sizeof(header);
		if (header.magic != JOURNAL_MAGIC || header.length > BODY_MAX)
			err = -EBADMSG;
		else if (header.length > length - at)
			return 0; /* torn: its writer was killed before the thing was made */
		else
			err = take_record(journal, header.type, journal->bytes + at, header.length);
		at += header.length;
	}
	if (err)
		memset(journal, 0, offsetof(struct journal, bytes));
	return err;
}
