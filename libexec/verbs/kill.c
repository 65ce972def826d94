/* runc kill: sends a signal to the container's first process, or SIGKILL to all when they share a
 * pid namespace. */
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <signal.h>
#include <string.h>
#include <unistd.h>
#include "conduct.h"
#include "state.h"
#include "sys.h"
#include "text.h"
#include "verb.h"

static int all;

static const struct flag flags[] = {
	{"all", "a", FLAG_BOOL, &all, NULL}, /* obsolete; callers still send it */
};

static const struct verb verb = {
	.name = "kill",
	.usage = "<container-id> [signal]",
	.description = "kill sends the specified signal (default: SIGTERM) to the container's init "
		       "process",
	.flags = flags,
	.flag_count = sizeof(flags) / sizeof(flags[0]),
	.min_args = 1,
	.max_args = 2,
	.stop_at_first_arg = 1,
};

/* The names of the kernel's list. */
#define SIGNALS(X)                                                                                 \
	X(HUP)                                                                                     \
	X(INT)                                                                                     \
	X(QUIT)                                                                                    \
	X(ILL)                                                                                     \
	X(TRAP)                                                                                    \
	X(ABRT)                                                                                    \
	X(BUS)                                                                                     \
	X(FPE)                                                                                     \
	X(KILL)                                                                                    \
	X(USR1)                                                                                    \
	X(SEGV)                                                                                    \
	X(USR2)                                                                                    \
	X(PIPE)                                                                                    \
	X(ALRM)                                                                                    \
	X(TERM)                                                                                    \
	X(STKFLT)                                                                                  \
	X(CHLD)                                                                                    \
	X(CONT)                                                                                    \
	X(STOP)                                                                                    \
	X(TSTP)                                                                                    \
	X(TTIN)                                                                                    \
	X(TTOU)                                                                                    \
	X(URG)                                                                                     \
	X(XCPU)                                                                                    \
	X(XFSZ)                                                                                    \
	X(VTALRM)                                                                                  \
	X(PROF)                                                                                    \
	X(WINCH)                                                                                   \
	X(IO)                                                                                      \
	X(PWR)                                                                                     \
	X(SYS)

static const struct {
	const char *word;
	int number;
} signal_names[] = {
#define X(name) {#name, SIG##name},
	SIGNALS(X)
#undef X
};

/* A decimal number as Go reads it: a sign and leading zeros are allowed. */
static int parse_number(const char *word, int *number)
{
	int negative = *word == '-';
	uint64_t value;

	if (*word == '-' || *word == '+')
		word++;
	while (*word == '0' && word[1])
		word++;
	if (text_to_u64(word, &value) || value > INT_MAX)
		return -EINVAL;
	*number = negative ? -(int)value : (int)value;
	return 0;
}

/* What containers mean by RTMIN: that of glibc. musl's SIGRTMIN is another. */
#define RT_FIRST 34
#define RT_LAST  64

/* "RTMIN", "RTMIN+3", "RTMAX-1"; 0: none of these. */
static int real_time(const char *name)
{
	int up = !strncmp(name, "RTMIN", 5), down = !strncmp(name, "RTMAX", 5);
	uint64_t distance = 0;

	if (!up && !down)
		return 0;
	if (name[5] && (name[5] != (up ? '+' : '-') || text_to_u64(name + 6, &distance)))
		return 0;
	if (distance > RT_LAST - RT_FIRST)
		return 0;
	return up ? RT_FIRST + (int)distance : RT_LAST - (int)distance;
}

static int parse_signal(const char *word)
{
	char name[16], message[256];
	struct text t = TEXT(message);
	const char *bare;
	size_t i;
	int number;

	if (!*word)
		return SIGTERM; /* none, as with runc */
	if (!parse_number(word, &number))
		return number;
	for (i = 0; word[i] && i < sizeof(name) - 1; i++)
		name[i] = (char)(word[i] >= 'a' && word[i] <= 'z' ? word[i] - 'a' + 'A' : word[i]);
	name[i] = '\0';
	bare = strncmp(name, "SIG", 3) ? name : name + 3;
	for (i = 0; i < sizeof(signal_names) / sizeof(signal_names[0]); i++)
		if (!strcmp(signal_names[i].word, bare))
			return signal_names[i].number;
	number = real_time(bare);
	if (number)
		return number;
	text_add(&t, "unknown signal ");
	text_add_quoted(&t, word);
	log_die(1, NULL, message);
}

/* Processes in a pid namespace of their own die with its first one; others must be found by their
 * cgroup. */
static int shares_pid_namespace(struct container *container)
{
	const char *why, *path;

	return state_load_any_plan(container, &why) ||
		!plan_namespace(&container->plan, NS_PID, &path) || path;
}

/* Returns 1 when that was done, 0 when only the first process can be reached. */
static int kill_all(const struct container *container)
{
	static const char hint[] = "failed to kill all processes, possibly due to lack of cgroup "
				   "(Hint: enable cgroup v2 delegation)";
	char line[2048];

	if (!container->journal.cgroup_count)
		return 0;
	if (!container_cgroup(container, "kill", line, sizeof(line)))
		return 1;
	if (!verb_rootless())
		log_die(1, "unable to kill all processes", line);
	log_record(LOG_LEVEL_WARNING, hint, NULL);
	return 0;
}

/* An ordinary user's container may be in none of the cgroups that were to be made for it. */
static void kill_first(const struct container *container)
{
	int fd = state_pidfd(container);

	if (fd == -ESRCH)
		return;
	if (fd < 0)
		log_die(1, "unable to signal init", errno_text(-fd));
	if (sys_pidfd_send_signal(fd, SIGKILL) < 0 && errno != ESRCH)
		log_die(1, "unable to signal init", errno_text(errno));
	close(fd);
}

static void send_signal(struct container *container, int number)
{
	int fd = state_pidfd(container);

	if (fd == -ESRCH && all)
		_exit(0);
	if (fd == -ESRCH)
		log_die(1, NULL, "container not running");
	if (fd < 0)
		log_die(1, "unable to signal init", errno_text(-fd));
	if (sys_pidfd_send_signal(fd, number) < 0)
		log_die(1, "unable to signal init",
			errno == ESRCH ? "os: process already finished" : errno_text(errno));
	close(fd);
	if (number == SIGKILL)
		container_thaw(container);
}

int main(int argc, char **argv)
{
	static struct container container;
	const char *args[2];
	int count = verb_start(&verb, argc, argv, args, 2);
	int number;

	verb_find_container(args[0], &container, 1);
	number = parse_signal(count > 1 ? args[1] : "");
	if (number == SIGKILL && shares_pid_namespace(&container) && kill_all(&container)) {
		kill_first(&container);
		return 0;
	}
	send_signal(&container, number);
	return 0;
}
