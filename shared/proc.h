/*
 * A procfs that is one: detached and our own where the kernel lets us, else the caller's /proc
 * after a check of its file system type. What is opened below it must lie on the same mount (rules
 * F15-F18).
 */
#ifndef DAVIT_PROC_H
#define DAVIT_PROC_H

#include <stddef.h>

/* PIDS_ONLY: without sys/ and the other files of the whole machine. Returns an O_PATH-like
 * directory fd or -errno. */
int proc_open(int pids_only);

/* Opens NAME below PROC ("self/oom_score_adj", "sys/net/…"). Returns an fd or -errno. */
int proc_open_file(int proc, const char *name, int flags);

/* Writes VALUE with one write(2) that must take all of it. Returns 0 or -errno. */
int proc_write(int proc, const char *name, const char *value, size_t length);

#endif
