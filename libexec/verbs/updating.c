/* See updating.h. Both steps take back what they have written unless they are told to keep it, so
 * that nothing is left of an update whose conductor ends at whatever instruction. */
#include "updating.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>
#include "creation.h"
#include "fds.h"
#include "resources_json.h"
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

/* The journal it is given is the locked one: a step that outlives us still holds the lock. */
static int apply(
	struct step *step, enum program program, int journal, int plan, char *line, size_t size)
{
	static const char *const arguments[] = {"update", NULL};
	const struct spawn_fd fds[] = {{plan, FD_PLAN}, {journal, FD_JOURNAL}};
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

/* The old plan is there until the new one takes its name. */
static void undo_unit(const struct container *container)
{
	int plan = state_open_file(container, "plan");
	char line[4096];

	if (plan < 0 || update_unit(container, plan, line, sizeof(line)))
		log_record(LOG_LEVEL_WARNING, "systemd keeps limits of the failed update", NULL);
	if (plan >= 0)
		close(plan);
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
 * hears of it, which cannot be told to forget a limit. */
static int write_state(const struct container *container)
{
	int err = write_resources(container);

	if (!err)
		err = write_new(container, "plan.new", container->plan.image, container->plan.size);
	return err ? err : state_json_write_new(container, &container->plan);
}

static int keep_state(const struct container *container)
{
	int err = rename_new(container, "state.json.new", "state.json");

	if (!err)
		err = rename_new(container, "resources.json.new", "resources.json");
	if (!err)
		err = rename_new(container, "plan.new", "plan");
	return err;
}

static void remove_new(const struct container *container)
{
	static const char *const names[] = {"resources.json.new", "plan.new", "state.json.new"};

	for (size_t i = 0; i < COUNT(names); i++)
		(void)unlinkat(container->dir, names[i], 0); /* most are not there */
}

int container_update(
	struct container *container, int journal, int plan, int rdt, char *line, size_t size)
{
	static const char state[] = "writing the container's state";
	struct step cgroup = {.pidfd = -1, .peer.fd = -1}, resctrl = cgroup;
	int err = apply(&cgroup, PROGRAM_CGROUP, journal, plan, line, size);
	int unit_changed = 0;

	if (!err && rdt)
		err = apply(&resctrl, PROGRAM_RESCTRL, journal, plan, line, size);
	if (!err && (err = write_state(container)))
		err = fail(line, size, state, err);
	if (!err) {
		err = update_unit(container, plan, line, size);
		unit_changed = !err && container->journal.unit.name;
	}
	if (!err && (err = keep_state(container)))
		err = fail(line, size, state, err);
	if (!err)
		return keep(&cgroup, line, size) | keep(&resctrl, line, size);
	/* Before the files: systemd writes them, too. */
	if (unit_changed)
		undo_unit(container);
	undo(&resctrl);
	undo(&cgroup);
	remove_new(container);
	return -1;
}
