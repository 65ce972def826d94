/* Files that get what hooks write. */
#include "hook_files.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>
#include "text.h"
#include "verb.h"

static const char *const keys[2] = {"run.oci.hooks.stdout", "run.oci.hooks.stderr"};

static const char *annotation(const struct plan *plan, const char *key)
{
	struct plan_list list = plan->config->annotations;

	for (uint32_t i = 0; i < list.count; i++) {
		const struct plan_kv *kv = plan_kv_at(plan, list, i);
		const char *name = plan_text(plan, kv->key);

		if (name && !strcmp(name, key))
			return plan_text(plan, kv->value);
	}
	return NULL;
}

/* An existing file must be ours or root's, with one link: whoever can write to the directory could have put a
 * hard link or a file of their own there. An fd, or -errno. */
static int open_file(const char *path)
{
	int fd, err = 0;
	struct stat st;

	if (*path != '/')
		return -EINVAL;
	fd = open(path,
		O_WRONLY | O_APPEND | O_CREAT | O_NOFOLLOW | O_NONBLOCK | O_NOCTTY | O_CLOEXEC,
		0600);
	if (fd < 0)
		return -errno;
	if (fstat(fd, &st) < 0)
		err = -errno;
	else if (!S_ISREG(st.st_mode))
		err = -EINVAL;
	else if ((st.st_uid != geteuid() && st.st_uid != 0) || st.st_nlink != 1)
		err = -EPERM;
	if (err)
		close(fd);
	return err ? err : fd;
}

int hook_files_open(const struct plan *plan, struct hook_files *files, char *line, size_t size)
{
	*files = HOOK_FILES_NONE;
	for (int i = 0; i < 2; i++) {
		const char *path = annotation(plan, keys[i]);
		int fd = path && *path ? open_file(path) : -1;

		if (!path || !*path)
			continue;
		if (fd < 0) {
			text_join(line, size, "annotation ", keys[i], ": open ", path, ": ",
				fd == -EINVAL ? "an absolute path of a regular file is wanted"
					      : errno_text(-fd),
				fd == -EPERM ? ": it must be the caller's or root's, with one link"
					     : "",
				NULL);
			hook_files_close(files);
			return -1;
		}
		files->fd[i] = fd;
	}
	return 0;
}

void hook_files_close(struct hook_files *files)
{
	for (int i = 0; i < 2; i++)
		if (files->fd[i] >= 0)
			close(files->fd[i]);
	*files = HOOK_FILES_NONE;
}

int hook_files_start(const struct plan *plan, struct step *hook, int plan_fd)
{
	struct hook_files files;
	char line[8192];
	int err;

	if (hook_files_open(plan, &files, line, sizeof(line)))
		log_record(LOG_LEVEL_WARNING, line, NULL);
	err = hooks_start(hook, plan_fd, &files);
	hook_files_close(&files);
	return err;
}
