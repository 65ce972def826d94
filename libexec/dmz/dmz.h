/* The parts of dmz, in the order main calls them. All die on failure unless they say otherwise. */
#ifndef DAVIT_DMZ_H
#define DAVIT_DMZ_H

#include "plan.h"

/* stdio.c: the console on 0-2, no /dev/null of the host, all of it owned by the user; a session of our
 * own, WITH_TERMINAL with the console as its terminal. */
void set_stdio(const struct plan *plan);
void lead_session(const struct plan *plan, int with_terminal);
void own_stdio(const struct plan *plan);

/* keyring.c: a session keyring of the container's own; for `exec` the one that the container was made
 * with. The conductor tells its name (MSG_KEYRING). */
void join_keyring(const struct plan *plan);

/* inside.c: true when we are outside of the pid namespace that the container joins; what we make from
 * then on is in there. move_inside makes the process that goes on, and returns in that one alone. */
int choose_pid_namespace(const struct plan *plan);
void move_inside(void);

/* identity.c */
void set_limits(const struct plan *plan);
void set_umask(const struct plan *plan);
void enter_cwd_as_root(const struct plan *plan);
/* Groups, ids, working directory, capabilities, each read back. */
void become_user(const struct plan *plan);
/* What become_user has kept for Landlock and filters without no_new_privs goes: CAP_SYS_ADMIN, unless it
 * is granted. */
void drop_rest(void);

/* thread.c: a thread besides the first one; there is never more than one. FLAGS: CLONE_FILES, or 0 for
 * descriptors of its own. 0 or -1. */
int start_thread(int (*run)(void *), int flags);

/* hooks.c: startContainer hooks, while there is a byte in the fifo START (-1: by hand). */
void run_start_hooks(int start);
/* The same by a thread that waits for `start` in our place, and loads FILTER for the hooks alone. Returns what
 * to wait for. */
int start_hooks_unfiltered(int filter);

/* identity.c: puts the Landlock rules that fence has made in force, when the plan has any; before the
 * filter. */
void confine(const struct plan *plan);

/* labels.c: the SELinux label of keyrings that are made until set_labels, which sets those of the
 * user's program. */
void label_keys(const struct plan *plan);
void set_labels(const struct plan *plan);

/* messenger.c: a thread without the filter, which calls hand_over with the LISTENER that it is
 * given. messenger_start: -1 where none can be made, as with a pids limit of 1. messenger_end waits
 * for it without a system call; when `start` has answered it has nothing left to do. */
int messenger_start(void);
void messenger_give(int listener);
void messenger_end(void);

extern int start_fd; /* main.c: FD_START, or where it has gone */

/* main.c: waits for the byte of `start` in the fifo START, for as long as that takes: this is the state
 * "created". */
void wait_for_start(int start);

/* Tells the conductor that the container is created, with LISTENER, which is closed. */
void hand_over(int listener);

/* scheduling.c: the CPUs of `exec`, scheduler, I/O priority and personality. All
 * before a filter is in force and while the caller's capabilities are there. */
void set_scheduling(const struct plan *plan);

/* program.c: argv, envp and the file to execute, found along the container's PATH as the
 * container's user. */
void prepare_program(const struct plan *plan);
/* Then: what the program's environment is. */
char *const *program_environment(void);
/* Never returns: exit status 255 and a line on stderr when the program cannot be executed. */
_Noreturn void execute_program(void);

#endif
