/*
 * The steps of exec: `parse exec` makes the plan of the process while `cgroup join` opens the
 * container's cgroups; ns joins the namespaces and clones; pty and dmz do the rest, once
 * the process is in its cgroups.
 */
#include "entering.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>
#include "bpf_cache.h"
#include "drop.h"
#include "fds.h"
#include "listener.h"
#include "places.h"
#include "rootless.h"
#include "seal.h"
#include "step.h"
#include "sys.h"
#include "text.h"
#include "waiting.h"
#include "whole.h"

#define STEP_SECONDS  60
#define PARSE_SECONDS 10
#define REAP_MS       2000
#define ENDING_MS     100
#define COUNT(array)  (sizeof(array) / sizeof((array)[0]))

static const struct msg_rule parse_rules[] = {
	MSG_ANY_STEP, {MSG_DONE, MSG_ONCE, 0, 0, PROGRAM_PARSE}};
static const struct msg_rule cgroup_rules[] = {MSG_ANY_STEP,
	{MSG_CGROUP_MADE, MSG_ONCE | MSG_FD_OPTIONAL, 0, 0, PROGRAM_CGROUP},
	{MSG_JOINED, MSG_ONCE, 0, MSG_CGROUP_MADE, PROGRAM_CGROUP},
	{MSG_DONE, MSG_ONCE, 0, MSG_CGROUP_MADE, PROGRAM_CGROUP}};
static const struct msg_rule resctrl_rules[] = {
	MSG_ANY_STEP, {MSG_DONE, MSG_ONCE, 0, 0, PROGRAM_RESCTRL}};
static const struct msg_rule ns_rules[] = {
	MSG_ANY_STEP, {MSG_INIT, MSG_ONCE | MSG_FD, sizeof(struct msg_init), 0, PROGRAM_NS}};
static const struct msg_rule line_rules[] = {MSG_ANY_STEP,
	{MSG_PLACE, 0, sizeof(struct msg_place), 0, PROGRAM_FENCE},
	{MSG_CREATED, MSG_ONCE | MSG_FD_OPTIONAL, 0, 0, PROGRAM_DMZ}};
static const struct msg_rule terminal_rules[] = {MSG_ANY_STEP,
	{MSG_CONSOLE, MSG_ONCE | MSG_FD, 0, 0, PROGRAM_PTY},
	{MSG_PLACE, 0, sizeof(struct msg_place), MSG_CONSOLE, PROGRAM_FENCE},
	{MSG_CREATED, MSG_ONCE | MSG_FD_OPTIONAL, 0, MSG_CONSOLE, PROGRAM_DMZ}};

static int fail(struct entering *e, const char *what, int err)
{
	text_join(e->line, sizeof(e->line), what, err ? ": " : "",
		err ? errno_text(err < 0 ? -err : err) : "", NULL);
	return -1;
}

static int spawn_step(struct entering *e, enum entering_step i, const struct spawn *request,
	const struct msg_rule *rules, size_t rule_count)
{
	return step_start_or_say(
		&e->steps[i], request, rules, rule_count, e->line, sizeof(e->line));
}

static int spawn_cgroup(struct entering *e)
{
	const struct spawn_fd fds[] = {{e->journal_fd, FD_JOURNAL}};
	const struct spawn request = {.program = PROGRAM_CGROUP,
		.image = -1,
		.arguments = e->cgroup_arguments,
		.fds = fds,
		.fd_count = COUNT(fds)};

	return spawn_step(e, ENTER_CGROUP, &request, cgroup_rules, COUNT(cgroup_rules));
}

/* Only for a container that has a group: others cost nothing. */
static int spawn_resctrl(struct entering *e)
{
	static const char *arguments[] = {"join", NULL};
	const struct spawn_fd fds[] = {{e->journal_fd, FD_JOURNAL}};
	const struct spawn request = {.program = PROGRAM_RESCTRL,
		.image = -1,
		.arguments = arguments,
		.fds = fds,
		.fd_count = COUNT(fds)};

	if (!e->container.journal.resctrl.group)
		return 0;
	return spawn_step(e, ENTER_RESCTRL, &request, resctrl_rules, COUNT(resctrl_rules));
}

static int spawn_parse(struct entering *e)
{
	const struct spawn_fd fds[] = {
		{e->plan_fd, FD_PLAN}, {e->kept_fd, FD_KEPT}, {e->process_fd, FD_CONFIG}};
	const struct spawn request = {.program = PROGRAM_PARSE,
		.image = -1,
		.arguments = e->parse_arguments,
		.fds = fds,
		.fd_count = COUNT(fds)};

	return spawn_step(e, ENTER_PARSE, &request, parse_rules, COUNT(parse_rules));
}

static int take_plan(struct entering *e)
{
	const char *why;
	int err;

	if (step_finish(&e->steps[ENTER_PARSE], PARSE_SECONDS)) {
		step_error(&e->steps[ENTER_PARSE], e->line, sizeof(e->line));
		return -1;
	}
	err = spawn_seal_memfd(e->plan_fd);
	if (!err)
		err = plan_load(e->plan_fd, build_id, &e->plan, &why);
	if (err)
		return fail(e, "parse made a bad plan", err);
	if (entering_check_plan(e) || conduct_check_label(&e->plan, e->line, sizeof(e->line)))
		return -1;
	if (e->plan.config->additional_gids.count && !e->plan.config->keep_groups &&
		rootless_denies_groups(&e->container.plan))
		return fail(e, "cannot set any additional groups in a rootless container", 0);
	return 0;
}

/*
 * On v2 ns is started in the container's cgroup, so that its child is there from its first
 * instruction and nobody waits for the kernel to move it. Not the child itself: in the container's
 * cgroup namespace, where ns is by then, there is no way from outside into the cgroup (nsdelegate,
 * cgroups(7)). Where that cannot be, the child is moved by a write.
 */
static int spawn_in_cgroup(struct entering *e, const struct spawn *request)
{
	struct spawn inside = *request;

	inside.cgroup = &e->cgroup_dir;
	e->joined = e->cgroup_dir >= 0 &&
		!step_spawn(&e->steps[ENTER_NS], &inside, ns_rules, COUNT(ns_rules));
	return e->joined ? 0 : spawn_step(e, ENTER_NS, request, ns_rules, COUNT(ns_rules));
}

/* ns gets everything its child hands on; we keep the other ends of its control socket and its pipe.
 */
static int spawn_ns(struct entering *e, int ns, int dmz, int pty, int fence)
{
	struct step *peer = &e->steps[ENTER_LINE];
	int line[2], start[2], err;

	if (socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, line) < 0)
		return fail(e, "socketpair", errno);
	peer->program = PROGRAM_DMZ;
	peer->peer = (struct peer){.fd = line[0],
		.self = PROGRAM_CONDUCTOR,
		.rules = e->plan.config->terminal ? terminal_rules : line_rules,
		.rule_count = e->plan.config->terminal ? COUNT(terminal_rules) : COUNT(line_rules)};
	if (pipe2(start, O_CLOEXEC) < 0) {
		err = fail(e, "pipe", errno);
		close(line[1]);
		return err;
	}
	const struct spawn_fd fds[] = {{e->plan_fd, FD_PLAN}, {e->init_pidfd, FD_INIT},
		{start[0], FD_START}, {dmz, FD_DMZ}, {line[1], FD_LINE}, {pty, FD_PTY},
		{fence, FD_FENCE}};
	const struct spawn request = {.program = PROGRAM_NS,
		.image = ns,
		.fds = fds,
		.fd_count = COUNT(fds),
		.preserved = (size_t)e->handover.preserve_fds};

	err = spawn_in_cgroup(e, &request);
	close(line[1]);
	close(start[0]);
	e->start_fd = start[1];
	return err;
}

static int seal(struct entering *e, enum program program)
{
	int image = seal_program(program);

	if (image < 0)
		spawn_error("unable to seal ", program, -image, e->line, sizeof(e->line));
	return image;
}

static int spawn_line(struct entering *e, int ns, int dmz)
{
	int pty = -1, fence = -1, err;

	if ((e->plan.config->terminal && (pty = seal(e, PROGRAM_PTY)) < 0) ||
		(e->plan.config->landlock && (fence = seal(e, PROGRAM_FENCE)) < 0))
		return -1;
	err = spawn_ns(e, ns, dmz, pty, fence);
	if (pty >= 0)
		close(pty);
	if (fence >= 0)
		close(fence);
	return err;
}

static int tell_step(struct entering *e, enum entering_step to, enum msg_type type,
	const void *body, size_t length, int fd)
{
	return step_tell(&e->steps[to], type, body, length, fd, e->line, sizeof(e->line));
}

/*
 * A copy of ROOT/ID/filter.bpf, or -errno. The process is in the container already: one that may trace
 * it could open the file itself anew, for writing, and weaken every later exec.
 */
static int copy_filter(int dir)
{
	int file = openat(dir, "filter.bpf", O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC);
	int copy = -1, err = 0;
	struct stat st;

	if (file < 0)
		return -errno;
	copy = memfd_create("filter", MFD_CLOEXEC | MFD_ALLOW_SEALING);
	if (copy < 0 || fstat(file, &st) < 0) {
		err = -errno;
	} else if (st.st_size > BPF_PROGRAM_SIZE) {
		err = -EFBIG;
	} else {
		err = copy_whole(copy, file, (size_t)st.st_size);
		if (!err)
			err = spawn_seal_memfd(copy);
	}
	close(file);
	if (err && copy >= 0)
		close(copy);
	return err ? err : copy;
}

/* The program is the one that the container was created with. */
static int send_filter(struct entering *e)
{
	const struct msg_number body = {0};
	int fd, err;

	if (!e->plan.config->has_seccomp)
		return 0;
	fd = copy_filter(e->container.dir);
	if (fd < 0)
		return fail(e, "the container's seccomp program", fd);
	err = tell_step(e, ENTER_LINE, MSG_FILTER, &body, sizeof(body), fd);
	close(fd);
	return err;
}

static int send_listener(struct entering *e)
{
	const struct listener_process process = {
		(uint64_t)e->pid, e->container.journal.init.pid, STATUS_RUNNING};
	int listener = e->listener;

	e->listener = -1;
	return listener_send(
		&e->container.plan, &process, &e->agent, listener, e->line, sizeof(e->line));
}

/* Does everything that has become possible. */
static int advance(struct entering *e)
{
	struct msg_number pid = {(uint64_t)e->pid};
	int err = 0;

	if (!e->clone_sent) {
		e->clone_sent = 1;
		err = tell_step(e, ENTER_NS, MSG_CLONE, NULL, 0, -1);
	}
	if (!err && !e->joining && e->pidfd >= 0) {
		e->joining = 1;
		if (!e->joined)
			err = tell_step(e, ENTER_CGROUP, MSG_CGROUP_JOIN, &pid, sizeof(pid), -1);
	}
	if (!err && !e->grouping && e->pidfd >= 0) {
		e->grouping = 1;
		err = tell_step(e, ENTER_RESCTRL, MSG_RESCTRL_JOIN, &pid, sizeof(pid), -1);
	}
	if (!err && e->joined && !e->joined_sent) {
		e->joined_sent = 1;
		err = tell_step(e, ENTER_LINE, MSG_JOINED, NULL, 0, -1);
		if (!err)
			err = send_filter(e);
		if (!err)
			err = step_tell_keyring(&e->steps[ENTER_LINE], &e->plan,
				&e->container.journal, e->line, sizeof(e->line));
	}
	if (!err && e->ready && e->pidfd >= 0 && (e->agent >= 0 || e->listener >= 0))
		err = send_listener(e);
	return err;
}

/* The process waits for entering_go, which after a difference it does not live to see. */
static int hear_place(struct entering *e, const struct msg_place *place)
{
	if (e->place_count >= e->plan.config->landlock_paths.count)
		return fail(e, "protocol error: fence", 0);
	return places_check(
		e->container.dir, &e->plan, e->place_count++, place, e->line, sizeof(e->line));
}

static int hear_created(struct entering *e, int listener)
{
	e->ready = 1;
	e->listener = listener;
	return e->place_count == e->plan.config->landlock_paths.count
		? 0
		: fail(e, "protocol error: fence", 0);
}

static int hear(struct entering *e, enum entering_step from, struct msg *msg)
{
	switch (msg->header.type) {
	case MSG_CGROUP_MADE:
		e->cgroups_open = 1;
		e->cgroup_dir = msg->fd;
		return 0;
	case MSG_INIT:
		e->pid = e->steps[ENTER_LINE].pid = (pid_t)msg->body.init.pid;
		e->pidfd = msg->fd;
		step_let_go(&e->steps[from]);
		return 0;
	case MSG_JOINED:
		e->joined = 1;
		step_let_go(&e->steps[from]);
		return 0;
	case MSG_DONE:
		if (from != ENTER_RESCTRL)
			return fail(e, "protocol error", 0);
		step_let_go(&e->steps[from]);
		return 0;
	case MSG_CONSOLE:
		return handover_console(&e->handover, msg->fd, e->line, sizeof(e->line));
	case MSG_PLACE:
		return hear_place(e, &msg->body.place);
	case MSG_CREATED:
		return hear_created(e, msg->fd);
	default:
		return fail(e, "protocol error", 0);
	}
}

static int is_gone(int pidfd, int timeout)
{
	struct pollfd poller = {.fd = pidfd, .events = POLLIN};

	return poll(&poller, 1, timeout) > 0;
}

static void reap(const struct entering *e, int timeout)
{
	if (e->pidfd >= 0 && is_gone(e->pidfd, timeout))
		while (waitid(P_PIDFD, (id_t)e->pidfd, NULL, WEXITED) < 0 && errno == EINTR)
			continue;
}

/*
 * The first process of a pid namespace kills all others and its own end is not seen before they
 * have been reaped, ours by us. So what went wrong without a reason of its own, or because there
 * are no namespaces any more, may be that end.
 */
static int is_ending(const struct entering *e, const struct step *cause)
{
	/* ENOMEM: a pid namespace without a first process takes no new one, clone(2). */
	if (cause && cause->failed && cause->error.err != ESRCH && cause->error.err != ENOMEM)
		return is_gone(e->init_pidfd, 0);
	reap(e, REAP_MS);
	return is_gone(e->init_pidfd, 0) || state_is_ending(&e->container) ||
		is_gone(e->init_pidfd, ENDING_MS);
}

/* In these cgroups another process may be the one that was killed. */
static int may_be_oom(const struct entering *e)
{
	uint64_t kills;

	return !state_oom_kills(&e->container.journal, &kills) && kills > e->oom_kills;
}

static int report_failure(struct entering *e)
{
	static const char prefix[] = "unable to start container process: ";
	const struct step *cause = steps_cause(e->steps, ENTER_COUNT);
	char line[ENTERING_LINE];

	if (is_ending(e, cause))
		return fail(e, "cannot exec in a stopped container", 0);
	if (cause)
		step_error(cause, line, sizeof(line));
	text_join(e->line, sizeof(e->line), prefix, cause ? line : "it ended before it was ready",
		(!cause || cause->killed) && may_be_oom(e) ? " (possibly OOM-killed)" : "", NULL);
	return -1;
}

static int hear_step(struct entering *e, enum entering_step i)
{
	static struct msg msg;
	struct step *step = &e->steps[i];
	int got = step_receive(step, &msg);

	if (got == 1)
		return hear(e, i, &msg);
	if (step->failed)
		return report_failure(e);
	/* The line must not end before it said MSG_CREATED, nor ns before MSG_INIT. */
	if (got < 0 && ((i == ENTER_LINE && !e->ready) || (i == ENTER_NS && e->pidfd < 0)))
		return report_failure(e);
	return 0;
}

/* The directory that ns begins in, or that there is none. */
static int await_cgroups(struct entering *e)
{
	struct pollfd pollers[] = {{.fd = e->steps[ENTER_CGROUP].peer.fd, .events = POLLIN},
		{.fd = e->signal_fd, .events = POLLIN}};
	struct waiting waiting = {&e->steps[ENTER_CGROUP], 1, conduct_clock() / 1000, 0};

	while (!e->cgroups_open) {
		int n = waiting_poll(&waiting, pollers, COUNT(pollers), STEP_SECONDS * 1000);

		if (n < 0 && errno == EINTR)
			continue;
		if (n <= 0)
			return fail(e, "unable to start container process: cgroup took too long",
				n ? errno : 0);
		if (pollers[1].revents &&
			conduct_interrupted(e->signal_fd, e->line, sizeof(e->line)))
			return -1;
		if (pollers[0].revents && hear_step(e, ENTER_CGROUP))
			return -1;
	}
	return 0;
}

int entering_confine(struct entering *e)
{
	const struct priv_rule rules[] = {{NULL, e->handover.pid_dir, PRIV_FILES}};

	return conduct_confine(rules, COUNT(rules), e->line, sizeof(e->line));
}

static int spawn_steps(struct entering *e)
{
	int ns, dmz, err;

	/* The cgroup first: on v1 what the kernel makes it wait for is the longest wait of all. */
	if (spawn_cgroup(e) || spawn_resctrl(e) || spawn_parse(e))
		return -1;
	ns = seal(e, PROGRAM_NS);
	dmz = ns < 0 ? -1 : seal(e, PROGRAM_DMZ);
	err = dmz < 0 ? -1 : take_plan(e);
	if (!err)
		err = await_cgroups(e);
	if (!err)
		err = handover_connect(
			&e->handover, e->plan.config->terminal != 0, e->line, sizeof(e->line));
	if (!err)
		err = listener_connect(&e->container.plan, &e->agent, e->line, sizeof(e->line));
	if (!err)
		err = spawn_line(e, ns, dmz);
	if (ns >= 0)
		close(ns);
	if (dmz >= 0)
		close(dmz);
	if (err || conduct_drop_privileges(e->line, sizeof(e->line)))
		return -1;
	return e->plan.config->terminal && !e->handover.detach ? 0 : entering_confine(e);
}

static int everything_done(const struct entering *e)
{
	const struct step *resctrl = &e->steps[ENTER_RESCTRL];

	return e->ready && e->agent < 0 && e->listener < 0 && e->joined &&
		(!resctrl->program || resctrl->done);
}

static int hear_all(struct entering *e)
{
	int64_t begun = conduct_clock() / 1000, end = begun + STEP_SECONDS * 1000;
	struct waiting waiting = {e->steps, ENTER_COUNT, begun, 0};
	char what[ENTERING_LINE];

	while (!everything_done(e)) {
		struct pollfd pollers[ENTER_COUNT + 1];
		int64_t left = end - conduct_clock() / 1000;
		int n, err;

		if (advance(e))
			return -1;
		if (everything_done(e))
			break;
		for (int i = 0; i < ENTER_COUNT; i++)
			pollers[i] = (struct pollfd){.fd = e->steps[i].peer.fd, .events = POLLIN};
		pollers[ENTER_COUNT] = (struct pollfd){.fd = e->signal_fd, .events = POLLIN};
		/* In a paused container the process is frozen on the way, until `resume`. */
		n = e->ignore_paused ? poll(pollers, COUNT(pollers), -1)
			: left > 0   ? waiting_poll(&waiting, pollers, COUNT(pollers), left)
				     : 0;
		if (n < 0 && errno == EINTR)
			continue;
		if (n <= 0) {
			err = n ? errno : 0;
			waiting_error(&waiting, what, sizeof(what));
			return fail(e, what, err);
		}
		if (pollers[ENTER_COUNT].revents &&
			conduct_interrupted(e->signal_fd, e->line, sizeof(e->line)))
			return -1;
		for (int i = 0; i < ENTER_COUNT; i++)
			if (pollers[i].revents && e->steps[i].peer.fd >= 0 &&
				hear_step(e, (enum entering_step)i))
				return -1;
	}
	return 0;
}

int entering_make(struct entering *e)
{
	e->plan_fd = e->journal_fd = e->start_fd = e->pidfd = e->cgroup_dir = e->agent =
		e->listener = -1;
	for (int i = 0; i < ENTER_COUNT; i++)
		e->steps[i].pidfd = e->steps[i].peer.fd = -1;
	e->journal_fd = state_open_file(&e->container, "journal");
	if (e->journal_fd < 0)
		return fail(e, "journal", e->journal_fd);
	e->plan_fd = memfd_create("plan", MFD_CLOEXEC | MFD_ALLOW_SEALING);
	if (e->plan_fd < 0)
		return fail(e, "memfd_create", errno);
	if (state_oom_kills(&e->container.journal, &e->oom_kills))
		e->oom_kills = UINT64_MAX; /* whoever cannot read it now says nothing of it later */
	if (!spawn_steps(e) && !hear_all(e))
		return 0;
	entering_undo(e);
	return -1;
}

static void close_fd(int *fd)
{
	if (*fd >= 0)
		close(*fd);
	*fd = -1;
}

/* Waiting for the process takes none of these; one in a cgroup would even keep that from going. */
static void close_all(struct entering *e)
{
	int *const fds[] = {&e->process_fd, &e->kept_fd, &e->plan_fd, &e->journal_fd,
		&e->init_pidfd, &e->start_fd, &e->cgroup_dir, &e->container.dir};

	for (size_t i = 0; i < COUNT(fds); i++)
		close_fd(fds[i]);
}

int entering_go(struct entering *e)
{
	/* `delete` kills the first process before it looks for others: whoever joined the cgroup
	 * after that must end here. */
	if (is_gone(e->init_pidfd, 0))
		return fail(e, "cannot exec in a stopped container", 0);
	/* EPIPE: whoever has its pid or pidfd by now has killed it, or the container has; its end is
	 * told as that of any other process. */
	if (write(e->start_fd, "0", 1) != 1 && errno != EPIPE)
		return fail(e, "unable to start container process", errno);
	close_all(e);
	/* They have nothing left to do; cgroup, where it was not asked to join, ends with its
	 * socket. */
	for (int i = 0; i < ENTER_COUNT; i++) {
		step_let_go(&e->steps[i]);
		(void)step_finish(&e->steps[i], 1);
	}
	return 0;
}

void entering_undo(struct entering *e)
{
	for (int i = 0; i < ENTER_COUNT; i++)
		step_kill(&e->steps[i]);
	if (e->pidfd < 0)
		return;
	(void)sys_pidfd_send_signal(e->pidfd, SIGKILL); /* it may have ended by itself */
	/* One that is frozen dies when it is thawed; nobody waits for that here. */
	reap(e, REAP_MS);
}
