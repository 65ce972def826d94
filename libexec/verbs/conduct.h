/*
 * A conductor at work: the steps it has started, what they have said, and the barriers of a
 * creation.
 *
 * Barriers, in order. Who waits is on the right.
 *   plan      parse has filled and left the plan, it is sealed        all that is started after it
 *   witnessed witness has found nothing that is not in config.json    ns, before clone
 *   unit      with --systemd-cgroup: the first process is in its unit  cgroup (MSG_SCOPED)
 *   listed    cgroup has named its directories, all in the journal    cgroup (MSG_CGROUP_MAKE)
 *   clone     joined namespaces are there; on v2 the cgroup, too      ns (MSG_CLONE)
 *   mapped    without root: newuidmap has written the id maps         ns (MSG_MAP)
 *   joined    the first process is in its cgroup, with its devices    rootfs (MSG_JOINED)
 *   grouped   with linux.intelRdt: it is in its resctrl group         conductor (MSG_DONE)
 *   mounted   mounts and devices are made                             conductor (MSG_MOUNTED)
 *   limited   linux.resources are applied, loopback is up             conductor
 *   hooks     prestart and createRuntime hooks have run               rootfs (MSG_HOOKS_DONE)
 *   filter    the BPF program is there                                dmz (MSG_FILTER)
 *   inside    the process in a joined pid namespace is there          that (MSG_INSIDE)
 *   created   dmz waits for start                                     conductor (MSG_CREATED)
 *
 * Of exec (entering.c): plan; clone, when cgroup has opened the container's directories: then ns is
 * started; joined, for pty or dmz; filter; created; and a byte in dmz's pipe.
 */
#ifndef DAVIT_CONDUCT_H
#define DAVIT_CONDUCT_H

#include <sys/types.h>
#include "msg.h"
#include "plan.h"
#include "spawn.h"
#include "state.h"

struct step {
	enum program program;
	pid_t pid;              /* 0: not started by us (sources inside the namespaces) */
	int pidfd;              /* -1: not running */
	struct peer peer;       /* fd -1: closed */
	int64_t started, ended; /* microseconds since the conductor's first step, for --debug */
	int done;               /* it said MSG_DONE */
	int failed;             /* it said MSG_ERROR: error is set */
	int killed;             /* failed without a word, by a signal */
	int records;            /* of it that were logged */
	struct msg_text error;
};

/* Starts REQUEST with a control socket added at FD_CONTROL. Returns 0 or -errno. */
int step_spawn(struct step *step, const struct spawn *request, const struct msg_rule *rules,
	size_t rule_count);

/* The same for conductors that give up then: 0, or -1 and "cannot start NAME: …" in LINE. */
int step_start_or_say(struct step *step, const struct spawn *request, const struct msg_rule *rules,
	size_t rule_count, char *line, size_t size);

/* Sends TYPE to STEP. A step that is gone is no error here: it is heard of by the end of its socket,
 * with its reason. 0, or -1 and LINE. */
int step_tell(struct step *step, enum msg_type type, const void *body, size_t length, int fd,
	char *line, size_t size);

/* Tells dmz the name of the session keyring that JOURNAL has, if PLAN wants any. As step_tell. */
int step_tell_keyring(struct step *step, const struct plan *plan, const struct journal *journal,
	char *line, size_t size);

/*
 * One record from STEP: errors are kept in it, warnings and debug records logged, up to a number. Returns 1 for a
 * record left for the caller in MSG, 0 when it was one of those, -ECONNRESET when the step is gone
 * (and reaped).
 */
int step_receive(struct step *step, struct msg *msg);

/* Waits until STEP is gone, at most SECONDS (then it is killed; below 0: no limit). Returns 0 when it said MSG_DONE,
 * else -ECANCELED. */
int step_finish(struct step *step, int seconds);

/* It has done all it is for: its end is not listened to, step_finish reaps it later. One wake-up
 * less for each step. */
void step_let_go(struct step *step);

/* SIGKILL, if it still runs, and reap. */
void step_kill(struct step *step);

/* What went wrong with STEP as one line: its own words, or how it died. */
void step_error(const struct step *step, char *line, size_t size);

/*
 * One of STEPS has failed or gone: the one to blame, or NULL. A step that fails makes others end a
 * moment later, without a word: they only see a socket closed. So as long as nobody has said why,
 * all are listened to a little longer.
 */
const struct step *steps_cause(struct step *steps, size_t count);

/* Really all: sigfillset(3) of musl leaves out 32 to 34, for threads and timers, which no conductor
 * has. */
void conduct_all_signals(sigset_t *all);

/* One of TERM, INT, HUP, QUIT before there is a process to pass it to means: give up and undo. All
 * others wait until there is one. 0, or -1 and LINE. */
int conduct_catch_signals(int *signal_fd, char *line, size_t size);
/* -1 and LINE when one has come. */
int conduct_interrupted(int signal_fd, char *line, size_t size);

/* What parse reads; -1: none. */
struct parse_input {
	int config;
	int changed; /* ROOT/ID/resources.json */
	int request; /* of `update` */
};

/* Steps that only work with a message pair. 0, or LINE and -errno (-ECANCELED: of no system call).
 * Any of them; fill PLAN: */
int conduct_run(const struct spawn *request, int seconds, char *line, size_t size);
int conduct_parse(const struct parse_input *input, int plan, const char *const *arguments,
	char *line, size_t size);
/* The cgroups that CONTAINER's journal names, MODE: "kill" (all processes), "remove", "freeze",
 * "thaw". */
int container_cgroup(const struct container *container, const char *mode, char *line, size_t size);
/* The pids of all processes in them, written to the memfd PIDS: numbers of 32 bits, ascending. */
int container_pids(const struct container *container, int pids, char *line, size_t size);
/* Removes what CONTAINER's journal says it has of its own in the resctrl file system. */
int container_resctrl(const struct container *container, char *line, size_t size);

/* After a SIGKILL to the first process: a process that is frozen on v1 dies when it is thawed, and
 * on v2 what is left would be paused for ever. A failure is none of the signal. */
void container_thaw(const struct container *container);

/* What hooks write goes there, too: their output and their errors; -1: nowhere else. */
struct hook_files {
	int fd[2];
};

#define HOOK_FILES_NONE ((struct hook_files){{-1, -1}})

/* Host hooks. START spawns the program (the caller's environment and privileges) with the plan on
 * PLAN_FD. */
int hooks_start(struct step *hook, int plan_fd, const struct hook_files *files);
int hooks_run(struct step *hook, enum hook_kind kind, enum container_status status, uint64_t pid,
	char *line, size_t size);
void hooks_end(struct step *hook);

/* Whether the kernel has the security module of PLAN's process label: it must be told before anything
 * is made. 0, or -1 and LINE. */
int conduct_check_label(const struct plan *plan, char *line, size_t size);

/* Microseconds since the first call of this, by the monotonic clock. */
int64_t conduct_clock(void);

#endif
