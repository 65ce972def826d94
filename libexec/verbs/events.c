/* runc events: what a container uses and that it ran out of memory, from the stats step, which
 * writes on our standard output itself. */
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <string.h>
#include <unistd.h>
#include "conduct.h"
#include "drop.h"
#include "duration.h"
#include "fds.h"
#include "msg.h"
#include "state.h"
#include "text.h"
#include "verb.h"

static int64_t interval = INT64_C(5) * 1000000000;
static int once;
static const char *format = "json";

static int set_interval(const char *text)
{
	return duration_parse(text, &interval);
}

static const struct flag_parser interval_parser = {set_interval};

static const struct flag flags[] = {
	{"interval", NULL, FLAG_PARSED, (void *)(uintptr_t)&interval_parser,
		"set the stats collection interval (default: 5s)"},
	{"stats", NULL, FLAG_BOOL, &once, "display the container's stats then exit"},
	{"format", NULL, FLAG_STRING, &format,
		"of --stats: 'json' (default), or 'openmetrics' for scrapers"},
};

static const struct verb verb = {
	.name = "events",
	.usage = "<container-id>",
	.description = "display container events such as OOM notifications, cpu, memory, and IO "
		       "usage statistics",
	.flags = flags,
	.flag_count = sizeof(flags) / sizeof(flags[0]),
	.min_args = 1,
	.max_args = 1,
};

static const struct msg_rule rules[] = {
	{MSG_ERROR, MSG_ONCE, sizeof(struct msg_text), 0, PROGRAM_STATS},
	{MSG_WARNING, 0, sizeof(struct msg_text), 0, PROGRAM_STATS},
	{MSG_DEBUG, 0, sizeof(struct msg_text), 0, PROGRAM_STATS},
	{MSG_DONE, MSG_ONCE, 0, 0, PROGRAM_STATS},
};

static void check_format(void)
{
	char line[512];

	if (strcmp(format, "json") != 0 && strcmp(format, "openmetrics") != 0) {
		text_join(line, sizeof(line), "invalid format option ", format, NULL);
		log_die(1, NULL, line);
	}
	if (!once && strcmp(format, "json") != 0)
		log_die(1, NULL, "--format openmetrics is for --stats only");
}

static void check_running(const struct container *container)
{
	char line[2048];

	if (interval <= 0)
		log_die(1, NULL, "duration interval must be greater than 0");
	if (verb_status(container, 1) != STATUS_STOPPED)
		return;
	text_join(line, sizeof(line), "container with id ", container->id, " is not running", NULL);
	log_die(1, NULL, line);
}

static void start_stats(struct step *step, const struct container *container)
{
	int journal = state_open_file(container, "journal");
	char line[512], digits[24];
	struct text t = TEXT(digits);
	const char *const stream[] = {"watch", container->id, digits, NULL};
	const char *const reading[] = {format, container->id, NULL};
	const struct spawn_fd fds[] = {{journal, FD_JOURNAL}};
	const struct spawn request = {.program = PROGRAM_STATS,
		.image = -1,
		.arguments = once ? reading : stream,
		.fds = fds,
		.fd_count = 1};

	if (journal < 0) {
		text_join(line, sizeof(line), "journal: ", errno_text(-journal), NULL);
		log_die(1, NULL, line);
	}
	/* In milliseconds, at least one. */
	text_add_u64(&t, (uint64_t)interval / 1000000 + ((uint64_t)interval % 1000000 != 0));
	if (step_start_or_say(
		    step, &request, rules, sizeof(rules) / sizeof(rules[0]), line, sizeof(line)))
		log_die(1, NULL, line);
	close(journal);
}

/* Whoever read our output has gone: that ends runc by this signal, too. */
static void end_by_closed_pipe(void)
{
	struct pollfd poller = {.fd = 1};

	if (poll(&poller, 1, 0) != 1 || !(poller.revents & (POLLERR | POLLHUP)))
		return;
	signal(SIGPIPE, SIG_DFL);
	(void)raise(SIGPIPE);
}

int main(int argc, char **argv)
{
	static struct container container;
	char line[2048];
	const char *args[1];
	struct step step;

	verb_start(&verb, argc, argv, args, 1);
	check_format();
	verb_open_container(args[0], &container, 1);
	check_running(&container);
	start_stats(&step, &container);
	/* As long as the container may live, there is nothing left but to wait and to log. */
	if (conduct_drop_privileges(line, sizeof(line)) ||
		conduct_confine(NULL, 0, line, sizeof(line)))
		log_die(1, NULL, line);
	if (!step_finish(&step, -1))
		return 0;
	end_by_closed_pipe();
	step_error(&step, line, sizeof(line));
	log_die(1, NULL, line);
}
