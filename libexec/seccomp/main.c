/*
 * seccomp: compiles the plan's seccomp section to a BPF program. The only program that links
 * libseccomp. It never loads what it makes – dmz does, with the plan's flags – and holds no
 * privilege while it reads the plan.
 */
#include <errno.h>
#include <malloc.h>
#include <unistd.h>
#include "filter.h"
#include "fds.h"
#include "priv_table.h"
#include "program.h"
#include "step.h"

/*
 * libseccomp asks the kernel what it supports on first use and remembers; malloc takes its random
 * key and its first arena. Both happen here, because the calls they make are not in our list.
 */
static void warm_up(void)
{
	scmp_filter_ctx filter;

#ifndef DAVIT_SANITIZE /* its malloc has no such switch */
	if (!mallopt(M_MMAP_MAX, 0))
		die("mallopt:", NULL, ENOTSUP);
#endif
	seccomp_api_get();
	filter = seccomp_init(SCMP_ACT_KILL);
	if (!filter)
		die("libseccomp does not start", NULL, 0);
	seccomp_release(filter);
}

static void load(int fd, struct plan *plan)
{
	const char *why = NULL;
	int err = plan_load(fd, build_id, plan, &why);

	if (err)
		die("plan:", why, 0);
	if (!plan->config->has_seccomp)
		die("the plan has no seccomp section", NULL, 0);
}

int main(int argc, char **argv)
{
	int used = step_start(PROGRAM_SECCOMP, argc, argv, NULL, 0);
	int in = used ? FD_PLAN : 0, out = used ? FD_FILTER : 1;
	struct plan plan;

	if (argc != 1 + used)
		die("usage: seccomp <plan >filter.bpf", NULL, 0);
	if (!used && isatty(out))
		die("the filter is binary, and standard output a terminal: seccomp <plan >FILE",
			NULL, 0);
	warm_up();
	priv_enter(&priv, step_conducted());
	load(in, &plan);
	filter_start(&plan);
	sections_emit(&plan);
	program_write(out);
	tell(MSG_DONE, -1);
	_exit(0);
}
