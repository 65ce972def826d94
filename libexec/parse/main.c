/*
 * parse: config.json, which nobody has looked at, to a plan that every other program can check. It
 * holds nothing while it reads: whoever takes it over gets a wrong plan and no more. It must never
 * do anything but read, write and exit.
 */
#include <signal.h>
#include <unistd.h>
#include "build.h"
#include "fds.h"
#include "input.h"
#include "options.h"
#include "priv_table.h"
#include "scan.h"
#include "step.h"
#include "text.h"
#include "tree.h"

static void check_text(size_t length)
{
	static char what[256];
	struct text t = TEXT(what);
	struct scan_error error;

	if (!scan(input_buffer, length, &error))
		return;
	text_add(&t, "config.json:");
	text_add_u64(&t, error.line);
	text_add(&t, ":");
	text_add_u64(&t, error.column);
	text_add(&t, ": ");
	text_add(&t, error.text);
	die(what, NULL, 0);
}

int main(int argc, char **argv)
{
	int conducted = step_start(PROGRAM_PARSE, argc, argv, NULL, 0);
	int in = conducted ? FD_CONFIG : STDIN_FILENO, out = conducted ? FD_PLAN : STDOUT_FILENO;
	struct options options = read_options(argc - conducted, argv + conducted);
	const struct value *document;
	size_t length;
	int err;

	signal(SIGXFSZ,
		SIG_IGN); /* a caller's file size limit is an error to report, not a death */
	input_reserve(in);
	priv_enter(&priv, conducted);

	length = input_read(in);
	check_text(length);
	document = tree_parse(input_buffer, length);
	plan_begin(input_pool, input_pool_size);
	put_options(&options, plan_config_record());
	build_config(document);
	err = plan_emit(build_id, output_write, &out);
	if (err)
		die("writing the plan", NULL, err);
	tell(MSG_DONE, -1);
	_exit(0);
}
