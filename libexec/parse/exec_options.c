/* The command line of `parse exec`. */
#include "exec.h"

#include <string.h>
#include "options.h"
#include "step.h"

static const char usage[] =
	"usage: parse exec [--process] [--tty] [--no-new-privs] [--cwd DIR] [--env NAME=VALUE]… "
	"[--user UID[:GID]] [--additional-gid GID]… [--cap CAP_NAME]… [--process-label LABEL] "
	"[--apparmor PROFILE] [--foreground] [--preserve-fds N] [--files SOFT:HARD] -- [ARGUMENT…] "
	"<plan-of-the-container >plan";

struct exec_options read_exec_options(int argc, char **argv)
{
	struct exec_options o = {.flags = argv + 1};
	int i;

	for (i = 1; i < argc && strcmp(argv[i], "--") != 0; i++) {
		const char *flag = argv[i];
		const char **text = !strcmp(flag, "--cwd") ? &o.cwd
			: !strcmp(flag, "--user")          ? &o.user
			: !strcmp(flag, "--process-label") ? &o.process_label
			: !strcmp(flag, "--apparmor")      ? &o.apparmor
							   : NULL;

		if (!strcmp(flag, "--process"))
			o.process = 1;
		else if (!strcmp(flag, "--tty"))
			o.tty = 1;
		else if (!strcmp(flag, "--no-new-privs"))
			o.no_new_privs = 1;
		else if (!strcmp(flag, "--foreground"))
			o.foreground = 1;
		else if (i + 1 == argc)
			die(usage, NULL, 0);
		else if (text)
			*text = argv[++i];
		else if (!strcmp(flag, "--preserve-fds"))
			o.preserve_fds = read_count(argv[++i]);
		else if (!strcmp(flag, "--files"))
			read_files(argv[++i], &o.files_soft, &o.files_hard);
		else if (!strcmp(flag, "--env") || !strcmp(flag, "--additional-gid") ||
			!strcmp(flag, "--cap"))
			i++; /* build_exec.c */
		else
			die(usage, NULL, 0);
	}
	o.flag_count = i - 1;
	if (i == argc)
		die(usage, NULL, 0);
	o.args = argv + i + 1;
	return o;
}
