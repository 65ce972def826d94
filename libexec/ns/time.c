/* The new time namespace, whose offsets can be written only while nobody is in it. */
#include "ns.h"

#include <errno.h>
#include <fcntl.h>
#include <sched.h>
#include <unistd.h>
#include "proc.h"
#include "step.h"
#include "text.h"

/* One write for each clock, so that an error names it (time_namespaces(7)). */
static void write_offset(
	int proc, const char *clock, const struct plan_opt_i64 *seconds, uint64_t nanoseconds)
{
	char line[80];
	struct text t = TEXT(line);
	int err;

	if (!seconds->set)
		return;
	text_add(&t, clock);
	text_add(&t, " ");
	text_add_i64(&t, seconds->value);
	text_add(&t, " ");
	text_add_u64(&t, nanoseconds);
	text_add(&t, "\n");
	err = proc_write(proc, "self/timens_offsets", line, t.length);
	if (err)
		die("linux.timeOffsets:", clock, err);
}

/*
 * The process that unshares stays in its old namespace (time_namespaces(7)), so it follows by the
 * link, the one magic link that is opened: of ourselves, in a procfs that is one. Still with the ids
 * of the caller, because our files of /proc belong to them, and already with all capabilities of a
 * new user namespace, which thus owns the time namespace.
 */
void enter_new_time(const struct plan *plan, const struct origin *origin)
{
	const struct plan_config *config = plan->config;
	const char *path;
	int proc = origin->proc, time;

	if (config->joins || !plan_namespace(plan, NS_TIME, &path) || path)
		return;
	if (unshare((int)namespace_files[NS_TIME].value) < 0)
		die_of_namespace(NS_TIME, errno);
	write_offset(
		proc, "monotonic", &config->time_monotonic, config->time_monotonic_nanoseconds);
	write_offset(proc, "boottime", &config->time_boottime, config->time_boottime_nanoseconds);
	time = openat(proc, "self/ns/time_for_children", O_RDONLY | O_CLOEXEC);
	if (time < 0 || setns(time, (int)namespace_files[NS_TIME].value) < 0)
		die_of_namespace(NS_TIME, errno);
	close(time);
}
