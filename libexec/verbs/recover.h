/* A container whose journal is broken: what else there is that tells of it. */
#ifndef DAVIT_RECOVER_H
#define DAVIT_RECOVER_H

#include "state.h"

/*
 * ERR is what state_open or state_read_journal has returned for CONTAINER. When the journal is
 * missing or broken, or ends before the record that state.json shows was written, the rest is taken
 * from state.json: then container->recovered is 1. Returns 0, or ERR when there is nothing to go on
 * by, or -errno.
 */
int container_recover(struct container *container, int err);

/* Writes the journal of a recovered container anew, under its lock, for the steps that read it.
 * *LOCKED is the descriptor with the lock, and becomes that of the new file. 0 or -errno. */
int container_repair(struct container *container, int *locked);

#endif
