/*
 * ns: joins and makes the container's namespaces and starts a process there, a child of the
 * conductor (CLONE_PARENT): the first one, which becomes rootfs, dmz and at last the user's
 * program, or one more, which becomes dmz or, with a terminal, pty before that. ns itself ends as
 * soon as the child may go on.
 */
#include <errno.h>
#include <fcntl.h>
#include <linux/capability.h>
#include <linux/netlink.h>
#include <sched.h>
#include <signal.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include "fds.h"
#include "line.h"
#include "ns.h"
#include "step.h"
#include "sys.h"
#include "text.h"

#include "priv_table.h"

#define WAIT_SECONDS    60
#define BIT(capability) (UINT64_C(1) << (capability))
#define COUNT(array)    (sizeof(array) / sizeof((array)[0]))

static const struct msg_rule rules[] = {
	{MSG_NAMESPACE, MSG_FD, sizeof(struct msg_number), 0, PROGRAM_CONDUCTOR},
	{MSG_CLONE, MSG_ONCE | MSG_FD_OPTIONAL, 0, 0, PROGRAM_CONDUCTOR},
	{MSG_MAP, MSG_ONCE, 0, MSG_CLONE, PROGRAM_CONDUCTOR},
};

/* Receives the namespaces of the plan that have a path; JOINED gets an fd per type or -1. */
static void receive_namespaces(const struct plan *plan, int joined[NS_COUNT])
{
	struct plan_list list = plan->config->namespaces;
	uint32_t expected = 0;

	for (int i = 0; i < NS_COUNT; i++)
		joined[i] = -1;
	for (uint32_t i = 0; i < list.count; i++)
		expected += plan_namespace_at(plan, list, i)->path.offset != 0;
	while (expected--) {
		static struct msg msg;
		int fd = await(MSG_NAMESPACE, &msg, WAIT_SECONDS);
		uint64_t type = msg.body.number.value;
		const char *path;

		if (!step_conducted())
			die("joining a namespace needs runc", NULL, 0);

		if (type >= NS_COUNT || joined[type] >= 0 || !plan_namespace(plan, type, &path) ||
			!path)
			die("protocol error:", "namespace", 0);
		joined[type] = fd;
	}
}

/*
 * First everything but the user namespace, as far as the caller's rights go, then the user
 * namespace, then what only its owner may join: the order nsenter(1) and runc use.
 */
static void join_namespaces(int joined[NS_COUNT])
{
	for (int pass = 0; pass < 2; pass++) {
		for (int type = NS_USER + 1; type < NS_COUNT; type++) {
			if (joined[type] < 0)
				continue;
			if (!setns(joined[type], (int)namespace_files[type].value)) {
				close(joined[type]);
				joined[type] = -1;
			} else if (pass || errno != EPERM || joined[NS_USER] < 0) {
				die("failed to join namespace", namespace_names[type].word, errno);
			}
		}
		if (!pass && joined[NS_USER] >= 0 && setns(joined[NS_USER], CLONE_NEWUSER) < 0)
			die("failed to join namespace", "user", errno);
	}
	if (joined[NS_USER] >= 0)
		close(joined[NS_USER]);
}

/*
 * All namespaces of a running container at once, through a pidfd of its first process, which the
 * conductor has checked: no path, and no moment in which only some are joined (setns(2),
 * Linux 5.8).
 */
static void join_container(const struct plan *plan)
{
	struct plan_list list = plan->config->namespaces;
	uint64_t types = 0;
	char root[16];

	for (uint32_t i = 0; i < list.count; i++)
		types |= namespace_files[plan_namespace_at(plan, list, i)->type].value;
	/* chroot(2) is all that such a container has, and a namespace does not know of it. */
	if (!(types & CLONE_NEWNS))
		die("the container has no mount namespace of its own: its root file system cannot "
		    "be entered",
			NULL, 0);
	if (setns(FD_INIT, (int)types) < 0)
		die("joining the namespaces of the container's first process:", NULL, errno);
	close(FD_INIT);
	/* That is where setns(2) has put us. Whoever removes the root removes what is mounted below. */
	if (syscall(__NR_getcwd, root, sizeof(root)) < 0 && errno == ENOENT)
		die("the container's root directory has been deleted on the host: nothing can be "
		    "executed there",
			NULL, 0);
}

/*
 * From the clone until dmz has given up the rest, a process of the container that has
 * CAP_SYS_PTRACE could take over ours. So before there is anything to be seen in there, everything
 * goes that neither the container has nor the way to the user's program needs; from the bounding
 * set, too, because dmz is executed by root.
 */
static void shed_capabilities(const struct plan_config *config)
{
	uint64_t keep = config->cap_bounding | config->cap_permitted | config->cap_inheritable |
		BIT(CAP_SETUID) | BIT(CAP_SETGID) | BIT(CAP_SETPCAP) | BIT(CAP_CHOWN) |
		BIT(CAP_FOWNER) | BIT(CAP_DAC_OVERRIDE) | BIT(CAP_SYS_NICE) | BIT(CAP_SYS_RESOURCE);
	uint64_t had;
	int err;

	/* For seccomp(2) and landlock_restrict_self(2), and for a procfs of our own to write labels
	 * to (rule F15). */
	if (((plan_has_filter(config) || config->landlock) && !config->no_new_privileges) ||
		config->apparmor_profile.offset || config->selinux_label.offset)
		keep |= BIT(CAP_SYS_ADMIN);
	err = priv_keep_bounding(keep, &had);
	if (!err)
		err = priv_keep_caps(keep);
	if (err)
		die("dropping capabilities:", NULL, err);
}

static uint64_t clone_flags(const struct plan *plan)
{
	struct plan_list list = plan->config->namespaces;
	uint64_t flags = 0;

	if (plan->config->joins)
		return 0;
	for (uint32_t i = 0; i < list.count; i++) {
		const struct plan_namespace *ns = plan_namespace_at(plan, list, i);

		/* rootfs unshares the cgroup namespace, once it is in its cgroup; the child the
		 * time namespace. */
		if (!ns->path.offset && ns->type != NS_CGROUP && ns->type != NS_TIME)
			flags |= namespace_files[ns->type].value;
	}
	return flags;
}

/* A cgroup that cannot be cloned into (threaded, or domain controllers in use) is joined by a write
 * later: the process waits for that before it runs anything. */
static pid_t clone_child(
	const struct plan *plan, uint64_t flags, int cgroup, int *pidfd, struct msg_init *init)
{
	struct clone_args args = {.flags = flags | CLONE_PIDFD |
			(step_conducted() ? CLONE_PARENT : 0) |
			(cgroup >= 0 ? CLONE_INTO_CGROUP : 0),
		.exit_signal = step_conducted() ? 0 : SIGCHLD,
		.pidfd = (uint64_t)(uintptr_t)pidfd,
		.cgroup = cgroup >= 0 ? (uint64_t)cgroup : 0};
	long pid = syscall(__NR_clone3, &args, sizeof(args));
	const char *path;

	init->in_cgroup = pid >= 0 && cgroup >= 0;
	if (pid < 0 && cgroup >= 0) {
		args.flags &= ~CLONE_INTO_CGROUP;
		args.cgroup = 0;
		pid = syscall(__NR_clone3, &args, sizeof(args));
	}
	if (pid < 0 && errno == ENOMEM && plan_namespace(plan, NS_PID, &path) && path)
		die("failed to create namespaces: clone3: has the first process of the pid "
		    "namespace ended?",
			path, errno);
	if (pid < 0)
		die_of_clone(flags, errno);
	return (pid_t)pid;
}

static void become_root_of_namespace(const struct plan *plan)
{
	if (!plan_namespace(plan, NS_USER, NULL))
		return;
	/* Where setgroups is denied (rootless) the caller's groups stay; they mean nothing more
	 * than before. */
	if (sys_setresgid(0, 0, 0) < 0 || sys_setresuid(0, 0, 0) < 0)
		die("becoming root in the user namespace:", NULL, errno);
}

/* The socket that lets netlink and netdev work in the network namespace without entering it. */
static void send_netlink_socket(const struct plan *plan)
{
	const char *path;
	int fd;

	if (!plan_namespace(plan, NS_NET, &path) || (path && !plan->config->net_devices.count))
		return;
	fd = socket(AF_NETLINK, SOCK_RAW | SOCK_CLOEXEC, NETLINK_ROUTE);
	if (fd < 0)
		die("netlink socket:", NULL, errno);
	tell(MSG_NETSOCK, fd);
	close(fd);
}

/*
 * Without rights on the host's mounts (an ordinary user) sources runs here, before the first mount
 * is made, as a child that rootfs reaps. The conductor then passed no FD_TREES.
 */
static void spawn_sources(const struct plan *plan)
{
	int trees[2];
	pid_t pid;

	if (fcntl(FD_SOURCES, F_GETFD) < 0 && fcntl(FD_TREES, F_GETFD) >= 0)
		return;
	if (socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, trees) < 0)
		die("socketpair:", NULL, errno);
	pid = fork();
	if (pid < 0)
		die("fork:", NULL, errno);
	if (pid == 0) {
		static const int kept[] = {FD_PLAN};

		if (dup2(trees[0], FD_TREES) < 0 ||
			(step_conducted() && dup2(FD_SOURCES_CONTROL, FD_CONTROL) < 0))
			die("dup2:", NULL, errno);
		line_exec(FD_SOURCES, "sources", kept, 1);
	}
	close(trees[0]);
	send_mount_namespaces(plan, trees[1]);
	if (dup3(trees[1], FD_TREES, O_CLOEXEC) < 0)
		die("dup3:", NULL, errno);
	close(trees[1]);
	close(FD_SOURCES);
	close(FD_SOURCES_CONTROL);
}

/* rootfs; for a process that enters a container pty, which opens its terminal, or dmz at once. */
static _Noreturn void exec_next(const struct plan *plan)
{
	static const int to_rootfs[] = {FD_PLAN, FD_CONTROL, FD_TREES, FD_FILTER, FD_START, FD_DMZ,
		FD_HOOK, FD_COPYUP, FD_FENCE, FD_PIDNS, FD_HOOK_STDOUT, FD_HOOK_STDERR};
	static const int to_pty[] = {FD_PLAN, FD_CONTROL, FD_START, FD_DMZ, FD_FENCE};
	static const int to_dmz[] = {FD_PLAN, FD_CONTROL, FD_START};

	if (!plan->config->joins)
		line_exec(FD_ROOTFS, "rootfs", to_rootfs, COUNT(to_rootfs));
	if (plan->config->terminal)
		line_exec(FD_PTY, "pty", to_pty, COUNT(to_pty));
	line_exec_last(plan, to_dmz, COUNT(to_dmz));
}

/* The child: a process of the container. It only sheds what it does not need and becomes the next
 * program of the line. */
static _Noreturn void run_line(
	const struct plan *plan, const struct origin *origin, const int go[2], int cgroup)
{
	char byte;

	/* It may have got the number of one that a later program is handed or not. */
	if (cgroup >= 0)
		close(cgroup);
	if (step_conducted())
		conductor.fd = FD_LINE;
	conductor.sent = conductor.received = 0;
	conductor.joined = 0;
	/* The conductor's death ends us until the container is created; a closed control socket
	 * does the same later. */
	if (prctl(PR_SET_PDEATHSIG, SIGKILL) < 0)
		die("PR_SET_PDEATHSIG:", NULL, errno);
	close(go[1]);
	if (read(go[0], &byte, 1) != 1)
		_exit(1);
	close(go[0]);
	enter_new_time(plan, origin);
	if (origin->proc >= 0)
		close(origin->proc);
	become_root_of_namespace(plan);
	step_undumpable();
	if (prctl(PR_SET_PDEATHSIG, SIGKILL) < 0)
		die("PR_SET_PDEATHSIG:", NULL, errno);
	if (!plan->config->joins) {
		send_netlink_socket(plan);
		spawn_sources(plan);
	}
	if (step_conducted() && dup3(FD_LINE, FD_CONTROL, O_CLOEXEC) < 0)
		die("dup3:", "control socket", errno);
	close(FD_LINE);
	exec_next(plan);
}

/* Everything that the host has to answer: once a namespace is joined, an id may have another number
 * there, and a path another end. */
static void find_origin(const struct plan *plan, struct origin *origin)
{
	const char *path;

	origin->uid = geteuid();
	origin->gid = getegid();
	origin->is_root = origin->uid == 0;
	origin->proc = -1;
	if (plan->config->joins)
		return;
	if (plan_namespace(plan, NS_USER, NULL) || plan->config->mappings.count ||
		(plan_namespace(plan, NS_TIME, &path) && !path))
		origin->proc = open_proc();
}

/* Into all that ns is not in from the beginning. Returns what the clone is to make. */
static uint64_t enter(const struct plan *plan, const struct origin *origin, int joined[NS_COUNT])
{
	uint64_t flags = clone_flags(plan);
	int outside = -1;

	if (plan->config->joins) {
		join_container(plan);
		shed_capabilities(plan->config);
		return flags;
	}
	if (may_stay_outside(plan, joined)) {
		outside = joined[NS_PID];
		joined[NS_PID] = -1;
	}
	join_namespaces(joined);
	check_joined_maps(plan, origin);
	if (outside >= 0 && stay_outside(plan, outside))
		flags &= ~(uint64_t)CLONE_NEWNS;
	return flags;
}

/* By hand there is nobody who would wait for the container but us. */
static int wait_for_child(pid_t pid)
{
	int status;

	while (waitpid(pid, &status, 0) < 0)
		if (errno != EINTR)
			die("waitpid:", NULL, errno);
	return WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
}

int main(int argc, char **argv)
{
	static struct plan plan;
	static struct msg msg;
	struct origin origin;
	int joined[NS_COUNT], go[2], cgroup, pidfd, err;
	const char *why;
	struct msg_init init;
	uint64_t flags;
	pid_t pid;

	step_start(PROGRAM_NS, argc, argv, rules, sizeof(rules) / sizeof(rules[0]));
	priv_enter(&priv, 1);
	err = plan_load(FD_PLAN, build_id, &plan, &why);
	if (err)
		die("plan:", why, 0);
	find_origin(&plan, &origin);
	set_inherited(&plan, origin.is_root);
	if (!plan.config->joins) {
		make_mount_namespaces(&plan, &origin);
		if (plan.config->mappings.count && fcntl(FD_TREES, F_GETFD) >= 0)
			send_mount_namespaces(&plan, FD_TREES);
		receive_namespaces(&plan, joined);
	}
	cgroup = await(MSG_CLONE, &msg, WAIT_SECONDS);
	flags = enter(&plan, &origin, joined);
	/* An ordinary user can write the maps only of a process it may look at. In a namespace that
	 * others are in, they may do so then, too: one that is joined needs no maps. */
	if ((flags & CLONE_NEWUSER) && !origin.is_root && prctl(PR_SET_DUMPABLE, 1) < 0)
		die("PR_SET_DUMPABLE:", NULL, errno);
	if (pipe2(go, O_CLOEXEC) < 0)
		die("pipe:", NULL, errno);
	pid = clone_child(&plan, flags, cgroup, &pidfd, &init);
	if (pid == 0)
		run_line(&plan, &origin, go, cgroup);
	if (flags & CLONE_NEWUSER) {
		write_id_maps(&plan, &origin, pid, plan.config->uid_map, plan.config->gid_map);
		step_undumpable();
	}
	init.pid = (uint64_t)pid;
	if ((step_conducted() && msg_send(&conductor, MSG_INIT, &init, sizeof(init), pidfd)) ||
		write(go[1], "", 1) != 1)
		_exit(1); /* the child sees the end of the pipe and goes too */
	if (!step_conducted())
		return wait_for_child(pid);
	return 0;
}
