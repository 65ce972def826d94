/*
 * sd_notify(3) between a container and the service manager of the caller of run or start, who has
 * set NOTIFY_SOCKET. The container sends to a socket of ours; what it says there is hostile, so
 * nobody reads it: a filter in the kernel lets only datagrams pass that begin with "READY=", and
 * that one has come is all we want to know. The message to the manager is our own, and must come
 * from this process: systemd judges it by the sender's pid.
 */
#ifndef DAVIT_NOTIFY_H
#define DAVIT_NOTIFY_H

#include <poll.h>
#include <stddef.h>
#include <stdint.h>

#define NOTIFY_DIRECTORY "notify" /* in ROOT/ID; the container sees it as /run/notify */

enum notify_stage {
	NOTIFY_OVER, /* nothing to say, or all is said */
	NOTIFY_BOUND,
	NOTIFY_READY, /* to be sent next */
	NOTIFY_MAINPID,
	NOTIFY_BARRIER,
	NOTIFY_FLUSHED /* waiting for the manager to have taken it all */
};

struct notify {
	enum notify_stage stage;
	uint64_t pid; /* MAINPID: set before the container starts */
	int manager;  /* connected to the caller's socket; -1: it cannot be reached */
	int lock;     /* on the directory: one process at a time waits for a container */
	int socket;   /* the container's; stays open, so that what it sends later goes nowhere */
	int barrier;
	int64_t end; /* of waiting for the manager, in milliseconds of conduct_clock */
};

/* The caller's NOTIFY_SOCKET, or NULL. */
const char *notify_name(void);

/* Connects to it. A manager that cannot be reached is warned of, and told nothing then. */
void notify_connect(struct notify *n);

/* Makes the socket in NOTIFY_DIRECTORY of the container's directory DIR, again if somebody died who
 * had made it. 0, or -1 and LINE. */
int notify_bind(struct notify *n, int dir, char *line, size_t size);

/* What to poll for, fd -1 when it is over, and for how long. */
struct pollfd notify_poller(const struct notify *n);
int notify_timeout(const struct notify *n);

/* Does what has become possible. Never blocks; a manager that takes nothing is warned of. */
void notify_advance(struct notify *n);

/* Until all is said, or the process PIDFD has ended without a word. 0; -EINTR when SIGNALS, a
 * signalfd or -1, has one. */
int notify_wait(struct notify *n, int pidfd, int signals);

#endif
