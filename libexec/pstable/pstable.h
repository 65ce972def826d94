/* The lines of ps's output that are about a container's processes: what the files of this program
 * share. */
#ifndef DAVIT_PSTABLE_H
#define DAVIT_PSTABLE_H

#include <stddef.h>
#include <stdint.h>

/* Lines about PID are wanted; what no kernel has as a pid is ignored. */
void table_want(uint64_t pid);
/* The next LENGTH bytes of what ps prints. The header and the wanted lines go to fd 1, unchanged;
 * the first MiB of them waits for table_end. */
void table_feed(const char *bytes, size_t length);
/*
 * There is nothing more; STATUS is how ps has ended: "", or as in "exit status 1". Writes what is
 * left. Dies in runc's words when ps has failed, and when its output has no column of pids or a
 * line none in it (runc-cli.md 1.17).
 */
void table_end(const char *status);

#endif
