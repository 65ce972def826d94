/* Making a container, second half: which steps are started, what they say, and what may happen
 * then. */
#include "creation.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/magic.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/sendfile.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/vfs.h>
#include <time.h>
#include "fds.h"
#include "listener.h"
#include "step.h"
#include "sys.h"
#include "systemd.h"
#include "text.h"
#include "verb.h"

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
	{MSG_DONE, MSG_ONCE, 0, MSG_RESCTRL, PROGRAM_RESCTRL}};
static const struct msg_rule sources_rules[] = {MSG_ANY_STEP,
	{MSG_NAMESPACE, MSG_FD, sizeof(struct msg_number), 0, PROGRAM_SOURCES},
	{MSG_DONE, MSG_ONCE, 0, 0, PROGRAM_SOURCES}};
static const struct msg_rule done_rules[] = {
	MSG_ANY_STEP, {MSG_DONE, MSG_ONCE, 0, 0, PROGRAM_COUNT}};
static const struct msg_rule ns_rules[] = {
	MSG_ANY_STEP, {MSG_INIT, MSG_ONCE | MSG_FD, sizeof(struct msg_init), 0, PROGRAM_NS}};
static const struct msg_rule line_rules[] = {MSG_ANY_STEP,
	{MSG_NETSOCK, MSG_ONCE | MSG_FD, 0, 0, PROGRAM_NS},
	{MSG_MOUNTED, MSG_ONCE, 0, 0, PROGRAM_ROOTFS},
	{MSG_CONSOLE, MSG_ONCE | MSG_FD, 0, MSG_MOUNTED, PROGRAM_ROOTFS},
	{MSG_CREATED, MSG_ONCE | MSG_FD_OPTIONAL, 0, MSG_MOUNTED, PROGRAM_DMZ}};

#define COUNT(array) (sizeof(array) / sizeof((array)[0]))

static int spawn_step(struct creation *c, enum creation_step i, const struct spawn *request,
	const struct msg_rule *rules, size_t rule_count)
{
	return step_start_or_say(
		&c->steps[i], request, rules, rule_count, c->line, sizeof(c->line));
}

static int has_new_network(const struct plan *plan)
{
	const char *path;

	return plan_namespace(plan, NS_NET, &path) && !path;
}

static int has_host_hooks(const struct plan_config *config)
{
	return config->hooks_prestart.count || config->hooks_create_runtime.count ||
		config->hooks_poststart.count;
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
	const struct spawn_fd fds[] = {
		{c->plan_fd, FD_PLAN}, {c->bundle_fd, FD_BUNDLE}, {trees, FD_TREES}};
	const struct spawn request = {
		.program = PROGRAM_SOURCES, .image = -1, .fds = fds, .fd_count = 3};

	return spawn_step(c, STEP_SOURCES, &request, sources_rules, COUNT(sources_rules));
}

/* Before the container's namespaces are there; a caller who is not root may have no right to any. */
static int spawn_namespaces(struct creation *c)
{
	const struct spawn_fd fds[] = {{c->plan_fd, FD_PLAN}};
	const struct spawn request = {
		.program = PROGRAM_SOURCES, .image = -1, .fds = fds, .fd_count = 1};

	return spawn_step(c, STEP_NAMESPACES, &request, sources_rules, COUNT(sources_rules));
}

/* Only for a profile whose program is not known yet. */
static int spawn_seccomp(struct creation *c)
{
	struct spawn_fd fds[] = {{c->plan_fd, FD_PLAN}, {-1, FD_FILTER}};
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
	if (step_spawn(&c->steps[STEP_SECCOMP], &request, done_rules, COUNT(done_rules)) == -ENOENT)
		return creation_error(c, "seccomp: config provided but seccomp not supported", 0);
	return c->steps[STEP_SECCOMP].pidfd < 0 ? creation_error(c, "cannot start seccomp", 0) : 0;
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
	char text[64];

	if (!is_wanted)
		return 0;
	*image = spawn_seal(program);
	if (*image >= 0)
		return 0;
	text_join(text, sizeof(text), "unable to seal ", program_names[program], NULL);
	return creation_error(c, text, *image);
}

static int seal_images(struct creation *c, struct images *images, int sources_inside)
{
	const struct plan_config *config = c->container.plan.config;
	int has_hooks = config->hooks_create_container.count || config->hooks_start_container.count;

	*images = (struct images){-1, -1, -1, -1, -1, -1, -1};
	return seal(c, 1, PROGRAM_NS, &images->ns) || seal(c, 1, PROGRAM_ROOTFS, &images->rootfs) ||
			seal(c, 1, PROGRAM_DMZ, &images->dmz) ||
			seal(c, has_hooks, PROGRAM_HOOK, &images->hook) ||
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
	const struct spawn_fd fds[] = {{c->plan_fd, FD_PLAN}, {trees, FD_TREES},
		{c->start_fd, FD_START}, {images->dmz, FD_DMZ}, {images->rootfs, FD_ROOTFS},
		{images->hook, FD_HOOK}, {images->sources, FD_SOURCES}, {images->copyup, FD_COPYUP},
		{images->fence, FD_FENCE}, {sources_control, FD_SOURCES_CONTROL},
		{line[1], FD_LINE}};
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

	if (seal_images(c, &images, inside))
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

int creation_spawn_steps(struct creation *c)
{
	const struct plan *plan = &c->container.plan;
	struct statfs fs;

	c->unified = !statfs("/sys/fs/cgroup", &fs) && fs.f_type == CGROUP2_SUPER_MAGIC;
	for (uint32_t i = 0; i < plan->config->namespaces.count; i++)
		c->namespaces_due +=
			plan_namespace_at(plan, plan->config->namespaces, i)->path.offset != 0;
	/* The cgroup first: what the kernel makes it wait for is the longest wait of all. */
	if (spawn_makers(c) || spawn_line(c))
		return -1;
	if (plan->config->has_seccomp && spawn_seccomp(c))
		return -1;
	if (has_new_network(plan) && spawn_netlink(c))
		return -1;
	if (plan->config->net_devices.count && spawn_netdev(c))
		return -1;
	if (has_host_hooks(plan->config) && hooks_start(&c->steps[STEP_HOOK], c->plan_fd))
		return creation_error(c, "cannot start hook", 0);
	if (plan->config->hooks_poststop.count && hooks_start(&c->poststop, c->plan_fd))
		return creation_error(c, "cannot start hook", 0);
	return 0;
}

static int tell_step(struct creation *c, enum creation_step to, enum msg_type type,
	const void *body, size_t length, int fd)
{
	return step_tell(&c->steps[to], type, body, length, fd, c->line, sizeof(c->line));
}

static int hear_cgroups(struct creation *c, const struct msg_cgroups *cgroups)
{
	const char *controller, *path;
	size_t at = 0;
	int err;

	if (c->cgroups_listed)
		return creation_error(c, "protocol error: cgroup", 0);
	while ((err = msg_next_cgroup(cgroups, &at, &controller, &path)) == 1) {
		/* As many as can be read again, so that a step cannot fill the disk. */
		err = c->cgroup_count++ == JOURNAL_CGROUPS_MAX
			? -E2BIG
			: journal_append_cgroup(c->journal_fd, controller, path);
		if (err)
			break;
	}
	if (err)
		return creation_error(c, "journal", err);
	if (!cgroups->last)
		return 0;
	c->cgroups_listed = 1;
	return tell_step(c, STEP_CGROUP, MSG_CGROUP_MAKE, NULL, 0, -1);
}

static int hear_resctrl(struct creation *c, const struct msg_resctrl *groups)
{
	int err = journal_append_resctrl(
		c->journal_fd, groups->own ? JOURNAL_RESCTRL_OWN : JOURNAL_RESCTRL, groups->group);

	if (!err && groups->monitor[0])
		err = journal_append_resctrl(
			c->journal_fd, JOURNAL_RESCTRL_MONITOR, groups->monitor);
	if (err)
		return creation_error(c, "journal", err);
	c->resctrl_listed = 1;
	return tell_step(c, STEP_RESCTRL, MSG_RESCTRL_MAKE, NULL, 0, -1);
}

static int hear_init(struct creation *c, const struct msg_init *init, int pidfd)
{
	struct journal_init record = {.pid = init->pid};
	int err = state_start_time(init->pid, &record.start_time, NULL);

	c->init_pidfd = pidfd;
	c->container.journal.init = record;
	if (!err)
		err = journal_append(c->journal_fd, JOURNAL_INIT, &record, sizeof(record));
	c->joined |= init->in_cgroup == 1;
	return err ? creation_error(c, "journal", err) : 0;
}

/* The journal first, as ever: what systemd is asked for, `delete` can take back. */
static int ask_for_unit(struct creation *c)
{
	const struct plan *plan = &c->container.plan;
	struct msg_number pid = {c->container.journal.init.pid};
	int err = journal_append_unit(c->journal_fd, plan_text(plan, plan->config->systemd_unit),
		plan->config->rootless != 0);

	c->unit_asked = 1;
	if (err)
		return creation_error(c, "journal", err);
	return tell_step(c, STEP_SCOPE, MSG_SCOPE, &pid, sizeof(pid), -1);
}

/* cgroup cannot look into /proc itself. The process is our child: its number is nobody else's. */
static int hear_unit(struct creation *c)
{
	char digits[24], path[64];
	struct text t = TEXT(digits);
	int fd, err;

	text_add_u64(&t, c->container.journal.init.pid);
	text_join(path, sizeof(path), "/proc/", digits, "/cgroup", NULL);
	fd = open(path, O_RDONLY | O_NOFOLLOW | O_CLOEXEC);
	if (fd < 0)
		return creation_error(c, path, errno);
	c->unit_made = 1;
	step_let_go(&c->steps[STEP_SCOPE]);
	err = tell_step(c, STEP_CGROUP, MSG_SCOPED, NULL, 0, fd);
	close(fd);
	return err;
}

/* For netlink, then for netdev: each would read the answers to the other. */
static int hear_netsock(struct creation *c, int fd)
{
	int err = has_new_network(&c->container.plan)
		? tell_step(c, STEP_NETLINK, MSG_NETSOCK, NULL, 0, fd)
		: 0;

	if (creation_pending(c, STEP_NETDEV))
		c->netsock = fd;
	else
		close(fd);
	return err;
}

static int send_netsock(struct creation *c)
{
	int err = tell_step(c, STEP_NETDEV, MSG_NETSOCK, NULL, 0, c->netsock);

	c->netdev_asked = 1;
	close(c->netsock);
	c->netsock = -1;
	return err;
}

/* --debug: each barrier as it is reached, by the name of the step that reported it. */
static void log_heard(const struct creation *c, enum creation_step from, uint32_t type)
{
	static const char *const words[MSG_TYPE_COUNT] = {
		[MSG_CGROUP] = "has named the cgroups",
		[MSG_CGROUP_MADE] = "has made the cgroups",
		[MSG_JOINED] = "has moved the container's process into its cgroups",
		[MSG_SCOPE] = "has reached systemd",
		[MSG_SCOPED] = "has put the container's process into its unit",
		[MSG_RESCTRL] = "has named the resctrl group",
		[MSG_NAMESPACE] = "has opened a namespace to join",
		[MSG_INIT] = "has started the container's process",
		[MSG_NETSOCK] = "has opened a netlink socket in the network namespace",
		[MSG_MOUNTED] = "has made the mounts and devices",
		[MSG_CONSOLE] = "has made the terminal",
		[MSG_CREATED] = "is ready: the container is created",
		[MSG_DONE] = "has done its work",
	};
	char line[160], clock[24];
	struct text t = TEXT(clock);
	uint32_t sender = c->steps[from].peer.sender;

	if (!globals.debug || type >= MSG_TYPE_COUNT || !words[type])
		return;
	text_add_i64(&t, conduct_clock());
	text_join(line, sizeof(line), program_names[sender < PROGRAM_COUNT ? sender : 0], " ",
		words[type], " at ", clock, " us", NULL);
	log_record(LOG_LEVEL_DEBUG, line, NULL);
}

int creation_hear(struct creation *c, enum creation_step from, struct msg *msg)
{
	int err;

	log_heard(c, from, msg->header.type);

	switch (msg->header.type) {
	case MSG_CGROUP:
		return hear_cgroups(c, &msg->body.cgroups);
	case MSG_RESCTRL:
		return hear_resctrl(c, &msg->body.resctrl);
	case MSG_SCOPE:
		c->scope_ready = 1;
		return 0;
	case MSG_SCOPED:
		return hear_unit(c);
	case MSG_CGROUP_MADE:
		c->cgroups_made = 1;
		c->cgroup_dir = msg->fd;
		return 0;
	case MSG_JOINED:
		c->joined = 1;
		return 0;
	case MSG_NAMESPACE:
		c->namespaces_due--;
		err = tell_step(c, STEP_NS, MSG_NAMESPACE, &msg->body.number,
			sizeof(msg->body.number), msg->fd);
		close(msg->fd);
		return err;
	case MSG_INIT:
		step_let_go(&c->steps[from]);
		return hear_init(c, &msg->body.init, msg->fd);
	case MSG_NETSOCK:
		return hear_netsock(c, msg->fd);
	case MSG_MOUNTED:
		c->mounted = 1;
		return 0;
	case MSG_CONSOLE:
		return handover_console(&c->handover, msg->fd, c->line, sizeof(c->line));
	case MSG_CREATED:
		c->created = 1;
		c->listener = msg->fd;
		return 0;
	case MSG_DONE:
		if (from == STEP_HOOK) {
			c->hooks_running = 0;
			c->hooks_stage++;
			return 0;
		}
		if (from == STEP_NETDEV)
			return 0; /* it waits for the end of the creation */
		if (from == STEP_CGROUP)
			c->limited = 1;
		step_let_go(&c->steps[from]);
		return 0;
	default:
		return creation_error(c, "protocol error", 0);
	}
}

/* rootfs mounts what of the hierarchies the container may see, so it is told which there are. */
static int send_joined(struct creation *c)
{
	static struct journal journal;
	static struct msg_cgroups body;
	int err = journal_read(c->journal_fd, &journal);

	/* The paths mean nothing in there; only the names go. */
	for (size_t i = 0; !err && i < journal.cgroup_count; i++)
		err = msg_add_cgroup(&body, journal.cgroups[i].controller, "");
	if (err)
		return creation_error(c, "journal", err);
	body.last = 1;
	c->joined_sent = 1;
	return tell_step(c, STEP_LINE, MSG_JOINED, &body, sizeof(body), -1);
}

static int run_early_hooks(struct creation *c)
{
	const struct plan_config *config = c->container.plan.config;
	const struct plan_list lists[] = {config->hooks_prestart, config->hooks_create_runtime};
	static const enum hook_kind kinds[] = {HOOK_PRESTART, HOOK_CREATE_RUNTIME};
	struct msg_hooks body = {.status = STATUS_CREATING, .pid = c->container.journal.init.pid};

	c->hooks_ran = 1;
	while (c->hooks_stage < 2 && !lists[c->hooks_stage].count)
		c->hooks_stage++;
	if (c->hooks_stage < 2) {
		body.kind = kinds[c->hooks_stage];
		c->hooks_running = 1;
		c->steps[STEP_HOOK].done = 0;
		c->steps[STEP_HOOK].peer.seen = 0;
		return tell_step(c, STEP_HOOK, MSG_HOOKS, &body, sizeof(body), -1);
	}
	c->hooks_sent = 1;
	return plan_waits_after_mounts(&c->container.plan)
		? tell_step(c, STEP_LINE, MSG_HOOKS_DONE, NULL, 0, -1)
		: 0;
}

static int send_listener(struct creation *c)
{
	const uint64_t pid = c->container.journal.init.pid;
	const struct listener_process process = {pid, pid, STATUS_CREATING};
	int listener = c->listener;

	c->listener = -1;
	return listener_send(
		&c->container.plan, &process, &c->agent, listener, c->line, sizeof(c->line));
}

/* The program is kept for exec; dmz gets a memfd that nobody can change any more. */
static int send_filter(struct creation *c)
{
	int fd = openat(
		c->container.dir, "filter.bpf", O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
	off_t offset = 0;
	struct stat st;
	int err = spawn_seal_memfd(c->filter_fd);

	if (err)
		return creation_error(c, "seccomp filter", err);
	if (fd < 0 || fstat(c->filter_fd, &st) < 0 ||
		sendfile(fd, c->filter_fd, &offset, (size_t)st.st_size) != st.st_size)
		return creation_error(c, "keeping the seccomp filter", errno);
	close(fd);
	c->filter_sent = 1;
	return tell_step(c, STEP_LINE, MSG_FILTER, NULL, 0, c->filter_fd);
}

static void close_directory(struct creation *c)
{
	if (c->cgroup_dir >= 0)
		close(c->cgroup_dir);
	c->cgroup_dir = -1;
}

int creation_advance(struct creation *c)
{
	const struct plan *plan = &c->container.plan;
	struct msg_number pid = {c->container.journal.init.pid};
	int err = 0;

	if (!c->clone_sent && !c->namespaces_due &&
		(!c->unified || c->cgroups_made || plan->config->systemd)) {
		c->clone_sent = 1;
		err = tell_step(c, STEP_NS, MSG_CLONE, NULL, 0, c->cgroup_dir);
		close_directory(c);
	}
	if (!err && c->scope_ready && !c->unit_asked && c->init_pidfd >= 0)
		err = ask_for_unit(c);
	if (c->clone_sent)
		close_directory(c); /* of a unit: nothing was to be cloned into it */
	if (!err && !c->joining && c->cgroups_made && c->init_pidfd >= 0) {
		c->joining = 1;
		if (!c->joined)
			err = tell_step(c, STEP_CGROUP, MSG_CGROUP_JOIN, &pid, sizeof(pid), -1);
	}
	if (!err && !c->resctrl_joining && c->resctrl_listed && c->init_pidfd >= 0) {
		c->resctrl_joining = 1;
		err = tell_step(c, STEP_RESCTRL, MSG_RESCTRL_JOIN, &pid, sizeof(pid), -1);
	}
	if (!err && c->netsock >= 0 && !creation_pending(c, STEP_NETLINK))
		err = send_netsock(c);
	/* rootfs then goes on to the sysctls, which may be those of a device. */
	if (!err && !c->joined_sent && c->joined && c->init_pidfd >= 0 &&
		!creation_pending(c, STEP_NETDEV))
		err = send_joined(c);
	if (!err && !c->limiting && c->mounted && c->joined) {
		c->limiting = 1;
		err = tell_step(c, STEP_CGROUP, MSG_LIMIT, NULL, 0, -1);
	}
	if (!err && !c->hooks_sent && !c->hooks_running && c->mounted &&
		(!plan_waits_after_mounts(plan) ||
			(c->limited && !creation_pending(c, STEP_NETLINK) &&
				!creation_pending(c, STEP_RESCTRL))))
		err = run_early_hooks(c);
	if (!err && plan->config->has_seccomp && !c->filter_sent && c->hooks_sent &&
		!creation_pending(c, STEP_SECCOMP))
		err = send_filter(c);
	if (!err && c->created && (c->agent >= 0 || c->listener >= 0))
		err = send_listener(c);
	return err;
}

int creation_publish(struct creation *c)
{
	struct journal_ready ready;
	struct timespec now;
	int err;

	clock_gettime(CLOCK_REALTIME, &now);
	ready.seconds = (uint64_t)now.tv_sec;
	ready.nanoseconds = (uint64_t)now.tv_nsec;
	err = journal_append(c->journal_fd, JOURNAL_READY, &ready, sizeof(ready));
	if (!err)
		err = journal_read(c->journal_fd, &c->container.journal);
	if (!err)
		err = state_json_write(&c->container, &c->container.plan);
	if (err)
		return creation_error(c, "saving the state", err);
	if (handover_pid_file(
		    &c->handover, c->container.journal.init.pid, c->line, sizeof(c->line)))
		return -1;
	return handover_pidfd(&c->handover, c->init_pidfd, "standard", c->line, sizeof(c->line));
}
