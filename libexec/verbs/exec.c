/* exec: runs one more process in a container that is there. */
#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>
#include "entering.h"
#include "foreground.h"
#include "removing.h"
#include "text.h"
#include "unexecuted.h"
#include "verb.h"
#include "whole.h"

#define FAILED          255 /* whatever is wrong: 1 could be the process's own status */
#define WORDS_MAX       65536
#define CGROUPS_MAX     64
#define PROCESS_SECONDS 10 /* for a process.json from a pipe */
#define TEXT_OF(macro)  TEXT_OF_(macro)
#define TEXT_OF_(word)  #word

static struct entering entering;
static struct foreground foreground = {.tty = {.pidfd = -1, .peer = {.fd = -1}}};
static int tty;
static const char *process, *cwd;
static struct flag_list env, cgroups;

static const struct flag flags[] = {
	HANDOVER_FLAGS(entering.handover),
	{"cwd", NULL, FLAG_STRING, &cwd, "current working directory in the container"},
	{"env", "e", FLAG_LIST, &env, "set environment variables"},
	{"tty", "t", FLAG_BOOL, &tty, "allocate a pseudo-TTY"},
	{"user", "u", FLAG_STRING, &entering.flags.user, "UID (format: <uid>[:<gid>])"},
	{"additional-gids", "g", FLAG_LIST, &entering.flags.gids, "additional gids"},
	{"process", "p", FLAG_STRING, &process, "path to the process.json"},
	{"detach", "d", FLAG_BOOL, &entering.handover.detach, "detach from the process"},
	{"process-label", NULL, FLAG_STRING, &entering.flags.label,
		"set the asm process label for the process"},
	{"apparmor", NULL, FLAG_STRING, &entering.flags.apparmor,
		"set the apparmor profile for the process"},
	{"no-new-privs", NULL, FLAG_BOOL, &entering.flags.no_new_privs,
		"set the no new privileges value for the process"},
	{"cap", "c", FLAG_LIST, &entering.flags.caps,
		"add a capability to the bounding set for the process"},
	{"cgroup", NULL, FLAG_LIST, &cgroups,
		"run the process in an (existing) sub-cgroup: [<controller>,...:]<path>"},
	{"ignore-paused", NULL, FLAG_BOOL, &entering.ignore_paused,
		"allow exec in a paused container"},
};

static const struct verb verb = {
	.name = "exec",
	.usage = "<container-id> <command> [command options] || -p process.json <container-id>",
	.description = "execute new process inside the container",
	.flags = flags,
	.flag_count = sizeof(flags) / sizeof(flags[0]),
	.min_args = 1,
	.max_args = -1,
	.stop_at_first_arg = 1,
	.prefix = "exec failed",
};

static _Noreturn void fail(const char *text, const char *detail)
{
	char line[ENTERING_LINE];

	text_join(line, sizeof(line), text, detail, NULL);
	log_die(FAILED, verb.prefix, line);
}

/* The arguments of parse, NULL after the last. */
static const char *words[WORDS_MAX];
static size_t word_count;

static void add_word(const char *word)
{
	if (word_count == WORDS_MAX - 1)
		fail(errno_text(E2BIG), "");
	words[word_count++] = word;
}

static void add_flag(const char *name, const char *value)
{
	if (!value)
		return;
	add_word(name);
	add_word(value);
}

static void add_list(const char *name, const struct flag_list *list)
{
	for (size_t i = 0; i < list->count; i++)
		add_flag(name, list->values[i]);
}

/* All that was said about the process goes to parse as it was said. */
static void make_parse_arguments(const char *const *args, int count)
{
	static char preserve[24];
	struct text t = TEXT(preserve);
	const char *files = spawn_files_text();

	if (!files)
		fail("RLIMIT_NOFILE: ", errno_text(errno));
	text_add_i64(&t, entering.handover.preserve_fds);
	add_word("exec");
	add_flag("--preserve-fds", preserve);
	add_flag("--files", files);
	if (!entering.handover.detach)
		add_word("--foreground");
	if (process) {
		add_word("--process");
	} else {
		if (tty)
			add_word("--tty");
		if (entering.flags.no_new_privs)
			add_word("--no-new-privs");
		add_flag("--cwd", cwd);
		add_flag("--user", entering.flags.user);
		add_flag("--process-label", entering.flags.label);
		add_flag("--apparmor", entering.flags.apparmor);
		add_list("--env", &env);
		add_list("--additional-gid", &entering.flags.gids);
		add_list("--cap", &entering.flags.caps);
	}
	add_word("--");
	for (int i = 0; i < count && !process; i++)
		add_word(args[i]);
	entering.parse_arguments = words;
}

static const char *pairs[2 * CGROUPS_MAX + 2];
static size_t pair_count;

static void add_pair(const char *controller, const char *path)
{
	for (size_t i = 1; i < pair_count; i += 2)
		if (!strcmp(pairs[i], controller)) {
			char line[ENTERING_LINE];

			text_join(
				line, sizeof(line), controller, " specified multiple times", NULL);
			fail("invalid --cgroup argument(s): controller ", line);
		}
	if (pair_count > 2 * (CGROUPS_MAX - 1))
		fail("too many --cgroup arguments", "");
	pairs[pair_count++] = controller;
	pairs[pair_count++] = path;
}

/* "[CONTROLLER[,CONTROLLER]:]PATH" to pairs of a controller ("": all) and a path
 * (runc-cli.md 1.12). */
static void split_cgroup(const char *value)
{
	static char room[65536];
	static size_t used;
	char line[ENTERING_LINE], *copy = room + used, *path, *next;
	size_t size = strlen(value) + 1;

	if (size > sizeof(room) - used)
		fail("too many --cgroup arguments", "");
	memcpy(copy, value, size);
	used += size;
	path = strchr(copy, ':');
	if (!path && cgroups.count > 1) {
		text_join(line, sizeof(line), value, " (missing <controller>: prefix)", NULL);
		fail("invalid --cgroup argument: ", line);
	}
	if (!path) {
		add_pair("", copy);
		return;
	}
	*path++ = '\0';
	for (char *word = copy; word; word = next) {
		next = strchr(word, ',');
		if (next)
			*next++ = '\0';
		if (!*word) {
			text_join(line, sizeof(line), value, " (empty <controller> prefix)", NULL);
			fail("invalid --cgroup argument: ", line);
		}
		add_pair(word, path);
	}
}

static void make_cgroup_arguments(void)
{
	pairs[pair_count++] = "join";
	for (size_t i = 0; i < cgroups.count; i++)
		split_cgroup(cgroups.values[i]);
	entering.cgroup_arguments = pairs;
}

static _Noreturn void fail_process(const char *doing, const char *why)
{
	char line[ENTERING_LINE];

	text_join(line, sizeof(line), process, ": ", why, NULL);
	fail(doing, line);
}

/* A pipe becomes a file that parse may have; parse limits the size. */
static void copy_process(void)
{
	int copy = copy_stream(entering.process_fd, "process.json", PROCESS_SECONDS);

	if (copy == -ETIMEDOUT)
		fail_process("read ",
			"the pipe was not closed within " TEXT_OF(PROCESS_SECONDS) " seconds");
	if (copy < 0)
		fail_process("read ", errno_text(-copy));
	close(entering.process_fd);
	entering.process_fd = copy;
}

/* Opened once, without touching a device's meaning (rule F26). */
static void open_process(void)
{
	struct stat st;

	entering.process_fd = -1;
	if (!process)
		return;
	entering.process_fd = open(process, O_RDONLY | O_NONBLOCK | O_NOCTTY | O_CLOEXEC);
	if (entering.process_fd < 0 || fstat(entering.process_fd, &st) < 0)
		fail_process("open ", errno_text(errno));
	if (S_ISFIFO(st.st_mode))
		copy_process();
	else if (!S_ISREG(st.st_mode))
		fail(process, ": neither a regular file nor a pipe");
}

static void open_container(const char *id)
{
	struct container *container = &entering.container;

	verb_open_container(id, container, FAILED);
	switch (verb_status(container, FAILED)) {
	case STATUS_STOPPED:
		fail("cannot exec in a stopped container", "");
	case STATUS_PAUSED:
		if (!entering.ignore_paused)
			fail("cannot exec in a paused container (use --ignore-paused to override)",
				"");
		break;
	default:
		entering.ignore_paused = 0;
	}
	entering.init_pidfd = state_pidfd(container);
	if (entering.init_pidfd < 0 && entering.init_pidfd != -ESRCH)
		fail("the container's first process: ", errno_text(-entering.init_pidfd));
	if (entering.init_pidfd < 0)
		fail("cannot exec in a stopped container", "");
	entering.kept_fd = container_plan(container, entering.line, sizeof(entering.line));
	if (entering.kept_fd < 0)
		fail(entering.line, "");
}

/* The process waits for entering_go: whoever reads the pid file finds it alive, and it finds its
 * terminal ready. */
static int hand_over(void)
{
	struct handover *h = &entering.handover;
	int err;

	if (handover_pid_file(h, (uint64_t)entering.pid, entering.line, sizeof(entering.line)) ||
		handover_pidfd(h, entering.pidfd, "setns", entering.line, sizeof(entering.line)))
		return -1;
	if (h->detach)
		return entering_go(&entering);
	foreground.pid = entering.pid;
	foreground.pidfd = entering.pidfd;
	err = foreground_watch(&foreground, entering.signal_fd);
	if (err) {
		text_join(
			entering.line, sizeof(entering.line), "signalfd: ", errno_text(-err), NULL);
		return -1;
	}
	if (h->master_fd >= 0 &&
		(foreground_tty(&foreground, h->master_fd, entering.line, sizeof(entering.line)) ||
			entering_confine(&entering)))
		return -1;
	return entering_go(&entering);
}

int main(int argc, char **argv)
{
	static const char *args[WORDS_MAX];
	int count = verb_start(&verb, argc, argv, args, WORDS_MAX), status;
	struct handover *h = &entering.handover;

	verb_drop_empty(&process);
	verb_drop_empty(&cwd);
	verb_drop_empty(&entering.flags.user);
	verb_drop_empty(&entering.flags.label);
	verb_drop_empty(&entering.flags.apparmor);
	/* Before anything of ours is open: none of that may be taken for one of the caller's. */
	if (handover_fds(h, 0, entering.line, sizeof(entering.line)) ||
		conduct_catch_signals(&entering.signal_fd, entering.line, sizeof(entering.line)) ||
		handover_pid_directory(h, entering.line, sizeof(entering.line)))
		fail(entering.line, "");
	make_parse_arguments(args + 1, count - 1);
	make_cgroup_arguments();
	open_container(args[0]);
	open_process();
	if (entering_make(&entering))
		fail(entering.line, "");
	if (hand_over()) {
		entering_undo(&entering);
		handover_undo(h);
		foreground_end(&foreground);
		fail(entering.line, "");
	}
	if (h->detach)
		return 0;
	status = foreground_wait(&foreground);
	foreground_end(&foreground);
	/* It may be the program's own; then nothing is found that would keep it from being executed. */
	if (status == FAILED)
		unexecuted_explain(&entering.container.plan, &entering.plan);
	return status;
}
