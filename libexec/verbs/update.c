/* runc update: changes the limits of a container. What the values are, is parse's business. */
#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>
#include "removing.h"
#include "text.h"
#include "updating.h"
#include "verb.h"
#include "whole.h"

#define LOCK_TRIES 1001 /* 10 ms apart */
#define NOT_GIVEN  INT64_MIN
#define LINE_SIZE  4096

static const char *resources, *period, *quota, *burst, *share, *rt_period, *rt_runtime, *idle;
static const char *cpus, *mems, *memory, *reservation, *swap, *kernel, *kernel_tcp, *l3, *bandwidth;
static int64_t pids = NOT_GIVEN, weight;

static const struct flag flags[] = {
	{"resources", "r", FLAG_STRING, &resources,
		"path to the file containing the resources to update or '-' to read from the "
		"standard input: an object as linux.resources of config.json; all other options "
		"but "
		"the two schemas are ignored then"},
	{"blkio-weight", NULL, FLAG_INT, &weight,
		"Specifies per cgroup weight, range is from 10 to 1000"},
	{"cpu-period", NULL, FLAG_STRING, &period,
		"CPU CFS period to be used for hardcapping (in usecs). 0 to use system default"},
	{"cpu-quota", NULL, FLAG_STRING, &quota,
		"CPU CFS hardcap limit (in usecs). Allowed cpu time in a given period"},
	{"cpu-burst", NULL, FLAG_STRING, &burst,
		"CPU CFS hardcap burst limit (in usecs). Allowed accumulated cpu time additionally "
		"for burst a given period"},
	{"cpu-share", NULL, FLAG_STRING, &share,
		"CPU shares (relative weight vs. other containers)"},
	{"cpu-rt-period", NULL, FLAG_STRING, &rt_period,
		"CPU realtime period to be used for hardcapping (in usecs). 0 to use system "
		"default"},
	{"cpu-rt-runtime", NULL, FLAG_STRING, &rt_runtime,
		"CPU realtime hardcap limit (in usecs). Allowed cpu time in a given period"},
	{"cpuset-cpus", NULL, FLAG_STRING, &cpus, "CPU(s) to use"},
	{"cpuset-mems", NULL, FLAG_STRING, &mems, "Memory node(s) to use"},
	{"kernel-memory", NULL, FLAG_STRING, &kernel, NULL},
	{"kernel-memory-tcp", NULL, FLAG_STRING, &kernel_tcp, NULL},
	{"memory", NULL, FLAG_STRING, &memory, "Memory limit (in bytes)"},
	{"memory-reservation", NULL, FLAG_STRING, &reservation,
		"Memory reservation or soft_limit (in bytes)"},
	{"memory-swap", NULL, FLAG_STRING, &swap,
		"Total memory usage (memory + swap); set '-1' to enable unlimited swap"},
	{"pids-limit", NULL, FLAG_INT, &pids, "Maximum number of pids allowed in the container"},
	{"cpu-idle", NULL, FLAG_STRING, &idle,
		"set cgroup SCHED_IDLE or not, 0: default behavior, 1: SCHED_IDLE"},
	{"l3-cache-schema", NULL, FLAG_STRING, &l3, "The string of Intel RDT/CAT L3 cache schema"},
	{"mem-bw-schema", NULL, FLAG_STRING, &bandwidth,
		"The string of Intel RDT/MBA memory bandwidth schema"},
};

static const struct verb verb = {
	.name = "update",
	.usage = "<container-id>",
	.description = "update container resource constraints",
	.flags = flags,
	.flag_count = sizeof(flags) / sizeof(flags[0]),
	.min_args = 1,
	.max_args = 1,
};

/* "--set", then a name and a value for each flag that was given; NULL. */
static const char *words[2 * (sizeof(flags) / sizeof(flags[0])) + 4];
static size_t word_count;

static void add_setting(const char *name, const char *value)
{
	if (!value || !*value)
		return;
	words[word_count++] = name;
	words[word_count++] = value;
}

static void add_number(const char *name, int64_t n, char buffer[24])
{
	struct text t = {buffer, 24, 0, 0};

	text_add_i64(&t, n);
	add_setting(name, buffer);
}

static void add_settings(void)
{
	static char pids_text[24], weight_text[24];

	if (resources)
		words[word_count++] = "--request";
	words[word_count++] = "--set";
	for (size_t i = 0; i < sizeof(flags) / sizeof(flags[0]); i++) {
		const struct flag *flag = &flags[i];
		int schema = flag->value == &l3 || flag->value == &bandwidth;

		if (flag->kind == FLAG_STRING && flag->value != &resources &&
			(!resources || schema))
			add_setting(flag->name, *(const char **)flag->value);
	}
	if (!resources && pids != NOT_GIVEN)
		add_number("pids-limit", pids, pids_text);
	if (!resources && weight)
		add_number("blkio-weight", weight, weight_text);
}

static _Noreturn void die_errno(const char *what, const char *object, int err)
{
	char line[LINE_SIZE];

	text_join(line, sizeof(line), what, object, ": ", errno_text(err), NULL);
	log_die(1, NULL, line);
}

/* A pipe or a terminal into a file that parse may have; who types it is given the time. */
static int copy_request(int from)
{
	int fd = copy_stream(from, "resources", -1);

	if (fd < 0)
		die_errno("read ", resources, -fd);
	return fd;
}

static int open_request(void)
{
	struct stat st;
	int fd, copy;

	if (!resources)
		return -1;
	if (!strcmp(resources, "-"))
		return copy_request(STDIN_FILENO);
	/* Nobody waits for a FIFO that has no writer (rule F26). */
	fd = open(resources, O_RDONLY | O_NONBLOCK | O_NOCTTY | O_CLOEXEC);
	if (fd < 0 || fstat(fd, &st) < 0)
		die_errno("open ", resources, errno);
	if (S_ISREG(st.st_mode))
		return fd;
	if (fcntl(fd, F_SETFL, 0) < 0)
		die_errno("fcntl ", resources, errno);
	copy = copy_request(fd);
	close(fd);
	return copy;
}

static void lock(struct container *container, int *journal)
{
	int err = container_lock(container, LOCK_TRIES, journal);

	if (err == -EWOULDBLOCK)
		log_die(1, NULL, "another update or delete of the container takes too long");
	if (err || container->recovered || !container->journal.is_ready)
		log_die(1, NULL, verb_container_error(container->id, container, err));
	if (verb_status(container, 1) == STATUS_STOPPED)
		log_die(1, NULL, "container not running");
}

int main(int argc, char **argv)
{
	static struct container container;
	static char line[LINE_SIZE];
	const char *args[1];
	int request, plan, journal;

	verb_start(&verb, argc, argv, args, 1);
	verb_drop_empty(&resources);
	verb_open_container(args[0], &container, 1);
	add_settings();
	request = open_request();
	lock(&container, &journal);
	if (updates_finish(&container, line, sizeof(line)))
		log_die(1, NULL, line);
	plan = container_parse(&container, words, request, line, sizeof(line));
	if (plan < 0 ||
		container_update(&container, journal, plan,
			(l3 && *l3) || (bandwidth && *bandwidth), line, sizeof(line)))
		log_die(1, NULL, line);
	return 0;
}
