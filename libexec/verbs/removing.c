/* The end of a container: kill, remove cgroups, remove state, poststop hooks. Also the undo of a
 * failed creation. */
#include "creation.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <linux/magic.h>
#include <linux/openat2.h>
#include <poll.h>
#include <signal.h>
#include <string.h>
#include <sys/file.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/vfs.h>
#include <time.h>
#include <unistd.h>
#include "recover.h"
#include "step.h"
#include "sys.h"
#include "systemd.h"
#include "text.h"
#include "witness.h"

#define KILL_MS 10000

static int fail(char *line, size_t size, const char *what, int err)
{
	text_join(line, size, what, err ? ": " : "", err ? errno_text(err < 0 ? -err : err) : "",
		NULL);
	return -1;
}

int container_lock(struct container *container, int tries, int *journal)
{
	const struct timespec pause = {0, 10000000};
	struct stat st;
	int err;

	*journal =
		openat(container->dir, "journal", O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC);
	/* Without a journal the directory stands for it. */
	if (*journal < 0 && (errno == ENOENT || errno == ELOOP))
		*journal = openat(container->dir, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (*journal < 0)
		return -errno;
	while (flock(*journal, LOCK_EX | LOCK_NB) < 0) {
		if (errno != EINTR && (errno != EWOULDBLOCK || !--tries))
			return -errno;
		nanosleep(&pause, NULL);
	}
	if (fstat(*journal, &st) < 0)
		return -errno;
	if (!st.st_nlink)
		return -ENOENT;
	err = state_read_journal(container);
	return err && err != -EBADMSG ? err : container_recover(container, err);
}

/* A pid namespace of its own dies with its first process; any other process of the container is
 * found by cgroup. */
static int owns_pid_namespace(const struct container *container)
{
	const char *path;

	return container->have_plan && plan_namespace(&container->plan, NS_PID, &path) && !path;
}

int container_kill(struct container *container, char *line, size_t size)
{
	int pidfd = state_pidfd(container), n = 1;

	if (pidfd < 0 && pidfd != -ESRCH)
		return fail(line, size, "unable to open the container's first process", pidfd);
	if (pidfd >= 0) {
		struct pollfd poller = {.fd = pidfd, .events = POLLIN};

		if (sys_pidfd_send_signal(pidfd, SIGKILL) < 0 && errno != ESRCH) {
			(void)fail(
				line, size, "unable to kill the container's first process", errno);
			close(pidfd);
			return -1;
		}
		container_thaw(container);
		do
			n = poll(&poller, 1, KILL_MS);
		while (n < 0 && errno == EINTR);
		close(pidfd);
	}
	if (n < 0)
		return fail(line, size, "waiting for the container's first process", errno);
	if (n == 0)
		return fail(line, size, "container init still running", 0);
	if (container->journal.cgroup_count && !owns_pid_namespace(container))
		return container_cgroup(container, "kill", line, size);
	return 0;
}

static int remove_empty_cgroup(const char *path)
{
	struct open_how how = {.flags = O_PATH | O_DIRECTORY | O_CLOEXEC,
		.resolve = RESOLVE_NO_SYMLINKS | RESOLVE_NO_MAGICLINKS};
	const char *name = strrchr(path, '/');
	char above[PATH_MAX];
	struct text t = TEXT(above);
	struct statfs fs;
	int dir, removed;

	text_add_bytes(&t, path, name ? (size_t)(name - path) : 0);
	dir = t.cut || !t.length ? -1 : sys_openat2(AT_FDCWD, above, &how);
	removed = dir >= 0 && !fstatfs(dir, &fs) &&
		(fs.f_type == CGROUP_SUPER_MAGIC || fs.f_type == CGROUP2_SUPER_MAGIC) &&
		!unlinkat(dir, name + 1, AT_REMOVEDIR);
	if (dir >= 0)
		close(dir);
	return removed;
}

/* True when all are gone. Most containers leave them empty, and a program for that costs more than all
 * the rest of a removal. Whatever fails here, cgroup tries anew, and says why not. */
static int remove_empty_cgroups(const struct journal *journal)
{
	for (size_t i = journal->cgroup_count; i-- > 0;)
		if (!remove_empty_cgroup(journal->cgroups[i].path))
			return 0;
	return 1;
}

int container_remove(
	int root, struct container *container, struct step *hook, char *line, size_t size)
{
	char reason[CREATION_LINE];
	int err;

	if (container->journal.unit.name &&
		container_unit(container, "remove", -1, reason, sizeof(reason))) {
		text_join(line, size, "unable to destroy container: ", reason, NULL);
		return -1;
	}
	if (!remove_empty_cgroups(&container->journal) &&
		container_cgroup(container, "remove", reason, sizeof(reason))) {
		text_join(line, size, "unable to destroy container: ", reason, NULL);
		return -1;
	}
	if ((container->journal.resctrl.own || container->journal.resctrl.monitor) &&
		container_resctrl(container, reason, sizeof(reason))) {
		text_join(line, size, "unable to destroy container: ", reason, NULL);
		return -1;
	}
	err = state_remove(root, container->id);
	if (err && err != -ENOENT)
		return fail(line, size, "unable to destroy container: removing its state directory",
			err);
	if (!hook || hook->peer.fd < 0 || !container->have_plan ||
		!container->plan.config->hooks_poststop.count)
		return 0;
	hook->peer.seen = 0;
	if (!hooks_run(hook, HOOK_POSTSTOP, STATUS_STOPPED, 0, reason, sizeof(reason)))
		return 0;
	text_join(line, size, "unable to destroy container: ", reason, NULL);
	return -1;
}

#define ARGUMENTS_MAX 128

/* What the command line of the creation said. A plan of another layout tells nothing of that; then
 * it is only shown to hooks and readers of state.json. */
static size_t old_arguments(struct container *container, const char **arguments)
{
	const char *why, *bundle = NULL;
	size_t n = 0;

	if (!state_load_any_plan(container, &why)) {
		const struct plan_config *old = container->plan.config;

		bundle = plan_text(&container->plan, old->bundle);
		if (old->no_pivot)
			arguments[n++] = "--no-pivot";
		if (old->no_new_keyring)
			arguments[n++] = "--no-new-keyring";
		if (old->rootless)
			arguments[n++] = "--rootless";
	}
	if (container->journal.unit.name)
		arguments[n++] = "--systemd-cgroup";
	arguments[n++] = "--id";
	arguments[n++] = container->id;
	arguments[n++] = "--bundle";
	arguments[n++] = bundle ? bundle : "/";
	return n;
}

static int parse_kept(const struct container *container, const char **arguments, size_t n,
	const char *const *more, int request, int plan, char *line, size_t size)
{
	struct parse_input input = {.request = request};
	int err;

	input.config = state_open_file(container, "config.json");
	if (input.config < 0)
		return fail(line, size, "the kept config.json", input.config);
	input.changed = state_open_file(container, "resources.json");
	if (input.changed < 0 && input.changed != -ENOENT) {
		err = fail(line, size, "the kept resources.json", input.changed);
	} else {
		if (input.changed >= 0)
			arguments[n++] = "--changed";
		while (*more && n < ARGUMENTS_MAX - 1)
			arguments[n++] = *more++;
		arguments[n] = NULL;
		err = conduct_parse(&input, plan, arguments, line, size);
	}
	if (input.changed >= 0)
		close(input.changed);
	close(input.config);
	return err;
}

/* Hooks of the host and joined namespaces will come from the new plan. */
static int ask_witness(
	const struct container *container, int plan, int updates, char *line, size_t size)
{
	const struct witness_request request = {.config = state_open_file(container, "config.json"),
		.plan = plan,
		.kept = -1,
		.changed = updates || !faccessat(container->dir, "resources.json", F_OK, 0)};
	int err;

	if (request.config < 0)
		return fail(line, size, "the kept config.json", request.config);
	err = witness_ask(&request, line, size);
	close(request.config);
	return err;
}

int container_parse(
	struct container *container, const char *const *more, int request, char *line, size_t size)
{
	const char *arguments[ARGUMENTS_MAX], *why;
	size_t n = old_arguments(container, arguments);
	int plan = memfd_create("plan", MFD_CLOEXEC | MFD_ALLOW_SEALING), err;

	if (plan < 0)
		return fail(line, size, "memfd_create", errno);
	err = parse_kept(container, arguments, n, more, request, plan, line, size);
	if (!err &&
		((err = spawn_seal_memfd(plan)) ||
			(err = plan_load(plan, build_id, &container->plan, &why))))
		(void)fail(line, size, "parse made a bad plan", err);
	if (err) {
		close(plan);
		return -1;
	}
	if (witness_is_needed(&container->plan) &&
		ask_witness(container, plan, *more != NULL, line, size)) {
		container->have_plan = 0;
		close(plan);
		return -1;
	}
	container->have_plan = 1;
	return plan;
}

int container_plan(struct container *container, char *line, size_t size)
{
	static const char *const nothing[] = {NULL};
	const char *why;
	int err = state_load_plan(container, &why), fd;

	/* Of another build: an upgrade of davit strands no container. */
	if (err == -ESTALE || err == -EBADMSG)
		return container_parse(container, nothing, -1, line, size);
	if (err)
		return fail(line, size, "the plan of the container", err);
	fd = state_open_file(container, "plan");
	return fd < 0 ? fail(line, size, "the plan of the container", fd) : fd;
}
