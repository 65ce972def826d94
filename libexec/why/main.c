/*
 * why: after an execve of a container's program has failed, says what the kernel's one number does not:
 * which interpreter or loader is missing, or which machine the file is for. It looks where the image
 * lies, without its mounts, and is silent where one of those would be in the way.
 */
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <linux/openat2.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>
#include "fds.h"
#include "path.h"
#include "priv_table.h"
#include "step.h"
#include "sys.h"
#include "text.h"
#include "why.h"

static char **mounts; /* destinations, NULL after the last */
static char root_path[PATH_MAX];

#define PROC_LINK 40

static const char *proc_link(int fd, char link[PROC_LINK])
{
	struct text t = {link, PROC_LINK, 0, 0};

	text_add(&t, "/proc/self/fd/");
	text_add_i64(&t, fd);
	return link;
}

/* The path of FD as its directory is called on the host. 0 or -errno. */
static int host_path(int fd, char path[PATH_MAX])
{
	char link[PROC_LINK];
	ssize_t n;

	n = readlink(proc_link(fd, link), path, PATH_MAX - 1);
	if (n < 0)
		return -errno;
	path[n] = '\0';
	return 0;
}

/* Where PATH leads in the image, without a symlink; 0 or -errno. */
static int resolve(const char *path, char resolved[PATH_MAX])
{
	size_t length = strlen(root_path);
	int fd = path_open(FD_LOOKED, path, O_PATH, 0), err;

	if (fd < 0)
		return fd;
	err = host_path(fd, resolved);
	close(fd);
	if (!err && strncmp(resolved, root_path, length) != 0)
		return -EXDEV;
	if (!err)
		memmove(resolved, resolved + length, strlen(resolved + length) + 1);
	return err;
}

/* What is there at the run time of the container is another file then. */
static int is_covered(const char *resolved)
{
	char destination[PATH_MAX];

	for (char **mount = mounts; *mount; mount++) {
		size_t length;

		if (resolve(*mount, destination))
			continue;
		length = strlen(destination);
		if (!strncmp(resolved, destination, length) &&
			(!resolved[length] || resolved[length] == '/'))
			return 1;
	}
	return 0;
}

/* A path that is not there may be below a mount point, by any of the directories on its way. */
static int may_be_covered(const char *path)
{
	char above[PATH_MAX], resolved[PATH_MAX];
	char *slash;

	if (text_join(above, sizeof(above), path, NULL))
		return 1;
	while ((slash = strrchr(above, '/')) && slash != above) {
		*slash = '\0';
		if (!resolve(above, resolved))
			return is_covered(resolved);
	}
	return 0;
}

static int look(const char *path)
{
	char resolved[PATH_MAX];
	int err = resolve(path, resolved);

	if (err == -ENOENT || err == -ENOTDIR)
		return may_be_covered(path) ? -EXDEV : 0;
	return err ? err : is_covered(resolved) ? -EXDEV : 1;
}

/* The file that is executed as PATH; below 0: none, or not to be read. What has been looked at is what is
 * opened, so no device is. */
static int open_file(const char *path)
{
	const struct open_how how = {.flags = O_RDONLY | O_NONBLOCK | O_NOCTTY | O_CLOEXEC};
	int looked = look(path) == 1 ? path_open(FD_LOOKED, path, O_PATH, 0) : -1, fd = -1;
	char link[PROC_LINK];
	struct stat st;

	if (looked < 0)
		return looked;
	if (!fstat(looked, &st) && S_ISREG(st.st_mode) && (st.st_mode & 0111))
		fd = sys_openat2(AT_FDCWD, proc_link(looked, link), &how);
	close(looked);
	return fd;
}

static void explain(const char *path)
{
	const char *problem;
	char what[MSG_WHAT_MAX];
	int file = open_file(path);

	if (file < 0)
		return;
	problem = file_problem(file, look);
	if (!problem)
		return;
	text_join(
		what, sizeof(what), "the container's program ", path, " cannot be executed:", NULL);
	warn(what, problem, 0);
}

/* As dmz looks it up. */
static void explain_name(const char *name, const char *search, const char *directory)
{
	char path[PATH_MAX];

	if (strchr(name, '/')) {
		if (!text_join(path, sizeof(path), *name == '/' ? "" : directory,
			    *name == '/' ? "" : "/", name, NULL))
			explain(path);
		return;
	}
	while (*search) {
		size_t length = strcspn(search, ":");
		struct text t = TEXT(path);
		int file;

		text_add_bytes(&t, search, length);
		text_add(&t, "/");
		text_add(&t, name);
		file = t.cut || !length ? -1 : open_file(path);
		if (file >= 0) {
			close(file);
			explain(path);
			return;
		}
		search += length + (search[length] == ':');
	}
}

int main(int argc, char **argv)
{
	int used = step_start(PROGRAM_WHY, argc, argv, NULL, 0);

	if (argc - used < 4)
		die("usage: why PROGRAM PATH DIRECTORY [MOUNT...] 35<ROOTFS", NULL, 0);
	priv_enter(&priv, 1);
	mounts = argv + used + 4;
	/* Without /proc nothing can be told. */
	if (!host_path(FD_LOOKED, root_path))
		explain_name(argv[used + 1], argv[used + 2], argv[used + 3]);
	tell(MSG_DONE, -1);
	return 0;
}
