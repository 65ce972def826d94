/*
 * witness: holds a plan against the config.json it was made of. Whoever has taken parse over can write any
 * plan, and root's programs obey it; this program has read the same bytes without parse's help. It must never
 * change anything: it says yes, or why not.
 */
#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>
#include "fds.h"
#include "priv_table.h"
#include "step.h"
#include "witness.h"

#define CONFIG_MAX (16u << 20)

struct plan plan, kept;
const char *notify;
int changed;

static const char usage[] =
	"usage: parse <config.json | witness [--changed] [--notify PATH] config.json; or build=ID";

/* Mapped before confinement, looked at after it. */
static const char *map_config(int fd, size_t *length)
{
	struct stat st;
	const char *text;

	if (fd < 0 || fstat(fd, &st) < 0)
		die("config.json", NULL, errno);
	if (!S_ISREG(st.st_mode) || st.st_size > CONFIG_MAX)
		die("config.json: not a file of at most 16 MiB", NULL, 0);
	*length = (size_t)st.st_size;
	if (!*length)
		return "";
	text = mmap(NULL, *length, PROT_READ, MAP_PRIVATE, fd, 0);
	if (text == MAP_FAILED)
		die("config.json", NULL, errno);
	return text;
}

static void load(int fd, const char *name, struct plan *to)
{
	const char *why = NULL;
	int err = plan_load(fd, build_id, to, &why);

	if (err)
		die(name, why, 0);
}

int main(int argc, char **argv)
{
	int conducted = step_start(PROGRAM_WITNESS, argc, argv, NULL, 0), at = 1 + conducted;
	int exec = at < argc && !strcmp(argv[at], "exec"), config = FD_CONFIG;
	const char *text;
	size_t length;

	at += exec;
	for (; at < argc && argv[at][0] == '-'; at++) {
		if (!strcmp(argv[at], "--changed"))
			changed = 1;
		else if (!strcmp(argv[at], "--notify") && at + 1 < argc)
			notify = argv[++at];
		else
			die(usage, NULL, 0);
	}
	if (argc - at != !conducted || (exec && !conducted))
		die(usage, NULL, 0);
	if (!conducted)
		config = open(argv[at], O_RDONLY | O_CLOEXEC | O_NOCTTY | O_NONBLOCK);
	text = map_config(config, &length);
	priv_enter(&priv, conducted);

	load(conducted ? FD_PLAN : STDIN_FILENO, "plan:", &plan);
	if (exec)
		load(FD_KEPT, "the container's plan:", &kept);
	read_document(text, length, exec ? &process_document : &document, plan.config);
	if (!exec)
		judge_whole();
	tell(MSG_DONE, -1);
	_exit(0);
}
