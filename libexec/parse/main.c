/*
 * parse: config.json, which nobody has looked at, to a plan that every other program can check. It
 * holds nothing while it reads: whoever takes it over gets a wrong plan and no more. It must never
 * do anything but read, write and exit.
 */
#include <signal.h>
#include <string.h>
#include <unistd.h>
#include "build.h"
#include "bus.h"
#include "exec.h"
#include "fds.h"
#include "fields.h"
#include "input.h"
#include "options.h"
#include "present.h"
#include "priv_table.h"
#include "review.h"
#include "scan.h"
#include "step.h"
#include "text.h"
#include "tree.h"

/* in messages */
static const char config_text[] = "config.json:", process_text[] = "process.json:";
static const char changed_text[] = "resources.json:", request_text[] = "resources:";

/* Dies, or in a review does not come back, with what is wrong in the text. */
static void check_text(const char *name, size_t length)
{
	static char what[256];
	struct text t = TEXT(what);
	struct scan_error error;

	if (!scan(input_buffer, length, &error))
		return;
	text_add(&t, name);
	text_add_u64(&t, error.line);
	text_add(&t, ":");
	text_add_u64(&t, error.column);
	text_add(&t, ": ");
	text_add(&t, error.text);
	refuse_as(what, NULL);
}

/* The two descriptors of an update are the last ones of the table; who gets none does not look. */
static void enter(int conducted, int changes)
{
	struct priv table = priv;

	if (!changes)
		table.fd_count -= 2;
	priv_enter(&table, conducted);
}

static const struct value *read_document(const char *name, int fd)
{
	size_t length = input_read(name, fd);

	check_text(name, length);
	path_document(name);
	return tree_parse(input_buffer, length);
}

static void write_plan(int out)
{
	int err = plan_emit(build_id, output_write, &out);

	if (err)
		die("writing the plan", NULL, err);
}

/* config.json to the plan of a container */
static void parse_config(int conducted, const struct options *options)
{
	int in = conducted ? FD_CONFIG : STDIN_FILENO;
	const struct value *document;

	if (!conducted && (options->changed || options->update))
		die("--changed, --request and --set need runc", NULL, 0);
	if (options->changed)
		input_expect(changed_text, FD_CHANGED);
	if (options->request)
		input_expect(request_text, FD_REQUEST);
	input_reserve(config_text, in, -1, options->systemd ? BUS_ROOM : 0);
	enter(conducted, options->changed || options->update);

	document = read_document(config_text, in);
	plan_begin(input_pool, input_pool_size);
	put_options(options, plan_config_record());
	take_caller(options);
	if (options->changed)
		leave_changed();
	build_config(document);
	if (options->changed)
		build_changed(read_document(changed_text, FD_CHANGED));
	if (options->update)
		build_update(
			options, options->request ? read_document(request_text, FD_REQUEST) : NULL);
	path_document(config_text);
	build_systemd(plan_config_record());
}

static void build_text(void *context)
{
	const size_t *length = context;

	check_text(config_text, *length);
	build_config(tree_parse(input_buffer, *length));
	build_systemd(plan_config_record());
}

/* The plan in memory, in the form in which the other programs get it. */
static void make_plan(struct plan *plan)
{
	const char *why = NULL;
	const void *image;
	size_t size;
	int err = plan_emit(build_id, image_write, NULL);

	if (err)
		die("making the plan:", NULL, err);
	image = image_bytes(&size);
	err = plan_take(image, size, build_id, plan, &why);
	if (err)
		die("making the plan:", why, 0);
}

/* config.json to a report for people and programs. Returns the exit status. */
static int review_config(const struct options *options)
{
	struct plan plan;
	size_t length;
	int valid;

	input_reserve_review(config_text, STDIN_FILENO);
	enter(0, 0);

	length = input_read(config_text, STDIN_FILENO);
	plan_begin(input_pool, input_pool_size);
	put_options(options, plan_config_record());
	take_caller(options);
	review_begin();
	(void)attempt(build_text, &length);
	if (plan_error())
		review_add(FOUND_ERROR, "too much is wrong: the rest was not looked at", 1);
	valid = !review_first(FOUND_ERROR);
	if (valid && options->explain)
		make_plan(&plan);
	present(options, valid && options->explain ? &plan : NULL);
	return valid ? 0 : 1;
}

static size_t size_of_strings(char **strings)
{
	size_t size = 0;

	for (; *strings; strings++)
		size += strlen(*strings) + 1 + sizeof(struct plan_str);
	return size;
}

/* the plan of a container and a process.json, or flags, to the plan of one more process */
static void parse_exec(int conducted, int argc, char **argv)
{
	int in = conducted ? FD_KEPT : STDIN_FILENO;
	struct exec_options options = read_exec_options(argc, argv);
	const struct value *process = NULL;
	struct plan plan;
	const char *why;
	const void *image;
	size_t size;
	int err;

	if (options.process && !conducted)
		die("--process needs runc", NULL, 0);
	input_reserve(process_text, options.process ? FD_CONFIG : -1, in, size_of_strings(argv));
	enter(conducted, 0);

	image = input_read_kept(in, &size);
	err = plan_take(image, size, build_id, &plan, &why);
	if (err)
		die("plan:", why, 0);
	if (options.process) {
		path_member("process");
		process = read_document(process_text, FD_CONFIG);
	}
	plan_begin(input_pool, input_pool_size);
	build_exec(&options, &plan, process);
}

static void spare_terminal(int conducted)
{
	if (!conducted && isatty(STDOUT_FILENO))
		die("the plan is binary, and standard output a terminal: parse <config.json >FILE",
			NULL, 0);
}

int main(int argc, char **argv)
{
	struct options options;
	int conducted = step_start(PROGRAM_PARSE, argc, argv, NULL, 0);

	argc -= conducted;
	argv += conducted;
	signal(SIGXFSZ,
		SIG_IGN); /* a caller's file size limit is an error to report, not a death */
	if (argc > 1 && !strcmp(argv[1], "exec")) {
		spare_terminal(conducted);
		parse_exec(conducted, argc - 1, argv + 1);
	} else {
		options = read_options(argc, argv);
		if (!conducted && (options.check || options.explain))
			_exit(review_config(&options));
		spare_terminal(conducted);
		parse_config(conducted, &options);
	}
	write_plan(conducted ? FD_PLAN : STDOUT_FILENO);
	tell(MSG_DONE, -1);
	_exit(0);
}
