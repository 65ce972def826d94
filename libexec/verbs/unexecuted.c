/* See unexecuted.h. */
#include "unexecuted.h"

#include <fcntl.h>
#include <limits.h>
#include <string.h>
#include <unistd.h>
#include "conduct.h"
#include "fds.h"
#include "text.h"
#include "verb.h"

#define MOUNTS_MAX  256 /* with more nothing is told */
#define WHY_SECONDS 5

/* The last PATH wins, as in dmz. */
static const char *search_path(const struct plan *plan)
{
	struct plan_list env = plan->config->env;
	const char *found = "";

	for (uint32_t i = 0; i < env.count; i++) {
		const char *variable = plan_text(plan, plan_str_at(plan, env, i)->value);

		if (variable && !strncmp(variable, "PATH=", 5))
			found = variable + 5;
	}
	return found;
}

static int open_root(const struct plan *plan)
{
	const char *bundle = plan_text(plan, plan->config->bundle);
	const char *root = plan_text(plan, plan->config->root_path);
	char path[PATH_MAX];

	if (!bundle || !root || verb_clean_path(bundle, root, path, sizeof(path)))
		return -1;
	return open(path, O_PATH | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
}

void unexecuted_explain(const struct plan *container, const struct plan *process)
{
	static const char *words[MOUNTS_MAX + 4];
	struct plan_list mounts = container->config->mounts;
	struct spawn_fd fd = {-1, FD_LOOKED};
	const struct spawn request = {
		.program = PROGRAM_WHY, .image = -1, .arguments = words, .fds = &fd, .fd_count = 1};
	char line[2048];

	if (mounts.count > MOUNTS_MAX || !process->config->args.count)
		return;
	fd.from = open_root(container);
	if (fd.from < 0)
		return;
	words[0] = plan_text(process, plan_str_at(process, process->config->args, 0)->value);
	words[1] = search_path(process);
	words[2] = plan_text(process, process->config->cwd);
	for (uint32_t i = 0; i < mounts.count; i++)
		words[3 + i] =
			plan_text(container, plan_mount_at(container, mounts, i)->destination);
	if (conduct_run(&request, WHY_SECONDS, line, sizeof(line)))
		log_record(LOG_LEVEL_DEBUG, line, NULL);
	close(fd.from);
}
