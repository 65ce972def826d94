/*
 * The user namespaces whose maps id-mapped mounts take over. Nothing ever runs in them: a child is
 * needed only to have one made, and ends before the next is.
 */
#include "ns.h"

#include <errno.h>
#include <fcntl.h>
#include <sched.h>
#include <signal.h>
#include <sys/wait.h>
#include "step.h"
#include "sys.h"
#include "text.h"

static int namespaces[ID_MAPPINGS_MAX];

/* A child in a new user namespace that ends when GO is closed: by us, or by our end. */
static pid_t clone_waiting(const int go[2])
{
	struct clone_args args = {.flags = CLONE_NEWUSER, .exit_signal = SIGCHLD};
	long pid = syscall(__NR_clone3, &args, sizeof(args));
	char byte;

	if (pid < 0)
		die("failed to create the user namespace of an id-mapped mount:", "clone3", errno);
	if (pid > 0)
		return (pid_t)pid;
	close(go[1]);
	while (read(go[0], &byte, 1) < 0 && errno == EINTR)
		continue;
	_exit(0);
}

static int open_user_namespace(int proc, pid_t child)
{
	char name[40];
	struct text t = TEXT(name);
	int fd;

	text_add_u64(&t, (uint64_t)child);
	text_add(&t, "/ns/user");
	fd = openat(proc, name, O_RDONLY | O_CLOEXEC);
	if (fd < 0)
		die("open", "/proc/PID/ns/user", errno);
	return fd;
}

static int make_namespace(
	const struct plan *plan, const struct origin *origin, const struct plan_mapping *mapping)
{
	int go[2], fd;
	pid_t child;

	if (pipe2(go, O_CLOEXEC) < 0)
		die("pipe:", NULL, errno);
	child = clone_waiting(go);
	close(go[0]);
	write_id_maps(plan, origin, child, mapping->uid_map, mapping->gid_map);
	fd = open_user_namespace(origin->proc, child);
	close(go[1]);
	while (waitpid(child, NULL, 0) < 0)
		if (errno != EINTR)
			die("waitpid:", NULL, errno);
	return fd;
}

void make_mount_namespaces(const struct plan *plan, const struct origin *origin)
{
	struct plan_list list = plan->config->mappings;

	if (list.count > ID_MAPPINGS_MAX)
		die("too many different mappings of id-mapped mounts", NULL, E2BIG);
	for (uint32_t i = 0; i < list.count; i++) {
		const struct plan_mapping *mapping = plan_mapping_at(plan, list, i);

		namespaces[i] = mapping->uid_map.count ? make_namespace(plan, origin, mapping) : -1;
	}
}

void send_mount_namespaces(const struct plan *plan, int socket)
{
	struct peer sources = {.fd = socket, .self = PROGRAM_NS};

	for (uint32_t i = 0; i < plan->config->mappings.count; i++) {
		struct msg_number body = {i};

		if (namespaces[i] < 0)
			continue;
		if (msg_send(&sources, MSG_IDMAP, &body, sizeof(body), namespaces[i]))
			_exit(1); /* sources is gone; the conductor has its reason */
		close(namespaces[i]);
	}
}
