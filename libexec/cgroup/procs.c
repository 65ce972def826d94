/* The processes of a container: all that are in its cgroup or below, of every hierarchy. */
#include <errno.h>
#include <fcntl.h>
#include <unistd.h>
#include "cgroup.h"
#include "fds.h"
#include "step.h"
#include "sys.h"

int open_container(struct host *host, const struct journal *journal)
{
	int found = 0;

	host_open_journal(host, journal);
	for (size_t i = 0; i < host->count; i++) {
		struct hierarchy *h = &host->hierarchies[i];

		h->leaf = beneath(h->root, h->path, O_RDONLY | O_DIRECTORY);
		if (h->leaf < 0 && h->leaf != -ENOENT)
			die("open", full_path(h, NULL), h->leaf);
		found |= h->leaf >= 0;
	}
	return found;
}

int pid_set_has(const struct pid_set *set, pid_t pid)
{
	return set->words[pid / 64] >> (pid % 64) & 1;
}

int pid_set_add(pid_t pid, void *set)
{
	/* 0: of another pid namespace. */
	if (pid > 0)
		((struct pid_set *)set)->words[pid / 64] |= UINT64_C(1) << (pid % 64);
	return 0;
}

/* A thread that is a process, too: the first one of it. */
static int add_leader(pid_t pid, void *set)
{
	int fd;

	if (pid <= 0)
		return 0;
	fd = sys_pidfd_open(pid, 0);
	if (fd < 0) /* it has gone, or is another thread: EINVAL, since Linux 6.9 ENOENT */
		return errno == ESRCH || errno == EINVAL || errno == ENOENT ? 0 : -errno;
	close(fd);
	return pid_set_add(pid, set);
}

static int add_directory(int dir, void *set)
{
	int err = procs_each(dir, pid_set_add, set);

	/* A threaded cgroup (v2) has no list of processes: they are in the domain above, which is
	 * not the container's when its own is threaded. */
	if (err == -EOPNOTSUPP)
		err = threads_each(dir, add_leader, set);
	return err == -ENOENT || err == -ENODEV ? 0 : err; /* removed meanwhile */
}

static void write_numbers(const uint32_t *numbers, size_t count)
{
	const char *bytes = (const char *)numbers;
	size_t left = count * sizeof(*numbers);

	while (left) {
		ssize_t n = write(FD_PIDS, bytes, left);

		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0)
			die("write the pids:", NULL, errno);
		bytes += n;
		left -= (size_t)n;
	}
}

/* A process may be in another cgroup of one hierarchy, moved there by itself; so all are read. */
void list_container(struct host *host, const struct journal *journal)
{
	static struct pid_set set;
	static uint32_t numbers[1024];
	size_t count = 0;

	if (!open_container(host, journal))
		die("cgroups not configured for container", NULL, ENOENT);
	write_own_only(host, -1);
	for (size_t i = 0; i < host->count; i++) {
		struct hierarchy *h = &host->hierarchies[i];
		int err = h->leaf < 0 ? 0 : tree_each(h->leaf, add_directory, &set);

		if (err)
			die("read the processes of", full_path(h, NULL), err);
	}
	for (pid_t pid = 1; pid <= PROCS_MAX; pid++) {
		if (!set.words[pid / 64]) {
			pid |= 63;
			continue;
		}
		if (!pid_set_has(&set, pid))
			continue;
		numbers[count++] = (uint32_t)pid;
		if (count == sizeof(numbers) / sizeof(numbers[0])) {
			write_numbers(numbers, count);
			count = 0;
		}
	}
	write_numbers(numbers, count);
}
