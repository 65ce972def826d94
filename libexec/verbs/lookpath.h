/* Programs of the machine that a verb starts as the caller would. */
#ifndef DAVIT_LOOKPATH_H
#define DAVIT_LOOKPATH_H

#include <stddef.h>

/* Program NAME of $PATH in PATH, as Go's LookPath: a directory that is not absolute is no place to
 * execute a program from. 0 or -ENOENT. */
int lookpath(const char *name, char *path, size_t size);

#endif
