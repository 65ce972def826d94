/* start: lets a created container run the user's program. */
#include "creation.h"

#include <errno.h>
#include <string.h>
#include <unistd.h>
#include "hook_files.h"
#include "text.h"
#include "verb.h"

static const struct verb verb = {
	.name = "start",
	.usage = "<container-id>",
	.description = "executes the user defined process in a created container",
	.min_args = 1,
	.max_args = 1,
};

static void check_status(const struct container *container)
{
	switch (verb_status(container, 1)) {
	case STATUS_CREATED:
		return;
	case STATUS_STOPPED:
		log_die(1, NULL, "cannot start a container that has stopped");
	case STATUS_PAUSED:
		log_die(1, NULL, "cannot start a container in the paused state");
	default:
		log_die(1, NULL, "cannot start an already running container");
	}
}

/* config.md, "Lifecycle": a start that failed in its hooks is followed by all that delete does. */
static void destroy(struct container *container, int plan)
{
	static char line[CREATION_LINE];
	int root = state_open_root(globals.root, 0), journal = -1, with_hooks, err;
	struct step hook;

	err = root < 0 ? root : container_lock(container, 1, &journal);
	/* `delete` may be at it, or have done it. */
	if (err == -ENOENT || err == -EWOULDBLOCK)
		return;
	if (err) {
		text_join(line, sizeof(line),
			"unable to destroy container: locking its journal: ", errno_text(-err),
			NULL);
		log_record(LOG_LEVEL_WARNING, line, NULL);
		return;
	}
	with_hooks = container->plan.config->hooks_poststop.count &&
		!hook_files_start(&container->plan, &hook, plan);
	if (container_kill(container, line, sizeof(line)) ||
		container_remove(root, container, with_hooks ? &hook : NULL, line, sizeof(line)))
		log_record(LOG_LEVEL_WARNING, line, NULL);
	if (with_hooks)
		hooks_end(&hook);
}

int main(int argc, char **argv)
{
	static struct container container;
	static char line[CREATION_LINE];
	const char *args[1];
	struct notify notify = {.stage = NOTIFY_OVER};
	struct step hook;
	int plan, with_hooks, pidfd, err;

	verb_start(&verb, argc, argv, args, 1);
	verb_open_container(args[0], &container, 1);
	check_status(&container);
	plan = container_plan(&container, line, sizeof(line));
	if (plan < 0)
		log_die(1, NULL, line);
	if (notify_name()) {
		notify_connect(&notify);
		if (notify_bind(&notify, container.dir, line, sizeof(line)))
			log_die(1, NULL, line);
	}
	notify.pid = container.journal.init.pid;
	pidfd = state_pidfd(&container); /* container_start tells when there is none */
	with_hooks = container.plan.config->hooks_poststart.count != 0;
	err = with_hooks ? hook_files_start(&container.plan, &hook, plan) : 0;
	if (err) {
		spawn_error("cannot start ", PROGRAM_HOOK, -err, line, sizeof(line));
		log_die(1, NULL, line);
	}
	err = container_start(&container, with_hooks ? &hook : NULL, 1, line, sizeof(line));
	if (with_hooks)
		hooks_end(&hook);
	if (err == START_HOOK_FAILED)
		destroy(&container, plan);
	if (err)
		log_die(1, NULL, line);
	(void)notify_wait(&notify, pidfd, -1); /* until a signal ends us, if need be */
	return 0;
}
