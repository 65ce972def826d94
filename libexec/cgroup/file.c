/* The files of a cgroup that hold a number, and what is said when one cannot be written. */
#include <errno.h>
#include <string.h>
#include "cgroup.h"
#include "step.h"
#include "text.h"

int read_number(int dir, const char *name, uint64_t *n)
{
	char buffer[64];
	ssize_t length = read_file(dir, name, buffer, sizeof(buffer));

	if (length < 0)
		return (int)length;
	if (!strcmp(buffer, "max")) {
		*n = UINT64_MAX;
		return 0;
	}
	if (text_to_u64(buffer, n))
		return -EBADMSG;
	/* v1 rounds its highest limit down to a page. */
	if (*n > INT64_MAX - 65536)
		*n = UINT64_MAX;
	return 0;
}

void die_write(const struct hierarchy *h, const char *file, const char *value, int err)
{
	char what[MSG_WHAT_MAX];

	text_join(what, sizeof(what), "write \"", value, "\" to", NULL);
	give_up(what, full_path(h, file), err);
}
