/* The end of a container, and its plan as this build reads it. */
#ifndef DAVIT_REMOVING_H
#define DAVIT_REMOVING_H

#include "conduct.h"

/* Everything of a container whose process is gone. Poststop hooks run in HOOK, which may be NULL
 * when there are none. 0, or -1 and LINE. */
int container_remove(
	int root, struct container *container, struct step *hook, char *line, size_t size);

/*
 * Whoever makes or removes a container holds the lock of its journal. What was read before the lock
 * was got may be out of date, so it is read again under it. 0: ours, with *JOURNAL to close (-1
 * when there is none); -ENOENT: somebody else has removed it; -EWOULDBLOCK after TRIES: still at
 * work.
 */
int container_lock(struct container *container, int tries, int *journal);

/* Kills the first process, and all others where there is no pid namespace of its own, and waits. 0,
 * or -1 and LINE. */
int container_kill(struct container *container, char *line, size_t size);

/*
 * The plan of CONTAINER made of the kept config.json, what earlier updates have changed, and
 * MORE arguments of parse (NULL ends them) with the REQUEST of another one (-1: none). Takes the
 * place of container->plan. A sealed memfd, or -1 and LINE.
 */
int container_parse(
	struct container *container, const char *const *more, int request, char *line, size_t size);

/* The plan of CONTAINER as this build reads it, made again from the kept config.json when it is of
 * another one: an fd, or -1 and LINE. Loads container->plan as well. */
int container_plan(struct container *container, char *line, size_t size);

#endif
