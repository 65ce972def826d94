/*
 * What all conductors share: the command line as runc takes it (options.c), log records as runc writes them (log.c).
 * A conductor's main: declare its flags, verb_start, do the verb, exit.
 */
#ifndef DAVIT_VERB_H
#define DAVIT_VERB_H

#include <stddef.h>
#include <stdint.h>

enum flag_kind { FLAG_BOOL, FLAG_STRING, FLAG_LIST, FLAG_INT };

struct flag_list {
	const char *values[1024];
	size_t count;
};

struct flag {
	const char *name;     /* without dashes */
	const char *alias;    /* "b" for -b, or NULL */
	enum flag_kind kind;
	void *value;	      /* int *, const char **, struct flag_list *, int64_t * */
	const char *help;     /* one line for --help; NULL: hidden */
};

struct verb {
	const char *name;
	const char *usage;	 /* "<container-id> [signal]" */
	const char *description; /* one line: NAME of --help */
	const struct flag *flags;
	size_t flag_count;
	int min_args; /* -1: no limit */
	int max_args;
	int stop_at_first_arg; /* exec, kill, ps: no flags after the first argument */
};

/* The global options, set by verb_start. */
struct globals {
	int debug;
	const char *log; /* NULL: stderr */
	const char *log_format;
	const char *root; /* absolute */
	int root_given;
	int systemd_cgroup;
	const char *rootless; /* "auto" unless given */
};
extern struct globals globals;

/*
 * Parses "runc [global options] VERB [options] [arguments]" (ARGV as the dispatcher got it), fills closed fds 0-2 with
 * /dev/null, resets signal dispositions and mask, opens the log. Prints usage errors and help as runc does and exits.
 * Returns the number of positional arguments, which are in ARGS (at most SIZE).
 */
int verb_start(const struct verb *verb, int argc, char **argv, const char **args, int size);

/* True when cgroup errors are to be tolerated: --rootless, or auto and not root (runc-cli.md 1.2). */
int verb_rootless(void);

enum log_level { LOG_LEVEL_DEBUG, LOG_LEVEL_INFO, LOG_LEVEL_WARNING, LOG_LEVEL_ERROR };

struct log_fields { /* added to JSON records of errors when set */
	const char *code;  /* stable word: the program that failed, e.g. "rootfs" */
	const char *phase;
	const char *errno_name;
};

/* One record as runc (logrus) writes it: text or JSON, to --log or stderr; errors to a file are repeated bare on stderr. */
void log_record(enum log_level level, const char *message, const struct log_fields *fields);

/* Logs an error "PREFIX: TEXT" (PREFIX may be NULL) and exits with STATUS. */
_Noreturn void log_die(int status, const char *prefix, const char *text);

#endif
