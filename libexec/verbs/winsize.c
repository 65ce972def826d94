/* The size of a terminal that is handed over. */
#include "winsize.h"

#include <errno.h>
#include <sys/ioctl.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <unistd.h>
#include "sys.h"

/* Documentation/admin-guide/devices.txt: Unix98 PTY slaves */
#define PTS_FIRST 136
#define PTS_LAST  143

static int callers_size(struct winsize *size)
{
	for (int fd = 0; fd <= 2; fd++)
		if (!ioctl(fd, TIOCGWINSZ, size) && size->ws_row && size->ws_col)
			return 1;
	return 0;
}

static int set_size(int terminal, const struct winsize *wanted)
{
	struct winsize size;

	if (ioctl(terminal, TIOCGWINSZ, &size) < 0)
		return -errno;
	if (size.ws_row || size.ws_col)
		return 0;
	return ioctl(terminal, TIOCSWINSZ, wanted) < 0 ? -errno : 0;
}

int winsize_inherit(int terminal)
{
	struct winsize size;

	return callers_size(&size) ? set_size(terminal, &size) : 0;
}

int winsize_inherit_first(int pidfd)
{
	struct winsize size;
	struct stat st;
	int terminal, err;

	if (!callers_size(&size))
		return 0;
	terminal = sys_pidfd_getfd(pidfd, 0);
	if (terminal < 0)
		return -errno;
	/* The ioctl may mean something else to another device. */
	if (fstat(terminal, &st) < 0)
		err = -errno;
	else if (!S_ISCHR(st.st_mode) || major(st.st_rdev) < PTS_FIRST ||
		major(st.st_rdev) > PTS_LAST)
		err = -ENOTTY;
	else
		err = set_size(terminal, &size);
	close(terminal);
	return err;
}
