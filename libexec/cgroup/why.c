/*
 * Why a v2 cgroup takes no process, or has no controller for a limit: the kernel's answer alone
 * ("no such file", "device or resource busy") does not say where the obstacle is. Asked only once
 * something has failed.
 */
#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <unistd.h>
#include "cgroup.h"
#include "step.h"
#include "text.h"

void explain_type(const struct hierarchy *h)
{
	char type[64], what[MSG_WHAT_MAX];

	if (!is_unified(h) || read_file(h->leaf, "cgroup.type", type, sizeof(type)) < 0 ||
		!strcmp(type, "domain"))
		return;
	text_join(what, sizeof(what), "cannot enter cgroupv2 \"", full_path(h, NULL),
		!strcmp(type, "domain invalid")
			? "\" with domain controllers -- it is in an invalid state"
			: "\" with domain controllers -- it is in threaded mode",
		NULL);
	give_up(what, NULL, 0);
}

void explain_join(const struct hierarchy *h, int err)
{
	char enabled[1024], what[MSG_WHAT_MAX];

	if (err == -EOPNOTSUPP)
		explain_type(h);
	if (err != -EBUSY || !is_unified(h) ||
		read_file(h->leaf, "cgroup.subtree_control", enabled, sizeof(enabled)) <= 0)
		return;
	text_join(what, sizeof(what), "no process may be in a cgroup that gives \"", enabled,
		"\" to those below it: write to", NULL);
	give_up(what, full_path(h, "cgroup.procs"), err);
}

/* Like the others in this file, of a cgroup on the way to H: the first LENGTH bytes of its path. */
_Noreturn static void die_above(
	const struct hierarchy *h, size_t length, const char *what, const char *file, int err)
{
	struct hierarchy above = *h;

	above.path[length] = '\0';
	give_up(what, full_path(&above, file), err);
}

static int stop(pid_t pid, void *arg)
{
	(void)pid;
	(void)arg;
	return 1;
}

/* Tries again what make.c tried for DIR, for the kernel's answer. */
static void explain_level(const struct hierarchy *h, int dir, size_t length, const char *controller)
{
	struct hierarchy above = {.leaf = dir};
	char what[MSG_WHAT_MAX], word[64];
	int err;

	if (!controller_available(&above, controller)) {
		text_join(what, sizeof(what), "cannot set ", controller, " limit: no controller \"",
			controller, "\" in", NULL);
		die_above(h, length, what, "cgroup.controllers", 0);
	}
	text_join(word, sizeof(word), "+", controller, NULL);
	/* Landlock would hide the kernel's answer. */
	err = length && procs_each(dir, stop, NULL) == 1
		? -EBUSY
		: write_file(dir, "cgroup.subtree_control", word);
	if (!err)
		return;
	text_join(what, sizeof(what), "cannot set ", controller,
		" limit: ", err == -EBUSY ? "a cgroup above has processes of its own: " : "",
		"write \"", word, "\" to", NULL);
	die_above(h, length, what, "cgroup.subtree_control", err);
}

void die_unavailable(const struct hierarchy *h, const char *controller)
{
	int dir = openat(AT_FDCWD, CGROUP_MOUNT, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	size_t length = 0;

	explain_type(h);
	while (dir >= 0 && h->path[length]) {
		char path[PATH_SIZE];
		struct text t = TEXT(path);
		int below;

		explain_level(h, dir, length, controller);
		length += h->path[length] == '/';
		length += strcspn(h->path + length, "/");
		text_add_bytes(&t, h->path, length);
		below = openat(AT_FDCWD, CGROUP_MOUNT, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
		close_fd(&dir);
		dir = below < 0 ? below : beneath(below, path, O_RDONLY | O_DIRECTORY);
		close_fd(&below);
	}
	die_missing(h, controller);
}
