/* Which element of a path stands in the way of what is to be made there. Asked after the failure: it
 * decides nothing. */
#include "rootfs.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <unistd.h>
#include "path.h"
#include "text.h"

#define SHOWN_MAX 512

/* The length of the first part of PATH that cannot be entered; 0: all that is there can. */
static size_t obstacle(int root, const char *path, int how)
{
	char part[4096];
	size_t length = 0;

	if (strlen(path) >= sizeof(part))
		return 0;
	while (path[length]) {
		int fd;

		length += strspn(path + length, "/");
		length += strcspn(path + length, "/");
		memcpy(part, path, length);
		part[length] = '\0';
		fd = path_open(root, part, O_PATH | O_DIRECTORY, how);
		if (fd < 0)
			return fd == -ENOENT ? 0 : length;
		close(fd);
	}
	return 0;
}

const char *in_the_way(const char *doing, int root, const char *path, int how, int err)
{
	static char text[SHOWN_MAX * 5];
	struct text t = TEXT(text);
	size_t length = err == -ENOTDIR || err == -ELOOP ? obstacle(root, path, how) : 0;
	char part[4096];

	if (!length)
		return doing;
	memcpy(part, path, length);
	part[length] = '\0';
	text_add(&t, doing);
	text_add(&t, ": \"");
	text_add_shown(&t, part, SHOWN_MAX);
	text_add(&t, "\" is in the way");
	return text;
}
