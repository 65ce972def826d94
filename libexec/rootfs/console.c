/* The terminal of process.terminal: a pty of the container's own devpts, bound on /dev/console
 * (rule F14). */
#include "rootfs.h"

#include <errno.h>
#include <fcntl.h>
#include <unistd.h>
#include "fds.h"
#include "ptmx.h"
#include "path.h"
#include "step.h"
#include "sys.h"

/* An O_PATH fd; -ENOENT: it is not there, and where it would be a bind mount is (rule F10). */
static int open_console(int root)
{
	const char *rest;
	int above = open_above(root, "/dev/console", 0, &rest), target;

	if (above == -EXDEV)
		return open_last(root, "/dev/console");
	if (above < 0)
		return above;
	target = path_make_file(above, rest, PATH_NO_SYMLINKS);
	close(above);
	return target;
}

static void bind_console(int root, int peer)
{
	int target = open_console(root), tree;

	if (target == -ENOENT) {
		warn("not made in what a bind mount brought:", "/dev/console", 0);
		return;
	}
	if (target < 0)
		die("open", "/dev/console", target);
	tree = sys_open_tree(peer, "", AT_EMPTY_PATH | OPEN_TREE_CLONE | OPEN_TREE_CLOEXEC);
	if (tree < 0)
		die("open_tree:", "/dev/console", errno);
	attach(root, tree, target, "/dev/console", "error mounting the console:");
	close(tree);
	close(target);
}

void make_console(const struct plan *plan, int root)
{
	int master, peer;

	if (!plan->config->terminal)
		return;
	ptmx_open(plan, root, &master, &peer);
	bind_console(root, peer);
	tell(MSG_CONSOLE, master);
	close(master);
	if (dup3(peer, FD_CONSOLE, O_CLOEXEC) < 0)
		die("dup3:", "console", errno);
	close(peer);
}
