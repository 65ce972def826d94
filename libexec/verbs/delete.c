/* delete: undoes what create made. Works from the journal, so also on what a killed creation left.
 */
#include "creation.h"

#include <errno.h>
#include <string.h>
#include <unistd.h>
#include "hook_files.h"
#include "recover.h"
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

/* Left by a creation that was killed. */
static int delete_unready(int root, struct container *container)
{
	char line[CREATION_LINE];

	if (container_kill(container, line, sizeof(line)) ||
		container_remove(root, container, NULL, line, sizeof(line)))
		return fail(line);
	return 0;
}

static int check_status(const struct container *container)
{
	int status = force ? STATUS_STOPPED : state_status(container);
	char text[512];

	if (status < 0) {
		text_join(text, sizeof(text), "the status of container ", container->id,
			" cannot be told: ", errno_text(-status), NULL);
		return fail(text);
	}
	if (status == STATUS_STOPPED || status == STATUS_CREATED)
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
		with_hooks = container->plan.config->hooks_poststop.count &&
			!hook_files_start(&container->plan, &hook, plan);
	err = container_kill(container, line, sizeof(line)) ||
		container_remove(root, container, with_hooks ? &hook : NULL, line, sizeof(line));
	if (with_hooks)
		hooks_end(&hook);
	return err ? fail(line) : 0;
}

/* The steps read the journal themselves. */
static int repair(struct container *container, int *journal)
{
	const char *group = container->journal.resctrl.group;
	char text[CREATION_LINE];
	int err = container_repair(container, journal);

	text_join(text, sizeof(text), "the journal of container ", container->id,
		err ? " is broken and cannot be written anew: "
		    : " is broken: what its state.json says is removed",
		err                                                ? errno_text(-err)
			: group && !container->journal.resctrl.own ? ", but not the resctrl group "
								   : "",
		!err && group && !container->journal.resctrl.own ? group : "", NULL);
	if (err)
		return fail(text);
	log_record(LOG_LEVEL_WARNING, text, NULL);
	return 0;
}

/* Under the lock, which *JOURNAL holds. */
static int delete_locked(int root, struct container *container, int *journal)
{
	if (container->recovered && (check_status(container) || repair(container, journal)))
		return -1;
	return container->journal.is_ready ? delete_ready(root, container)
					   : delete_unready(root, container);
}

static int delete_opened(int root, struct container *container)
{
	char line[CREATION_LINE];
	int err, journal = -1;

	/* Without the ready record a creation is at work, or was killed. It gives up by itself once
	 * its first process is killed; otherwise its end is waited for. */
	if (!container->journal.is_ready && !force)
		return fail(verb_container_error(container->id, container, 0));
	if (!container->journal.is_ready && container->journal.init.pid)
		(void)container_kill(container, line, sizeof(line));
	/* Wait also for whoever changes the limits of an existing one. */
	err = container_lock(container, LOCK_TRIES, &journal);
	if (err == -ENOENT)
		err = force ? 0 : fail("container does not exist");
	else if (err == -EWOULDBLOCK)
		err = fail(container->journal.is_ready
				? "the container is in use by another command"
				: "container is still being created");
	else if (err)
		err = fail(verb_container_error(container->id, container, err));
	else
		err = delete_locked(root, container, &journal);
	if (journal >= 0)
		close(journal);
	return err;
}

static int delete_container(const char *id)
{
	static struct container container;
	const char *error = state_id_error(id);
	int root, err;

	if (error)
		return fail(error);
	root = state_open_root(globals.root, 0);
	if (root < 0 && root != -ENOENT)
		return fail(verb_root_error(root));
	memset(&container, 0, sizeof(container));
	container.dir = -1;
	err = root < 0 ? root : verb_read_container(root, id, &container);
	if (err == -ENOENT && force)
		err = 0;
	else if (err)
		err = fail(verb_container_error(id, &container, err));
	else
		err = delete_opened(root, &container);
	state_close(&container);
	if (root >= 0)
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
