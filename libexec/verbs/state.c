/* runc state: what a container is now, as JSON on stdout. */
#include "state.h"

#include "verb.h"

static const struct verb verb = {
	.name = "state",
	.usage = "<container-id>",
	.description = "output the state of a container",
	.min_args = 1,
	.max_args = 1,
};

int main(int argc, char **argv)
{
	static struct container container;
	const char *id, *json;
	size_t length;

	verb_start(&verb, argc, argv, &id, 1);
	verb_look_at_container(id, &container);
	json = verb_describe(&container, verb_status(&container, 1), "  ", "", &length);
	if (!json)
		log_die(1, id, "its state is too large to print");
	verb_print(json, length);
	return 0;
}
