/* Steps as a conductor sees them: started, listened to, waited for, never trusted. */
#include "conduct.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/magic.h>
#include <poll.h>
#include <signal.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/signalfd.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <sys/vfs.h>
#include <sys/wait.h>
#include <time.h>
#include "fds.h"
#include "sys.h"
#include "text.h"
#include "verb.h"
#include "waiting.h"

#define PARSE_SECONDS   10
#define CGROUP_SECONDS  30
#define REAP_MS         2000
#define FDS_MAX         16
#define STEPS_MAX       16
#define RECORDS_MAX     256 /* of a step, warnings and debug records */
#define TEXT_OF(macro)  TEXT_OF_(macro)
#define TEXT_OF_(word)  #word
#define GRACE_SECONDS   2
#define STOPPED_SECONDS 60
#define GRACE_MS        300

int64_t conduct_clock(void)
{
	static int64_t first;
	struct timespec now;
	int64_t us;

	clock_gettime(CLOCK_MONOTONIC, &now);
	us = (int64_t)now.tv_sec * 1000000 + now.tv_nsec / 1000;
	first = first ? first : us;
	return us - first;
}

/* As the library of SELinux: its file system is there, and writable. */
int conduct_check_label(const struct plan *plan, char *line, size_t size)
{
	struct statfs fs;

	if (!plan->config->selinux_label.offset ||
		(!statfs("/sys/fs/selinux", &fs) && fs.f_type == SELINUX_MAGIC &&
			!(fs.f_flags & ST_RDONLY)))
		return 0;
	text_join(line, size,
		"selinux label is specified in config, but selinux is disabled or not supported",
		NULL);
	return -1;
}

static const struct msg_rule answer_rules[] = {
	{MSG_ERROR, MSG_ONCE, sizeof(struct msg_text), 0, PROGRAM_COUNT},
	{MSG_WARNING, 0, sizeof(struct msg_text), 0, PROGRAM_COUNT},
	{MSG_DEBUG, 0, sizeof(struct msg_text), 0, PROGRAM_COUNT},
	{MSG_DONE, 0, 0, 0, PROGRAM_COUNT},
};

int step_spawn(struct step *step, const struct spawn *request, const struct msg_rule *rules,
	size_t rule_count)
{
	struct spawn_fd fds[FDS_MAX];
	struct spawn with_control = *request;
	int pair[2], err;

	memset(step, 0, sizeof(*step));
	step->program = request->program;
	step->started = conduct_clock();
	step->pidfd = -1;
	step->peer.fd = -1;
	if (request->fd_count + 1 > FDS_MAX)
		return -EMFILE;
	if (socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, pair) < 0)
		return -errno;
	memcpy(fds, request->fds, request->fd_count * sizeof(fds[0]));
	fds[request->fd_count] = (struct spawn_fd){pair[1], FD_CONTROL};
	with_control.fds = fds;
	with_control.fd_count = request->fd_count + 1;
	err = spawn(&with_control, &step->pid, &step->pidfd);
	close(pair[1]);
	if (err) {
		close(pair[0]);
		step->pidfd = -1;
		return err;
	}
	step->peer = (struct peer){
		.fd = pair[0], .self = PROGRAM_CONDUCTOR, .rules = rules, .rule_count = rule_count};
	return 0;
}

int step_start_or_say(struct step *step, const struct spawn *request, const struct msg_rule *rules,
	size_t rule_count, char *line, size_t size)
{
	int err = step_spawn(step, request, rules, rule_count);

	if (!err)
		return 0;
	spawn_error("cannot start ", request->program, -err, line, size);
	return -1;
}

int step_tell(struct step *step, enum msg_type type, const void *body, size_t length, int fd,
	char *line, size_t size)
{
	int err = step->peer.fd >= 0 ? msg_send(&step->peer, type, body, length, fd) : 0;

	if (!err || err == -EPIPE || err == -ECONNRESET)
		return 0;
	text_join(line, size, "unable to start container process: sending to ",
		program_names[step->program], ": ", errno_text(-err), NULL);
	return -1;
}

int step_tell_keyring(struct step *step, const struct plan *plan, const struct journal *journal,
	char *line, size_t size)
{
	struct msg_keyring body = {.is_named = journal->has_keyring != 0};

	if (plan->config->no_new_keyring)
		return 0;
	memcpy(body.secret, journal->keyring.secret, sizeof(body.secret));
	return step_tell(step, MSG_KEYRING, &body, sizeof(body), -1, line, size);
}

/* --debug: "parse: from 214 to 530 us, CPU 240 us". */
static void log_times(const struct step *step, const struct rusage *usage)
{
	char line[160];
	struct text t = TEXT(line);

	if (!globals.debug)
		return;
	text_add(&t, program_names[step->program]);
	text_add(&t, ": from ");
	text_add_i64(&t, step->started);
	text_add(&t, " to ");
	text_add_i64(&t, step->ended ? step->ended : conduct_clock());
	text_add(&t, " us, CPU ");
	text_add_i64(&t,
		(int64_t)(usage->ru_utime.tv_sec + usage->ru_stime.tv_sec) * 1000000 +
			usage->ru_utime.tv_usec + usage->ru_stime.tv_usec);
	text_add(&t, " us");
	log_record(LOG_LEVEL_DEBUG, line, NULL);
}

/* A step whose socket has ended must end, too: one that does not is not waited for any longer than
 * this. */
static void reap(struct step *step)
{
	struct pollfd poller = {.fd = step->pidfd, .events = POLLIN};
	struct rusage usage = {0};
	siginfo_t info = {0};
	int n;

	if (step->pidfd < 0)
		return;
	do
		n = poll(&poller, 1, REAP_MS);
	while (n < 0 && errno == EINTR);
	if (n <= 0)
		(void)sys_pidfd_send_signal(step->pidfd, SIGKILL);
	/* By the system call, which also tells what the process has used. */
	while (syscall(__NR_waitid, P_PIDFD, step->pidfd, &info, WEXITED, &usage) < 0 &&
		errno == EINTR)
		continue;
	log_times(step, &usage);
	step->killed = info.si_code != CLD_EXITED; /* by us, too */
	if (!step->done && !step->failed) {
		struct text what = TEXT(step->error.what);

		step->failed = 1;
		text_add(&what, program_names[step->program]);
		text_add(&what,
			info.si_code == CLD_EXITED ? " ended early with status "
						   : " was killed by signal ");
		text_add_i64(&what, info.si_status);
		if (step->killed && info.si_status == SIGSYS)
			text_add(&what, " (bad system call)");
	}
	close(step->pidfd);
	step->pidfd = -1;
}

static void hang_up(struct step *step)
{
	if (step->peer.fd >= 0)
		close(step->peer.fd);
	step->peer.fd = -1;
}

void step_let_go(struct step *step)
{
	step->ended = conduct_clock();
	step->done = 1;
	hang_up(step);
}

void step_kill(struct step *step)
{
	if (step->pidfd >= 0)
		(void)sys_pidfd_send_signal(
			step->pidfd, SIGKILL); /* ESRCH: it has gone by itself */
	hang_up(step);
	reap(step);
}

/* A step cannot fill the disk with what it says. */
static void log_text(struct step *step, enum log_level level, const struct msg_text *text)
{
	char line[MSG_WHAT_MAX + MSG_OBJECT_MAX + 128];
	struct text t = TEXT(line);

	line[0] = '\0';
	if (step->records > RECORDS_MAX)
		return;
	if (step->records++ < RECORDS_MAX)
		msg_text_line(text, &t);
	else
		text_join(line, sizeof(line), program_names[step->program],
			": more than " TEXT_OF(RECORDS_MAX) " records, the rest is left out", NULL);
	log_record(level, line, NULL);
}

int step_receive(struct step *step, struct msg *msg)
{
	int got = msg_recv(&step->peer, msg);

	if (got <= 0) {
		if (got == -EPROTO && !step->failed) {
			struct text what = TEXT(step->error.what);

			text_add(&what, "protocol error: ");
			text_add(&what, program_names[step->program]);
			step->failed = 1;
		}
		if (got < 0)
			step_kill(step);
		hang_up(step);
		reap(step);
		return -ECONNRESET;
	}
	switch (msg->header.type) {
	case MSG_ERROR:
		step->failed = 1;
		step->error = msg->body.text;
		return 0;
	case MSG_WARNING:
		log_text(step, LOG_LEVEL_WARNING, &msg->body.text);
		return 0;
	case MSG_DEBUG:
		if (globals.debug)
			log_text(step, LOG_LEVEL_DEBUG, &msg->body.text);
		return 0;
	case MSG_DONE:
		step->done = 1;
		return 1;
	default:
		return 1;
	}
}

int step_finish(struct step *step, int seconds)
{
	static struct msg msg;
	int64_t begun = conduct_clock() / 1000, end = begun + seconds * 1000;
	/* Without a limit it is a program of the container's or the caller's, which may take its time. */
	struct waiting waiting = {step, 1, begun, seconds < 0};

	while (step->peer.fd >= 0) {
		struct pollfd poller = {.fd = step->peer.fd, .events = POLLIN};
		int64_t left = end - conduct_clock() / 1000;
		int n = seconds < 0 ? waiting_poll(&waiting, &poller, 1, -1)
			: left > 0  ? waiting_poll(&waiting, &poller, 1, left)
				    : 0;

		if (n < 0 && errno == EINTR)
			continue;
		if (n <= 0) {
			struct text what = TEXT(step->error.what);

			text_add(&what, program_names[step->program]);
			text_add(&what, " took too long");
			step->failed = 1;
			step_kill(step);
			break;
		}
		if (step_receive(step, &msg) == 1 && msg.fd >= 0)
			close(msg.fd);
	}
	reap(step);
	return step->done && !step->failed ? 0 : -ECANCELED;
}

/* What a step has no room to say, or cannot know. */
static const char *hint(const struct step *step)
{
	static const char mixed[] = "davit mixes programs of two builds";
	const struct msg_text *error = &step->error;

	if (!strncmp(error->what, "error setting scheduler", 23) && error->err == EPERM)
		return " (a real-time policy needs CAP_SYS_NICE and, where the kernel has "
		       "RT_GROUP_SCHED, linux.resources.cpu.realtimeRuntime)";
	/* dmz speaks on the socket of rootfs. */
	return strncmp(error->what, mixed, sizeof(mixed) - 1) != 0 ? ""
								   : spawn_path(step->peer.sender);
}

void step_error(const struct step *step, char *line, size_t size)
{
	struct text t = {line, size, 0, 0};

	line[0] = '\0';
	msg_text_line(&step->error, &t);
	text_add(&t, hint(step));
}

/* The step that failed in its own words, else the first that was killed, for whose end others may
 * have ended without a word, else the first of those, else NULL. */
static const struct step *find_cause(const struct step *steps, size_t count)
{
	const struct step *cause = NULL;

	for (size_t i = 0; i < count; i++) {
		if (steps[i].failed && (steps[i].peer.seen >> MSG_ERROR & 1))
			return &steps[i];
		if (steps[i].failed && (!cause || (steps[i].killed && !cause->killed)))
			cause = &steps[i];
	}
	return cause;
}

static int has_words(const struct step *step)
{
	return step && (step->peer.seen >> MSG_ERROR & 1);
}

const struct step *steps_cause(struct step *steps, size_t count)
{
	static struct msg msg;
	int64_t end = conduct_clock() / 1000 + GRACE_SECONDS * 1000;

	while (!has_words(find_cause(steps, count)) && conduct_clock() / 1000 < end) {
		struct pollfd pollers[STEPS_MAX];
		int open = 0;

		for (size_t i = 0; i < count; i++) {
			pollers[i] = (struct pollfd){.fd = steps[i].peer.fd, .events = POLLIN};
			open |= steps[i].peer.fd >= 0;
		}
		if (!open || poll(pollers, count, GRACE_MS) <= 0)
			break;
		for (size_t i = 0; i < count; i++)
			if (pollers[i].revents && step_receive(&steps[i], &msg) == 1 && msg.fd >= 0)
				close(msg.fd);
	}
	return find_cause(steps, count);
}

void conduct_all_signals(sigset_t *all)
{
	memset(all, 0xff, sizeof(*all));
}

int conduct_catch_signals(int *signal_fd, char *line, size_t size)
{
	sigset_t all, set;

	*signal_fd = -1;
	conduct_all_signals(&all);
	sigemptyset(&set);
	sigaddset(&set, SIGTERM);
	sigaddset(&set, SIGINT);
	sigaddset(&set, SIGHUP);
	sigaddset(&set, SIGQUIT);
	if (!sigprocmask(SIG_BLOCK, &all, NULL))
		*signal_fd = signalfd(-1, &set, SFD_CLOEXEC | SFD_NONBLOCK);
	if (*signal_fd >= 0)
		return 0;
	text_join(line, size, "signalfd: ", errno_text(errno), NULL);
	return -1;
}

int conduct_interrupted(int signal_fd, char *line, size_t size)
{
	struct text t = {line, size, 0, 0};
	struct signalfd_siginfo info;

	if (read(signal_fd, &info, sizeof(info)) != sizeof(info))
		return 0;
	text_add(&t, "interrupted by signal ");
	text_add_u64(&t, info.ssi_signo);
	return -1;
}

int conduct_run(const struct spawn *request, int seconds, char *line, size_t size)
{
	struct step step;

	if (step_start_or_say(&step, request, answer_rules,
		    sizeof(answer_rules) / sizeof(answer_rules[0]), line, size))
		return -ECANCELED;
	if (!step_finish(&step, seconds))
		return 0;
	step_error(&step, line, size);
	return step.error.err ? -step.error.err : -ECANCELED;
}

int conduct_parse(const struct parse_input *input, int plan, const char *const *arguments,
	char *line, size_t size)
{
	const struct spawn_fd fds[] = {{input->config, FD_CONFIG}, {plan, FD_PLAN},
		{input->changed, FD_CHANGED}, {input->request, FD_REQUEST}};
	const struct spawn request = {.program = PROGRAM_PARSE,
		.image = -1,
		.arguments = arguments,
		.fds = fds,
		.fd_count = sizeof(fds) / sizeof(fds[0])};

	return conduct_run(&request, PARSE_SECONDS, line, size);
}

/* A step that does MODE with what the journal lists. PIDS: as in container_pids, or -1. */
static int conduct_journaled(enum program program, const struct container *container,
	const char *mode, int pids, char *line, size_t size)
{
	int journal = state_open_file(container, "journal"), err;
	const char *arguments[] = {mode, NULL};
	const struct spawn_fd fds[] = {{journal, FD_JOURNAL}, {pids, FD_PIDS}};
	const struct spawn request = {
		.program = program, .image = -1, .arguments = arguments, .fds = fds, .fd_count = 2};

	if (journal < 0) {
		text_join(line, size, "journal: ", errno_text(-journal), NULL);
		return -ECANCELED;
	}
	err = conduct_run(&request, CGROUP_SECONDS, line, size);
	close(journal);
	return err;
}

int container_cgroup(const struct container *container, const char *mode, char *line, size_t size)
{
	return conduct_journaled(PROGRAM_CGROUP, container, mode, -1, line, size);
}

int container_pids(const struct container *container, int pids, char *line, size_t size)
{
	return conduct_journaled(PROGRAM_CGROUP, container, "procs", pids, line, size);
}

int container_resctrl(const struct container *container, char *line, size_t size)
{
	return conduct_journaled(PROGRAM_RESCTRL, container, "remove", -1, line, size);
}

/* As with every directory, its links are its own two and one of each below. */
static int has_groups_below(const char *directory)
{
	struct stat st;

	return !stat(directory, &st) && st.st_nlink > 2;
}

/* 0 or -errno; a cgroup that has gone is thawed. */
static int write_thawed(const char *freezer, int unified)
{
	const char *word = unified ? "0" : "THAWED";
	char path[4096 + 16];
	int fd, err;

	if (text_join(path, sizeof(path), freezer, unified ? "/cgroup.freeze" : "/freezer.state",
		    NULL))
		return -ENAMETOOLONG;
	fd = open(path, O_WRONLY | O_NOFOLLOW | O_NONBLOCK | O_NOCTTY | O_CLOEXEC);
	err = fd < 0 || write(fd, word, strlen(word)) < 0 ? -errno : 0;
	if (fd >= 0)
		close(fd);
	return err == -ENOENT || err == -ENODEV ? 0 : err;
}

void container_thaw(const struct container *container)
{
	const char *freezer;
	char line[2048];
	int unified, err = state_freezer(container, &freezer, &unified);

	if (!err && freezer)
		err = write_thawed(freezer, unified);
	if (err) {
		text_join(line, sizeof(line), "the cgroup could not be thawed: ", errno_text(-err),
			NULL);
		log_record(LOG_LEVEL_WARNING, line, NULL);
	}
	if (err || !freezer)
		return;
	/* On v1 one that the container has frozen itself stays so when the one above is thawed. */
	if (!unified && has_groups_below(freezer) &&
		container_cgroup(container, "kill", line, sizeof(line)))
		log_record(LOG_LEVEL_DEBUG, line, NULL);
}

int hooks_start(struct step *hook, int plan_fd, const struct hook_files *files)
{
	extern char **environ;
	const struct spawn_fd fds[] = {
		{plan_fd, FD_PLAN}, {files->fd[0], FD_HOOK_STDOUT}, {files->fd[1], FD_HOOK_STDERR}};
	const struct spawn request = {.program = PROGRAM_HOOK,
		.image = -1,
		.environment = environ,
		.fds = fds,
		.fd_count = sizeof(fds) / sizeof(fds[0])};

	return step_spawn(
		hook, &request, answer_rules, sizeof(answer_rules) / sizeof(answer_rules[0]));
}

/* Until there is something to read. Hooks end by their own timeouts; without one they may take as long as they
 * like (config.md, "Hooks"), but their program may not be stopped for longer than this. */
static int await_hooks(struct step *hook, char *line, size_t size)
{
	struct pollfd poller = {.fd = hook->peer.fd, .events = POLLIN};
	struct waiting waiting = {hook, 1, conduct_clock() / 1000, 0};
	int n;

	do
		n = waiting_hooks(&waiting, hook, &poller, 1, STOPPED_SECONDS);
	while (n < 0 && errno == EINTR);
	if (n > 0)
		return 0;
	text_join(line, size, "hook: ", n ? errno_text(errno) : "it is stopped, and took too long",
		NULL);
	step_kill(hook);
	return -1;
}

int hooks_run(struct step *hook, enum hook_kind kind, enum container_status status, uint64_t pid,
	char *line, size_t size)
{
	static struct msg msg;
	struct msg_hooks body = {kind, status, pid};
	int got;

	hook->done = 0;
	if (msg_send(&hook->peer, MSG_HOOKS, &body, sizeof(body), -1)) {
		text_join(line, size, "hook: ", errno_text(EPIPE), NULL);
		return -1;
	}
	do {
		if (await_hooks(hook, line, size))
			return -1;
		got = step_receive(hook, &msg);
	} while (got == 0);
	if (got == 1 && hook->done)
		return 0;
	step_error(hook, line, size);
	return -1;
}

void hooks_end(struct step *hook)
{
	hang_up(hook);
	hook->done = 1;
	reap(hook);
}
