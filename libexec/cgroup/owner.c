/*
 * A v2 cgroup given to the user of a container that may write it: the directory and the files that
 * the kernel lists as safe for that, and nothing else (config-linux.md, "Cgroup ownership").
 */
#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <unistd.h>
#include "cgroup.h"
#include "fds.h"
#include "step.h"

/* Linux before 4.15 has no such list. */
static const char usual[] = "cgroup.procs\ncgroup.subtree_control\ncgroup.threads\n";

int changes_owner(const struct host *host, const struct plan *plan)
{
	struct plan_opt_u64 owner = plan->config->cgroup_owner;

	return host->unified && owner.set && owner.value != host->uid;
}

/* No path is given to chown: Landlock confines what can be opened, and nothing else. */
static void give(const struct hierarchy *h, const char *file, uid_t owner, int tolerate)
{
	int fd = file ? beneath(h->leaf, file, O_WRONLY) : beneath(h->leaf, ".", O_RDONLY), err = 0;

	if (fd < 0)
		err = fd;
	else if (fchown(fd, owner, (gid_t)-1) < 0)
		err = -errno;
	close_fd(&fd);
	if (!err || (err == -ENOENT && file) || (tolerate && (err == -EPERM || err == -EACCES)))
		return;
	die("chown", full_path(h, file), err);
}

/* The list that the conductor opened, because Landlock would not let us. */
static const char *read_list(char *buffer, size_t size)
{
	size_t length = 0;
	ssize_t n;

	while ((n = pread(FD_DELEGATE, buffer + length, size - 1 - length, (off_t)length)) > 0)
		length += (size_t)n;
	if (n < 0 && errno != EBADF)
		die("read", "/sys/kernel/cgroup/delegate", errno);
	buffer[length] = '\0';
	return n < 0 ? usual : buffer;
}

void change_owner(struct host *host, const struct plan *plan)
{
	const struct hierarchy *h = host_controller(host, "");
	uid_t owner = (uid_t)plan->config->cgroup_owner.value;
	int tolerate = host->in_user_namespace || plan->config->rootless;
	char list[4096], file[256];

	if (!changes_owner(host, plan) || !h || h->leaf < 0)
		return;
	give(h, NULL, owner, tolerate);
	for (const char *line = read_list(list, sizeof(list)); *line;) {
		size_t length = strcspn(line, "\n");

		if (length && length < sizeof(file)) {
			memcpy(file, line, length);
			file[length] = '\0';
			give(h, file, owner, tolerate);
		}
		line += length + (line[length] == '\n');
	}
}
