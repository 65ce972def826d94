/* runc pause: stops every process of a container. */
#include "pausing.h"
#include "state.h"
#include "verb.h"

static const struct verb verb = {
	.name = "pause",
	.usage = "<container-id>",
	.description = "pause suspends all processes inside the container",
	.min_args = 1,
	.max_args = 1,
};

int main(int argc, char **argv)
{
	static struct container container;
	enum container_status status;
	const char *args[1];

	verb_start(&verb, argc, argv, args, 1);
	verb_open_container(args[0], &container, 1);
	status = verb_status(&container, 1);
	if (status != STATUS_RUNNING && status != STATUS_CREATED)
		log_die(1, NULL, "container not running");
	container_toggle(&container, "freeze", verb.name);
	return 0;
}
