/* Making a container: which steps are started, with what, and what each may say. */
#include "creation.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/magic.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/vfs.h>
#include "fds.h"
#include "hook_files.h"
#include "rootless.h"
#include "seal.h"
#include "step.h"
#include "sys.h"
#include "systemd.h"
#include "text.h"
#include "witness.h"

static const struct msg_rule cgroup_rules[] = {MSG_ANY_STEP,
	{MSG_CGROUP, 0, sizeof(struct msg_cgroups), 0, PROGRAM_CGROUP},
	{MSG_CGROUP_MADE, MSG_ONCE | MSG_FD_OPTIONAL, 0, MSG_CGROUP, PROGRAM_CGROUP},
	{MSG_JOINED, MSG_ONCE, 0, MSG_CGROUP_MADE, PROGRAM_CGROUP},
	{MSG_DONE, MSG_ONCE, 0, MSG_CGROUP_MADE, PROGRAM_CGROUP}};
static const struct msg_rule scope_rules[] = {MSG_ANY_STEP,
	{MSG_SCOPE, MSG_ONCE, 0, 0, PROGRAM_SCOPE},
	{MSG_SCOPED, MSG_ONCE, 0, MSG_SCOPE, PROGRAM_SCOPE}};
static const struct msg_rule resctrl_rules[] = {MSG_ANY_STEP,
	{MSG_RESCTRL, MSG_ONCE, sizeof(struct msg_resctrl), 0, PROGRAM_RESCTRL},
	{MSG_DONE, MSG_ONCE, 0, 0, PROGRAM_RESCTRL}};
static const struct msg_rule sources_rules[] = {MSG_ANY_STEP,
	{MSG_NAMESPACE, MSG_FD, sizeof(struct msg_number), 0, PROGRAM_SOURCES},
	{MSG_DONE, MSG_ONCE, 0, 0, PROGRAM_SOURCES}};
static const struct msg_rule done_rules[] = {
	MSG_ANY_STEP, {MSG_DONE, MSG_ONCE, 0, 0, PROGRAM_COUNT}};
static const struct msg_rule ns_rules[] = {MSG_ANY_STEP,
	{MSG_MAP, MSG_ONCE, sizeof(struct msg_number), 0, PROGRAM_NS},
	{MSG_INIT, MSG_ONCE | MSG_FD, sizeof(struct msg_init), 0, PROGRAM_NS}};
static const struct msg_rule line_rules[] = {MSG_ANY_STEP,
	{MSG_NETSOCK, MSG_ONCE | MSG_FD, 0, 0, PROGRAM_NS},
	{MSG_MOUNTED, MSG_ONCE, 0, 0, PROGRAM_ROOTFS},
	{MSG_CONSOLE, MSG_ONCE | MSG_FD, 0, MSG_MOUNTED, PROGRAM_ROOTFS},
	{MSG_PLACE, 0, sizeof(struct msg_place), MSG_MOUNTED, PROGRAM_FENCE},
	{MSG_INSIDE, MSG_ONCE, sizeof(struct msg_number), MSG_MOUNTED, PROGRAM_DMZ},
	{MSG_CREATED, MSG_ONCE | MSG_FD_OPTIONAL, 0, MSG_MOUNTED, PROGRAM_DMZ}};

#define COUNT(array) (sizeof(array) / sizeof((array)[0]))

static int spawn_step(struct creation *c, enum creation_step i, const struct spawn *request,
	const struct msg_rule *rules, size_t rule_count)
{
	return step_start_or_say(
		&c->steps[i], request, rules, rule_count, c->line, sizeof(c->line));
}

int creation_has_new_network(const struct plan *plan)
{
	const char *path;

	return plan_namespace(plan, NS_NET, &path) && !path;
}

static int has_host_hooks(const struct plan_config *config)
{
	return config->hooks_prestart.count || config->hooks_create_runtime.count ||
		config->hooks_poststart.count;
}

static int has_inner_hooks(const struct plan_config *config)
{
	return config->hooks_create_container.count || config->hooks_start_container.count;
}

/* Which files of a cgroup may be given away, for a plan that does so; -1: the kernel has no such
 * list. */
static int open_delegate(const struct creation *c)
{
	struct plan_opt_u64 owner = c->container.plan.config->cgroup_owner;

	if (!owner.set || owner.value == geteuid())
		return -1;
	return open("/sys/kernel/cgroup/delegate", O_RDONLY | O_CLOEXEC | O_NOCTTY);
}

/* A step that makes what the journal lists. */
static int spawn_maker(struct creation *c, enum creation_step i, enum program program,
	const struct msg_rule *rules, size_t rule_count)
{
	static const char *arguments[] = {"create", NULL};
	/* With the lock: if we are killed, `delete` waits until no more directory is made. */
	const struct spawn_fd fds[] = {{c->plan_fd, FD_PLAN}, {c->lock_fd, FD_JOURNAL},
		{program == PROGRAM_CGROUP ? open_delegate(c) : -1, FD_DELEGATE}};
	const struct spawn request = {.program = program,
		.image = -1,
		.arguments = arguments,
		.fds = fds,
		.fd_count = COUNT(fds)};
	int err = spawn_step(c, i, &request, rules, rule_count);

	if (fds[2].from >= 0)
		close(fds[2].from);
	return err;
}

static int spawn_makers(struct creation *c)
{
	int err = spawn_maker(c, STEP_CGROUP, PROGRAM_CGROUP, cgroup_rules, COUNT(cgroup_rules));

	if (!err && c->container.plan.config->systemd) {
		const struct systemd_request request = {.mode = "create",
			.of_user = c->container.plan.config->rootless != 0,
			.plan = c->plan_fd,
			.journal = c->lock_fd};

		err = systemd_start(&c->steps[STEP_SCOPE], &request, scope_rules,
			COUNT(scope_rules), c->line, sizeof(c->line));
	}
	if (!err && c->container.plan.config->has_rdt)
		err = spawn_maker(
			c, STEP_RESCTRL, PROGRAM_RESCTRL, resctrl_rules, COUNT(resctrl_rules));
	return err;
}

static int spawn_sources(struct creation *c, int trees)
{
	int nodes, err = nodes_make(c, &nodes);
	const struct spawn_fd fds[] = {{c->plan_fd, FD_PLAN}, {c->bundle_fd, FD_BUNDLE},
		{trees, FD_TREES}, {nodes, FD_NODES}};
	const struct spawn request = {
		.program = PROGRAM_SOURCES, .image = -1, .fds = fds, .fd_count = COUNT(fds)};

	if (err)
		return -1;
	err = spawn_step(c, STEP_SOURCES, &request, sources_rules, COUNT(sources_rules));
	if (nodes >= 0)
		close(nodes);
	return err;
}

/* Before the container's namespaces are there; a caller who is not root may have no right to any. */
static int spawn_namespaces(struct creation *c)
{
	const struct spawn_fd fds[] = {{c->plan_fd, FD_PLAN}};
	const struct spawn request = {
		.program = PROGRAM_SOURCES, .image = -1, .fds = fds, .fd_count = 1};

	return spawn_step(c, STEP_NAMESPACES, &request, sources_rules, COUNT(sources_rules));
}

static int start_error(struct creation *c, enum program program, int err)
{
	spawn_error("cannot start ", program, -err, c->line, sizeof(c->line));
	return -1;
}

/* Only for a profile whose program is not known yet. */
static int spawn_seccomp(struct creation *c)
{
	struct spawn_fd fds[] = {{c->plan_fd, FD_PLAN}, {-1, FD_FILTER}};
	int err;
	const struct spawn request = {
		.program = PROGRAM_SECCOMP, .image = -1, .fds = fds, .fd_count = 2};

	bpf_key(&c->container.plan, build_id, c->filter_key);
	c->filter_fd = bpf_cache_find(c->root_fd, c->filter_key);
	if (c->filter_fd >= 0)
		return 0;
	c->filter_fd = memfd_create("filter", MFD_CLOEXEC | MFD_ALLOW_SEALING);
	if (c->filter_fd < 0)
		return creation_error(c, "memfd_create", errno);
	fds[1].from = c->filter_fd;
	c->cache_fd = bpf_cache_open(c->root_fd);
	err = step_spawn(&c->steps[STEP_SECCOMP], &request, done_rules, COUNT(done_rules));
	if (err == -ENOENT)
		return creation_error(c, "seccomp: config provided but seccomp not supported", 0);
	return err ? start_error(c, PROGRAM_SECCOMP, err) : 0;
}

static int spawn_netlink(struct creation *c)
{
	const struct spawn request = {.program = PROGRAM_NETLINK, .image = -1};

	return spawn_step(c, STEP_NETLINK, &request, done_rules, COUNT(done_rules));
}

/* It holds the lock, too: a `delete` after our death waits until the devices are back. */
static int spawn_netdev(struct creation *c)
{
	const struct spawn_fd fds[] = {{c->plan_fd, FD_PLAN}, {c->lock_fd, FD_JOURNAL}};
	const struct spawn request = {
		.program = PROGRAM_NETDEV, .image = -1, .fds = fds, .fd_count = COUNT(fds)};

	return spawn_step(c, STEP_NETDEV, &request, done_rules, COUNT(done_rules));
}

struct images {
	int rootfs, dmz, hook, ns, sources, copyup, fence;
};

static int has_copy_up(const struct plan *plan)
{
	struct plan_list list = plan->config->mounts;

	for (uint32_t i = 0; i < list.count; i++)
		if (plan_mount_at(plan, list, i)->flags & MOUNT_COPY_UP)
			return 1;
	return 0;
}

static int seal(struct creation *c, int is_wanted, enum program program, int *image)
{
	if (!is_wanted)
		return 0;
	*image = seal_program(program);
	if (*image >= 0)
		return 0;
	spawn_error("unable to seal ", program, -*image, c->line, sizeof(c->line));
	return -1;
}

static int seal_line_images(struct creation *c, struct images *images, int sources_inside)
{
	const struct plan_config *config = c->container.plan.config;
	*images = (struct images){-1, -1, -1, -1, -1, -1, -1};
	return seal(c, 1, PROGRAM_NS, &images->ns) || seal(c, 1, PROGRAM_ROOTFS, &images->rootfs) ||
			seal(c, 1, PROGRAM_DMZ, &images->dmz) ||
			seal(c, has_inner_hooks(config), PROGRAM_HOOK, &images->hook) ||
			seal(c, sources_inside, PROGRAM_SOURCES, &images->sources) ||
			seal(c, has_copy_up(&c->container.plan), PROGRAM_COPYUP, &images->copyup) ||
			seal(c, config->landlock != 0, PROGRAM_FENCE, &images->fence)
		? -1
		: 0;
}

/* ns gets everything its child hands on; the conductor keeps the other end of the line's control
 * socket. */
static int spawn_ns(struct creation *c, int trees, int sources_control, const struct images *images)
{
	int line[2], err;
	struct step *peer = &c->steps[STEP_LINE];

	if (socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, line) < 0)
		return creation_error(c, "socketpair", errno);
	const struct hook_files none = HOOK_FILES_NONE;
	const int *files = has_inner_hooks(c->container.plan.config) ? c->hook_files.fd : none.fd;
	const struct spawn_fd fds[] = {{c->plan_fd, FD_PLAN}, {trees, FD_TREES},
		{c->start_fd, FD_START}, {images->dmz, FD_DMZ}, {images->rootfs, FD_ROOTFS},
		{images->hook, FD_HOOK}, {images->sources, FD_SOURCES}, {images->copyup, FD_COPYUP},
		{images->fence, FD_FENCE}, {sources_control, FD_SOURCES_CONTROL},
		{line[1], FD_LINE}, {files[0], FD_HOOK_STDOUT}, {files[1], FD_HOOK_STDERR}};
	const struct spawn request = {.program = PROGRAM_NS,
		.image = images->ns,
		.fds = fds,
		.fd_count = COUNT(fds),
		.preserved = (size_t)c->handover.preserve_fds};

	err = spawn_step(c, STEP_NS, &request, ns_rules, COUNT(ns_rules));
	close(line[1]);
	peer->program = PROGRAM_ROOTFS;
	peer->peer = (struct peer){.fd = line[0],
		.self = PROGRAM_CONDUCTOR,
		.rules = line_rules,
		.rule_count = COUNT(line_rules)};
	return err;
}

/* An ordinary user has rights on mounts only inside the new namespaces: there sources runs as a
 * child of the line. */
static int spawn_line(struct creation *c)
{
	struct step *sources = &c->steps[STEP_SOURCES];
	int inside = geteuid() != 0, trees[2] = {-1, -1}, control[2] = {-1, -1}, err;
	struct images images;

	if (seal_line_images(c, &images, inside) || rootless_show(c, images.dmz))
		return -1;
	if (socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, inside ? control : trees) < 0)
		return creation_error(c, "socketpair", errno);
	if (inside)
		err = c->namespaces_due ? spawn_namespaces(c) : 0;
	else
		err = spawn_sources(c, trees[0]);
	if (!err)
		err = spawn_ns(c, trees[1], control[1], &images);
	if (inside) {
		sources->program = PROGRAM_SOURCES;
		sources->peer = (struct peer){.fd = control[0],
			.self = PROGRAM_CONDUCTOR,
			.rules = sources_rules,
			.rule_count = COUNT(sources_rules)};
	}
	for (size_t i = 0; i < 2; i++) {
		if (trees[i] >= 0)
			close(trees[i]);
		if (control[i] >= 0 && i)
			close(control[i]);
	}
	close(images.ns);
	close(images.rootfs);
	close(images.dmz);
	if (images.hook >= 0)
		close(images.hook);
	if (images.sources >= 0)
		close(images.sources);
	if (images.copyup >= 0)
		close(images.copyup);
	if (images.fence >= 0)
		close(images.fence);
	return err;
}

/* First, so that it has ended by the time that somebody could wait for it. */
static int spawn_witness(struct creation *c)
{
	char notify[NOTIFY_PATH];
	struct witness_request request = {.plan = c->plan_fd,
		.kept = -1,
		.notify = creation_notify(c, notify, sizeof(notify))};
	int err;

	if (!witness_is_needed(&c->container.plan))
		return 0;
	request.config = state_open_file(&c->container, "config.json");
	if (request.config < 0)
		return creation_error(c, "the kept config.json", request.config);
	err = witness_start(&c->steps[STEP_WITNESS], &request, c->line, sizeof(c->line));
	close(request.config);
	return err;
}

int creation_spawn_steps(struct creation *c)
{
	const struct plan *plan = &c->container.plan;
	struct statfs fs;
	int err = 0;

	if (!statfs("/sys/fs/cgroup", &fs))
		c->unified = fs.f_type == CGROUP2_SUPER_MAGIC;
	else if (errno != ENOENT)
		return creation_error(c, "statfs /sys/fs/cgroup", errno);
	for (uint32_t i = 0; i < plan->config->namespaces.count; i++)
		c->namespaces_due +=
			plan_namespace_at(plan, plan->config->namespaces, i)->path.offset != 0;
	if ((has_host_hooks(plan->config) || has_inner_hooks(plan->config) ||
		    plan->config->hooks_poststop.count) &&
		hook_files_open(plan, &c->hook_files, c->line, sizeof(c->line)))
		return -1;
	/* Then the cgroup: what the kernel makes it wait for is the longest wait of all. */
	if (spawn_witness(c) || spawn_makers(c) || rootless_spawn(c) || spawn_line(c))
		return -1;
	if (plan->config->has_seccomp && spawn_seccomp(c))
		return -1;
	if (creation_has_new_network(plan) && spawn_netlink(c))
		return -1;
	if (plan->config->net_devices.count && spawn_netdev(c))
		return -1;
	if (has_host_hooks(plan->config))
		err = hooks_start(&c->steps[STEP_HOOK], c->plan_fd, &c->hook_files);
	if (!err && plan->config->hooks_poststop.count)
		err = hooks_start(&c->poststop, c->plan_fd, &c->hook_files);
	hook_files_close(&c->hook_files);
	return err ? start_error(c, PROGRAM_HOOK, err) : 0;
}
