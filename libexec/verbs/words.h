/*
 * What the dispatcher and options.c must read alike: the verbs, the global options, and how one
 * word of the command line splits into a flag and its value.
 */
#ifndef DAVIT_WORDS_H
#define DAVIT_WORDS_H

#include <errno.h>
#include <fcntl.h>
#include <stddef.h>
#include <string.h>
#include <unistd.h>

/* X(word, what `runc help` says). Each is a program LIBEXECDIR/davit/WORD; one that is not
 * installed is not listed. */
#define VERBS(X)                                                                                   \
	X("checkpoint", "checkpoint a running container")                                          \
	X("create", "create a container")                                                          \
	X("delete",                                                                                \
		"delete any resources held by the container often used with detached container")   \
	X("events",                                                                                \
		"display container events such as OOM notifications, cpu, memory, and IO usage "   \
		"statistics")                                                                      \
	X("exec", "execute new process inside the container")                                      \
	X("features", "show the enabled features")                                                 \
	X("kill",                                                                                  \
		"kill sends the specified signal (default: SIGTERM) to the container's init "      \
		"process")                                                                         \
	X("list", "lists containers started by runc with the given root")                          \
	X("pause", "pause suspends all processes inside the container")                            \
	X("ps", "ps displays the processes running inside a container")                            \
	X("restore", "restore a container from a previous checkpoint")                             \
	X("resume", "resumes all processes that have been previously paused")                      \
	X("run", "create and run a container")                                                     \
	X("spec", "create a new specification file")                                               \
	X("start", "executes the user defined process in a created container")                     \
	X("state", "output the state of a container")                                              \
	X("update", "update container resource constraints")

/* X(name, alias, FLAG_ kind, field of struct globals, help) */
#define GLOBAL_OPTIONS(X)                                                                          \
	X("debug", NULL, FLAG_BOOL, debug, "enable debug logging")                                 \
	X("log", NULL, FLAG_STRING, log,                                                           \
		"set the log file to write runc logs to (default is '/dev/stderr')")               \
	X("log-format", NULL, FLAG_STRING, log_format,                                             \
		"set the log format ('text' (default), or 'json')")                                \
	X("root", NULL, FLAG_STRING, root,                                                         \
		"root directory for storage of container state (this should be located in tmpfs)") \
	X("systemd-cgroup", NULL, FLAG_BOOL, systemd_cgroup,                                       \
		"enable systemd cgroup support, expects cgroupsPath to be of form "                \
		"\"slice:prefix:name\"")                                                           \
	X("rootless", NULL, FLAG_STRING, rootless,                                                 \
		"ignore cgroup permission errors ('true', 'false', or 'auto')")                    \
	X("help", "h", FLAG_BOOL, help, "show help")                                               \
	X("version", "v", FLAG_BOOL, version, "print the version")

struct word {
	const char *name; /* of the flag, without dashes; not terminated when a value follows */
	size_t length;
	const char *value; /* after "=", or NULL */
};

enum word_kind { WORD_ARGUMENT, WORD_FLAG, WORD_END };

/* "-x", "--x", "--x=y" are flags; "-" is an argument; "--" ends the flags. */
static inline enum word_kind word_split(const char *text, struct word *word)
{
	const char *name = text, *equal;

	if (*name != '-' || !name[1])
		return WORD_ARGUMENT;
	name++;
	if (*name == '-')
		name++;
	if (!*name)
		return WORD_END;
	equal = strchr(name, '=');
	word->name = name;
	word->length = equal ? (size_t)(equal - name) : strlen(name);
	word->value = equal ? equal + 1 : NULL;
	return WORD_FLAG;
}

static inline int word_is(const struct word *word, const char *name)
{
	return name && strlen(name) == word->length && !memcmp(name, word->name, word->length);
}

/* A closed standard descriptor would be taken by the first file that is opened. Returns 0 or
 * -errno. */
static inline int fill_standard_fds(void)
{
	for (int fd = 0; fd <= 2; fd++)
		if (fcntl(fd, F_GETFD) < 0 && open("/dev/null", O_RDWR) < 0)
			return -errno;
	return 0;
}

#endif
