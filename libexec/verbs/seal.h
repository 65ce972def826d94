/*
 * What a program runs from that a process of the container may be or see (F23): a copy that can be
 * executed, and neither read nor changed. A process that may not read its image (undumpable_exec) is never
 * dumpable, not even before its first statement, and belongs to a user namespace that has the
 * image's owner. So the root of one that has not, whatever its capabilities there, cannot look into
 * the process (would_dump in fs/exec.c; ptrace(2), "Ptrace access mode checking").
 */
#ifndef DAVIT_SEAL_H
#define DAVIT_SEAL_H

#include "msg.h"

/*
 * A sealed memfd with the program's file. Where vm.memfd_noexec forbids it, a file on a read-only tmpfs that
 * is mounted nowhere: it is made at once for all programs, because later the capabilities are gone.
 * fd or -errno.
 */
int seal_program(enum program program);

/* Before the capabilities are given up: makes that tmpfs if it will be needed. */
void seal_prepare(void);

/* That tmpfs, whose files may be executed, or -1. */
int seal_images(void);

/* What to do about ERR of seal_program, or "". */
const char *seal_hint(int err);

#endif
