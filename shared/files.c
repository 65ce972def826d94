/* The limit of open files: raised for us, given back for the container. */
#include "files.h"

#include <errno.h>
#include "step.h"
#include "sys.h"

int files_raise(struct rlimit *callers)
{
	struct rlimit all;

	if (sys_prlimit(RLIMIT_NOFILE, NULL, callers) < 0)
		return -errno;
	all.rlim_cur = all.rlim_max = callers->rlim_max;
	return sys_prlimit(RLIMIT_NOFILE, &all, NULL) < 0 ? -errno : 0;
}

int files_restore(const struct rlimit *callers)
{
	return sys_prlimit(RLIMIT_NOFILE, callers, NULL) < 0 ? -errno : 0;
}

void files_tell(enum msg_type type, int fd)
{
	struct rlimit callers;
	int err = files_raise(&callers);

	if (err)
		die("setrlimit:", "RLIMIT_NOFILE", err);
	tell(type, fd);
	err = files_restore(&callers);
	if (err)
		die("setrlimit:", "RLIMIT_NOFILE", err);
}
