/*
 * `parse exec`: the plan of a process that enters a container. It comes from the container's kept
 * plan and either a process.json or the flags of `runc exec`, and says what the process takes from
 * where (runc-cli.md 1.12, 3.15), so that no later program has to look at two plans.
 */
#ifndef DAVIT_EXEC_H
#define DAVIT_EXEC_H

#include "plan.h"
#include "tree.h"

struct exec_options {
	int process; /* the process is in the text on FD_CONFIG; of the others only preserve_fds, files
			and foreground count */
	int foreground;
	int tty;
	int no_new_privs;
	const char *cwd;
	const char *user; /* "UID[:GID]" */
	const char *process_label;
	const char *apparmor;
	uint64_t preserve_fds;
	struct plan_opt_u64 files_soft, files_hard;
	char **flags; /* all of them again, for those that may be repeated */
	int flag_count;
	char **args; /* NULL-terminated */
};

/* Reads what follows the word "exec"; dies on anything unknown. */
struct exec_options read_exec_options(int argc, char **argv);

/* Fills the config record. PROCESS is NULL without options->process. */
void build_exec(
	const struct exec_options *options, const struct plan *kept, const struct value *process);

#endif
