/* The line as a conductor of hook. */
#include "inner_hooks.h"

#include <errno.h>
#include <fcntl.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include "fds.h"
#include "step.h"
#include "sys.h"
#include "text.h"

static const struct msg_rule rules[] = {
	{MSG_ERROR, MSG_ONCE, sizeof(struct msg_text), 0, PROGRAM_HOOK},
	{MSG_WARNING, 0, sizeof(struct msg_text), 0, PROGRAM_HOOK},
	{MSG_DEBUG, 0, sizeof(struct msg_text), 0, PROGRAM_HOOK},
	{MSG_DONE, MSG_ONCE, 0, 0, PROGRAM_HOOK},
};

static _Noreturn void exec_hook(int control)
{
	char build[96];
	char *argv[] = {"hook", build, NULL}, *envp[] = {NULL};

	if (dup2(control, FD_CONTROL) < 0 || fcntl(FD_PLAN, F_SETFD, 0) < 0 ||
		text_join(build, sizeof(build), "build=", build_id, NULL))
		_exit(1);
	syscall(__NR_execveat, FD_HOOK, "", argv, envp, AT_EMPTY_PATH);
	_exit(1);
}

/* Waits for the end of the hooks: each has its own timeout, so this wait has none. */
static void wait_for_hooks(struct peer *peer)
{
	static struct msg msg;
	int got;

	while ((got = msg_recv(peer, &msg)) == 1) {
		switch (msg.header.type) {
		case MSG_DONE:
			return;
		case MSG_ERROR:
			die(msg.body.text.what,
				msg.body.text.object[0] ? msg.body.text.object : NULL,
				msg.body.text.err);
		case MSG_WARNING:
			warn(msg.body.text.what, msg.body.text.object, msg.body.text.err);
			break;
		default:
			break;
		}
	}
	die("hook ended without an answer", NULL, got < 0 ? got : 0);
}

void run_inner_hooks(enum hook_kind kind, enum container_status status)
{
	struct msg_hooks body = {kind, status, 0};
	struct peer peer = {.self = PROGRAM_CONDUCTOR,
		.rules = rules,
		.rule_count = sizeof(rules) / sizeof(rules[0])};
	int pair[2], err;
	pid_t pid;

	if (socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, pair) < 0)
		die("socketpair:", NULL, errno);
	pid = vfork();
	if (pid < 0)
		die("vfork:", NULL, errno);
	if (pid == 0)
		exec_hook(pair[1]);
	close(pair[1]);
	peer.fd = pair[0];
	err = msg_send(&peer, MSG_HOOKS, &body, sizeof(body), -1);
	if (err)
		die("hook:", NULL, err);
	wait_for_hooks(&peer);
	close(pair[0]);
	while (waitpid(pid, NULL, 0) < 0 && errno == EINTR)
		continue;
}
