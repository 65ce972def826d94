/* The line of programs that one process of a container is in turn: how one becomes the next. */
#ifndef DAVIT_LINE_H
#define DAVIT_LINE_H

#include <stddef.h>
#include "plan.h"

/* Becomes NAME, whose sealed memfd is at IMAGE, with the build id and an empty environment. Of our
 * fds it gets KEPT, as far as they are open, and those that are not close-on-exec already. Dies. */
_Noreturn void line_exec(int image, const char *name, const int *kept, size_t count);

/* Becomes dmz, or fence first, which becomes dmz, where the plan confines the process by Landlock. */
_Noreturn void line_exec_last(const struct plan *plan, const int *kept, size_t count);

#endif
