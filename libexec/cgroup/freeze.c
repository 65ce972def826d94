/*
 * The freezer: every process of a cgroup stopped, and let go again. A container that is paused and
 * one that is killed process by process are frozen by the same code.
 */
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <string.h>
#include <unistd.h>
#include "cgroup.h"
#include "step.h"

#define V1_TRIES    1000 /* of a millisecond (runc-cli 5.8) */
#define V1_SHAKE    50   /* every so many tries */
#define V1_SHAKE_MS 10
#define V2_WAIT_MS  10000
#define V2_LOOK_MS  100

static const char *state_file(const struct hierarchy *h)
{
	return is_unified(h) ? "cgroup.freeze" : "freezer.state";
}

static const char *state_word(const struct hierarchy *h, int frozen)
{
	return is_unified(h) ? (frozen ? "1" : "0") : (frozen ? "FROZEN" : "THAWED");
}

static int freeze_v1(const struct hierarchy *h)
{
	char state[32];

	for (int tries = 1; tries <= V1_TRIES; tries++) {
		int shake = tries % V1_SHAKE == 0;
		ssize_t n = write_file(h->leaf, state_file(h), state_word(h, 1));

		if (!n)
			n = read_file(h->leaf, state_file(h), state, sizeof(state));
		if (n < 0)
			return (int)n;
		if (!strcmp(state, "FROZEN"))
			return 0;
		/* A process may be stuck halfway: let all go on for a moment. */
		if (shake && (n = write_file(h->leaf, state_file(h), state_word(h, 0))) < 0)
			return (int)n;
		sleep_ms(shake ? V1_SHAKE_MS : 1);
	}
	return -ETIMEDOUT;
}

/* cgroup.events says when the last process has stopped; nothing says that somebody else has thawed
 * before that, which is a resume after this pause and no failure of it. */
static int wait_frozen(const struct hierarchy *h, int events)
{
	struct pollfd poller = {.fd = events, .events = POLLPRI};
	int64_t end = now_ms() + V2_WAIT_MS;
	uint64_t wanted;
	char state[256];

	while (now_ms() < end) {
		/* Only what changes after this read wakes the poll. */
		ssize_t n = pread(events, state, sizeof(state) - 1, 0);
		int err = n < 0 ? -errno : read_number(h->leaf, state_file(h), &wanted);

		if (err)
			return err;
		state[n] = '\0';
		if (strstr(state, "frozen 1") || !wanted)
			return 0;
		if (poll(&poller, 1, V2_LOOK_MS) < 0 && errno != EINTR)
			return -errno;
	}
	return -ETIMEDOUT;
}

static int freeze_v2(const struct hierarchy *h)
{
	int events = beneath(h->leaf, "cgroup.events", O_RDONLY), err;

	if (events < 0)
		return events;
	err = write_file(h->leaf, state_file(h), state_word(h, 1));
	if (!err)
		err = wait_frozen(h, events);
	close(events);
	return err;
}

static int thaw_directory(int dir, void *arg)
{
	const struct hierarchy *h = arg;
	int err = write_file(dir, state_file(h), state_word(h, 0));

	return err == -ENOENT || err == -ENODEV ? 0 : err;
}

int freeze(struct hierarchy *h)
{
	int err = is_unified(h) ? freeze_v2(h) : freeze_v1(h), undo;

	undo = err == -ETIMEDOUT ? thaw_directory(h->leaf, h) : 0;
	if (undo)
		warn("thaw", full_path(h, NULL), undo);
	return err;
}

void thaw_all(struct host *host)
{
	for (size_t i = 0; i < host->count; i++) {
		struct hierarchy *h = &host->hierarchies[i];
		int leaf, err;

		if (!is_unified(h) && !has_controller(h, "freezer"))
			continue;
		leaf = beneath(h->root, h->path, O_RDONLY | O_DIRECTORY);
		err = leaf < 0 ? leaf : tree_each(leaf, thaw_directory, h);
		close_fd(&leaf);
		if (err && err != -ENOENT)
			warn("thaw", full_path(h, NULL), err);
	}
}

static int open_leaf(struct hierarchy *h)
{
	h->leaf = beneath(h->root, h->path, O_RDONLY | O_DIRECTORY);
	if (h->leaf < 0 && h->leaf != -ENOENT)
		die("open", full_path(h, NULL), h->leaf);
	return h->leaf >= 0;
}

/* The one that says whether the container is paused, as state_freezer of shared/state.c sees it:
 * v1's if there is one. */
static struct hierarchy *open_freezer(struct host *host, const struct journal *journal)
{
	static const char *const controllers[] = {"freezer", ""};
	const char *missing;

	host_open_journal(host, journal);
	missing = host_unmounted(host, journal, "freezer");
	if (missing)
		die("cannot toggle freezer: its hierarchy is not mounted:", missing, 0);
	for (size_t i = 0; i < sizeof(controllers) / sizeof(controllers[0]); i++) {
		struct hierarchy *h = host_controller(host, controllers[i]);

		if (!h || !open_leaf(h))
			continue;
		write_own_only(host, -1);
		return h;
	}
	die("cannot toggle freezer: cgroups not configured for container", NULL, 0);
}

void freeze_container(struct host *host, const struct journal *journal)
{
	struct hierarchy *h = open_freezer(host, journal);
	int err = freeze(h);

	if (err == -ETIMEDOUT)
		die("unable to freeze", full_path(h, NULL), 0);
	if (err)
		die_write(h, state_file(h), state_word(h, 1), err);
}

void thaw_container(struct host *host, const struct journal *journal)
{
	struct hierarchy *h = open_freezer(host, journal);
	int err = thaw_directory(h->leaf, h);

	if (err)
		die_write(h, state_file(h), state_word(h, 0), err);
}
