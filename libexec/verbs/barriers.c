/* Making a container, second half: what the steps say, and what may happen then. */
#include "creation.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/filter.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <time.h>
#include "listener.h"
#include "places.h"
#include "sys.h"
#include "systemd.h"
#include "text.h"
#include "verb.h"
#include "whole.h"

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
		return creation_state_error(c, "journal", err);
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
		return creation_state_error(c, "journal", err);
	c->resctrl_listed = 1;
	return tell_step(c, STEP_RESCTRL, MSG_RESCTRL_MAKE, NULL, 0, -1);
}

static int hear_init(struct creation *c, const struct msg_init *init, int pidfd)
{
	struct journal_init record = {.pid = init->pid};
	int err = state_start_time(init->pid, &record.start_time, NULL);

	c->init_pidfd = pidfd;
	c->container.journal.init = record;
	c->steps[STEP_LINE].pid = (pid_t)init->pid;
	if (!err)
		err = journal_append(c->journal_fd, JOURNAL_INIT, &record, sizeof(record));
	c->joined |= init->in_cgroup == 1;
	return err ? creation_state_error(c, "journal", err) : 0;
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
		return creation_error(c,
			err == -EINVAL ? "linux.cgroupsPath: the unit is one of systemd's own"
				       : "journal",
			err == -EINVAL ? 0 : err);
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
	int err = creation_has_new_network(&c->container.plan)
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

static int hear_place(struct creation *c, const struct msg_place *place)
{
	int err;

	if (c->place_count >= c->container.plan.config->landlock_paths.count)
		return creation_error(c, "protocol error: fence", 0);
	err = places_keep(c->container.dir, c->place_count++, place);
	return err ? creation_state_error(c, "keeping the Landlock paths", err) : 0;
}

static int hear_created(struct creation *c, int listener)
{
	c->created = 1;
	c->listener = listener;
	return c->place_count == c->container.plan.config->landlock_paths.count
		? 0
		: creation_error(c, "protocol error: fence", 0);
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
		[MSG_MAP] = "has a user namespace without id maps",
		[MSG_INIT] = "has started the container's process",
		[MSG_NETSOCK] = "has opened a netlink socket in the network namespace",
		[MSG_MOUNTED] = "has made the mounts and devices",
		[MSG_CONSOLE] = "has made the terminal",
		[MSG_INSIDE] = "has made the process in the joined pid namespace",
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
	case MSG_MAP:
		return tell_step(
			c, STEP_SUBIDS, MSG_MAP, &msg->body.number, sizeof(msg->body.number), -1);
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
	case MSG_PLACE:
		return hear_place(c, &msg->body.place);
	case MSG_INSIDE:
		return inside_take(c, msg->body.number.value);
	case MSG_CREATED:
		return hear_created(c, msg->fd);
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
		if (from == STEP_SUBIDS && tell_step(c, STEP_NS, MSG_MAP, NULL, 0, -1))
			return -1;
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
		return creation_state_error(c, "journal", err);
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
	struct msg_number body;
	struct stat st;
	int fd, err = spawn_seal_memfd(c->filter_fd);

	if (err)
		return creation_error(c, "seccomp filter", err);
	if (fstat(c->filter_fd, &st) < 0 || st.st_size <= 0 || st.st_size > BPF_PROGRAM_SIZE ||
		st.st_size % (off_t)sizeof(struct sock_filter))
		return creation_error(
			c, "seccomp filter: not a program of at most 4096 instructions", 0);
	body.value = filter_order(c); /* what is sealed */
	fd = openat(c->container.dir, "filter.bpf", O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
	err = fd < 0 ? -errno : copy_whole(fd, c->filter_fd, (size_t)st.st_size);
	if (fd >= 0)
		close(fd);
	if (err)
		return creation_state_error(c, "keeping the seccomp filter", err);
	c->filter_sent = 1;
	return tell_step(c, STEP_LINE, MSG_FILTER, &body, sizeof(body), c->filter_fd);
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

	if (!c->clone_sent && !creation_pending(c, STEP_WITNESS) && !c->namespaces_due &&
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
	if (!err && !c->keyring_sent && c->hooks_sent &&
		(!plan->config->has_seccomp || c->filter_sent)) {
		c->keyring_sent = 1;
		err = step_tell_keyring(&c->steps[STEP_LINE], plan, &c->container.journal, c->line,
			sizeof(c->line));
	}
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
		return creation_state_error(c, "saving the state", err);
	if (handover_pid_file(
		    &c->handover, c->container.journal.init.pid, c->line, sizeof(c->line)))
		return -1;
	return handover_pidfd(&c->handover, c->init_pidfd, "standard", c->line, sizeof(c->line));
}
