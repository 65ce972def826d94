/* plan-dump: shows a plan, of whatever build, as text. For people and tests; no conductor starts
 * it. */
#include <string.h>
#include <unistd.h>
#include "dump.h"
#include "priv_table.h"
#include "step.h"

int main(int argc, char **argv)
{
	struct plan plan;
	const char *why = NULL;
	int conducted = step_start(PROGRAM_CONDUCTOR, argc, argv, NULL, 0), json, err;

	json = argc == 2 && !strcmp(argv[1], "--json");
	if (conducted || (argc > 1 && !json))
		die("usage: plan-dump [--json] <plan", NULL, 0);
	priv_enter(&priv, 0);

	err = plan_load(STDIN_FILENO, NULL, &plan, &why);
	if (err)
		die("plan-dump: plan:", why, 0);
	if (json)
		dump_json(&plan, STDOUT_FILENO);
	else
		dump(&plan, STDOUT_FILENO);
	_exit(0);
}
