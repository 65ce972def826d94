/* Freezing and thawing of a container, by the cgroup step. */
#include "pausing.h"

#include <errno.h>
#include "conduct.h"
#include "text.h"
#include "verb.h"

void container_toggle(const struct container *container, const char *mode, const char *verb)
{
	char line[2048], hint[128];
	int err = container_cgroup(container, mode, line, sizeof(line));

	if (!err)
		return;
	if (err == -EPERM || err == -EACCES) {
		text_join(hint, sizeof(hint), "runc ", verb,
			" failure might be caused by lack of full access to cgroups", NULL);
		log_record(LOG_LEVEL_WARNING, hint, NULL);
	}
	log_die(1, NULL, line);
}
