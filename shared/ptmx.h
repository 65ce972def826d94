/* The terminal of a container's process. */
#ifndef DAVIT_PTMX_H
#define DAVIT_PTMX_H

#include "plan.h"

/*
 * Opens a pty in the devpts that the container has on /dev/pts (rule F14) and gives it the size
 * that the plan says. ROOT is the container's root directory. *MASTER and *PEER get the two sides,
 * close-on-exec. Dies.
 */
void ptmx_open(const struct plan *plan, int root, int *master, int *peer);

#endif
