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

int winsize_inherit(int terminal)
{
	struct winsize size;

	if (ioctl(terminal, TIOCGWINSZ, &size) < 0)
		return -errno;
	if (size.ws_row || size.ws_col)
		return 0;
	for (int fd = 0; fd <= 2; fd++)
		if (!ioctl(fd, TIOCGWINSZ, &size) && size.ws_row && size.ws_col)
			return ioctl(terminal, TIOCSWINSZ, &size) < 0 ? -errno : 0;
	return 0;
}

int winsize_inherit_first(int pidfd)
{
	int terminal = sys_pidfd_getfd(pidfd, 0), err;
	struct stat st;

	if (terminal < 0)
		return -errno;
	/* dmz has the terminal there; nothing else is asked for its size. */
	if (fstat(terminal, &st) < 0)
		err = -errno;
	else if (!S_ISCHR(st.st_mode) || major(st.st_rdev) < PTS_FIRST ||
		major(st.st_rdev) > PTS_LAST)
		err = -ENOTTY;
	else
		err = winsize_inherit(terminal);
	close(terminal);
	return err;
}
