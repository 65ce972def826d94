/* run: create, start and, in the foreground, wait, pass signals on and delete. */
#include "creation.h"
#include "foreground.h"

#include <errno.h>
#include <signal.h>
#include <sys/file.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>
#include "sys.h"
#include "text.h"
#include "verb.h"

static struct creation creation; /* large: kept out of the file by starting as zeros */
static int keep, no_subreaper;

static const struct flag flags[] = {
	CREATION_FLAGS(creation),
	{"detach", "d", FLAG_BOOL, &creation.handover.detach,
		"detach from the container's process"},
	{"keep", NULL, FLAG_BOOL, &keep, "do not delete the container after it exits"},
	{"no-subreaper", NULL, FLAG_BOOL, &no_subreaper,
		"disable the use of the subreaper used to reap reparented processes"},
};

static const struct verb verb = {
	.name = "run",
	.usage = "<container-id>",
	.description = "create and run a container",
	.flags = flags,
	.flag_count = sizeof(flags) / sizeof(flags[0]),
	.min_args = 1,
	.max_args = 1,
};

static struct foreground foreground = {.tty = {.pidfd = -1, .peer = {.fd = -1}}};

static int enter_foreground(void)
{
	int err = foreground_watch(&foreground, creation.signal_fd);

	foreground.pid = (pid_t)creation.container.journal.init.pid;
	foreground.pidfd = creation.init_pidfd;
	if (err)
		return creation_error(&creation, "signalfd", err);
	if (creation.handover.master_fd < 0)
		return 0;
	return foreground_tty(&foreground, creation.handover.master_fd, creation.line,
		       sizeof(creation.line)) ||
			creation_confine(&creation)
		? -1
		: 0;
}

static void destroy(void)
{
	static char line[CREATION_LINE];
	struct stat st = {.st_nlink = 0};
	int n;

	if (keep)
		return;
	do
		n = flock(creation.lock_fd, LOCK_EX);
	while (n < 0 && errno == EINTR);
	if (n < 0 || fstat(creation.lock_fd, &st) < 0) {
		text_join(line, sizeof(line),
			"unable to destroy container: locking its journal: ", errno_text(errno),
			NULL);
		log_record(LOG_LEVEL_WARNING, line, NULL);
		return;
	}
	/* `delete` has done it: the id may already be another container's. */
	if (!st.st_nlink)
		return;
	if (container_kill(&creation.container, line, sizeof(line)) ||
		container_remove(creation.root_fd, &creation.container, &creation.poststop, line,
			sizeof(line)))
		log_record(LOG_LEVEL_WARNING, line, NULL);
}

static _Noreturn void fail(void)
{
	if (creation.init_pidfd >= 0)
		(void)sys_pidfd_send_signal(creation.init_pidfd, SIGKILL);
	while (waitid(P_PIDFD, (id_t)creation.init_pidfd, NULL, WEXITED) < 0 && errno == EINTR)
		continue;
	foreground_end(&foreground);
	handover_undo(&creation.handover);
	destroy();
	step_kill(&creation.steps[STEP_HOOK]);
	step_kill(&creation.poststop);
	log_die(1, "runc run failed", creation.line);
}

int main(int argc, char **argv)
{
	const char *args[1];
	struct step *hook = &creation.steps[STEP_HOOK];
	int status;

	creation.bundle = ".";
	creation.starts = 1;
	verb_start(&verb, argc, argv, args, 1);
	creation.id = args[0];
	if (!no_subreaper && prctl(PR_SET_CHILD_SUBREAPER, 1) < 0)
		log_record(LOG_LEVEL_WARNING, "unable to become a child subreaper", NULL);
	if (creation_make(&creation))
		log_die(1, "runc run failed", creation.line);
	/* The main process of a service in the foreground is this one. */
	creation.notify.pid =
		creation.handover.detach ? creation.container.journal.init.pid : (uint64_t)getpid();
	foreground.notify = &creation.notify;
	if (!creation.handover.detach && enter_foreground())
		fail();
	if (container_start(&creation.container,
		    creation.container.plan.config->hooks_poststart.count ? hook : NULL, 0,
		    creation.line, sizeof(creation.line)))
		fail();
	hooks_end(hook);
	if (creation.handover.detach) {
		if (notify_wait(&creation.notify, creation.init_pidfd, creation.signal_fd)) {
			(void)creation_error(
				&creation, "interrupted before the container was ready", 0);
			fail();
		}
		hooks_end(&creation.poststop);
		return 0;
	}
	status = foreground_wait(&foreground);
	foreground_end(&foreground);
	destroy();
	hooks_end(&creation.poststop);
	return status;
}
