/* How dmz makes the process that is inside of a joined pid namespace: a child of the conductor. */
#ifndef DAVIT_INSIDE_H
#define DAVIT_INSIDE_H

#include <sched.h>
#include <signal.h>

#define INSIDE_CLONE_FLAGS (CLONE_PARENT | SIGCHLD)

#endif
