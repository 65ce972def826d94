/* Who the process is: limits, Landlock, ids, capabilities, working directory. */
#include "dmz.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/capability.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>
#include "fds.h"
#include "priv.h"
#include "step.h"
#include "sys.h"
#include "text.h"

#define GROUPS_MAX 65536

static int cwd_entered, cannot_grant;

static void set_limit(uint64_t number, rlim_t soft, rlim_t hard)
{
	const struct rlimit value = {soft, hard};

	if (sys_prlimit((int)number, &value, NULL) < 0) {
		char type[8];
		struct text t = TEXT(type);

		text_add_u64(&t, number);
		die("error setting rlimit type", type, errno);
	}
}

/* Steps have raised the limit of open files; the caller's is set only where the container has none of its
 * own, because a hard limit that has been lowered stays so. By hand there is no caller's. */
void set_limits(const struct plan *plan)
{
	const struct plan_config *config = plan->config;
	uint64_t files = config->files_hard.set;

	for (uint32_t i = 0; i < config->rlimits.count; i++) {
		const struct plan_rlimit *limit = plan_rlimit_at(plan, config->rlimits, i);

		if (limit->type == RLIMIT_NOFILE)
			files = 0;
		set_limit(limit->type, limit->soft, limit->hard);
	}
	if (files)
		set_limit(RLIMIT_NOFILE, config->files_soft.value, config->files_hard.value);
}

void set_umask(const struct plan *plan)
{
	/* `exec` keeps what it was started with (runc-cli.md 3.15). */
	if (plan->config->umask.set)
		umask((mode_t)plan->config->umask.value);
	else if (!plan->config->joins)
		umask(0022);
}

void confine(const struct plan *plan)
{
	if (!plan->config->landlock)
		return;
	if (syscall(__NR_landlock_restrict_self, FD_RULES, 0) < 0)
		die("landlock_restrict_self:", NULL, errno);
	close(FD_RULES);
	if (!plan_has_filter(plan->config))
		drop_rest();
}

/* chdir alone proves nothing: the directory could be one of the host, reached through a leaked fd
 * (rule F21). */
static int enter_cwd(const struct plan *plan)
{
	char buffer[4096];
	long length;

	if (chdir(plan_text(plan, plan->config->cwd)) < 0)
		return -errno;
	length = syscall(__NR_getcwd, buffer, sizeof(buffer));
	if (length < 0) /* ENOENT: deleted, as the source of a bind mount may be */
		return -errno;
	if (buffer[0] != '/')
		die("current working directory is outside of container mount namespace root -- "
		    "possible container "
		    "breakout detected",
			NULL, 0);
	cwd_entered = 1;
	return 0;
}

static _Noreturn void die_of_cwd(const struct plan *plan, int err)
{
	char what[512];

	text_join(what, sizeof(what), "chdir to cwd (\"", plan_text(plan, plan->config->cwd),
		"\") set in config.json failed:", NULL);
	die(what, NULL, err);
}

void enter_cwd_as_root(const struct plan *plan)
{
	int err = enter_cwd(plan);

	if (err && err != -EACCES && err != -EPERM)
		die_of_cwd(plan, err);
}

static void drop_bounding(const struct plan *plan)
{
	uint64_t had;
	int err = priv_keep_bounding(plan->config->cap_bounding, &had);

	if (err)
		die("unable to apply bounding set:", NULL, err);
	cannot_grant |= (plan->config->cap_bounding & ~had) != 0;
}

static void set_groups(const struct plan *plan)
{
	static gid_t groups[GROUPS_MAX];
	struct plan_list list = plan->config->additional_gids;

	if (plan->config->keep_groups)
		return;
	for (uint32_t i = 0; i < list.count && i < GROUPS_MAX; i++)
		groups[i] = (gid_t)plan_num_at(plan, list, i)->value;
	/* In a rootless user namespace setgroups is denied; then there must be nothing to set. */
	if (sys_setgroups(list.count, groups) < 0) {
		if (errno != EPERM || list.count)
			die("setgroups:", NULL, errno);
	} else if (syscall(__NR_getgroups, 0, NULL) != (long)list.count) {
		die("setgroups:", "the groups read back differently", 0);
	}
}

/* Which ids are mapped the kernel knows best: the user namespace may be a joined one. */
static _Noreturn void die_of_id(const char *kind, int err)
{
	char what[80];

	text_join(what, sizeof(what), "unable to setup user: cannot set ", kind, "id",
		err == EINVAL ? " to unmapped user in user namespace" : "", NULL);
	die(what, NULL, err == EINVAL ? 0 : err);
}

static void set_ids(const struct plan *plan)
{
	uid_t uid = (uid_t)plan->config->uid, ids[3];
	gid_t gid = (gid_t)plan->config->gid, gids[3];

	if (sys_setresgid(gid, gid, gid) < 0)
		die_of_id("g", errno);
	if (sys_setresuid(uid, uid, uid) < 0)
		die_of_id("u", errno);
	if (getresuid(&ids[0], &ids[1], &ids[2]) < 0 ||
		getresgid(&gids[0], &gids[1], &gids[2]) < 0 || ids[0] != uid || ids[1] != uid ||
		ids[2] != uid || gids[0] != gid || gids[1] != gid || gids[2] != gid)
		die("unable to setup user: the ids did not change", NULL, 0);
	/* A change of ids makes the process dumpable again (rule S5). */
	step_undumpable();
}

static void cap_call(int number, struct __user_cap_data_struct data[2])
{
	struct __user_cap_header_struct header = {_LINUX_CAPABILITY_VERSION_3, 0};

	if (syscall(number, &header, data) < 0)
		die("unable to apply caps:", NULL, errno);
}

/* Gives the process exactly SETS, read back (S6). */
static void set_exactly(struct __user_cap_data_struct sets[2])
{
	struct __user_cap_data_struct now[2];

	cap_call(__NR_capset, sets);
	cap_call(__NR_capget, now);
	if (memcmp(sets, now, sizeof(now)) != 0)
		die("unable to apply caps:", "they read back differently", 0);
}

static struct __user_cap_data_struct granted[2];
static int keeps_more;

/* Others than these the kernel does not raise, and parse has said so. */
static void raise_ambient(uint64_t ambient)
{
	uint32_t both;

	if (prctl(PR_CAP_AMBIENT, PR_CAP_AMBIENT_CLEAR_ALL, 0, 0, 0) < 0)
		die("clearing ambient capabilities:", NULL, errno);
	for (int cap = 0; cap < 64; cap++) {
		both = granted[cap / 32].permitted & granted[cap / 32].inheritable;
		if ((both >> cap % 32 & ambient >> cap & 1) &&
			prctl(PR_CAP_AMBIENT, PR_CAP_AMBIENT_RAISE, cap, 0, 0) < 0) {
			warn("ambient capabilities:", NULL, errno);
			break; /* a securebit of the caller's forbids all of them */
		}
	}
}

/* config.md, "capabilities": what cannot be granted is a warning; what is granted is exactly this,
 * but for what puts Landlock rules and a filter in force. */
static void set_capabilities(const struct plan *plan)
{
	const struct plan_config *config = plan->config;
	struct __user_cap_data_struct now[2], kept[2];
	const uint32_t admin = 1u << CAP_SYS_ADMIN;

	cap_call(__NR_capget, now);
	for (int i = 0; i < 2; i++) {
		uint32_t permitted = (uint32_t)(config->cap_permitted >> (32 * i));
		uint32_t inheritable = (uint32_t)(config->cap_inheritable >> (32 * i));

		cannot_grant |= ((permitted | inheritable) & ~now[i].permitted) != 0;
		granted[i].permitted = permitted & now[i].permitted;
		granted[i].effective =
			(uint32_t)(config->cap_effective >> (32 * i)) & granted[i].permitted;
		granted[i].inheritable = inheritable & now[i].permitted;
	}
	if (cannot_grant)
		warn("some capabilities cannot be granted: the caller does not have them", NULL, 0);
	memcpy(kept, granted, sizeof(kept));
	if ((plan_has_filter(config) || config->landlock) && !config->no_new_privileges) {
		kept[0].permitted |= admin & now[0].permitted;
		kept[0].effective |= admin & now[0].permitted;
		keeps_more = memcmp(kept, granted, sizeof(kept)) != 0;
	}
	set_exactly(kept);
	raise_ambient(config->cap_ambient);
}

void drop_rest(void)
{
	if (keeps_more)
		cap_call(__NR_capset, granted);
}

/* Without process.capabilities all sets are empty: the specification is silent, and nobody asked
 * for any. */
void become_user(const struct plan *plan)
{
	int err;

	drop_bounding(plan);
	if (prctl(PR_SET_KEEPCAPS, 1, 0, 0, 0) < 0)
		die("PR_SET_KEEPCAPS:", NULL, errno);
	set_groups(plan);
	set_ids(plan);
	if (!cwd_entered) {
		err = enter_cwd(plan);
		if (err)
			die_of_cwd(plan, err);
	}
	if (prctl(PR_SET_KEEPCAPS, 0, 0, 0, 0) < 0)
		die("PR_SET_KEEPCAPS:", NULL, errno);
	set_capabilities(plan);
}
