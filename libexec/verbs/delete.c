/* delete: undoes what create made. Works from the journal, so also on what a killed creation left.
 */
#include "creation.h"

#include <errno.h>
#include <string.h>
#include <unistd.h>
#include "text.h"
#include "verb.h"

#define LOCK_TRIES 1001 /* 10 ms apart */

static int force;

static const struct flag flags[] = {
	{"force", "f", FLAG_BOOL, &force,
		"forcibly deletes the container if it is still running (uses SIGKILL)"},
};

static const struct verb verb = {
	.name = "delete",
	.usage = "<container-id> [<container-id>...]",
	.description =
		"delete any resources held by the container often used with detached container",
	.flags = flags,
	.flag_count = sizeof(flags) / sizeof(flags[0]),
	.min_args = 1,
	.max_args = -1,
};

static int fail(const char *text)
{
	log_record(LOG_LEVEL_ERROR, text, NULL);
	return -1;
}

/* A directory without the ready record: left by a creation that was killed. */
static int delete_unready(int root, struct container *container)
{
	char line[CREATION_LINE];

	if (container_kill(container, line, sizeof(line)) ||
		container_remove(root, container, NULL, line, sizeof(line)))
		return fail(line);
	return force ? 0 : fail("container does not exist");
}

static int check_status(const struct container *container)
{
	enum container_status status = state_status(container);
	char text[512];

	if (force || status == STATUS_STOPPED || status == STATUS_CREATED)
		return 0;
	text_join(text, sizeof(text), "cannot delete container ", container->id,
		" that is not stopped: ", status_names[status], NULL);
	return fail(text);
}

static int delete_ready(int root, struct container *container)
{
	static char line[CREATION_LINE];
	struct step hook;
	int plan, with_hooks = 0, err;

	if (check_status(container))
		return -1;
	plan = container_plan(container, line, sizeof(line));
	if (plan < 0)
		log_record(LOG_LEVEL_WARNING, line, NULL);
	else
		with_hooks =
			container->plan.config->hooks_poststop.count && !hooks_start(&hook, plan);
	err = container_kill(container, line, sizeof(line)) ||
		container_remove(root, container, with_hooks ? &hook : NULL, line, sizeof(line));
	if (with_hooks)
		hooks_end(&hook);
	return err ? fail(line) : 0;
}

static int delete_container(const char *id)
{
	static struct container container;
	const char *error = state_id_error(id);
	char line[CREATION_LINE];
	int root, err, journal = -1;

	if (error)
		return fail(error);
	root = state_open_root(globals.root, 0);
	memset(&container, 0, sizeof(container));
	container.dir = -1;
	err = root < 0 ? -ENOENT : state_open(root, id, &container);
	if (err == -ENOENT)
		return force ? 0 : fail("container does not exist");
	if (err && err != -EBADMSG)
		return fail(errno_text(-err));
	container.id = id;
	/* A creation gives up by itself once its first process is killed; otherwise its end is
	 * waited for. */
	if (!err && force && !container.journal.is_ready && container.journal.init.pid)
		(void)container_kill(&container, line, sizeof(line));
	/* Of a container that is there somebody may be changing the limits: that is waited for, too. */
	err = container_lock(
		&container, force || container.journal.is_ready ? LOCK_TRIES : 1, &journal);
	if (err == -ENOENT)
		err = force ? 0 : fail("container does not exist");
	else if (err)
		err = fail(container.journal.is_ready ? "the container is in use by another command"
				: force               ? "container is still being created"
						      : "container does not exist");
	else
		err = container.journal.is_ready ? delete_ready(root, &container)
						 : delete_unready(root, &container);
	if (journal >= 0)
		close(journal);
	state_close(&container);
	close(root);
	return err;
}

int main(int argc, char **argv)
{
	const char *args[256];
	int count = verb_start(&verb, argc, argv, args, 256), failed = 0;

	for (int i = 0; i < count; i++)
		failed |= delete_container(args[i]) != 0;
	return failed;
}
