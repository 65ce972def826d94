/*
 * runc: what people and callers type. Finds the verb on the command line and becomes the program of
 * that name in its own installation, with the same arguments, environment and descriptors. It
 * parses nothing else and holds nothing.
 *
 * An installation may be moved as a whole, so it is looked for from here first. A copy of runc alone,
 * or a bind mount of it, finds nothing there and takes the place that it was built to be installed at.
 */
#include <errno.h>
#include <limits.h>
#include <stddef.h>
#include <string.h>
#include <unistd.h>
#include "../libexec/verbs/words.h"
#include "undumpable.h"

enum { FLAG_BOOL, FLAG_STRING };

/* Everything that is no verb: "help" prints help and versions, and tells what is wrong with a
 * command line. */
static const char helper[] = "help";

/* Whether WORD takes the next argument as its value; -1: no such global option. */
static int takes_value(const struct word *word)
{
#define X(name, alias, kind, field, text)                                                          \
	if (word_is(word, name) || word_is(word, alias))                                           \
		return kind == FLAG_STRING && !word->value;
	GLOBAL_OPTIONS(X)
#undef X
	return -1;
}

static const char *find_program(char **argv)
{
	const char *verb = NULL;
	struct word word;

	for (; *argv; argv++) {
		enum word_kind kind = word_split(*argv, &word);
		int value;

		if (kind == WORD_END) {
			verb = argv[1];
			break;
		}
		if (kind == WORD_ARGUMENT) {
			verb = *argv;
			break;
		}
		value = takes_value(&word);
		if (value < 0 || word_is(&word, "help") || word_is(&word, "h") ||
			word_is(&word, "version") || word_is(&word, "v"))
			return helper;
		if (value && !*++argv)
			return helper;
	}
#define X(name, text)                                                                              \
	if (verb && !strcmp(verb, name))                                                           \
		return name;
	VERBS(X)
#undef X
	return helper;
}

static void say(const char *text)
{
	if (write(2, text, strlen(text)) < 0)
		_exit(1);
}

static _Noreturn void fail(const char *what, const char *path, int err)
{
	say("runc: ");
	say(what);
	say(" ");
	say(path);
	say(err == ENOENT               ? ": no such file or directory\n"
			: err == EACCES ? ": permission denied\n"
					: " failed\n");
	_exit(1);
}

#ifndef DAVIT_INSTALLED
#define DAVIT_INSTALLED "" /* of a built tree: nowhere else */
#endif

static char path[PATH_MAX + sizeof(DAVIT_LIBEXEC) + 32];
static char installed[sizeof(DAVIT_INSTALLED) + 32] = DAVIT_INSTALLED;

/* Becomes PROGRAM in the directory at the beginning of FILE, whose length is LENGTH. A command that
 * davit lacks: help says so, and reads --log. Returns the errno, with the name in FILE. */
static int become(char *file, size_t length, const char *program, char **argv, char **environment)
{
	int err;

	file[length] = '/';
	memcpy(file + length + 1, program, strlen(program) + 1);
	execve(file, argv, environment);
	err = errno;
	if (err == ENOENT) {
		memcpy(file + length + 1, helper, sizeof(helper));
		execve(file, argv, environment);
		memcpy(file + length + 1, program, strlen(program) + 1);
	}
	return err;
}

/* The directory beside us; its length. */
static size_t find_beside(void)
{
	ssize_t length = readlink("/proc/self/exe", path, PATH_MAX);

	if (length <= 0 || length >= PATH_MAX)
		fail("cannot find my own installation: readlink", "/proc/self/exe", errno);
	while (length > 0 && path[length - 1] != '/')
		length--;
	memcpy(path + length, DAVIT_LIBEXEC, sizeof(DAVIT_LIBEXEC) - 1);
	return (size_t)length + sizeof(DAVIT_LIBEXEC) - 1;
}

static _Noreturn void fail_without_programs(void)
{
	say("runc: this installation of davit has no program for this command: ");
	say(path);
	if (*installed) {
		say(", ");
		say(installed);
	}
	say(": no such file or directory: install davit again, or put a symbolic link to runc here "
	    "instead of a copy\n");
	_exit(1);
}

int main(int argc, char **argv, char **environment)
{
	const char *program, *tried = path;
	int err;

	if (undumpable())
		fail("cannot make itself undumpable:", "prctl(PR_SET_DUMPABLE)", EPERM);
	if (fill_standard_fds() < 0)
		fail("cannot open in place of a standard file descriptor:", "/dev/null", errno);
	program = find_program(argc > 0 ? argv + 1 : argv);
	err = become(path, find_beside(), program, argv, environment);
	if (err == ENOENT && *installed) {
		tried = installed;
		err = become(installed, sizeof(DAVIT_INSTALLED) - 1, program, argv, environment);
	}
	if (err == ENOENT)
		fail_without_programs();
	fail("this installation of davit has no program for this command:", tried, err);
}
