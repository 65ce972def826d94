/* runc resume: lets every process of a paused container go on. */
#include "pausing.h"
#include "state.h"
#include "verb.h"

static const struct verb verb = {
	.name = "resume",
	.usage = "<container-id>",
	.description = "resumes all processes that have been previously paused",
	.min_args = 1,
	.max_args = 1,
};

int main(int argc, char **argv)
{
	static struct container container;
	const char *args[1];

	verb_start(&verb, argc, argv, args, 1);
	verb_open_container(args[0], &container, 1);
	if (verb_status(&container, 1) != STATUS_PAUSED)
		log_die(1, NULL, "container not paused");
	container_toggle(&container, "thaw", verb.name);
	return 0;
}
