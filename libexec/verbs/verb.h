/*
 * What all conductors share: the command line as runc takes it (options.c), log records as runc
 * writes them (log.c). A conductor's main: declare its flags, verb_start, do the verb, exit.
 */
#ifndef DAVIT_VERB_H
#define DAVIT_VERB_H

#include <stddef.h>
#include <stdint.h>
#include "state.h"

enum flag_kind { FLAG_BOOL, FLAG_STRING, FLAG_LIST, FLAG_INT, FLAG_PARSED };

struct flag_list {
	const char **values; /* as many as there were on the command line */
	size_t count;
};

struct flag_parser {
	int (*parse)(const char *text); /* 0, or -errno: "parse error" */
};

struct flag {
	const char *name;  /* without dashes */
	const char *alias; /* "b" for -b, or NULL */
	enum flag_kind kind;
	void *value;      /* int *, const char **, struct flag_list *, int64_t *,
			     const struct flag_parser * */
	const char *help; /* one line for --help; NULL: hidden */
};

struct verb {
	const char
		*name; /* NULL: the program "help", whose first argument is the word of the verb */
	const char *usage;       /* "<container-id> [signal]" */
	const char *description; /* one line: NAME of --help */
	const struct flag *flags;
	size_t flag_count;
	int min_args; /* -1: no limit */
	int max_args;
	int stop_at_first_arg; /* exec, kill, ps: no flags after the first argument */
	const char *
		prefix; /* in front of what goes wrong with the container: "exec failed"; or NULL */
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
	int help;
	int version;
	const char *prefix; /* of the verb */
};
extern struct globals globals;

/*
 * Parses "runc [global options] VERB [options] [arguments]" (ARGV as the dispatcher got it), fills
 * closed fds 0-2 with /dev/null, resets signal dispositions and mask, opens the log. Prints usage
 * errors and help as runc does and exits. SIGPIPE and SIGXFSZ stay ignored, so that a full disk or
 * a closed pipe is an error: whoever spawns resets them. Returns the number of positional
 * arguments, which are in ARGS (at most SIZE).
 */
int verb_start(const struct verb *verb, int argc, char **argv, const char **args, int size);

/* An empty value of an option is none, as with runc. */
static inline void verb_drop_empty(const char **value)
{
	if (*value && !**value)
		*value = NULL;
}

/* Exits with runc's words unless there are MIN to MAX arguments (-1: no limit). PROGRAM is argv[0].
 * For verbs whose flags decide; verb_start does it for the others. */
void verb_check_count(const char *program, int count, int min, int max);

/*
 * True when cgroup errors are to be tolerated: --rootless, or auto and not root (runc-cli.md 1.2).
 * Another word than auto or a boolean is an error of `create` and `run`, and ends them.
 */
int verb_rootless(void);

/* PATH made absolute below BASE and lexically cleaned, as Go's filepath.Join does. 0 or
 * -ENAMETOOLONG. */
int verb_clean_path(const char *base, const char *path, char *buffer, size_t size);

struct text;
/* The GLOBAL OPTIONS of a help text. */
void verb_add_globals(struct text *t);

/* Writes all of DATA on stdout; exits with 1 when that fails. */
void verb_print(const char *data, size_t length);

/* container.c. Opens the state root and ROOT/ID and reads its journal; exits with STATUS and runc's
 * words if it cannot, or if the container is not whole. */
void verb_open_container(const char *id, struct container *container, int status);

/* The same for those that need no step: also of a container whose journal is broken
 * (container->recovered). */
void verb_find_container(const char *id, struct container *container, int status);

/* The same to look at it only; exits with 1. */
void verb_look_at_container(const char *id, struct container *container);

/* The same without an exit: state_open, with what recover.h can do. 0 or -errno. */
int verb_read_container(int root, const char *id, struct container *container);

/* Why CONTAINER cannot be worked with, given what verb_read_container returned: 0 is for one that is
 * not ready or was recovered. */
const char *verb_container_error(const char *id, const struct container *container, int err);

/* What CONTAINER is now; exits with STATUS when that cannot be told. */
enum container_status verb_status(const struct container *container, int status);

/* What is wrong with the state root, given the -errno of state_open_root, as one message. */
const char *verb_root_error(int err);

/* The JSON object of `state` and `list` in static memory; INDENT as in json.h. NULL when it is too
 * large. */
const char *verb_describe(struct container *container, enum container_status status,
	const char *indent, const char *owner, size_t *length);

/* The absolute bundle of CONTAINER from its plan, or "" when that cannot be read. */
const char *verb_bundle(struct container *container);

enum log_level { LOG_LEVEL_DEBUG, LOG_LEVEL_INFO, LOG_LEVEL_WARNING, LOG_LEVEL_ERROR };

struct log_fields {       /* added to JSON records of errors when set */
	const char *code; /* stable word: the program that failed, e.g. "rootfs" */
	const char *phase;
	const char *errno_name;
};

/* One record as runc (logrus) writes it: text or JSON, to --log or stderr; errors to a file are
 * repeated bare on stderr. */
void log_record(enum log_level level, const char *message, const struct log_fields *fields);

/* Sends what follows to PATH instead of stderr. Returns 0 or -errno; a directory, a socket, a fifo
 * nobody reads are refused, and a symlink of another user (-ELOOP). */
int log_open(const char *path);

/*
 * Whoever may write in a directory could make a file in it a link to any other. So the link PATH is
 * followed only if it is one of root or of ours, such as /dev/stderr, and nothing is made at its end.
 * fd or -errno; -ELOOP: it is another user's.
 */
int open_own_link(const char *path, int flags);

/* Adds VALUE in quotes as Go's %q gives it: escapes for quotes, controls, invisible characters and
 * invalid UTF-8. */
void text_add_quoted(struct text *t, const char *value);

/* Logs an error "PREFIX: TEXT" (PREFIX may be NULL) and exits with STATUS. */
_Noreturn void log_die(int status, const char *prefix, const char *text);

#endif
