/*
 * The caller's terminal: its attributes as they were found, the raw ones that a relay needs, and
 * the way back. tty does both; the conductor remembers them, too, and restores them when tty was
 * killed.
 */
#ifndef DAVIT_CALLER_H
#define DAVIT_CALLER_H

#include <sys/types.h>
#include <termios.h>

struct caller {
	int fd;          /* -1: there is none */
	int group_known; /* looked up the first time: tty's filter has no getpgrp */
	pid_t group;     /* our process group; 0 if our pid namespace does not see it */
	struct termios saved;
	struct termios raw; /* raw but for OPOST */
};

/* Finds the first terminal among fds 0, 2 and 1, and what its attributes are. */
void caller_find(struct caller *caller);

/* Async-signal-safe. 0 or -errno; in the background -EINTR when SIGTTOU is caught – it was sent to
 * the whole process group – and -EIO when nobody could continue us: termios(3), "Job control". */
int caller_set_raw(const struct caller *caller);

/*
 * Gives the terminal its attributes back. In the background only while they are those that we set:
 * else they belong to the shell, or to what it runs by now. SIGTTOU must be blocked. May be called
 * more than once. Async-signal-safe.
 */
void caller_restore(const struct caller *caller);

#endif
