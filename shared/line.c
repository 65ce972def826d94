/* From one program of the line to the next. */
#include "line.h"

#include <errno.h>
#include <fcntl.h>
#include <unistd.h>
#include "fds.h"
#include "step.h"
#include "sys.h"
#include "text.h"
#include "undumpable.h"

static void keep(int fd)
{
	if (fcntl(fd, F_SETFD, 0) < 0 && errno != EBADF)
		die("fcntl:", NULL, errno);
}

void line_exec(int image, const char *name, const int *kept, size_t count)
{
	char build[96];
	char *argv[] = {(char *)name, step_conducted() ? build : NULL, NULL}, *envp[] = {NULL};

	for (size_t i = 0; i < count; i++)
		keep(kept[i]);
	if (text_join(build, sizeof(build), "build=", build_id, NULL))
		die("build id:", NULL, ENAMETOOLONG);
	die("exec", name, undumpable_exec(image, argv, envp));
}

void line_exec_last(const struct plan *plan, const int *kept, size_t count)
{
	if (!plan->config->landlock)
		line_exec(FD_DMZ, "dmz", kept, count);
	keep(FD_DMZ);
	line_exec(FD_FENCE, "fence", kept, count);
}
