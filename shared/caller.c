/* The caller's terminal. Never opens one: what is not among fds 0 to 2 is not ours to change. */
#include "caller.h"

#include <errno.h>
#include <sys/ioctl.h>
#include <unistd.h>

void caller_find(struct caller *caller)
{
	static const int candidates[] = {0, 2, 1};

	caller->fd = -1;
	if (!caller->group_known) {
		caller->group = getpgrp();
		caller->group_known = 1;
	}
	for (size_t i = 0; i < 3 && caller->fd < 0; i++)
		if (!tcgetattr(candidates[i], &caller->saved))
			caller->fd = candidates[i];
	caller->raw = caller->saved;
	cfmakeraw(&caller->raw);
	/* The newline is translated here, once, and not in the container's terminal. */
	caller->raw.c_oflag |= OPOST;
}

int caller_set_raw(const struct caller *caller)
{
	return tcsetattr(caller->fd, TCSANOW, &caller->raw) < 0 ? -errno : 0;
}

/* A terminal that does not control us has no foreground that we could be out of. */
static int in_foreground(const struct caller *caller)
{
	pid_t group;

	return ioctl(caller->fd, TIOCGPGRP, &group) < 0 || group == caller->group;
}

static int is_raw(const struct caller *caller)
{
	struct termios now;

	return !tcgetattr(caller->fd, &now) && now.c_iflag == caller->raw.c_iflag &&
		now.c_oflag == caller->raw.c_oflag && now.c_lflag == caller->raw.c_lflag;
}

void caller_restore(const struct caller *caller)
{
	/* It fails when the terminal is gone: then there is none to restore. */
	if (caller->fd >= 0 && (in_foreground(caller) || is_raw(caller)))
		(void)tcsetattr(caller->fd, TCSANOW, &caller->saved);
}
