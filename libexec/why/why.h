/* What the files of this program share. */
#ifndef DAVIT_WHY_H
#define DAVIT_WHY_H

/* file.c: why the kernel cannot execute the open FILE, or NULL; LOOK tells whether a path is there: 0, 1,
 * or below 0 when that cannot be told. */
const char *file_problem(int file, int (*look)(const char *path));

#endif
