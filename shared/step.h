/*
 * What every step program does first and last: know who it is, whether a conductor started it,
 * check that both are of one build, and report errors. The only global state of a program lives
 * here.
 */
#ifndef DAVIT_STEP_H
#define DAVIT_STEP_H

#include "msg.h"

/* One id of all programs of an installation: the version and a hash over the sources (made at build
 * time). */
extern const char build_id[];
extern const unsigned build_uid_base; /* the reserved ids: see priv_reserved_ids */
extern const unsigned build_uid_count;
extern const char build_version[];
extern const char build_commit[];      /* "unknown" outside a checkout */
extern const char build_has_systemd[]; /* "": built without libsystemd, so without scope */
extern const char build_libseccomp[];  /* "2.5.4": what the seccomp program is built with; "": it is
					 not built */

/* The control socket, when a conductor started us. RULES are for what the conductor may send. */
extern struct peer conductor;

/*
 * First statement of a step's main, which makes it undumpable first of all. A conductor passes "build=ID" as the first argument; another id than ours is refused with one sentence and
 * exit status 1. Returns the number of arguments consumed: 1 when conducted, 0 when run by hand
 * (then errors go to fd 2).
 */
int step_start(
	enum program self, int argc, char **argv, const struct msg_rule *rules, size_t rule_count);

/* For who asks by hand, with --help, -h or --version, and does not come back then: shared/help.c, of all
 * programs but dmz, which has no room for it. step_start calls it. */
void step_help(enum program self, int argc, char **argv);
/* What this program is called, for lines on fd 2. */
const char *step_name(void);
extern const struct step_fd {
	int number;
	const char *text; /* NULL: the end */
} step_fds[];             /* of the table of privileges */

/* Must be repeated after every change of ids or capabilities (shared/undumpable.h). */
void step_undumpable(void);

/* For a step that takes its effect back when the conductor ends: what ends that from a terminal or as
 * a service does not end the step. Before confinement. */
void step_ignore_signals(void);

/* True when a conductor started this program. */
int step_conducted(void);

/* Ends the process also where a filter of the container forbids that: _exit(2) would try for ever. */
_Noreturn void leave(int status);

/* Reports "WHAT OBJECT: errno text" (OBJECT may be NULL, ERR 0) to the conductor or on fd 2, and
 * exits with 1. */
_Noreturn void die(const char *what, const char *object, int err);

/* What is wrong with a journal. */
_Noreturn void die_of_journal(int err);

/* The same as a warning, without exiting. */
void warn(const char *what, const char *object, int err);

/* A record for --debug. */
void debug(const char *what, const char *object);

/* Tells the conductor TYPE with no body and FD (-1: none); dies when it is gone. By hand: nothing.
 */
void tell(enum msg_type type, int fd);

/* tell with write(2) instead of sendmsg(2) and nothing else: for a process under the container's
 * own filter. */
void tell_by_write(enum msg_type type);

/*
 * Waits for TYPE from the conductor and returns the fd that came with it or -1; dies on anything
 * else, or after SECONDS (below 0: no limit). By hand: returns -1 at once.
 */
int await(enum msg_type type, struct msg *msg, int seconds);

#endif
