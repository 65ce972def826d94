/*
 * The shell's job control. The conductor is the process that the shell watches, so it is the one
 * that stops; tty gives the terminal back before that and only waits. It stops nothing itself, and
 * does not touch the terminal while another process group has it.
 */
#include <signal.h>
#include <unistd.h>
#include "step.h"
#include "tty.h"

static uint32_t turn; /* how often we were told to go on */

static void receive(struct msg *msg)
{
	int got = msg_recv(&conductor, msg);

	if (got < 0)
		fail("waiting for runc:", "control socket", got);
	if (got == 0) { /* killed: our end of the container's terminal hangs it up */
		terminal_restore();
		_exit(1);
	}
}

static void tell_suspended(int signal)
{
	const struct msg_suspended body = {(uint32_t)signal, turn};

	/* When it is gone, receive finds out. */
	(void)msg_send(&conductor, MSG_SUSPENDED, &body, sizeof(body), -1);
}

/* Gives the terminal back because of SIGNAL, and returns when the conductor goes on. */
static void hold(int signal)
{
	static struct msg msg;

	terminal_restore();
	while (signal) {
		tell_suspended(signal);
		do
			receive(&msg);
		while (msg.header.type != MSG_CONTINUE);
		turn++;
		terminal_raw();
		signal = terminal_background();
	}
}

void job_check(void)
{
	if (terminal_background())
		hold(terminal_background());
}

void job_begin(void)
{
	terminal_raw();
	job_check();
}

void job_message(void)
{
	static struct msg msg;

	receive(&msg);
	switch (msg.header.type) {
	case MSG_WINDOW:
		terminal_copy_size();
		break;
	case MSG_SUSPEND:
		hold((int)msg.body.number.value);
		break;
	default: /* MSG_CONTINUE: the whole group was stopped, without a word */
		turn++;
		terminal_raw();
	}
}
