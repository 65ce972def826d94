/* The parts of copyup. All die on failure, with the path below the directory that is copied. */
#ifndef DAVIT_COPYUP_H
#define DAVIT_COPYUP_H

#include <stddef.h>
#include <sys/stat.h>

/* tree.c: copies everything below the directory FROM to the directory TO, and FROM's times. */
void copy_tree(int from, int to);

/* Where we are, for messages: "a/b". */
extern char copy_path[4096];
_Noreturn void die_here(int err);
void warn_here(const char *what);

/* file.c: opens NAME below DIRECTORY, one component, without leaving its mount. fd or -errno. */
int open_entry(int directory, const char *name, int flags);
/* Copies the content of the regular file NAME below FROM, and what ST says of it, to a new one
 * below TO. */
void copy_file(int from, int to, const char *name);
/* Owner, mode, extended attributes and times, from an open file to another. */
void copy_attributes(int from, int to, const struct stat *st);
void copy_times(int fd, const struct stat *st);
/* Owner and times of NAME below DIRECTORY, which cannot be opened: a symlink, FIFO or socket. */
void set_attributes_of(int directory, const char *name, const struct stat *st);

#endif
