/*
 * stats: what a container uses, from its cgroups and its resctrl group, as runc's JSON or as
 * OpenMetrics text on standard output, once or every interval. It changes nothing and reads nothing
 * that anybody but the kernel wrote.
 */
#include <errno.h>
#include <linux/magic.h>
#include <string.h>
#include <sys/vfs.h>
#include <unistd.h>
#include "fds.h"
#include "stats.h"
#include "step.h"
#include "text.h"

#include "priv_table.h"

#define INTERVAL_MAX (INT64_MAX / 4) /* milliseconds; added to a clock */

static struct host host;
static struct journal journal;

static _Noreturn void usage(void)
{
	static const char text[] = "usage: stats json|openmetrics PATH\n";

	_exit(write(2, text, sizeof(text) - 1) < 0 ? 1 : 1);
}

static void open_by_path(const char *path)
{
	host_find(&host);
	for (size_t i = 0; i < host.count; i++)
		if (path_clean(path, host.hierarchies[i].path, sizeof(host.hierarchies[i].path)))
			die("open", path, ENAMETOOLONG);
	if (!open_leaves(&host))
		die("no such cgroup:", path, 0);
}

static void open_by_journal(void)
{
	int err = journal_read(FD_JOURNAL, &journal);

	if (err)
		die_of_journal(err);
	(void)host_open_journal(&host, &journal);
	/* A container without rights to any cgroup has none: that is no error, and nothing to tell. */
	(void)open_leaves(&host);
}

static void show_once(const char *format, const char *id, int conducted)
{
	static struct stats stats;
	int err = collect(&stats, &host, conducted ? &journal : NULL);

	if (err)
		die("read", stats.problem, err);
	err = !strcmp(format, "openmetrics") ? print_metrics(&stats, id, journal.ready.seconds)
					     : print_stats(&stats, id);
	if (err)
		die("write /dev/stdout:", NULL, err);
}

static int is_v1(void)
{
	struct statfs fs;

	return statfs(CGROUP_MOUNT, &fs) < 0 || (unsigned)fs.f_type != CGROUP2_SUPER_MAGIC;
}

/* ID INTERVAL: the stream, INTERVAL in milliseconds. */
static void stream(char **args)
{
	uint64_t interval;

	if (!leaves_are_there(&host))
		die("the container has no cgroup to watch", NULL, 0);
	if (text_to_u64(args[1], &interval) || !interval || interval > INTERVAL_MAX)
		die("interval:", args[1], EINVAL);
	watch(&host, &journal, args[0], (int64_t)interval);
}

/* Conducted: FORMAT ID, or "watch" ID INTERVAL. By hand: FORMAT PATH. */
int main(int argc, char **argv)
{
	int conducted = step_start(PROGRAM_STATS, argc, argv, NULL, 0);
	int count = argc - 1 - conducted;
	char **args = argv + 1 + conducted;
	struct priv table = priv;
	int watching = conducted && count == 3 && !strcmp(args[0], "watch");

	if (!watching &&
		(count != 2 ||
			(strcmp(args[0], "json") != 0 && strcmp(args[0], "openmetrics") != 0)))
		usage();
	if (!watching || !is_v1())
		table.read_only = 1;
	if (!conducted)
		host_read_self(&host);
	priv_enter(&table, conducted);
	if (conducted)
		open_by_journal();
	else
		open_by_path(args[1]);
	if (watching)
		stream(args + 1);
	else
		show_once(args[0], args[1], conducted);
	tell(MSG_DONE, -1);
	return 0;
}
