/*
 * The limit of open files. davit has one descriptor for each mount, so it raises its own; what it runs
 * for others has the caller's. The kernel also holds against it how many descriptors of all the
 * user's processes lie in sockets and have not been received yet, when somebody without capabilities
 * sends one more (ETOOMANYREFS, unix(7)): many containers that begin at once have many there.
 */
#ifndef DAVIT_FILES_H
#define DAVIT_FILES_H

#include <sys/resource.h>

/* Raises the limit of this process as far as it may: the hard one for a caller with CAP_SYS_RESOURCE, else
 * the soft one. CALLERS gets what it was. 0 or -errno. */
int files_raise(struct rlimit *callers);

/* Back to what files_raise found. 0 or -errno. */
int files_restore(const struct rlimit *callers);

/* Remembers the hard limit for files_error, as files_raise does. */
void files_note(void);

/* The words for ERR, with the hard limit if that is what it is about; in static memory. */
const char *files_error(int err);

#endif
