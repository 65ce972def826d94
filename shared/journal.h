/*
 * ROOT/ID/journal: what exists outside that directory because of this container, each line written
 * *before* the thing is made, so that `delete --force` can undo a creation killed at any
 * instruction. Append-only binary records with a checksum, each one write(2); a torn last record
 * means that its thing was not made yet and is ignored. The reader trusts nothing.
 */
#ifndef DAVIT_JOURNAL_H
#define DAVIT_JOURNAL_H

#include <stddef.h>
#include <stdint.h>

#define JOURNAL_CGROUPS_MAX 32
#define JOURNAL_SIZE_MAX    (160u * 1024)

enum journal_type {
	JOURNAL_CGROUP =
		1,       /* "CONTROLLER\0PATH\0": a cgroup directory we make; controller "" is v2 */
	JOURNAL_INIT,    /* struct journal_init: the container's first process */
	JOURNAL_READY,   /* struct journal_ready: creation succeeded */
	JOURNAL_RESCTRL, /* "PATH\0": the container's resctrl group, which is not ours to remove */
	JOURNAL_RESCTRL_OWN,     /* "PATH\0": the same, and we make it */
	JOURNAL_RESCTRL_MONITOR, /* "PATH\0": a monitoring group that we make */
	JOURNAL_UNIT,            /* "NAME\0": a unit that the systemd of the system is asked for */
	JOURNAL_UNIT_USER,       /* "NAME\0": the same of the caller's own systemd */
	JOURNAL_KEYRING          /* struct journal_keyring: the session keyring */
};

struct journal_init {
	uint64_t pid;
	uint64_t start_time; /* field 22 of /proc/PID/stat, clock ticks */
};

struct journal_ready {
	uint64_t seconds; /* when, since the epoch */
	uint64_t nanoseconds;
};

struct journal_keyring {
	uint64_t secret[2]; /* random numbers in its name, which without them anybody could use */
};

struct journal {
	struct journal_init init; /* pid 0: none recorded */
	struct journal_ready ready;
	int is_ready;
	size_t cgroup_count;
	struct {
		const char *controller; /* points into bytes */
		const char *path;
	} cgroups[JOURNAL_CGROUPS_MAX];
	struct {
		const char *group;   /* NULL: none; points into bytes, as monitor */
		const char *monitor; /* NULL: none */
		int own;             /* the group goes with the container, as monitor always does */
	} resctrl;
	struct {
		const char *name; /* NULL: none; points into bytes */
		int of_user;      /* of the systemd of the caller, not of the system */
	} unit;
	int has_keyring;
	struct journal_keyring keyring;
	char bytes[JOURNAL_SIZE_MAX];
};

/* Appends one record to FD (O_APPEND). Returns 0 or -errno. */
int journal_append(int fd, enum journal_type type, const void *body, size_t length);
int journal_append_cgroup(int fd, const char *controller, const char *path);
/* TYPE: one of JOURNAL_RESCTRL. */
int journal_append_resctrl(int fd, enum journal_type type, const char *path);

/* NAME: one that davit makes, and none of systemd's own; else -EINVAL. */
int journal_append_unit(int fd, const char *name, int of_user);

/* Appends a record for everything in JOURNAL. */
int journal_append_all(int fd, const struct journal *journal);

/* Reads FD from its beginning. Returns 0; -EBADMSG for a file that is not a journal, or a broken
 * one, of which JOURNAL then has the records that are whole; or -errno. */
int journal_read(int fd, struct journal *journal);

#endif
