/*
 * The stream: statistics every interval, and each kill for want of memory as the kernel tells it.
 * It ends with the cgroup: on v1 when the directory is removed, on v2 when the last process has
 * left.
 */
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <poll.h>
#include <string.h>
#include <sys/eventfd.h>
#include <unistd.h>
#include "fds.h"
#include "kernfs.h"
#include "stats.h"
#include "step.h"
#include "text.h"

#define LOOK_MS 1000 /* where nothing tells that the cgroup has gone */

static struct {
	struct host *host;
	const char *id;
	int event;       /* v1: the eventfd, -1: none */
	int kills;       /* v2: memory.events, -1: none */
	int populated;   /* v2: cgroup.events, -1: none */
	uint64_t killed; /* v2: the count when last read */
} watched = {.event = -1, .kills = -1, .populated = -1};

/* cgroup-v1/memory.rst, "OOM Control". */
static void register_v1(const struct hierarchy *h)
{
	int control = -1, oom = -1, err = -ENOENT;
	char line[48];
	struct text t = TEXT(line);

	watched.event = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
	if (watched.event < 0)
		die("eventfd:", NULL, errno);
	if (h && h->leaf >= 0) {
		oom = beneath(h->leaf, "memory.oom_control", O_RDONLY);
		control = beneath(h->leaf, "cgroup.event_control", O_WRONLY);
		text_add_i64(&t, watched.event);
		text_add(&t, " ");
		text_add_i64(&t, oom);
		err = oom < 0 ? oom : control;
	}
	if (oom >= 0 && control >= 0)
		err = write(control, line, t.length) == (ssize_t)t.length ? 0 : -errno;
	close_fd(&oom);
	close_fd(&control);
	if (!err)
		return;
	warn("no OOM notifications:",
		h ? full_path(h, "cgroup.event_control") : "memory controller missing",
		h ? err : 0);
	close_fd(&watched.event);
}

/* The number behind NAME in the file FD of a v2 cgroup. 0, -errno: it has gone. */
static int event_count(int fd, const char *name, uint64_t *n)
{
	char buffer[1024], *text = buffer, *line;
	ssize_t length = pread(fd, buffer, sizeof(buffer) - 1, 0);

	if (length < 0)
		return -errno;
	buffer[length] = '\0';
	while ((line = next_line(&text))) {
		const char *word = next_word(&line, " "), *value = next_word(&line, " ");

		if (word && value && !strcmp(word, name))
			return text_to_u64(value, n);
	}
	return -ENOENT;
}

static void register_v2(const struct hierarchy *h)
{
	if (!h || h->leaf < 0)
		return;
	watched.kills = beneath(h->leaf, "memory.events", O_RDONLY);
	watched.populated = beneath(h->leaf, "cgroup.events", O_RDONLY);
	if (watched.kills >= 0 && event_count(watched.kills, "oom_kill", &watched.killed))
		close_fd(&watched.kills);
	if (watched.kills < 0)
		warn("no OOM notifications:", full_path(h, "memory.events"), 0);
}

/* A reader that has gone is told of by the write itself (SIGPIPE), and before by poll. */
static void check_output(int err)
{
	if (err)
		warn("write /dev/stdout:", NULL, err);
}

static void print_ooms(uint64_t count)
{
	while (count--)
		check_output(print_oom(watched.id));
}

/* True when nothing will come any more. */
static int take_events(void)
{
	uint64_t n = 0;
	int gone = 0;

	if (watched.event >= 0) {
		ssize_t got = read(watched.event, &n, sizeof(n));

		gone = !leaf_is_there(host_controller(watched.host, "memory"));
		/* The removal is counted as an event, too. */
		if (got == sizeof(n))
			print_ooms(gone ? n - 1 : n);
		return gone;
	}
	if (watched.kills >= 0 && !event_count(watched.kills, "oom_kill", &n) &&
		n > watched.killed) {
		print_ooms(n - watched.killed);
		watched.killed = n;
	}
	if (watched.populated >= 0)
		return event_count(watched.populated, "populated", &n) || !n;
	return !leaves_are_there(watched.host);
}

static void print_reading(const struct journal *journal)
{
	static struct stats stats;
	int err = collect(&stats, watched.host, journal);

	/* What was read while the directories went is no statistics. */
	if (!leaves_are_there(watched.host))
		return;
	if (err)
		warn("read", stats.problem, err);
	else
		check_output(print_stats(&stats, watched.id));
}

/* Until something has happened, at most to END. */
static void await_event(int64_t end)
{
	struct pollfd pollers[] = {{.fd = FD_CONTROL, .events = POLLIN}, {.fd = 1, .events = 0},
		{.fd = watched.event, .events = POLLIN}, {.fd = watched.kills, .events = POLLPRI},
		{.fd = watched.populated, .events = POLLPRI}};
	int told = watched.event >= 0 || watched.populated >= 0;
	int64_t left = end - now_ms(), most = told ? INT_MAX : LOOK_MS;
	int n = poll(pollers, 5, left < 0 ? 0 : (int)(left < most ? left : most));

	if (n < 0 && errno != EINTR)
		die("poll:", NULL, errno);
	if (n > 0 && (pollers[0].revents || pollers[1].revents))
		_exit(1); /* nobody is left who listens */
}

void watch(struct host *host, const struct journal *journal, const char *id, int64_t interval)
{
	int64_t next = now_ms();

	watched.host = host;
	watched.id = id;
	if (host->unified)
		register_v2(host_controller(host, ""));
	else
		register_v1(host_controller(host, "memory"));
	next += interval;
	while (!take_events()) {
		if (now_ms() >= next) {
			print_reading(journal);
			/* Those that a slow reader has made us miss are left out. */
			next += interval * ((now_ms() - next) / interval + 1);
		}
		await_event(next);
	}
}
