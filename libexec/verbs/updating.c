/*
 * See updating.h. An update is in force from the moment when the new plan takes the name of the old
 * one. The steps hold the old one, and take back what they have written when their conductor ends and
 * it still has its name; so kernel and plan agree at whatever instruction the conductor is killed.
 * state.json and resources.json are renamed afterwards; after a kill, the next update does it.
 */
#include "updating.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>
#include "creation.h"
#include "fds.h"
#include "resources_json.h"
#include "step.h"
#include "systemd.h"
#include "text.h"
#include "verb.h"
#include "waiting.h"
#include "whole.h"

#define STEP_SECONDS  30
#define RESOURCES_MAX (4u << 20)
#define COUNT(array)  (sizeof(array) / sizeof((array)[0]))

static const struct msg_rule rules[] = {MSG_ANY_STEP, {MSG_UPDATED, MSG_ONCE, 0, 0, PROGRAM_COUNT},
	{MSG_DONE, MSG_ONCE, 0, MSG_UPDATED, PROGRAM_COUNT}};

static int fail(char *line, size_t size, const char *what, int err)
{
	text_join(line, size, what, ": ", errno_text(err < 0 ? -err : err), NULL);
	return -1;
}

/* Waits until the step has written everything. 0, or -1 and LINE. */
static int await_updated(struct step *step, char *line, size_t size)
{
	static struct msg msg;
	int64_t begun = conduct_clock() / 1000, end = begun + STEP_SECONDS * 1000;
	struct waiting waiting = {step, 1, begun, 0};

	while (step->peer.fd >= 0) {
		struct pollfd poller = {.fd = step->peer.fd, .events = POLLIN};
		int64_t left = end - conduct_clock() / 1000;
		int n = waiting_poll(&waiting, &poller, 1, left > 0 ? left : 0);

		if (n < 0 && errno == EINTR)
			continue;
		if (n <= 0) {
			text_join(line, size, program_names[step->program], " took too long", NULL);
			return -1;
		}
		if (step_receive(step, &msg) == 1 && msg.header.type == MSG_UPDATED)
			return 0;
	}
	step_error(step, line, size);
	return -1;
}

/* What the steps of an update are given. The journal is the locked one: a step that outlives us still
 * holds the lock. */
struct given {
	int journal, plan, old;
};

static int apply(
	struct step *step, enum program program, const struct given *given, char *line, size_t size)
{
	static const char *const arguments[] = {"update", NULL};
	const struct spawn_fd fds[] = {
		{given->plan, FD_PLAN}, {given->journal, FD_JOURNAL}, {given->old, FD_KEPT}};
	const struct spawn request = {.program = program,
		.image = -1,
		.arguments = arguments,
		.fds = fds,
		.fd_count = COUNT(fds)};

	return step_start_or_say(step, &request, rules, COUNT(rules), line, size) ||
			await_updated(step, line, size)
		? -1
		: 0;
}

/* It sees the end of what we say, writes back what was there, and may still warn. */
static void undo(struct step *step)
{
	if (step->peer.fd >= 0 && shutdown(step->peer.fd, SHUT_WR) < 0)
		step_kill(step);
	(void)step_finish(step, STEP_SECONDS);
}

static int keep(struct step *step, char *line, size_t size)
{
	if (step->pidfd < 0)
		return 0;
	if (step_tell(step, MSG_KEEP, NULL, 0, -1, line, size))
		return -1;
	if (!step_finish(step, STEP_SECONDS))
		return 0;
	step_error(step, line, size);
	return -1;
}

/* systemd has the limits as well, and would come back to its own. */
static int update_unit(const struct container *container, int plan, char *line, size_t size)
{
	return container->journal.unit.name ? container_unit(container, "update", plan, line, size)
					    : 0;
}

static void undo_unit(const struct container *container, int old)
{
	char line[4096];

	if (update_unit(container, old, line, sizeof(line)))
		log_record(LOG_LEVEL_WARNING, "systemd keeps limits of the failed update", NULL);
}

/* A memfd with the plan OLD as an update to it, of what the failed one was to change; or -errno. */
static int plan_back(const struct container *container, int old)
{
	uint64_t bits = container->plan.config->updates;
	struct plan plan;
	const char *why;
	int err = plan_load(old, build_id, &plan, &why), fd;

	if (err)
		return err;
	fd = memfd_create("plan", MFD_CLOEXEC | MFD_ALLOW_SEALING);
	if (fd < 0)
		return -errno;
	err = write_whole(fd, plan.image, plan.size);
	if (!err &&
		pwrite(fd, &bits, sizeof(bits),
			(const uint8_t *)&plan.config->updates - plan.image) != sizeof(bits))
		err = -EIO;
	if (!err)
		err = spawn_seal_memfd(fd);
	if (!err)
		return fd;
	close(fd);
	return err;
}

/* Writes the limits of PLAN once more, with a step that finds what the one before has left. */
static int write_again(
	enum program program, const struct given *given, int plan, char *line, size_t size)
{
	const struct given again = {given->journal, plan, given->old};
	struct step step = {.pidfd = -1, .peer.fd = -1};

	return apply(&step, program, &again, line, size) ? -1 : keep(&step, line, size);
}

/* A step that was killed has taken nothing back. */
static void set_back(
	const struct container *container, enum program program, const struct given *given)
{
	int plan = plan_back(container, given->old);
	char line[4096];

	if (plan < 0 || write_again(program, given, plan, line, sizeof(line)))
		log_record(LOG_LEVEL_WARNING,
			"the container may have limits of the failed update: update it again",
			NULL);
	if (plan >= 0)
		close(plan);
}

/* A step that fails before it hears that the update is in force has taken everything back. */
static int keep_all(struct step steps[2], const struct given *given, char *line, size_t size)
{
	int err = 0;

	for (int i = 0; i < 2; i++)
		if (keep(&steps[i], line, size))
			err |= write_again(steps[i].program, given, given->plan, line, size);
	return err;
}

static int write_new(
	const struct container *container, const char *name, const void *data, size_t length)
{
	int fd = openat(
		container->dir, name, O_WRONLY | O_CREAT | O_TRUNC | O_NOFOLLOW | O_CLOEXEC, 0600);
	int err;

	if (fd < 0)
		return -errno;
	err = write_whole(fd, data, length);
	close(fd);
	return err;
}

static int write_resources(const struct container *container)
{
	static char buffer[RESOURCES_MAX];
	struct json j;

	json_start(&j, buffer, sizeof(buffer), NULL);
	json_object(&j, NULL);
	resources_add(&j, &container->plan);
	json_object_end(&j);
	return j.cut ? -E2BIG : write_new(container, "resources.json.new", j.data, j.length);
}

static int rename_new(const struct container *container, const char *from, const char *to)
{
	return renameat(container->dir, from, container->dir, to) < 0 ? -errno : 0;
}

/* Everything that is likely to fail comes before the first name is changed, and before systemd
 * hears of it, which cannot be told to forget a limit. The plan is the first, see finish_names. */
static int write_state(const struct container *container)
{
	int err = write_new(container, "plan.new", container->plan.image, container->plan.size);

	if (!err)
		err = write_resources(container);
	return err ? err : state_json_write_new(container, &container->plan);
}

/* What follows the plan. Not there: an update before has come so far. */
static int rename_rest(const struct container *container)
{
	int state = rename_new(container, "state.json.new", "state.json");
	int resources = rename_new(container, "resources.json.new", "resources.json");

	return state && state != -ENOENT ? state : resources == -ENOENT ? 0 : resources;
}

/* The plan goes last, see finish_names. */
static void remove_new(const struct container *container)
{
	static const char *const names[] = {"resources.json.new", "state.json.new", "plan.new"};

	for (size_t i = 0; i < COUNT(names); i++)
		(void)unlinkat(container->dir, names[i], 0); /* most are not there */
}

/* After an update whose conductor was killed: with a new plan it is not in force, without one the
 * other files belong to the plan that is. */
static int finish_names(const struct container *container)
{
	struct stat st;

	if (!fstatat(container->dir, "plan.new", &st, AT_SYMLINK_NOFOLLOW)) {
		remove_new(container);
		return 0;
	}
	return errno == ENOENT ? rename_rest(container) : -errno;
}

int updates_finish(const struct container *container, char *line, size_t size)
{
	int err = finish_names(container);

	return err ? fail(line, size, "the state that a killed update has left", err) : 0;
}

/* Takes everything back: nothing is in force yet. */
static void undo_all(const struct container *container, struct step steps[2],
	const struct given *given, int unit_changed)
{
	/* Before the files: systemd writes them, too. */
	if (unit_changed)
		undo_unit(container, given->old);
	for (int i = 1; i >= 0; i--) {
		undo(&steps[i]);
		if (steps[i].killed)
			set_back(container, steps[i].program, given);
	}
	remove_new(container);
}

int container_update(
	struct container *container, int journal, int plan, int rdt, char *line, size_t size)
{
	static const char state[] = "writing the container's state";
	struct given given = {journal, plan, state_open_file(container, "plan")};
	struct step steps[2] = {{.pidfd = -1, .peer.fd = -1}, {.pidfd = -1, .peer.fd = -1}};
	int unit_changed = 0, err;

	if (given.old < 0)
		return fail(line, size, "the plan of the container", given.old);
	err = apply(&steps[0], PROGRAM_CGROUP, &given, line, size);
	if (!err && rdt)
		err = apply(&steps[1], PROGRAM_RESCTRL, &given, line, size);
	if (!err && (err = write_state(container)))
		err = fail(line, size, state, err);
	if (!err) {
		err = update_unit(container, plan, line, size);
		unit_changed = !err && container->journal.unit.name;
	}
	if (!err && (err = rename_new(container, "plan.new", "plan")))
		err = fail(line, size, state, err);
	if (err) {
		undo_all(container, steps, &given, unit_changed);
	} else {
		err = keep_all(steps, &given, line, size);
		if (!err && (err = rename_rest(container)))
			err = fail(line, size, state, err);
	}
	close(given.old);
	return err;
}
