/* create: makes a container and leaves it waiting for start. */
#include "creation.h"
#include "text.h"
#include "verb.h"

static struct creation creation; /* large: kept out of the file by starting as zeros */

static const struct flag flags[] = {
	{"bundle", "b", FLAG_STRING, &creation.bundle,
		"path to the root of the bundle directory, defaults to the current directory"},
	{"console-socket", NULL, FLAG_STRING, &creation.console_socket,
		"path to an AF_UNIX socket which will receive the pty master"},
	{"pid-file", NULL, FLAG_STRING, &creation.pid_file, "file to write the process id to"},
	{"no-pivot", NULL, FLAG_BOOL, &creation.no_pivot,
		"do not use pivot root to jail the process inside the rootfs"},
	{"no-new-keyring", NULL, FLAG_BOOL, &creation.no_new_keyring,
		"do not create a new session keyring for the container"},
	{"preserve-fds", NULL, FLAG_INT, &creation.preserve_fds,
		"pass N additional file descriptors to the container"},
};

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
	creation.detach = 1;
	verb_start(&verb, argc, argv, args, 1);
	creation.id = args[0];
	if (creation_make(&creation))
		log_die(1, "runc create failed", creation.line);
	return 0;
}
