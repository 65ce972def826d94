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
 * Reserves memory in proportion to the text on FD (NAME in messages: "config.json:"), the plan on
 * KEPT (each -1: none) and as many bytes of STRINGS from elsewhere, for the scanner, the tree and
 * the above; dies when a file is larger than 16 MiB, a plan than PLAN_SIZE_MAX. Before confinement:
 * fstat(2) and mmap(2) are not in the seccomp list.
 */
void input_reserve(const char *name, int fd, int kept, size_t strings);

/* Another text that is read later from FD: to be called before input_reserve. */
void input_expect(const char *name, int fd);

/*
 * The same for a review of the text on FD: a pool for everything that can be wrong, and a buffer
 * for the image of the plan.
 */
void input_reserve_review(const char *name, int fd);

/* For plan_emit: into that buffer. */
int image_write(void *context, const void *bytes, size_t length);
const void *image_bytes(size_t *length);

/*
 * Reads FD to its end into input_buffer, followed by a NUL; NAME as above. Returns the length; dies
 * when there is more than was reserved. What was read before, and the tree of it, is gone then.
 */
size_t input_read(const char *name, int fd);

/* Reads the kept plan, which is still to be checked. Dies when there is more than was reserved. */
const void *input_read_kept(int fd, size_t *length);

/* For plan_emit: writes to the fd that CONTEXT points to. */
int output_write(void *context, const void *bytes, size_t length);

#endif
