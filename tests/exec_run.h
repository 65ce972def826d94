/* Running `parse exec` as `runc exec` does: a kept plan, flags or a process.json in, a plan or one
 * line out. */
#ifndef DAVIT_EXEC_RUN_H
#define DAVIT_EXEC_RUN_H

#include <stddef.h>
#include "plan_write.h"

#define COUNT(array) (sizeof(array) / sizeof((array)[0]))

/* What the last run said: errors and warnings, a line each. */
extern char said[8192];

/* The kept plan that the next runs get. */
extern unsigned char kept[1 << 16];
extern size_t kept_size;

/* Keeps the plan that was begun with plan_begin(kept_pool, …), as if BUILD had made it. */
extern char kept_pool[1 << 16];
void keep(const char *build);

/*
 * Runs `parse exec ARGUMENTS… `. PROCESS is the text on FD_CONFIG, LENGTH bytes of it; NULL: none.
 * Returns the exit status, or 128 + signal. The program is build/davit/parse, or $DAVIT_PARSE.
 */
int run_exec(const char *const *arguments, const char *process, size_t length);

/* The same for `parse` as `runc update` runs it: config.json, what earlier updates have changed, the
 * request of -r (each NULL: none). */
int run_update(
	const char *const *arguments, const char *config, const char *changed, const char *request);

/* The plan that the last run wrote; fails the test when the checker refuses it. */
void load_exec(struct plan *plan);

/* run_exec must end with 1 and one error that contains ERROR; NAME is for the report. */
void refused_exec(
	const char *const *arguments, const char *process, size_t length, const char *error);

#endif
