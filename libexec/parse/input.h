/* The bytes that come in, and the plan that goes out. */
#ifndef DAVIT_INPUT_H
#define DAVIT_INPUT_H

#include <stddef.h>

/*
 * One buffer for two things that are never needed together: the text of config.json until the tree
 * is made, then the strings of the plan, each of which comes from that text.
 */
extern char input_buffer[];
extern const size_t input_buffer_size;

/* Dies when the file is larger than 16 MiB. Before confinement: fstat(2) is not in the seccomp
 * list. */
void input_check_size(int fd);

/* Reads FD to its end into input_buffer, followed by a NUL. Returns the length; dies above 16 MiB.
 */
size_t input_read(int fd);

/* For plan_emit: writes to the fd that CONTEXT points to. */
int output_write(void *context, const void *bytes, size_t length);

#endif
