/* The end of a container's cgroup: every process killed, every directory removed that the journal
 * lists. */
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <string.h>
#include <unistd.h>
#include "cgroup.h"
#include "step.h"
#include "text.h"

#define WAIT_MAX 10000 /* milliseconds, for all cgroups together */

/* Waits up to MS for the last process of H to go: v2 says when, v1 only if asked again. */
static void wait_for_exit(const struct hierarchy *h, int64_t ms)
{
	struct pollfd poller = {.fd = -1, .events = POLLPRI};
	char path[PATH_SIZE + 32], state[256];
	ssize_t n;

	if (is_unified(h) && !text_join(path, sizeof(path), h->path, "/cgroup.events", NULL))
		poller.fd = beneath(h->root, path, O_RDONLY);
	if (poller.fd < 0) {
		sleep_ms(ms);
		return;
	}
	/* Only what changes after this read wakes the poll. */
	n = read(poller.fd, state, sizeof(state) - 1);
	state[n > 0 ? n : 0] = '\0';
	if (!strstr(state, "populated 1"))
		sleep_ms(ms);
	else if (poll(&poller, 1, (int)ms) < 0 && errno != EINTR)
		die("poll:", NULL, errno);
	close(poller.fd);
}

void remove_all(struct host *host, const struct journal *journal)
{
	int64_t end = 0, delay = 1;

	host_open_journal(host, journal);
	for (size_t i = host->count; i-- > 0;) {
		struct hierarchy *h = &host->hierarchies[i];
		int err;

		while ((err = tree_remove(h->root, h->path)) == -EBUSY) {
			if (!end) {
				end = now_ms() + WAIT_MAX;
				thaw_all(host);
			} else if (now_ms() >= end) {
				break;
			}
			wait_for_exit(h, delay);
			delay = delay < 512 ? delay * 2 : delay;
		}
		if (err)
			die("unable to remove container's cgroup", full_path(h, NULL), err);
	}
}

struct signalled {
	int sent;
	int err;
};

static int kill_one(pid_t pid, void *arg)
{
	struct signalled *result = arg;

	/* 0: of another pid namespace. */
	if (pid <= 1 || pid == getpid())
		return 0;
	result->sent++;
	if (kill(pid, SIGKILL) < 0 && errno != ESRCH)
		result->err = -errno;
	return 0;
}

static int kill_directory(int dir, void *arg)
{
	int err = procs_each(dir, kill_one, arg);

	return err == -EOPNOTSUPP || err == -ENOENT || err == -ENODEV ? 0 : err;
}

/* v2 and hybrid: the kernel kills all of them at once. */
static int kill_unified(struct host *host)
{
	int killed = 0;

	for (size_t i = 0; i < host->count; i++) {
		struct hierarchy *h = &host->hierarchies[i];
		int err;

		if (!is_unified(h) || h->leaf < 0)
			continue;
		err = write_file(h->leaf, "cgroup.kill", "1");
		if (err && err != -ENOENT && err != -EOPNOTSUPP)
			die_write(h, "cgroup.kill", "1", err);
		killed |= !err;
	}
	return killed;
}

/* The hierarchy whose list of processes is read: one that others have least reason to change. */
static struct hierarchy *choose(struct host *host, const char *controller)
{
	for (size_t i = 0; i < host->count; i++)
		if (host->hierarchies[i].leaf >= 0 &&
			(!controller || has_controller(&host->hierarchies[i], controller)))
			return &host->hierarchies[i];
	return NULL;
}

static void kill_each(struct host *host)
{
	struct hierarchy *freezer = choose(host, "freezer"), *h = choose(host, "pids");
	int64_t end = now_ms() + WAIT_MAX, delay = 1;

	h = h ? h : freezer ? freezer : choose(host, NULL);
	while (h) {
		struct signalled result = {0, 0};
		int err;

		/* So that none can fork away from the signals. Failing only makes it slower. */
		err = freezer ? freeze(freezer) : 0;
		if (err && err != -ENOENT && err != -ENODEV)
			warn("unable to freeze", full_path(freezer, NULL), err);
		err = tree_each(h->leaf, kill_directory, &result);
		thaw_all(host);
		if (err)
			die("reading the processes of", full_path(h, NULL), err);
		if (!result.sent)
			return;
		if (now_ms() >= end)
			die("unable to kill all processes of", full_path(h, NULL),
				result.err ? result.err : EBUSY);
		sleep_ms(delay);
		delay = delay < 128 ? delay * 2 : delay;
	}
}

void kill_all(struct host *host, const struct journal *journal)
{
	host_open_journal(host, journal);
	for (size_t i = 0; i < host->count; i++) {
		struct hierarchy *h = &host->hierarchies[i];

		h->leaf = beneath(h->root, h->path, O_RDONLY | O_DIRECTORY);
		if (h->leaf < 0 && h->leaf != -ENOENT)
			die("open", full_path(h, NULL), h->leaf);
	}
	if (kill_unified(host))
		thaw_all(host);
	else
		kill_each(host);
}
