/* See places.h. */
#include "places.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <unistd.h>
#include "names.h"
#include "text.h"

#define NAME "landlock"

_Static_assert(sizeof(struct msg_place) == 24, "no padding");

/* Closes FD, for which N bytes were read or written. */
static int finish(int fd, ssize_t n)
{
	int err = n < 0 ? -errno : n == sizeof(struct msg_place) ? 0 : -EBADMSG;

	close(fd);
	return err;
}

int places_keep(int dir, uint32_t index, const struct msg_place *place)
{
	int fd = openat(dir, NAME, O_WRONLY | O_CREAT | O_NOFOLLOW | O_CLOEXEC, 0600);

	if (fd < 0)
		return -errno;
	return finish(fd, pwrite(fd, place, sizeof(*place), (off_t)(index * sizeof(*place))));
}

static int read_kept(int dir, uint32_t index, struct msg_place *kept)
{
	int fd = openat(dir, NAME, O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC);

	if (fd < 0)
		return -errno;
	return finish(fd, pread(fd, kept, sizeof(*kept), (off_t)(index * sizeof(*kept))));
}

int places_check(int dir, const struct plan *plan, uint32_t index, const struct msg_place *place,
	char *line, size_t size)
{
	const struct plan_landlock_path *path =
		plan_landlock_path_at(plan, plan->config->landlock_paths, index);
	struct msg_place kept;
	int err = read_kept(dir, index, &kept);

	if (!err && !memcmp(&kept, place, sizeof(kept)))
		return 0;
	if (err)
		text_join(line, size,
			"unable to start container process: the container's Landlock paths: ",
			errno_text(-err), "; create the container anew", NULL);
	else
		text_join(line, size,
			"unable to start container process: annotation " LANDLOCK_PREFIX,
			landlock_lists[path->list].word, ": ", plan_text(plan, path->path),
			": not what it was when the container was created; put that back, or "
			"create "
			"the container anew",
			NULL);
	return -1;
}
