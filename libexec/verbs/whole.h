/* Files written to their last byte: a call that does a part of it has set no errno. */
#ifndef DAVIT_WHOLE_H
#define DAVIT_WHOLE_H

#include <stddef.h>

/* SIZE bytes of DATA to FD, by as many writes as it takes. 0 or -errno. */
int write_whole(int fd, const void *data, size_t size);

/* The first SIZE bytes of the file FROM to TO. 0 or -errno; -EIO: FROM has fewer. */
int copy_whole(int to, int from, size_t size);

#endif
