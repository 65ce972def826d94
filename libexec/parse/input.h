/* The bytes that come in, the plan that goes out, and the memory for all that is between. */
#ifndef DAVIT_INPUT_H
#define DAVIT_INPUT_H

#include <stddef.h>

/* The text of config.json; once the tree is made, its strings, unescaped in place. */
extern char *input_buffer;

/* For plan_begin. */
extern char *input_pool;
extern size_t input_pool_size;

/*
 * Reserves memory in proportion to the file, for the scanner, the tree and the above; dies when the
 * file is larger than 16 MiB. Before confinement: fstat(2) and mmap(2) are not in the seccomp list.
 */
void input_reserve(int fd);

/* Reads FD to its end into input_buffer, followed by a NUL. Returns the length; dies when there is
 * more than was reserved. */
size_t input_read(int fd);

/* For plan_emit: writes to the fd that CONTEXT points to. */
int output_write(void *context, const void *bytes, size_t length);

#endif
