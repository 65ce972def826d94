/* The terminal of process.terminal: a pty of the container's own devpts, bound on /dev/console
 * (rule F14). */
#include "rootfs.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/magic.h>
#include <sys/ioctl.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <sys/vfs.h>
#include <termios.h>
#include <unistd.h>
#include "fds.h"
#include "path.h"
#include "step.h"
#include "sys.h"

#ifndef TIOCGPTPEER
#define TIOCGPTPEER _IO('T', 0x41)
#endif

static int open_master(int root)
{
	int master = path_open(root, "/dev/pts/ptmx", O_RDWR | O_NOCTTY, PATH_NO_SYMLINKS);
	struct statfs fs;
	struct stat st;

	if (master < 0)
		die("open", "/dev/pts/ptmx", master);
	if (fstatfs(master, &fs) < 0 || fstat(master, &st) < 0)
		die("stat", "/dev/pts/ptmx", errno);
	if (fs.f_type != DEVPTS_SUPER_MAGIC || !S_ISCHR(st.st_mode) || st.st_rdev != makedev(5, 2))
		die("not the ptmx of a devpts:", "/dev/pts/ptmx", 0);
	return master;
}

static void set_size(const struct plan *plan, int master)
{
	struct winsize size = {.ws_row = (unsigned short)plan->config->console_height.value,
		.ws_col = (unsigned short)plan->config->console_width.value};

	if (size.ws_row && size.ws_col && ioctl(master, TIOCSWINSZ, &size) < 0)
		die("TIOCSWINSZ:", NULL, errno);
}

static void bind_console(int root, int peer)
{
	int target = path_make_file(root, "/dev/console", PATH_NO_SYMLINKS);
	int tree = sys_open_tree(peer, "", AT_EMPTY_PATH | OPEN_TREE_CLONE | OPEN_TREE_CLOEXEC);

	if (target < 0)
		die("open", "/dev/console", target);
	if (tree < 0)
		die("open_tree:", "/dev/console", errno);
	attach(root, tree, target, "/dev/console", "error mounting the console:");
	close(tree);
	close(target);
}

void make_console(const struct plan *plan, int root)
{
	int master, peer, unlock = 0;

	if (!plan->config->terminal)
		return;
	if (!step_conducted())
		die("a terminal needs runc, which takes its master", NULL, 0);
	master = open_master(root);
	if (ioctl(master, TIOCSPTLCK, &unlock) < 0)
		die("TIOCSPTLCK:", NULL, errno);
	peer = ioctl(master, TIOCGPTPEER, O_RDWR | O_NOCTTY | O_CLOEXEC);
	if (peer < 0)
		die("TIOCGPTPEER:", NULL, errno);
	set_size(plan, master);
	bind_console(root, peer);
	tell(MSG_CONSOLE, master);
	close(master);
	if (dup3(peer, FD_CONSOLE, O_CLOEXEC) < 0)
		die("dup3:", "console", errno);
	close(peer);
}
