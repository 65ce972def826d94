/* create: makes a container and leaves it waiting for start. */
#include "creation.h"
#include "text.h"
#include "verb.h"

static struct creation creation; /* large: kept out of the file by starting as zeros */

static const struct flag flags[] = {CREATION_FLAGS(creation)};

static const struct verb verb = {
	.name = "create",
	.usage = "<container-id>",
	.description = "create a container",
	.flags = flags,
	.flag_count = sizeof(flags) / sizeof(flags[0]),
	.min_args = 1,
	.max_args = 1,
};

int main(int argc, char **argv)
{
	const char *args[1];

	creation.bundle = ".";
	creation.handover.detach = 1;
	verb_start(&verb, argc, argv, args, 1);
	creation.id = args[0];
	if (creation_make(&creation))
		log_die(1, "runc create failed", creation.line);
	return 0;
}
