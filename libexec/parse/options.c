/* parse's own options. */
#include "options.h"

#include <string.h>
#include "plan_write.h"
#include "step.h"
#include "text.h"

static const char usage[] =
	"usage: parse [--id ID] [--bundle DIR] [--no-pivot] [--no-new-keyring] [--rootless] "
	"[--systemd-cgroup] "
	"[--foreground] [--preserve-fds N] [--listen-fds N] [--listen-names NAMES] [--notify DIR] "
	"[--files SOFT:HARD] "
	"[--changed] [--request] [--set [NAME VALUE]…] "
	"<config.json >plan\n"
	"       parse --check | --explain [--json] [options] <config.json";

static const char *argument(int argc, char **argv, int *i)
{
	if (++*i >= argc)
		die(usage, NULL, 0);
	return argv[*i];
}

uint64_t read_count(const char *text)
{
	uint64_t n;

	if (text_to_u64(text, &n) || n > INT32_MAX)
		die("not a number of file descriptors:", text, 0);
	return n;
}

void read_files(const char *text, struct plan_opt_u64 *soft, struct plan_opt_u64 *hard)
{
	const char *colon = strchr(text, ':');
	char first[24];
	struct text t = TEXT(first);

	text_add_bytes(&t, text, colon ? (size_t)(colon - text) : 0);
	if (!colon || text_to_u64(first, &soft->value) || text_to_u64(colon + 1, &hard->value) ||
		soft->value > hard->value)
		die("not two limits:", text, 0);
	soft->set = hard->set = 1;
}

struct options read_options(int argc, char **argv)
{
	static char *none[] = {NULL};
	struct options o = {.id = "config", .bundle = "", .settings = none};

	for (int i = 1; i < argc; i++) {
		if (!strcmp(argv[i], "--id"))
			o.id = argument(argc, argv, &i);
		else if (!strcmp(argv[i], "--bundle"))
			o.bundle = argument(argc, argv, &i);
		else if (!strcmp(argv[i], "--preserve-fds"))
			o.preserve_fds = read_count(argument(argc, argv, &i));
		else if (!strcmp(argv[i], "--files"))
			read_files(argument(argc, argv, &i), &o.files_soft, &o.files_hard);
		else if (!strcmp(argv[i], "--listen-fds"))
			o.listen_fds = read_count(argument(argc, argv, &i));
		else if (!strcmp(argv[i], "--listen-names"))
			o.listen_names = argument(argc, argv, &i);
		else if (!strcmp(argv[i], "--notify"))
			o.notify = argument(argc, argv, &i);
		else if (!strcmp(argv[i], "--no-pivot"))
			o.no_pivot = 1;
		else if (!strcmp(argv[i], "--no-new-keyring"))
			o.no_new_keyring = 1;
		else if (!strcmp(argv[i], "--rootless"))
			o.rootless = 1;
		else if (!strcmp(argv[i], "--systemd-cgroup"))
			o.systemd = 1;
		else if (!strcmp(argv[i], "--foreground"))
			o.foreground = 1;
		else if (!strcmp(argv[i], "--check"))
			o.check = 1;
		else if (!strcmp(argv[i], "--explain"))
			o.explain = 1;
		else if (!strcmp(argv[i], "--json"))
			o.json = 1;
		else if (!strcmp(argv[i], "--changed"))
			o.changed = 1;
		else if (!strcmp(argv[i], "--request"))
			o.update = o.request = 1;
		else if (!strcmp(argv[i], "--set") && (argc - i) % 2) {
			o.update = 1;
			o.settings = argv + i + 1;
			break;
		} else
			die(usage, NULL, 0);
	}
	if (o.json && !o.check && !o.explain)
		die(usage, NULL, 0);
	return o;
}

void put_options(const struct options *o, struct plan_config *config)
{
	config->id = plan_put(o->id);
	config->bundle = plan_put(o->bundle);
	config->no_pivot = (uint64_t)o->no_pivot;
	config->no_new_keyring = (uint64_t)o->no_new_keyring;
	config->rootless = (uint64_t)o->rootless;
	config->foreground = (uint64_t)o->foreground;
	config->systemd = (uint64_t)o->systemd;
	config->preserve_fds = o->preserve_fds;
	config->files_soft = o->files_soft;
	config->files_hard = o->files_hard;
}
