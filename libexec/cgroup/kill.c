/*
 * Every process of a container killed, however fast they fork and wherever they have moved to. The
 * kernel does it at once where it has cgroup.kill; what is left, and all on v1, gets its signal one
 * by one.
 */
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <string.h>
#include <unistd.h>
#include "cgroup.h"
#include "step.h"
#include "sys.h"

#define KILL_MAX   10000 /* milliseconds */
#define WAIT_MAX   100   /* for one process, before the next look */
#define DYING_MAX  1000
#define DYING_LOOK 50
#define BATCH      128

struct killing {
	struct pid_set signalled[2]; /* in this round and in the one before */
	int round;
	int fresh; /* so many did not get one in the round before */
	int err;
	int last; /* pidfd of one that was killed in this round, -1: none */
	int dir;  /* being read */
	int (*each)(int dir, int (*visit)(pid_t, void *), void *arg); /* by what */
	size_t count;
	struct {
		pid_t pid;
		int fd;
	} batch[BATCH];
};

/*
 * A number that was read may be another process's by the time it is opened. But what is still in
 * the list after that is either the one that was opened, or follows one that has ended: then the
 * signal goes nowhere. 0 or -errno.
 */
static int kill_batch(struct killing *k)
{
	static struct pid_set listed;
	struct pid_set *now = &k->signalled[k->round % 2], *before = &k->signalled[!(k->round % 2)];
	int err;

	memset(&listed, 0, sizeof(listed));
	err = k->count ? k->each(k->dir, pid_set_add, &listed) : 0;
	for (size_t i = 0; i < k->count; i++) {
		pid_t pid = k->batch[i].pid;

		if (err || !pid_set_has(&listed, pid)) {
			close(k->batch[i].fd);
			continue;
		}
		if (sys_pidfd_send_signal(k->batch[i].fd, SIGKILL) < 0 && errno != ESRCH)
			k->err = -errno;
		k->fresh += !pid_set_has(before, pid);
		pid_set_add(pid, now);
		close_fd(&k->last);
		k->last = k->batch[i].fd;
	}
	k->count = 0;
	return err;
}

/* SIGKILL to any thread is for all of its process, also where the first one has ended. Before Linux
 * 6.9 only the first one can be opened. */
static int open_pid(const struct killing *k, pid_t pid)
{
	int fd = sys_pidfd_open(pid, 0);

	if (fd >= 0 || k->each == procs_each || (errno != EINVAL && errno != ENOENT))
		return fd;
	fd = sys_pidfd_open(pid, PIDFD_THREAD);
	if (fd < 0)
		errno = ESRCH;
	return fd;
}

static int kill_one(pid_t pid, void *arg)
{
	struct killing *k = arg;
	int fd;

	/* 0: of another pid namespace. */
	if (pid <= 1 || pid == getpid() || pid_set_has(&k->signalled[k->round % 2], pid))
		return 0;
	fd = open_pid(k, pid);
	if (fd < 0 && errno != ESRCH)
		k->err = -errno;
	if (fd < 0)
		return 0;
	k->batch[k->count].pid = pid;
	k->batch[k->count++].fd = fd;
	return k->count == BATCH ? kill_batch(k) : 0;
}

static int kill_directory(int dir, void *arg)
{
	struct killing *k = arg;
	int err;

	k->dir = dir;
	k->each = procs_each;
	err = procs_each(dir, kill_one, k);
	if (err == -EOPNOTSUPP) { /* as in procs.c */
		k->each = threads_each;
		err = threads_each(dir, kill_one, k);
	}
	if (!err)
		err = kill_batch(k);
	return err == -ENOENT || err == -ENODEV ? 0 : err;
}

/* v2 and hybrid. True when the kernel has killed all that are in there, and all they fork. */
static int kill_unified(struct hierarchy *h)
{
	int err = h && h->leaf >= 0 ? write_file(h->leaf, "cgroup.kill", "1") : -ENOENT;

	if (err && err != -ENOENT && err != -EOPNOTSUPP && err != -ENODEV)
		die_write(h, "cgroup.kill", "1", err);
	return !err;
}

/* A process that is being forked may slip through the kernel's fingers, and then forks on (seen with
 * Linux 6.18). */
static void kill_rest(struct hierarchy *killed)
{
	for (int i = 0; i < DYING_MAX / DYING_LOOK && wait_empty(killed, DYING_LOOK) < 0; i++)
		(void)kill_unified(killed);
}

/* Of all hierarchies but SKIP, which holds none any more: a process may have moved itself out of
 * any of them. */
static void kill_round(struct host *host, const struct hierarchy *skip, struct killing *k)
{
	for (size_t i = 0; i < host->count; i++) {
		struct hierarchy *h = &host->hierarchies[i];
		int err = h == skip || h->leaf < 0 ? 0 : tree_each(h->leaf, kill_directory, k);

		if (err)
			die("read the processes of", full_path(h, NULL), err);
	}
}

static struct hierarchy *freezer_of(struct host *host)
{
	struct hierarchy *h = host_controller(host, "freezer");

	h = h ? h : host_controller(host, "");
	return h && h->leaf >= 0 ? h : NULL;
}

/* So that none can fork away from the signals. Failing only makes it slower. */
static int try_freeze(struct hierarchy *freezer)
{
	int err = freeze(freezer);

	if (err && err != -ENOENT && err != -ENODEV)
		warn("unable to freeze", full_path(freezer, NULL), err);
	return err;
}

static void next_round(struct killing *k)
{
	struct pollfd poller = {.fd = k->last, .events = POLLIN};

	if (k->last >= 0 && poll(&poller, 1, WAIT_MAX) < 0 && errno != EINTR)
		die("poll:", NULL, errno);
	close_fd(&k->last);
	k->round++;
	k->fresh = k->err = 0;
	memset(&k->signalled[k->round % 2], 0, sizeof(k->signalled[0]));
}

/* Until a round meets no process but those that had their signal in the round before. */
void kill_container(struct host *host, const struct journal *journal)
{
	static struct killing k; /* a megabyte: kept out of the file by starting as zeros */
	struct hierarchy *unified, *killed, *freezer;
	int64_t end = now_ms() + KILL_MAX;

	if (!open_container(host, journal))
		return;
	write_own_only(host, -1);
	unified = host_controller(host, "");
	killed = kill_unified(unified) ? unified : NULL;
	freezer = killed ? NULL : freezer_of(host);
	if (killed) {
		/* What is frozen on v1 does not die; what does is not met in the first round. */
		thaw_all(host);
		kill_rest(killed);
	}
	for (;;) {
		if (freezer && try_freeze(freezer))
			freezer = NULL;
		kill_round(host, killed, &k);
		thaw_all(host);
		if (!k.fresh || now_ms() >= end)
			break;
		next_round(&k);
		/* What is left by now has left the cgroup that was killed at once. */
		if (k.round == 2 && killed)
			freezer = freezer_of(host);
	}
	close_fd(&k.last);
	if (k.fresh || k.err)
		die("unable to kill all processes of the container", NULL, k.err ? k.err : EBUSY);
}
