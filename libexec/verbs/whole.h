/* Files written to their last byte: a call that does a part of it has set no errno. */
#ifndef DAVIT_WHOLE_H
#define DAVIT_WHOLE_H

#include <stddef.h>

/* SIZE bytes of DATA to FD, by as many writes as it takes. 0 or -errno. */
int write_whole(int fd, const void *data, size_t size);

/* The first SIZE bytes of the file FROM to TO. 0 or -errno; -EIO: FROM has fewer. */
int copy_whole(int to, int from, size_t size);

/* The most that copy_stream takes: what parse reads of a text, and a byte more, for its error. */
#define STREAM_MAX ((16u << 20) + 1)

/*
 * A memfd NAME with all that comes from FROM, a pipe or a terminal, at its start; or -errno.
 * -ETIMEDOUT: its end or STREAM_MAX has not come within SECONDS (below 0: no limit).
 */
int copy_stream(int from, const char *name, int seconds);

#endif
