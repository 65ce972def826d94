/*
 * pstable: of the table that ps prints, the header and the lines about the processes of one
 * container. Such a line holds what a process calls itself, so this program may do nothing but read
 * two files and write one.
 */
#include <errno.h>
#include <signal.h>
#include <string.h>
#include <unistd.h>
#include "fds.h"
#include "pstable.h"
#include "step.h"
#include "text.h"

#include "priv_table.h"

#define END_SECONDS 60 /* from the end of ps's output to the end of ps */

static const struct msg_rule rules[] = {
	{MSG_LISTED, MSG_ONCE, sizeof(struct msg_listed), 0, PROGRAM_CONDUCTOR},
};

static ssize_t read_some(int fd, void *buffer, size_t size, const char *what)
{
	ssize_t n;

	do
		n = read(fd, buffer, size);
	while (n < 0 && errno == EINTR);
	if (n < 0)
		die("read", what, errno);
	return n;
}

/* A memfd gives as much as it has: only the end can be less than was asked for. */
static void read_pids(void)
{
	static uint32_t pids[4096];
	ssize_t n;

	while ((n = read_some(FD_PIDS, pids, sizeof(pids), "the pids")) > 0)
		for (size_t i = 0; i < (size_t)n / sizeof(pids[0]); i++)
			table_want(pids[i]);
}

static void read_arguments(int argc, char **argv)
{
	uint64_t pid;

	for (int i = 1; i < argc; i++) {
		if (text_to_u64(argv[i], &pid))
			die("usage: ps -ef | pstable PID...; no pid:", argv[i], 0);
		table_want(pid);
	}
}

static const char *how_it_ended(void)
{
	static struct msg msg;
	static char status[64];
	struct text t = TEXT(status);

	await(MSG_LISTED, &msg, END_SECONDS);
	if (!msg.body.listed.signal && !msg.body.listed.status)
		return "";
	text_add(&t, msg.body.listed.signal ? "signal " : "exit status ");
	text_add_u64(&t, msg.body.listed.signal ? msg.body.listed.signal : msg.body.listed.status);
	text_add(&t, ":");
	return status;
}

int main(int argc, char **argv)
{
	int conducted =
		step_start(PROGRAM_PSTABLE, argc, argv, rules, sizeof(rules) / sizeof(rules[0]));
	static char buffer[65536];
	ssize_t n;

	signal(SIGPIPE, SIG_IGN); /* a reader that has gone is an error like another */
	priv_enter(&priv, conducted);
	if (conducted)
		read_pids();
	else
		read_arguments(argc, argv);
	while ((n = read_some(conducted ? FD_LISTING : 0, buffer, sizeof(buffer), "ps")) > 0)
		table_feed(buffer, (size_t)n);
	table_end(conducted ? how_it_ended() : "");
	tell(MSG_DONE, -1);
	return 0;
}
