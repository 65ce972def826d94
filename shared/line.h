/* The line of programs that one process of a container is in turn: how one becomes the next. */
#ifndef DAVIT_LINE_H
#define DAVIT_LINE_H

#include <stddef.h>

/* Becomes NAME, whose sealed memfd is at IMAGE, with the build id and an empty environment. Of our
 * fds it gets KEPT, as far as they are open, and those that are not close-on-exec already. Dies. */
_Noreturn void line_exec(int image, const char *name, const int *kept, size_t count);

#endif
