/* What a step says to who starts it by hand with --help, -h or --version: nothing but constants. */
#include <string.h>
#include <unistd.h>
#include "step.h"
#include "text.h"

const char *step_name(void)
{
	return program_names[conductor.self];
}

static void add_help(struct text *t, const char *name)
{
	text_add(t, name);
	text_add(t, ": a step of davit, which runc starts; davit-");
	text_add(t, name);
	text_add(t, "(8) says what it does, and how it is run by hand\n\nfile descriptors:\n");
	if (!step_fds->text)
		text_add(t, "   none but 0 to 2\n");
	for (const struct step_fd *fd = step_fds; fd->text; fd++) {
		text_add(t, "   ");
		text_add_i64(t, fd->number);
		text_add(t, "  ");
		text_add(t, fd->text);
		text_add(t, "\n");
	}
	text_add(t, "\n");
}

void step_help(enum program self, int argc, char **argv)
{
	/* plan-dump is none of those that a conductor starts. */
	const char *name = self == PROGRAM_CONDUCTOR ? "plan-dump" : program_names[self];
	char buffer[2048];
	struct text t = TEXT(buffer);
	int version;

	if (argc != 2)
		return;
	version = !strcmp(argv[1], "--version");
	if (!version && strcmp(argv[1], "--help") != 0 && strcmp(argv[1], "-h") != 0)
		return;
	if (!version)
		add_help(&t, name);
	text_add(&t, "davit ");
	text_add(&t, name);
	text_add(&t, ", build ");
	text_add(&t, build_id);
	text_add(&t, "\n");
	leave(write(1, t.data, t.length) == (ssize_t)t.length ? 0 : 1);
}
