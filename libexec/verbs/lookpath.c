/* See lookpath.h. */
#include "lookpath.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>
#include "text.h"

static int is_program(const char *path)
{
	struct stat st;

	return !stat(path, &st) && S_ISREG(st.st_mode) && !access(path, X_OK);
}

int lookpath(const char *name, char *path, size_t size)
{
	const char *list = getenv("PATH"), *end;

	for (; list && *list; list = *end ? end + 1 : end) {
		struct text t = {path, size, 0, 0};

		end = list + strcspn(list, ":");
		if (*list != '/')
			continue;
		text_add_bytes(&t, list, (size_t)(end - list));
		text_add(&t, "/");
		text_add(&t, name);
		if (!t.cut && is_program(path))
			return 0;
	}
	return -ENOENT;
}
