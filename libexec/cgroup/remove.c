/* The end of a container's cgroup: every directory that the journal lists is removed, with what the
 * container made below. */
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <string.h>
#include <unistd.h>
#include "cgroup.h"
#include "step.h"
#include "text.h"

#define WAIT_MAX 10000 /* milliseconds, for all cgroups together */

int wait_empty(const struct hierarchy *h, int64_t ms)
{
	struct pollfd poller = {.fd = -1, .events = POLLPRI};
	char path[PATH_SIZE + 32], state[256];
	int64_t end = now_ms() + ms, left = ms;
	int result = 0;

	if (is_unified(h) && !text_join(path, sizeof(path), h->path, "/cgroup.events", NULL))
		poller.fd = beneath(h->root, path, O_RDONLY);
	if (is_unified(h) && poller.fd < 0 && poller.fd != -ENOENT)
		die("open", full_path(h, "cgroup.events"), poller.fd);
	for (; poller.fd >= 0 && left > 0; left = end - now_ms()) {
		/* Only what changes after this read wakes the poll. */
		ssize_t n = pread(poller.fd, state, sizeof(state) - 1, 0);

		if (n < 0 && errno != ENODEV) /* that one: removed meanwhile */
			die("read", full_path(h, "cgroup.events"), errno);
		state[n > 0 ? n : 0] = '\0';
		if (!strstr(state, "populated 1")) {
			result = -result;
			break;
		}
		result = -1;
		if (poll(&poller, 1, (int)left) < 0 && errno != EINTR)
			die("poll:", NULL, errno);
	}
	close_fd(&poller.fd);
	return result;
}

static _Noreturn void die_remaining(struct hierarchy *h, int err)
{
	char what[192];
	struct text t = TEXT(what);
	int leaf = beneath(h->root, h->path, O_RDONLY | O_DIRECTORY);
	int count = leaf < 0 ? 0 : tree_count(leaf);

	text_add(&t, "unable to remove container's cgroup");
	if (err == -EBUSY && count > 0) {
		text_add(&t, " (processes in it after 10 seconds: ");
		text_add_u64(&t, (uint64_t)count);
		add_pids(&t, leaf);
		text_add(&t, ")");
	}
	die(what, full_path(h, NULL), err);
}

void remove_all(struct host *host, const struct journal *journal)
{
	int64_t end = 0, delay = 1;
	const char *left;

	host_open_journal(host, journal);
	remove_own_only(host);
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
			/* v1 tells only who asks again. */
			if (!wait_empty(h, delay))
				sleep_ms(delay);
			delay = delay < 512 ? delay * 2 : delay;
		}
		if (err)
			die_remaining(h, err);
	}
	left = host_unmounted(host, journal, NULL);
	if (left)
		die("unable to remove container's cgroup: mount its hierarchy first, then delete "
		    "again:",
			left, 0);
}
