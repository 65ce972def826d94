/* Start and end of every step program. */
#include "step.h"

#include <errno.h>
#include <signal.h>
#include <string.h>
#include <sys/syscall.h>
#include <unistd.h>
#include "fds.h"
#include "text.h"
#include "undumpable.h"

struct peer conductor = {.fd = -1};

static const char build_argument[] = "build=";

__attribute__((weak)) void step_help(enum program self, int argc, char **argv)
{
	(void)self;
	(void)argc;
	(void)argv;
}

int step_start(
	enum program self, int argc, char **argv, const struct msg_rule *rules, size_t rule_count)
{
	step_undumpable();
	conductor.self = self;
	conductor.rules = rules;
	conductor.rule_count = rule_count;
	if (argc < 2 || strncmp(argv[1], build_argument, sizeof(build_argument) - 1) != 0) {
		step_help(self, argc, argv);
		return 0;
	}
	conductor.fd = FD_CONTROL;
	if (strcmp(argv[1] + sizeof(build_argument) - 1, build_id) != 0)
		die("davit mixes programs of two builds: install it again; ", NULL, 0);
	return 1;
}

void step_undumpable(void)
{
	if (undumpable())
		die("PR_SET_DUMPABLE:", NULL, EPERM);
}

void step_ignore_signals(void)
{
	static const int signals[] = {SIGHUP, SIGINT, SIGQUIT, SIGTERM};

	for (size_t i = 0; i < sizeof(signals) / sizeof(signals[0]); i++)
		if (signal(signals[i], SIG_IGN) == SIG_ERR)
			die("signal:", NULL, errno);
}

int step_conducted(void)
{
	return conductor.fd >= 0;
}

/* Of a program without shared/help.c, which is dmz: a table of all names costs it more than its own. */
__attribute__((weak)) const char *step_name(void)
{
	return "dmz";
}

static void report(enum msg_type type, const char *what, const char *object, int err)
{
	static struct msg_text body;
	struct text what_text = TEXT(body.what), object_text = TEXT(body.object);

	memset(&body, 0, sizeof(body));
	body.err = err;
	text_add(&what_text, what);
	text_add(&object_text, object ? object : "");
	if (step_conducted() && !msg_send(&conductor, type, &body, sizeof(body), -1))
		return;
	if (type != MSG_DEBUG) {
		char line[MSG_WHAT_MAX + MSG_OBJECT_MAX + 128];
		struct text t = TEXT(line);

		text_add(&t, step_name());
		text_add(&t, type == MSG_WARNING ? ": warning: " : ": ");
		msg_text_line(&body, &t);
		text_add(&t, "\n");
		if (write(2, line, t.length) < 0)
			return; /* nobody is left to tell */
	}
}

void leave(int status)
{
	syscall(SYS_exit_group, status);
	__builtin_trap();
}

void die(const char *what, const char *object, int err)
{
	report(MSG_ERROR, what, object, err < 0 ? -err : err);
	/* dmz on its own is the container's process already: 255 is what runc's init exits with. */
	leave(conductor.self == PROGRAM_DMZ && !step_conducted() ? 255 : 1);
}

void die_of_journal(int err)
{
	if (err == -EBADMSG)
		die("journal: it is broken", NULL, 0);
	die("journal:", NULL, err);
}

void warn(const char *what, const char *object, int err)
{
	report(MSG_WARNING, what, object, err < 0 ? -err : err);
}

void debug(const char *what, const char *object)
{
	report(MSG_DEBUG, what, object, 0);
}

void tell(enum msg_type type, int fd)
{
	int err;

	if (!step_conducted())
		return;
	err = msg_send(&conductor, type, NULL, 0, fd);
	if (err)
		leave(1); /* the conductor is gone: there is nobody to tell */
}

void tell_by_write(enum msg_type type)
{
	struct msg_header header = {type, sizeof(header), conductor.sent, conductor.self};

	if (step_conducted() &&
		write(conductor.fd, &header, sizeof(header)) != (ssize_t)sizeof(header))
		leave(1);
	conductor.sent++;
}

int await(enum msg_type type, struct msg *msg, int seconds)
{
	int err;

	if (!step_conducted())
		return -1;
	err = msg_await(&conductor, type, msg, seconds < 0 ? -1 : seconds * 1000);
	if (err == -ECONNRESET)
		leave(1);
	if (err)
		die("waiting for runc:", "control socket", err);
	return msg->fd;
}
