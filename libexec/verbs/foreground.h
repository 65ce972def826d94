/*
 * The foreground of run and exec: a terminal relayed by tty, signals passed on to the container's
 * process, its end waited for, and its exit status.
 */
#ifndef DAVIT_FOREGROUND_H
#define DAVIT_FOREGROUND_H

#include "caller.h"
#include "conduct.h"
#include "notify.h"

struct foreground {
	pid_t pid; /* the container's process, a child of ours */
	int pidfd;
	int signals;           /* signalfd, from foreground_watch */
	struct step tty;       /* pidfd -1: there is no terminal */
	struct caller caller;  /* its attributes, should tty be killed */
	uint32_t turn;         /* how often tty was told to go on */
	struct notify *notify; /* NULL: nothing to tell a service manager */
};

/* Everything that can be caught is for the container's process from now on; SIGNAL_FD is the
 * signalfd that was used before, or -1. 0 or -errno. */
int foreground_watch(struct foreground *f, int signal_fd);

/* Starts tty on MASTER, which is closed, and waits until both terminals are set up: not before may
 * the process see its own. A job in the background stops here. 0, or -1 and LINE. */
int foreground_tty(struct foreground *f, int master, char *line, size_t size);

/*
 * Waits for the process, reaping every other child on the way; with a terminal it is stopped and
 * continued as a job of the caller's shell. When tty is killed, the caller's terminal is restored
 * and the container's is hung up. Returns the process's exit status, 128+N for signal N.
 */
int foreground_wait(struct foreground *f);

/* tty goes on until it has written the process's last words: it ends by itself when the pty does.
 */
void foreground_end(struct foreground *f);

#endif
