/*
 * The limit of open files. The kernel also holds against it how many descriptors of all the user's
 * processes lie in sockets and have not been received yet, when somebody without capabilities sends
 * one more (ETOOMANYREFS, unix(7)): many containers that begin at once have many there.
 */
#ifndef DAVIT_FILES_H
#define DAVIT_FILES_H

#include <sys/resource.h>
#include "msg.h"

/* The soft limit of this process up to the hard one. CALLERS gets what it was. 0 or -errno. */
int files_raise(struct rlimit *callers);

/* Back to what files_raise found: that limit is the container's. 0 or -errno. */
int files_restore(const struct rlimit *callers);

/* tell() of shared/step.h with FD while the limit is raised. Dies on failure. */
void files_tell(enum msg_type type, int fd);

#endif
