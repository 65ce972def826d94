/* Why namespaces cannot be made. */
#include "ns.h"

#include <errno.h>
#include <sched.h>
#include <string.h>
#include "step.h"
#include "text.h"

/* In the order in which clone(2) makes them: the first one that cannot be made is to blame. */
static const struct {
	enum namespace_type type;
	const char *limit;
} limits[] = {{NS_USER, "user"}, {NS_MOUNT, "mnt"}, {NS_UTS, "uts"}, {NS_IPC, "ipc"},
	{NS_PID, "pid"}, {NS_CGROUP, "cgroup"}, {NS_NET, "net"}, {NS_TIME, "time"}};

void die_of_namespace(enum namespace_type type, int err)
{
	char line[160];

	for (size_t i = 0; err == ENOSPC && i < sizeof(limits) / sizeof(limits[0]); i++)
		if (limits[i].type == type &&
			!text_join(line, sizeof(line), "/proc/sys/user/max_", limits[i].limit,
				"_namespaces, here or in a user namespace above, allows no more:",
				NULL))
			die("failed to create namespaces:", line, err);
	if (err == EPERM && type == NS_USER)
		die("failed to create namespaces: does kernel.unprivileged_userns_clone, AppArmor "
		    "or a "
		    "chroot of the caller forbid it?",
			"user", err);
	die("failed to create namespaces:", namespace_names[type].word, err);
}

void die_of_clone(uint64_t flags, int err)
{
	for (size_t i = 0; i < sizeof(limits) / sizeof(limits[0]); i++)
		if ((flags & namespace_files[limits[i].type].value) &&
			unshare((int)namespace_files[limits[i].type].value) < 0 && errno == err)
			die_of_namespace(limits[i].type, err);
	die("failed to create namespaces:", "clone3", err);
}
