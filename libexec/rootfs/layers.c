/* Which directory of an overlay is at fault: the kernel names the option, and that has many. */
#include "rootfs.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>
#include "text.h"

static const char *const options[] = {
	"lowerdir", "lowerdir+", "datadir+", "upperdir", "workdir", NULL};

static int is_layer_option(const char *key)
{
	for (const char *const *option = options; *option; option++)
		if (!strcmp(*option, key))
			return 1;
	return 0;
}

/* Copies the first directory of LIST, which only for "lowerdir" is more than one; returns the rest. */
static const char *take_layer(const char *list, int many, char *path, size_t size)
{
	size_t used = 0;

	while (many && *list == ':')
		list++;
	for (; *list && !(many && *list == ':') && used + 1 < size; list++) {
		if (many && *list == '\\' && list[1])
			list++;
		path[used++] = *list;
	}
	path[used] = '\0';
	return list;
}

static int has_error(const char *path, int err)
{
	struct stat st;

	return fstatat(AT_FDCWD, path, &st, 0) < 0 && errno == err;
}

const char *faulty_layer(const struct plan *plan, struct plan_list data, int err)
{
	static char path[4096], object[MSG_OBJECT_MAX];

	for (uint32_t i = 0; i < data.count; i++) {
		const struct plan_kv *option = plan_kv_at(plan, data, i);
		const char *key = plan_text(plan, option->key),
			   *rest = plan_text(plan, option->value);

		if (!rest || !is_layer_option(key))
			continue;
		while (*rest) {
			rest = take_layer(rest, !strcmp(key, "lowerdir"), path, sizeof(path));
			if (!*path || !has_error(path, err))
				continue;
			(void)text_join(object, sizeof(object), key, " ", path, NULL);
			return object;
		}
	}
	return NULL;
}
