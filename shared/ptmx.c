/* A pty for a process of a container, from inside it. */
#include "ptmx.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/magic.h>
#include <sys/ioctl.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <sys/vfs.h>
#include <termios.h>
#include <unistd.h>
#include "path.h"
#include "step.h"

#ifndef TIOCGPTPEER
#define TIOCGPTPEER _IO('T', 0x41)
#endif

static int open_master(int root)
{
	/* The image's /dev may be a symlink. */
	int pts = path_open(root, "/dev/pts", O_PATH | O_DIRECTORY, 0), master;
	struct statfs fs;
	struct stat st;

	if (pts < 0 || fstatfs(pts, &fs) < 0)
		die("open", "/dev/pts", pts < 0 ? pts : errno);
	if (fs.f_type != DEVPTS_SUPER_MAGIC)
		die("not a devpts:", "/dev/pts", 0);
	master = path_open(pts, "ptmx", O_RDWR | O_NOCTTY, PATH_NO_SYMLINKS | PATH_NO_XDEV);
	if (master < 0 || fstat(master, &st) < 0)
		die("open", "/dev/pts/ptmx", master < 0 ? master : errno);
	if (!S_ISCHR(st.st_mode) || st.st_rdev != makedev(5, 2))
		die("not the ptmx of a devpts:", "/dev/pts/ptmx", 0);
	close(pts);
	return master;
}

static void set_size(const struct plan *plan, int master)
{
	struct winsize size = {.ws_row = (unsigned short)plan->config->console_height.value,
		.ws_col = (unsigned short)plan->config->console_width.value};

	if (size.ws_row && size.ws_col && ioctl(master, TIOCSWINSZ, &size) < 0)
		die("TIOCSWINSZ:", NULL, errno);
}

void ptmx_open(const struct plan *plan, int root, int *master, int *peer)
{
	int unlock = 0;

	if (!step_conducted())
		die("a terminal needs runc, which takes its master", NULL, 0);
	*master = open_master(root);
	if (ioctl(*master, TIOCSPTLCK, &unlock) < 0)
		die("TIOCSPTLCK:", NULL, errno);
	*peer = ioctl(*master, TIOCGPTPEER, O_RDWR | O_NOCTTY | O_CLOEXEC);
	if (*peer < 0)
		die("TIOCGPTPEER:", NULL, errno);
	set_size(plan, *master);
}
