/* Session, console and the three standard files. */
#include "dmz.h"

#include <errno.h>
#include <fcntl.h>
#include <sys/ioctl.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <unistd.h>
#include "fds.h"
#include "step.h"
#include "sys.h"

static int is_null(const struct stat *st)
{
	return S_ISCHR(st->st_mode) && st->st_rdev == makedev(1, 3);
}

/* The container's own /dev/null is taken only if it is one; where there is none, the host's stays
 * (rule F11). */
static void replace_host_null(void)
{
	struct stat st;
	int null = -1;

	for (int fd = 0; fd <= 2; fd++) {
		if (sys_fstat(fd, &st) < 0 || !is_null(&st))
			continue;
		if (null < 0)
			null = sys_open("/dev/null",
				O_RDWR | O_NOFOLLOW | O_NOCTTY | O_NONBLOCK | O_CLOEXEC);
		if (null < 0) {
			if (errno == ENOENT || errno == ENOTDIR)
				return;
			die("container's /dev/null is invalid:", NULL, errno);
		}
		if (sys_fstat(null, &st) < 0 || !is_null(&st))
			die("container's /dev/null is invalid", NULL, 0);
		if (dup2(null, fd) < 0)
			die("dup2:", "/dev/null", errno);
	}
	if (null > 2)
		close(null);
}

void set_stdio(const struct plan *plan)
{
	replace_host_null();
	if (!plan->config->terminal)
		return;
	for (int fd = 0; fd <= 2; fd++)
		if (dup2(FD_CONSOLE, fd) < 0)
			die("dup2:", "console", errno);
	close(FD_CONSOLE);
}

void lead_session(const struct plan *plan, int with_terminal)
{
	if (setsid() < 0)
		die("setsid:", NULL, errno);
	if (with_terminal && plan->config->terminal && sys_ioctl(0, TIOCSCTTY, 0) < 0)
		die("TIOCSCTTY:", NULL, errno);
}

/*
 * As runc: the owner only, never /dev/null, and files that cannot be changed stay as they are. But
 * in the foreground runc gives the process pipes of its own, and here it has the caller's files:
 * neither the terminal of an administrator nor a log may become the user's. Pipes and sockets do,
 * or /dev/stdout could not be opened. Setting an id that is not mapped (EINVAL) fails later.
 */
static int is_left(const struct plan *plan, const struct stat *st)
{
	if (is_null(st) || st->st_uid == (uid_t)plan->config->uid)
		return 1;
	if (!plan->config->foreground || plan->config->terminal)
		return 0;
	return S_ISCHR(st->st_mode) || S_ISBLK(st->st_mode) || S_ISREG(st->st_mode);
}

void own_stdio(const struct plan *plan)
{
	uid_t uid = (uid_t)plan->config->uid;
	struct stat st;

	for (int fd = 0; fd <= 2; fd++) {
		if (sys_fstat(fd, &st) < 0 || is_left(plan, &st))
			continue;
		if (sys_fchown(fd, uid, (gid_t)-1) < 0 && errno != EPERM && errno != EROFS &&
			errno != EACCES && errno != EINVAL)
			die("chown stdio:", NULL, errno);
	}
}
