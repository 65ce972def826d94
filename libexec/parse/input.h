/* The bytes that come in, and the plan that goes out. */
#ifndef DAVIT_INPUT_H
#define DAVIT_INPUT_H

#include <stddef.h>

/* The text of config.json; once the tree is made, its strings, unescaped in place. */
extern char input_buffer[];

/* Room for the strings of the plan. */
extern char input_strings[];
extern const size_t input_strings_size;

/* Dies when the file is larger than 16 MiB. Before confinement: fstat(2) is not in the seccomp
 * list. */
void input_check_size(int fd);

/* Reads FD to its end into input_buffer, followed by a NUL. Returns the length; dies above 16 MiB.
 */
size_t input_read(int fd);

/* For plan_emit: writes to the fd that CONTEXT points to. */
int output_write(void *context, const void *bytes, size_t length);

#endif
