/* The command line of parse: what runc was told that config.json does not say. */
#ifndef DAVIT_OPTIONS_H
#define DAVIT_OPTIONS_H

#include "plan.h"

struct options {
	const char *id;
	const char *bundle;
	uint64_t preserve_fds;
	struct plan_opt_u64 files_soft, files_hard;
	uint64_t listen_fds;      /* the first of them */
	const char *listen_names; /* their names, or NULL */
	const char *notify;       /* the directory that becomes /run/notify, or NULL */
	int no_pivot;
	int no_new_keyring;
	int rootless;
	int systemd;
	int foreground;
	int check;       /* say all that is wrong and write no plan */
	int explain;     /* the same, and what would be done */
	int json;        /* as JSON */
	int changed;     /* what an earlier update has made of linux is on FD_CHANGED */
	int update;      /* change linux.resources … */
	int request;     /* … by the text on FD_REQUEST */
	char **settings; /* … by flags of `runc update`: name, value, …, NULL */
};

/* Reads the options after ARGV[0]; dies on anything else. */
struct options read_options(int argc, char **argv);

/* A number of file descriptors; dies when TEXT is none. */
uint64_t read_count(const char *text);
void read_files(
	const char *text, struct plan_opt_u64 *soft, struct plan_opt_u64 *hard); /* "SOFT:HARD" */

/* Stores them, once plan_begin has been called. */
void put_options(const struct options *options, struct plan_config *config);

#endif
