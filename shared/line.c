/* From one program of the line to the next. */
#include "line.h"

#include <errno.h>
#include <fcntl.h>
#include <unistd.h>
#include "step.h"
#include "sys.h"
#include "text.h"

void line_exec(int image, const char *name, const int *kept, size_t count)
{
	char build[96];
	char *argv[] = {(char *)name, step_conducted() ? build : NULL, NULL}, *envp[] = {NULL};

	for (size_t i = 0; i < count; i++)
		if (fcntl(kept[i], F_SETFD, 0) < 0 && errno != EBADF)
			die("fcntl:", NULL, errno);
	if (text_join(build, sizeof(build), "build=", build_id, NULL))
		die("build id:", NULL, ENAMETOOLONG);
	syscall(__NR_execveat, image, "", argv, envp, AT_EMPTY_PATH);
	die("exec", name, errno);
}
