/* The limit of open files: raised for us, given back for what is not ours. */
#include "files.h"

#include <errno.h>
#include "sys.h"
#include "text.h"

#define FILES_WANTED (1u << 18) /* more than there are mounts and devices; fs.nr_open is 2^20 */

static rlim_t hard_limit;

static int set(rlim_t limit)
{
	const struct rlimit all = {limit, limit};

	if (sys_prlimit(RLIMIT_NOFILE, &all, NULL) < 0)
		return -errno;
	hard_limit = limit;
	return 0;
}

/* Not to be raised is no error: what needs more says so. The kernel lets nobody set a limit, the present one
 * included, above fs.nr_open, which may have been lowered since. */
int files_raise(struct rlimit *callers)
{
	if (sys_prlimit(RLIMIT_NOFILE, NULL, callers) < 0)
		return -errno;
	hard_limit = callers->rlim_max;
	if (callers->rlim_max >= FILES_WANTED || set(FILES_WANTED) < 0)
		(void)set(callers->rlim_max);
	return 0;
}

int files_restore(const struct rlimit *callers)
{
	struct rlimit now;

	if (sys_prlimit(RLIMIT_NOFILE, NULL, &now) < 0)
		return -errno;
	if (now.rlim_cur == callers->rlim_cur && now.rlim_max == callers->rlim_max)
		return 0;
	return sys_prlimit(RLIMIT_NOFILE, callers, NULL) < 0 ? -errno : 0;
}

void files_note(void)
{
	struct rlimit now;

	if (!sys_prlimit(RLIMIT_NOFILE, NULL, &now))
		hard_limit = now.rlim_max;
}

const char *files_error(int err)
{
	static char line[160];
	struct text t = TEXT(line);

	line[0] = '\0';
	text_add(&t, errno_text(err));
	if (hard_limit && (err == EMFILE || err == ETOOMANYREFS)) {
		text_add(&t, ": the hard limit (RLIMIT_NOFILE) is ");
		text_add_u64(&t, hard_limit);
	}
	return line;
}
