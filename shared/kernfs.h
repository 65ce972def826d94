/*
 * The small files of a kernel's own file system (cgroup, resctrl): opened beneath a directory fd,
 * read whole, written with one write; and the short waits that such file systems ask for. Nothing
 * here follows a symbolic link.
 */
#ifndef DAVIT_KERNFS_H
#define DAVIT_KERNFS_H

#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

/* All return 0 (or a length, or an fd) or -errno. NAME is relative to the directory DIR. */

int beneath(int dir, const char *name, int flags);
/* Whole small file, NUL-terminated, without the last newline. A directory of that name is -ENOENT. */
ssize_t read_file(int dir, const char *name, char *buffer, size_t size);
int write_file(int dir, const char *name, const char *value);

/* Closes *FD if it is open; it is -1 then. */
void close_fd(int *fd);
/* Of the monotonic clock. Both die when the kernel has none to offer. */
int64_t now_ms(void);
void sleep_ms(int64_t ms);

#endif
