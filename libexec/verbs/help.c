/*
 * Everything on runc's command line that is no verb: help, versions, and what to say about an
 * unknown word. The dispatcher comes here with the arguments as it got them.
 */
#include <errno.h>
#include <limits.h>
#include <string.h>
#include <unistd.h>
#include "step.h"
#include "text.h"
#include "verb.h"
#include "words.h"

static const char usage[] =
	"NAME:\n"
	"   runc - Open Container Initiative runtime\n"
	"\n"
	"USAGE:\n"
	"   runc [global options] command [command options] [arguments...]\n"
	"\n"
	"DESCRIPTION:\n"
	"   davit: an OCI runtime with the command line of runc, made of small programs that each\n"
	"   hold the privileges of one step. A container is described by a bundle: a directory "
	"with\n"
	"   a file config.json and a root file system.\n"
	"\n"
	"      # runc run [ -b bundle ] <container-id>\n"
	"\n";

static const struct verb verb = {.max_args = INT_MAX, .stop_at_first_arg = 1};

static const struct {
	const char *word;
	const char *text;
} verbs[] = {
#define X(word, text) {word, text},
	VERBS(X)
#undef X
};

#define VERB_COUNT (sizeof(verbs) / sizeof(verbs[0]))

/* The folder of this program, with its last slash. */
static const char *own_folder(void)
{
	static char path[PATH_MAX];
	ssize_t length = readlink("/proc/self/exe", path, sizeof(path) - 1);

	while (length > 0 && path[length - 1] != '/')
		length--;
	path[length > 0 ? length : 0] = '\0';
	return path;
}

static int is_installed(const char *word)
{
	char path[PATH_MAX];

	return !text_join(path, sizeof(path), own_folder(), word, NULL) && !access(path, X_OK);
}

static _Noreturn void show_help(void)
{
	static char buffer[16384];
	struct text t = TEXT(buffer);

	text_add(&t, usage);
	text_add(&t, "COMMANDS:\n");
	for (size_t i = 0; i < VERB_COUNT; i++) {
		size_t start = t.length;

		if (!is_installed(verbs[i].word))
			continue;
		text_add(&t, "   ");
		text_add(&t, verbs[i].word);
		while (t.length - start < 15)
			text_add(&t, " ");
		text_add(&t, verbs[i].text);
		text_add(&t, "\n");
	}
	text_add(&t,
		"   help, h     shows a list of commands or help for one command\n\nGLOBAL "
		"OPTIONS:\n");
	verb_add_globals(&t);
	verb_print(t.data, t.length);
	_exit(0);
}

static _Noreturn void show_version(void)
{
	char buffer[512];
	struct text t = TEXT(buffer);

	text_add(&t, "runc version ");
	text_add(&t, build_version);
	text_add(&t, "\ncommit: ");
	text_add(&t, build_commit);
	text_add(&t, "\nspec: 1.3.0\n");
	if (*build_libseccomp) {
		text_add(&t, "libseccomp: ");
		text_add(&t, build_libseccomp);
		text_add(&t, "\n");
	}
	verb_print(t.data, t.length);
	_exit(0);
}

/* One that the dispatcher has found no program for. */
static _Noreturn void not_there(const char *word)
{
	char message[160];

	text_join(message, sizeof(message), "this davit has no command ", word,
		": runc help lists those it has", NULL);
	log_die(1, NULL, message);
}

static _Noreturn void unknown(const char *word)
{
	static char message[4096];

	for (size_t i = 0; i < VERB_COUNT; i++)
		if (!strcmp(word, verbs[i].word))
			not_there(word);
	text_join(message, sizeof(message), "No help topic for '", word, "'\n", NULL);
	log_die(3, NULL, message);
}

static _Noreturn void help_for(const char *word, char **environment)
{
	char path[PATH_MAX];

	for (size_t i = 0; i < VERB_COUNT; i++) {
		char *const arguments[] = {
			"runc", (char *)(uintptr_t)verbs[i].word, "--help", NULL};

		if (strcmp(word, verbs[i].word) != 0)
			continue;
		if (!text_join(path, sizeof(path), own_folder(), word, NULL))
			execve(path, arguments, environment);
		if (errno == ENOENT)
			not_there(word);
		log_die(1, path, errno_text(errno));
	}
	unknown(word);
}

int main(int argc, char **argv, char **environment)
{
	const char *words[2] = {NULL, NULL};
	int count = verb_start(&verb, argc, argv, words, 2);

	if (globals.version)
		show_version();
	if (globals.help || !count)
		show_help();
	if (strcmp(words[0], "help") != 0 && strcmp(words[0], "h") != 0)
		unknown(words[0]);
	if (count == 1)
		show_help();
	help_for(words[1], environment);
}
