/* Making a container, first half: directory, plan, and the loop that listens to the steps. */
#include "creation.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <poll.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/mman.h>
#include <sys/random.h>
#include <sys/sendfile.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <time.h>
#include "drop.h"
#include "fds.h"
#include "listener.h"
#include "rootless.h"
#include "step.h"
#include "sys.h"
#include "systemd.h"
#include "text.h"
#include "verb.h"
#include "waiting.h"
#include "whole.h"

#define CONFIG_MAX      (16 << 20)
#define STEP_SECONDS    60
#define WITNESS_SECONDS 8 /* it computes and waits for nobody; netlink waits for 10 */
#define GRACE_SECONDS   2
#define LOCK_TRIES      20 /* a millisecond apart */

int creation_error(struct creation *c, const char *text, int err)
{
	struct text t = {c->line, sizeof(c->line), 0, 0};

	text_add(&t, text);
	if (err) {
		text_add(&t, ": ");
		text_add(&t, errno_text(err < 0 ? -err : err));
	}
	return -1;
}

static int named_error(struct creation *c, const char *text, const char *name, int err)
{
	char both[CREATION_LINE];

	text_join(both, sizeof(both), text, name, NULL);
	return creation_error(c, both, err);
}

int creation_state_error(struct creation *c, const char *text, int err)
{
	char both[CREATION_LINE];

	text_join(both, sizeof(both), text, " in ", globals.root, "/", c->id, NULL);
	return creation_error(c, both, err);
}

static int enter_bundle(struct creation *c)
{
	if (!*c->bundle)
		c->bundle = ".";
	c->bundle_fd = open(c->bundle, O_PATH | O_DIRECTORY | O_CLOEXEC);
	if (c->bundle_fd < 0 || fchdir(c->bundle_fd) < 0)
		return named_error(c, "chdir ", c->bundle, errno);
	if (!getcwd(c->bundle_path, sizeof(c->bundle_path)))
		return named_error(c, "chdir ", c->bundle, errno);
	return 0;
}

/* The configuration is opened once, without waiting for a FIFO or touching a device's meaning (rule
 * F26). */
static int open_config(struct creation *c)
{
	int fd = openat(c->bundle_fd, "config.json", O_RDONLY | O_NONBLOCK | O_NOCTTY | O_CLOEXEC);
	struct stat st;

	if (fd < 0 && errno == ENOENT)
		return creation_error(c, "JSON specification file config.json not found", 0);
	if (fd < 0 || fstat(fd, &st) < 0)
		return creation_error(c, "open config.json", errno);
	if (!S_ISREG(st.st_mode))
		creation_error(c, "config.json: not a regular file", 0);
	else if (st.st_size > CONFIG_MAX)
		creation_error(c, "config.json: larger than 16 MiB", 0);
	else
		return fd;
	close(fd);
	return -1;
}

/* A name that is taken: by a container, by one that another runtime has made, or by what is left of
 * a creation that was killed. */
static int refuse_taken(struct creation *c)
{
	struct container *other = &c->container;
	int err = verb_read_container(c->root_fd, c->id, other);
	int whole = err == -ENOENT ||
		(!err && !other->recovered &&
			(other->journal.is_ready || state_status(other) == STATUS_CREATING));

	(void)named_error(c,
		whole ? "container with given ID already exists"
		      : "container with given ID already exists: ",
		whole ? "" : verb_container_error(c->id, other, err), 0);
	state_close(other);
	return -1;
}

/* As long as the lock is held, somebody is at work on this directory: delete waits for that. `list`
 * takes it for a moment, to see whether it is held. 0 or -errno. */
static int lock_journal(int fd)
{
	const struct timespec moment = {.tv_nsec = 1000 * 1000};

	for (int tries = LOCK_TRIES; flock(fd, LOCK_EX | LOCK_NB) < 0; tries--) {
		if (!tries || (errno != EWOULDBLOCK && errno != EINTR))
			return -errno;
		nanosleep(&moment, NULL);
	}
	return 0;
}

static int mkdir_error(struct creation *c, int err)
{
	char both[CREATION_LINE];

	text_join(both, sizeof(both), "mkdir ", globals.root, "/", c->id, NULL);
	return creation_error(c, both, err);
}

static int make_directory(struct creation *c)
{
	struct container *container = &c->container;
	int err;

	c->root_fd = state_open_root(globals.root, 1);
	if (c->root_fd < 0)
		return creation_error(c, verb_root_error(c->root_fd), 0);
	if (mkdirat(c->root_fd, c->id, 0711) < 0)
		return errno == EEXIST ? refuse_taken(c) : mkdir_error(c, errno);
	container->id = c->id;
	container->dir = openat(c->root_fd, c->id, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
	if (container->dir >= 0)
		c->journal_fd = openat(container->dir, "journal",
			O_RDWR | O_APPEND | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
	if (c->journal_fd >= 0)
		c->lock_fd = openat(container->dir, "journal", O_RDONLY | O_NOFOLLOW | O_CLOEXEC);
	err = c->lock_fd < 0 ? -errno : lock_journal(c->lock_fd);
	if (!err) {
		c->have_directory = 1;
		return 0;
	}
	(void)creation_state_error(c, "journal", err);
	/* Who has the lock removes what there is. Otherwise the journal is ours, and the directory
	 * goes if it is empty then: it may be somebody else's by now. */
	if (err != -EWOULDBLOCK && c->journal_fd >= 0)
		(void)unlinkat(container->dir, "journal", 0);
	(void)unlinkat(c->root_fd, c->id, AT_REMOVEDIR);
	return -1;
}

/* What parse reads is what is kept: later edits of config.json have no effect (runtime.md,
 * "Lifecycle"). */
static int keep_config(struct creation *c, int config)
{
	int kept = openat(
		c->container.dir, "config.json", O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
	ssize_t n;

	if (kept < 0)
		return creation_state_error(c, "keeping config.json", errno);
	do
		n = sendfile(kept, config, NULL, CONFIG_MAX);
	while (n > 0 && lseek(kept, 0, SEEK_CUR) <= CONFIG_MAX);
	if (n < 0)
		return creation_state_error(c, "keeping config.json", errno);
	close(kept);
	kept = openat(c->container.dir, "config.json", O_RDONLY | O_NOFOLLOW | O_CLOEXEC);
	return kept < 0 ? creation_state_error(c, "keeping config.json", errno) : kept;
}

const char *creation_notify(const struct creation *c, char *path, size_t size)
{
	if (!notify_name())
		return NULL;
	text_join(path, size, globals.root, "/", c->id, "/" NOTIFY_DIRECTORY, NULL);
	return path;
}

/* The rest of the plan the witness looks at; this was never in config.json. */
static int follows_command_line(const struct creation *c)
{
	const struct plan *plan = &c->container.plan;
	const struct plan_config *config = plan->config;
	const char *id = plan_text(plan, config->id), *bundle = plan_text(plan, config->bundle);

	return id && !strcmp(id, c->id) && bundle && !strcmp(bundle, c->bundle_path) &&
		config->no_pivot == (c->no_pivot != 0) &&
		config->no_new_keyring == (c->no_new_keyring != 0) &&
		config->rootless == (verb_rootless() != 0) &&
		config->systemd == (globals.systemd_cgroup != 0) &&
		config->preserve_fds == (uint64_t)c->handover.preserve_fds &&
		spawn_files_are(config) &&
		config->foreground == (c->starts && !c->handover.detach) && !config->joins;
}

static int parse(struct creation *c, int config)
{
	char preserve[24], listen_fds[24], notify[NOTIFY_PATH];
	struct text t = TEXT(preserve), l = TEXT(listen_fds);
	const char *arguments[24] = {"--id", c->id, "--bundle", c->bundle_path, "--preserve-fds",
		preserve, "--listen-fds", listen_fds, "--files", spawn_files_text()};
	const struct parse_input input = {config, -1, -1};
	size_t n = 10;
	const char *why;
	int err, fd;

	if (!arguments[9])
		return creation_error(c, "RLIMIT_NOFILE", errno);
	text_add_u64(&t, (uint64_t)c->handover.preserve_fds);
	text_add_u64(&l, c->handover.listen_fds);
	if (c->handover.listen_names) {
		arguments[n++] = "--listen-names";
		arguments[n++] = c->handover.listen_names;
	}
	if (creation_notify(c, notify, sizeof(notify))) {
		arguments[n++] = "--notify";
		arguments[n++] = notify;
	}
	if (c->no_pivot)
		arguments[n++] = "--no-pivot";
	if (c->no_new_keyring)
		arguments[n++] = "--no-new-keyring";
	if (verb_rootless())
		arguments[n++] = "--rootless";
	if (globals.systemd_cgroup)
		arguments[n++] = "--systemd-cgroup";
	if (c->starts && !c->handover.detach)
		arguments[n++] = "--foreground";
	c->plan_fd = memfd_create("plan", MFD_CLOEXEC | MFD_ALLOW_SEALING);
	if (c->plan_fd < 0)
		return creation_error(c, "memfd_create", errno);
	if (conduct_parse(&input, c->plan_fd, arguments, c->line, sizeof(c->line)))
		return -1;
	err = spawn_seal_memfd(c->plan_fd);
	if (!err)
		err = plan_load(c->plan_fd, build_id, &c->container.plan, &why);
	if (err)
		return creation_error(c, "parse made a bad plan", err);
	c->container.have_plan = 1;
	if (!follows_command_line(c))
		return creation_error(c, "parse made a plan of another command line", 0);
	if (c->starts && !c->container.plan.config->has_process)
		return creation_error(c, "process property must not be empty", 0);
	if (conduct_check_label(&c->container.plan, c->line, sizeof(c->line)))
		return -1;
	fd = openat(c->container.dir, "plan", O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
	err = fd < 0 ? -errno : write_whole(fd, c->container.plan.image, c->container.plan.size);
	if (fd >= 0)
		close(fd);
	return err ? creation_state_error(c, "keeping the plan", err) : 0;
}

static int make_fifo(struct creation *c)
{
	if (mkfifoat(c->container.dir, "exec.fifo", 0600) < 0)
		return creation_state_error(c, "exec fifo", errno);
	c->start_fd = openat(c->container.dir, "exec.fifo", O_RDWR | O_NOFOLLOW | O_CLOEXEC);
	return c->start_fd < 0 ? creation_state_error(c, "exec fifo", errno) : 0;
}

/* The container's process may send as soon as it runs, so for `run` its socket is there before. */
static int prepare_notify(struct creation *c)
{
	if (!notify_name())
		return 0;
	if (mkdirat(c->container.dir, NOTIFY_DIRECTORY, 0755) < 0)
		return creation_error(c, NOTIFY_DIRECTORY, errno);
	return c->starts ? notify_bind(&c->notify, c->container.dir, c->line, sizeof(c->line)) : 0;
}

/* The journal first: `exec` takes the name from there. */
static int name_keyring(struct creation *c)
{
	struct journal *journal = &c->container.journal;
	int err;

	if (c->container.plan.config->no_new_keyring)
		return 0;
	if (getrandom(&journal->keyring, sizeof(journal->keyring), 0) !=
		(ssize_t)sizeof(journal->keyring))
		return creation_error(c, "getrandom", errno);
	journal->has_keyring = 1;
	err = journal_append(
		c->journal_fd, JOURNAL_KEYRING, &journal->keyring, sizeof(journal->keyring));
	return err ? creation_state_error(c, "journal", err) : 0;
}

static int prepare(struct creation *c)
{
	const char *error = state_id_error(c->id);
	int rootless = verb_rootless(), config, kept,
	    err; /* a bad word ends us before anything is made */

	if (error)
		return creation_error(c, error, 0);
	if (globals.systemd_cgroup && systemd_check(rootless, c->line, sizeof(c->line)))
		return -1;
	if (handover_pid_directory(&c->handover, c->line, sizeof(c->line)))
		return -1;
	if (c->starts && notify_name())
		notify_connect(&c->notify);
	if (enter_bundle(c))
		return -1;
	config = open_config(c);
	if (config < 0 || make_directory(c) || prepare_notify(c))
		return -1;
	kept = keep_config(c, config);
	close(config);
	if (kept < 0)
		return -1;
	err = parse(c, kept);
	close(kept);
	if (err || rootless_check(c) || name_keyring(c) ||
		handover_connect(&c->handover, c->container.plan.config->terminal != 0, c->line,
			sizeof(c->line)) ||
		listener_connect(&c->container.plan, &c->agent, c->line, sizeof(c->line)))
		return -1;
	return make_fifo(c);
}

/* The limit may be below what is in use already, or what the first steps need; the cgroup is still
 * there. */
static int killed_by_memory_limit(const struct creation *c)
{
	static struct journal journal;
	uint64_t kills;

	return !journal_read(c->journal_fd, &journal) && !state_oom_kills(&journal, &kills) &&
		kills;
}

static int report_failure(struct creation *c)
{
	const struct step *cause;
	char line[CREATION_LINE];

	cause = steps_cause(c->steps, STEP_COUNT);
	if (!cause)
		return creation_error(c,
			killed_by_memory_limit(c)
				? "unable to start container process: container init was "
				  "OOM-killed (memory limit too low?)"
				: "unable to start container process: it ended before it was ready",
			0);
	step_error(cause, line, sizeof(line));
	if (cause == &c->steps[STEP_WITNESS])
		text_join(c->line, sizeof(c->line), line, NULL);
	else if (cause == &c->steps[STEP_CGROUP] || cause == &c->steps[STEP_SCOPE])
		text_join(c->line, sizeof(c->line), "unable to apply cgroup configuration: ", line,
			NULL);
	else if (cause == &c->steps[STEP_NETDEV])
		text_join(c->line, sizeof(c->line),
			"unable to start container process: error creating network interfaces: ",
			line, NULL);
	else if (cause == &c->steps[STEP_RESCTRL])
		text_join(c->line, sizeof(c->line),
			"unable to apply Intel RDT configuration: ", line, NULL);
	else if (!strncmp(line, "invalid rootfs", 14))
		text_join(c->line, sizeof(c->line), line, rootless_hint(c, cause), NULL);
	else
		text_join(
			c->line, sizeof(c->line), INIT_PREFIX, line, rootless_hint(c, cause), NULL);
	return -1;
}

static int everything_done(const struct creation *c)
{
	return c->created && c->agent < 0 && c->listener < 0 && c->limited &&
		c->steps[STEP_SOURCES].done && !creation_pending(c, STEP_NETLINK) &&
		!creation_pending(c, STEP_NETDEV) && !creation_pending(c, STEP_RESCTRL);
}

static int hear_step(struct creation *c, enum creation_step i)
{
	static struct msg msg;
	struct step *step = &c->steps[i];
	int got = step_receive(step, &msg);

	if (got == 1)
		return creation_hear(c, i, &msg);
	if (step->failed)
		return report_failure(c);
	/* ns ends without a word; the line must not end before it said MSG_CREATED. */
	if (got < 0 && ((i == STEP_LINE && !c->created) || (i == STEP_NS && c->init_pidfd < 0)))
		return report_failure(c);
	return 0;
}

static int took_too_long(struct creation *c, const struct waiting *waiting, int err)
{
	char line[CREATION_LINE];

	waiting_error(waiting, line, sizeof(line));
	return creation_error(c,
		creation_pending(c, STEP_WITNESS)
			? "unable to start container process: witness took too long"
			: line,
		err);
}

/* The deadline is one for all: a step that talks all the time must not put it off. Only hooks may
 * take any time. */
static int hear_all(struct creation *c)
{
	int64_t begun = conduct_clock() / 1000, end = begun + STEP_SECONDS * 1000;
	struct waiting waiting = {c->steps, STEP_COUNT, begun, 0};

	while (!everything_done(c)) {
		struct pollfd pollers[STEP_COUNT + 1];
		int witnessing = creation_pending(c, STEP_WITNESS), n;
		int64_t left;

		if (c->hooks_running)
			end = conduct_clock() / 1000 + STEP_SECONDS * 1000;
		left = witnessing ? begun + WITNESS_SECONDS * 1000 : end;
		left -= conduct_clock() / 1000;
		for (int i = 0; i < STEP_COUNT; i++)
			pollers[i] = (struct pollfd){.fd = c->steps[i].peer.fd, .events = POLLIN};
		pollers[STEP_COUNT] = (struct pollfd){.fd = c->signal_fd, .events = POLLIN};
		n = c->hooks_running ? waiting_hooks(&waiting, &c->steps[STEP_HOOK], pollers,
					       STEP_COUNT + 1, STEP_SECONDS)
			: left > 0   ? waiting_poll(&waiting, pollers, STEP_COUNT + 1, left)
				     : 0;
		if (n < 0 && errno == EINTR)
			continue;
		if (n <= 0)
			return took_too_long(c, &waiting, n ? errno : 0);
		if (pollers[STEP_COUNT].revents &&
			conduct_interrupted(c->signal_fd, c->line, sizeof(c->line)))
			return -1;
		for (int i = 0; i < STEP_COUNT; i++)
			if (pollers[i].revents && c->steps[i].peer.fd >= 0 &&
				hear_step(c, (enum creation_step)i))
				return -1;
		if (creation_advance(c))
			return -1;
	}
	return 0;
}

/* What is left after creation: the container, the hook program when hooks are still to come, and
 * netdev until nothing can fail any more. */
static int release_steps(struct creation *c)
{
	/* dmz must be its only reader: container_start waits for the end of that. */
	close(c->start_fd);
	c->start_fd = -1;
	for (int i = 0; i < STEP_COUNT; i++) {
		if (i == STEP_HOOK || i == STEP_LINE || i == STEP_NETDEV)
			continue;
		if ((c->steps[i].peer.fd >= 0 || c->steps[i].pidfd >= 0) &&
			step_finish(&c->steps[i], GRACE_SECONDS) && i != STEP_NS)
			return report_failure(c);
	}
	return 0;
}

/*
 * What is changed from here on: ROOT/ID, which may be removed again, the pid file, and cgroups and resctrl
 * groups, by the steps that remove them. Not with systemd: scope is linked to libraries, and executing these is denied. tty opens the caller's terminal, so with one
 * in the foreground this waits until tty runs.
 */
int creation_confine(struct creation *c)
{
	const struct plan_config *config = c->container.plan.config;

	if (config->systemd)
		return 0;
	const struct priv_rule rules[] = {{NULL, c->container.dir, PRIV_DATA},
		{NULL, c->root_fd, LANDLOCK_ACCESS_FS_REMOVE_DIR},
		{NULL, c->handover.pid_dir, PRIV_FILES}, {"/sys/fs/cgroup", -1, PRIV_DATA},
		{config->has_rdt ? "/sys/fs/resctrl" : NULL, -1, PRIV_DATA}};

	return conduct_confine(rules, sizeof(rules) / sizeof(rules[0]), c->line, sizeof(c->line));
}

static int confine_without_tty(struct creation *c)
{
	const int has_tty = c->starts && !c->handover.detach && c->container.plan.config->terminal;

	return has_tty ? 0 : creation_confine(c);
}

/* The kernel has taken it. */
static void remember_filter(struct creation *c)
{
	if (c->cache_fd < 0)
		return;
	bpf_cache_store(c->cache_fd, c->filter_key, c->filter_fd);
	close(c->cache_fd);
}

int creation_make(struct creation *c)
{
	int err;

	c->container.dir = c->bundle_fd = c->root_fd = c->journal_fd = c->lock_fd = c->start_fd =
		-1;
	c->plan_fd = c->filter_fd = c->signal_fd = c->init_pidfd = c->cgroup_dir = c->netsock =
		c->agent = c->listener = c->cache_fd = -1;
	c->hook_files = HOOK_FILES_NONE;
	for (int i = 0; i < STEP_COUNT; i++)
		c->steps[i].pidfd = c->steps[i].peer.fd = -1;
	c->poststop.pidfd = c->poststop.peer.fd = -1;
	umask(0022);
	/* Before anything of ours is open: none of that may be taken for one of the caller's. */
	err = handover_fds(&c->handover, 1, c->line, sizeof(c->line)) ||
		conduct_catch_signals(&c->signal_fd, c->line, sizeof(c->line)) || prepare(c) ||
		creation_spawn_steps(c) || conduct_drop_privileges(c->line, sizeof(c->line)) ||
		confine_without_tty(c) || creation_advance(c) || hear_all(c) || release_steps(c) ||
		creation_publish(c);
	if (err) {
		creation_undo(c);
		return -1;
	}
	remember_filter(c);
	step_kill(&c->steps[STEP_NETDEV]); /* its devices stay where they are */
	(void)flock(c->lock_fd, LOCK_UN);  /* the container belongs to everybody now */
	return 0;
}
