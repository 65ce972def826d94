/* Starting steps: fds placed at their numbers, empty environment, default signals, and nothing else
 * inherited. */
#ifndef DAVIT_SPAWN_H
#define DAVIT_SPAWN_H

#include <stddef.h>
#include <sys/resource.h>
#include <sys/types.h>
#include "msg.h"
#include "plan.h"

struct spawn_fd {
	int from; /* below 0: left out */
	int to;   /* shared/fds.h */
};

struct spawn {
	enum program program;
	int image;                    /* sealed memfd of the program, or -1: its file */
	const char *const *arguments; /* after "build=", NULL-terminated, or NULL */
	char *const *environment;     /* NULL: empty */
	const struct spawn_fd *fds;
	size_t fd_count;
	size_t preserved;  /* so many of our fds from 3 up go to FD_PRESERVED and up */
	const int *cgroup; /* v2 directory in which it is to begin (Linux 5.7); NULL: ours */
};

/* Starts the program. Returns 0 and the pid, with *pidfd close-on-exec; or -errno. With a cgroup,
 * that it could not be executed is only seen by its exit status, 127. */
int spawn(const struct spawn *request, pid_t *pid, int *pidfd);

/* To be called when the capabilities are given up. What is spawned from then on is never dumpable
 * (shared/undumpable.h). */
void spawn_reduced(void);

/* The caller's limit of open files. The first call, or the first spawn, raises ours (shared/files.h). Steps
 * inherit that, except hook; whatever else we execute must restore it. 0 or -errno. */
int spawn_files(struct rlimit *callers);

/* The same as parse takes it, "SOFT:HARD", in static memory, or NULL and errno; and whether CONFIG has it. */
const char *spawn_files_text(void);
int spawn_files_are(const struct plan_config *config);

/* The directory with the programs, O_PATH, or -errno. */
int spawn_directory(void);

/* What a child does before it executes anything: no signal blocked or ignored. 0 or -errno. */
int spawn_reset_signals(void);

/* Adds the seals that make a memfd's content final. 0 or -errno. */
int spawn_seal_memfd(int fd);

/* The file of PROGRAM, for errors, in static memory. */
const char *spawn_path(enum program program);

/* "DOING PATH: errno" into LINE, with what to do about a program that is not there. */
void spawn_error(const char *doing, enum program program, int err, char *line, size_t size);

#endif
