/*
 * The state directory ROOT/ID of a container, and what its files say about it:
 *   config.json   verbatim
 *   plan          sealed image, as parse made it
 *   filter.bpf    when there is seccomp
 *   journal       journal.h
 *   state.json    for other programs; read by us only in place of a broken journal
 *   exec.fifo     from create to start
 * The directory is root-owned and yet not trusted: no symlink is followed, every file is checked
 * (rule F25).
 */
#ifndef DAVIT_STATE_H
#define DAVIT_STATE_H

#include "journal.h"
#include "plan.h"

enum container_status {
	STATUS_CREATING,
	STATUS_CREATED,
	STATUS_RUNNING,
	STATUS_PAUSED,
	STATUS_STOPPED,
	STATUS_BROKEN, /* its creation was killed */
	STATUS_COUNT
};

extern const char *const status_names[STATUS_COUNT];

/* Of the specification that the state of a container is written by. */
#define OCI_VERSION "1.3.0"

struct container {
	const char *id;
	int dir; /* ROOT/ID, O_DIRECTORY; -1 when closed */
	struct journal journal;
	int recovered;     /* the journal on disk is broken: state.json told the rest */
	const char *maker; /* with -EREMOTE: the runtime that made it, as far as its files tell */
	struct plan plan;  /* loaded by state_load_plan */
	int have_plan;
};

/* 0, or the message runc gives: "container id cannot be empty", "invalid container ID format".
 * ".bpf" is reserved. */
const char *state_id_error(const char *id);

/*
 * Opens the state root, owned by us and writable by nobody else; with CREATE it is made (mkdir -p,
 * 0700). Returns an O_DIRECTORY fd; -EPERM when it belongs to or can be changed by somebody else;
 * or -errno.
 */
int state_open_root(const char *path, int create);

/* The same to look and never to act: for root also the root of another user, to whom all in it must
 * belong. */
int state_look_root(const char *path);

/*
 * Opens ROOT/ID and reads its journal. Returns 0; -ENOENT when there is no such directory, and for
 * no other reason; or -errno. With the last two container->dir is open: -EREMOTE when another
 * runtime made the directory; -EBADMSG when its journal is missing or broken, and
 * container->journal has what is whole of it. A directory that is empty is a creation of ours that
 * was killed.
 */
int state_open(int root, const char *id, struct container *container);
/* Reads the journal again: under a lock, for one. */
int state_read_journal(struct container *container);

/* A file of ROOT/ID to read, without waiting: regular, ours, and writable by nobody else. fd or
 * -errno. */
int state_open_file(const struct container *container, const char *name);
void state_close(struct container *container);

/* Loads and checks ROOT/ID/plan of this build. Returns 0 or -errno; *why names what is wrong. */
int state_load_plan(struct container *container, const char **why);

/*
 * The same for a plan of any build with this layout: to show what it says, never to act on it. It
 * is valid until the next call for another container.
 */
int state_load_any_plan(struct container *container, const char **why);

/* The cgroup whose freezer says whether CONTAINER is paused, in *FREEZER: that of v1 where the
 * journal names one that is there, else v2's (*UNIFIED is 1). NULL: none. 0 or -errno. */
int state_freezer(const struct container *container, const char **freezer, int *unified);

/* True when the first process, found alive before, has begun to exit, is about to be killed, or has
 * gone. */
int state_is_ending(const struct container *container);

/*
 * What the container is now, computed afresh each time: paused (freezer.state, cgroup.freeze),
 * stopped (pid gone, zombie, or of another start time), created (its process waits at exec.fifo),
 * running. Before JOURNAL_READY: creating while somebody holds the lock of the journal, else
 * broken. -errno when that cannot be told: what cannot be read is no status.
 */
int state_status(const struct container *container);

/* How many processes in the cgroups of JOURNAL the kernel has killed for want of memory, in *KILLS. 0
 * or -errno. */
int state_oom_kills(const struct journal *journal, uint64_t *kills);

/* Start time of PID in clock ticks from /proc/PID/stat (parsed after the last ')'); *zombie (may be
 * NULL) says whether it is a zombie or dead. Returns 0 or -errno (-ESRCH: no such process). */
int state_start_time(uint64_t pid, uint64_t *start_time, int *zombie);

/* The state of PID, a letter as in proc_pid_stat(5). 0 or -errno. */
int state_letter(uint64_t pid, char *letter);

/* A pidfd of the container's first process, verified by start time after opening. Returns the fd or
 * -ESRCH, -errno. */
int state_pidfd(const struct container *container);

/* Removes the files of ROOT/ID that we make (a fixed list, never recursively) and the directory. 0
 * or -errno. */
int state_remove(int root, const char *id);

/* "2026-11-22T03:31:09.74970158Z": RFC3339, UTC, trailing zeros cut. SIZE at least 40. */
void state_format_time(uint64_t seconds, uint64_t nanoseconds, char *buffer, size_t size);

#endif
