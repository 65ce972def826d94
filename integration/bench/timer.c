/*
 * Times commands against each other: every round runs each of them once, in random order, after a
 * pause. timer ROUNDS GAP_MS NAME COMMAND [NAME COMMAND]… COMMAND is split at blanks; "@" in a word
 * becomes the number of the round, so that ids differ. A command that begins with "!" is run before
 * the one that follows it and "?" after it, both untimed:  NAME "!prepare" "timed" "?clean" Prints
 * per name: median wall, median CPU (user and system of the child and all it has waited for),
 * minimum wall, peak memory of any process, all in microseconds and KiB, and how many runs failed.
 * `run` in the foreground waits for its container, so that the container's own time is in; a
 * detached one would escape.
 */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#define MAX_NAMES 16
#define MAX_WORDS 64

struct subject {
	const char *name;
	const char *before, *command, *after;
	long *wall, *cpu;
	long memory;
	int failed;
};

static long microseconds(struct timespec a, struct timespec b)
{
	return (b.tv_sec - a.tv_sec) * 1000000 + (b.tv_nsec - a.tv_nsec) / 1000;
}

static void split(const char *command, long round, char *words[], char *buffer, size_t size)
{
	size_t n = 0, at = 0;

	while (*command && n < MAX_WORDS - 1) {
		while (*command == ' ')
			command++;
		if (!*command)
			break;
		words[n++] = buffer + at;
		for (; *command && *command != ' '; command++) {
			if (*command == '@')
				at += (size_t)snprintf(buffer + at, size - at, "%ld", round);
			else if (at < size - 1)
				buffer[at++] = *command;
			if (at >= size - 1)
				exit(2);
		}
		buffer[at++] = 0;
	}
	words[n] = NULL;
}

/* Runs COMMAND to its end. Returns its wait status; times may be NULL. */
static int run(const char *command, long round, long *wall, long *cpu, long *memory)
{
	char buffer[8192], *words[MAX_WORDS];
	struct timespec begin, end;
	struct rusage usage;
	int status;
	pid_t pid;

	split(command, round, words, buffer, sizeof(buffer));
	clock_gettime(CLOCK_MONOTONIC, &begin);
	pid = vfork();
	if (pid < 0)
		exit(1);
	if (pid == 0) {
		execv(words[0], words);
		_exit(127);
	}
	while (wait4(pid, &status, 0, &usage) < 0)
		if (errno != EINTR)
			exit(1);
	clock_gettime(CLOCK_MONOTONIC, &end);
	if (wall) {
		*wall = microseconds(begin, end);
		*cpu = (usage.ru_utime.tv_sec + usage.ru_stime.tv_sec) * 1000000 +
			usage.ru_utime.tv_usec + usage.ru_stime.tv_usec;
		if (usage.ru_maxrss > *memory)
			*memory = usage.ru_maxrss;
	}
	return status;
}

static int by_value(const void *a, const void *b)
{
	long x = *(const long *)a, y = *(const long *)b;

	return (x > y) - (x < y);
}

int main(int argc, char **argv)
{
	static struct subject subjects[MAX_NAMES];
	int count = 0, order[MAX_NAMES], null, results;
	long rounds, gap;

	if (argc < 5)
		return 2;
	rounds = strtol(argv[1], NULL, 10);
	gap = strtol(argv[2], NULL, 10);
	if (rounds < 1 || rounds > 100000)
		return 2;
	for (int i = 3; i < argc && count < MAX_NAMES; count++) {
		struct subject *s = &subjects[count];

		s->name = argv[i++];
		if (i < argc && argv[i][0] == '!')
			s->before = argv[i++] + 1;
		if (i >= argc)
			return 2;
		s->command = argv[i++];
		if (i < argc && argv[i][0] == '?')
			s->after = argv[i++] + 1;
		s->wall = calloc((size_t)rounds, sizeof(long));
		s->cpu = calloc((size_t)rounds, sizeof(long));
		if (!s->wall || !s->cpu)
			return 1;
	}
	/* What the commands print goes nowhere. */
	results = fcntl(1, F_DUPFD_CLOEXEC, 10);
	null = open("/dev/null", O_WRONLY | O_CLOEXEC);
	if (results < 0 || null < 0 || dup2(null, 1) < 0)
		return 1;
	srandom((unsigned)time(NULL));
	for (long round = 0; round < rounds; round++) {
		for (int i = 0; i < count; i++)
			order[i] = i;
		for (int i = count - 1; i > 0; i--) {
			int j = (int)(random() % (i + 1)), t = order[i];

			order[i] = order[j];
			order[j] = t;
		}
		for (int i = 0; i < count; i++) {
			struct subject *s = &subjects[order[i]];

			if (gap)
				usleep((unsigned)gap * 1000);
			if (s->before && run(s->before, round, NULL, NULL, NULL))
				s->failed++;
			if (run(s->command, round, &s->wall[round], &s->cpu[round], &s->memory))
				s->failed++;
			if (s->after && run(s->after, round, NULL, NULL, NULL))
				s->failed++;
		}
	}
	for (int i = 0; i < count; i++) {
		struct subject *s = &subjects[i];

		qsort(s->wall, (size_t)rounds, sizeof(long), by_value);
		qsort(s->cpu, (size_t)rounds, sizeof(long), by_value);
		dprintf(results, "%s %ld %ld %ld %ld %d\n", s->name, s->wall[rounds / 2],
			s->cpu[rounds / 2], s->wall[0], s->memory, s->failed);
	}
	return 0;
}
