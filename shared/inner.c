/* The line as a conductor. See inner.h. */
#include "inner.h"

#include <errno.h>
#include <fcntl.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>
#include "fds.h"
#include "step.h"
#include "sys.h"
#include "text.h"
#include "undumpable.h"

static const struct msg_rule rules[] = {
	{MSG_ERROR, MSG_ONCE, sizeof(struct msg_text), 0, PROGRAM_COUNT},
	{MSG_WARNING, 0, sizeof(struct msg_text), 0, PROGRAM_COUNT},
	{MSG_DONE, MSG_ONCE, 0, 0, PROGRAM_COUNT},
};

static _Noreturn void exec_inner(
	char *name, int image, int control, char *const *environment, void (*place)(void))
{
	char build[96];
	char *argv[] = {name, build, NULL};

	if (place)
		place();
	if (image == FD_HOOK) /* which files there are depends on config.json */
		for (int fd = FD_HOOK_STDOUT; fd <= FD_HOOK_STDERR; fd++)
			(void)sys_fcntl(fd, F_SETFD, 0);
	if (dup2(control, FD_CONTROL) < 0 || sys_fcntl(FD_PLAN, F_SETFD, 0) < 0 ||
		text_join(build, sizeof(build), "build=", build_id, NULL))
		_exit(1);
	(void)undumpable_exec(image, argv, environment);
	_exit(1);
}

static void hear(struct peer *peer, char *name)
{
	static struct msg msg;
	int got;

	while ((got = msg_recv(peer, &msg)) == 1) {
		if (msg.header.type == MSG_DONE)
			return;
		if (msg.header.type == MSG_ERROR)
			die(msg.body.text.what, msg.body.text.object, msg.body.text.err);
		warn(msg.body.text.what, msg.body.text.object, msg.body.text.err);
	}
	die("no answer from", name, got);
}

void inner_run(char *name, int image, char *const *environment, void (*place)(void),
	const struct msg_hooks *request)
{
	struct peer peer = {.self = PROGRAM_CONDUCTOR,
		.rules = rules,
		.rule_count = sizeof(rules) / sizeof(rules[0])};
	int pair[2];
	pid_t pid;

	if (sys_socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, pair) < 0 ||
		(pid = vfork()) < 0)
		die("starting", name, errno);
	if (pid == 0)
		exec_inner(name, image, pair[1], environment, place);
	close(pair[1]);
	peer.fd = pair[0];
	/* That it cannot be asked, because it has ended, is seen by its giving no answer. */
	if (request)
		(void)msg_send(&peer, MSG_HOOKS, request, sizeof(*request), -1);
	hear(&peer, name);
	close(pair[0]);
	while (waitpid(pid, NULL, 0) < 0 && errno == EINTR)
		continue;
}
