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

#define WAIT_MAX    10000 /* milliseconds, for all cgroups together */
#define FREEZE_WAIT 2000

static struct hierarchy records[JOURNAL_CGROUPS_MAX];
static size_t record_count;

static void open_records(const struct journal *journal)
{
	for (size_t i = 0; i < journal->cgroup_count; i++) {
		struct hierarchy *h = &records[record_count];
		int err =
			open_recorded(h, journal->cgroups[i].controller, journal->cgroups[i].path);

		if (!err)
			record_count++;
		else if (err != -ENOENT)
			die("the journal names no cgroup:", journal->cgroups[i].path, err);
	}
}

static int thaw_directory(int dir, void *arg)
{
	const struct hierarchy *h = arg;
	int err = is_unified(h) ? write_file(dir, "cgroup.freeze", "0")
				: write_file(dir, "freezer.state", "THAWED");

	return err == -ENOENT || err == -ENODEV ? 0 : err;
}

/* A frozen process does not die, and on v1 one may be frozen in a cgroup that the container made
 * below its own. */
static void thaw_all(void)
{
	for (size_t i = 0; i < record_count; i++) {
		struct hierarchy *h = &records[i];
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

void remove_all(const struct journal *journal)
{
	int64_t end = 0, delay = 1;

	open_records(journal);
	for (size_t i = record_count; i-- > 0;) {
		struct hierarchy *h = &records[i];
		int err;

		while ((err = tree_remove(h->root, h->path)) == -EBUSY) {
			if (!end) {
				end = now_ms() + WAIT_MAX;
				thaw_all();
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

/* Stops every process of the v1 freezer, so that none can fork away from the signals. Failing only
 * makes it slower. */
static void freeze(const struct hierarchy *h)
{
	int64_t end = now_ms() + FREEZE_WAIT;
	char state[32];

	for (int tries = 1; now_ms() < end; tries++) {
		if (write_file(h->leaf, "freezer.state", "FROZEN") ||
			read_file(h->leaf, "freezer.state", state, sizeof(state)) < 0 ||
			!strcmp(state, "FROZEN"))
			return;
		/* A process may be stuck halfway: let all go on for a moment. */
		if (tries % 50 == 0 && write_file(h->leaf, "freezer.state", "THAWED"))
			return;
		sleep_ms(1);
	}
	warn("unable to freeze", full_path(h, NULL), 0);
}

/* v2 and hybrid: the kernel kills all of them at once. */
static int kill_unified(void)
{
	int killed = 0;

	for (size_t i = 0; i < record_count; i++) {
		struct hierarchy *h = &records[i];
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
static struct hierarchy *choose(const char *controller)
{
	for (size_t i = 0; i < record_count; i++)
		if (records[i].leaf >= 0 &&
			(!controller || has_controller(&records[i], controller)))
			return &records[i];
	return NULL;
}

static void kill_each(void)
{
	struct hierarchy *freezer = choose("freezer"), *h = choose("pids");
	int64_t end = now_ms() + WAIT_MAX, delay = 1;

	h = h ? h : freezer ? freezer : choose(NULL);
	while (h) {
		struct signalled result = {0, 0};
		int err;

		if (freezer)
			freeze(freezer);
		err = tree_each(h->leaf, kill_directory, &result);
		thaw_all();
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

void kill_all(const struct journal *journal)
{
	open_records(journal);
	for (size_t i = 0; i < record_count; i++) {
		struct hierarchy *h = &records[i];

		h->leaf = beneath(h->root, h->path, O_RDONLY | O_DIRECTORY);
		if (h->leaf < 0 && h->leaf != -ENOENT)
			die("open", full_path(h, NULL), h->leaf);
	}
	if (kill_unified())
		thaw_all();
	else
		kill_each();
}
