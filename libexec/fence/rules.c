/*
 * Landlock rules (landlock(7)). Confined is everything that the kernel can restrict of what an
 * annotation is about: files, when one of the three lists of paths is there, TCP ports, scopes.
 */
#include "fence.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/landlock.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>
#include "fds.h"
#include "names.h"
#include "path.h"
#include "step.h"
#include "sys.h"
#include "text.h"

#define BIT(n) (UINT64_C(1) << (n))

/* What <linux/landlock.h> may be too old for. */
struct ruleset {
	uint64_t files, ports, scopes;
};
struct port_rule {
	uint64_t access, port;
};
#define RULE_PORT 2
enum { ACCESS_BIND = 1, ACCESS_CONNECT = 2 };

/* LANDLOCK_ACCESS_FS_*, by what they need. */
enum {
	EXECUTE = LANDLOCK_ACCESS_FS_EXECUTE,
	READ_FILE = LANDLOCK_ACCESS_FS_READ_FILE,
	READ = READ_FILE | LANDLOCK_ACCESS_FS_READ_DIR,
	TRUNCATE = 1 << 14, /* ABI 3 */
	DEVICE = 1 << 15,   /* ABI 5: ioctl(2) of devices */
	CHANGE_FILE = LANDLOCK_ACCESS_FS_WRITE_FILE | TRUNCATE,
	CHANGE = CHANGE_FILE | LANDLOCK_ACCESS_FS_REMOVE_DIR | LANDLOCK_ACCESS_FS_REMOVE_FILE |
		LANDLOCK_ACCESS_FS_MAKE_CHAR | LANDLOCK_ACCESS_FS_MAKE_DIR |
		LANDLOCK_ACCESS_FS_MAKE_REG | LANDLOCK_ACCESS_FS_MAKE_SOCK |
		LANDLOCK_ACCESS_FS_MAKE_FIFO | LANDLOCK_ACCESS_FS_MAKE_BLOCK |
		LANDLOCK_ACCESS_FS_MAKE_SYM | LANDLOCK_ACCESS_FS_REFER,
	OF_FILES = EXECUTE | READ_FILE | CHANGE_FILE | DEVICE
};

static const uint64_t allowed[LANDLOCK_LIST_COUNT] = {
	[LANDLOCK_READ] = READ,
	[LANDLOCK_WRITE] = READ | CHANGE | DEVICE,
	[LANDLOCK_EXECUTE] = READ | EXECUTE,
	[LANDLOCK_BIND] = ACCESS_BIND,
	[LANDLOCK_CONNECT] = ACCESS_CONNECT,
};

/* Without truncation a list of paths would not keep files from being changed; the ioctls of devices
 * are left alone where the kernel cannot confine them. */
static const struct need {
	long abi;
	const char *release;
} needs[LANDLOCK_LIST_COUNT] = {
	[LANDLOCK_READ] = {3, "6.2"},
	[LANDLOCK_WRITE] = {3, "6.2"},
	[LANDLOCK_EXECUTE] = {3, "6.2"},
	[LANDLOCK_BIND] = {4, "6.7"},
	[LANDLOCK_CONNECT] = {4, "6.7"},
	[LANDLOCK_SCOPE] = {6, "6.12"},
};

static _Noreturn void die_of_age(const char *list, const struct need *need, long abi)
{
	char line[256];
	struct text t = TEXT(line);

	text_add(&t, "annotation " LANDLOCK_PREFIX);
	text_add(&t, list);
	text_add(&t, " needs Landlock ABI ");
	text_add_u64(&t, (uint64_t)need->abi);
	text_add(&t, " (Linux ");
	text_add(&t, need->release);
	text_add(&t, "), this kernel has ABI ");
	text_add_u64(&t, (uint64_t)abi);
	die(line, NULL, 0);
}

static long kernel_abi(const struct plan_config *config)
{
	long abi = syscall(
		__NR_landlock_create_ruleset, NULL, 0, (uint32_t)LANDLOCK_CREATE_RULESET_VERSION);

	if (abi < 0)
		die("annotations " LANDLOCK_PREFIX "*:",
			errno == ENOSYS               ? "this kernel has no Landlock"
				: errno == EOPNOTSUPP ? "Landlock is off in this kernel (lsm=)"
						      : "landlock_create_ruleset",
			errno == ENOSYS || errno == EOPNOTSUPP ? 0 : errno);
	for (const struct name *list = landlock_lists; list->word; list++)
		if ((config->landlock & BIT(list->value)) && abi < needs[list->value].abi)
			die_of_age(list->word, &needs[list->value], abi);
	return abi;
}

static _Noreturn void die_of_rule(uint64_t list, const char *object, int err)
{
	char what[128];

	text_join(what, sizeof(what), "annotation " LANDLOCK_PREFIX, landlock_lists[list].word, ":",
		NULL);
	die(what, object, err);
}

/* The conductor keeps it, or compares it with what it has kept. */
static void tell_place(
	const struct plan_landlock_path *path, const char *name, int fd, const struct stat *st)
{
	struct msg_place place = {.device = st->st_dev, .inode = st->st_ino};
	struct sys_statx stx;
	int err;

	if (sys_statx(fd, "", AT_EMPTY_PATH, SYS_STATX_MNT_ID | SYS_STATX_MNT_ID_UNIQUE, &stx) < 0)
		die_of_rule(path->list, name, errno);
	if (!(stx.mask & (SYS_STATX_MNT_ID | SYS_STATX_MNT_ID_UNIQUE)))
		die_of_rule(path->list, name, ENOTSUP);
	place.mount = stx.mnt_id;
	err = step_conducted() ? msg_send(&conductor, MSG_PLACE, &place, sizeof(place), -1) : 0;
	if (err)
		die("telling the conductor what a path is:", name, err);
}

static void add_path(int rules, const struct plan *plan, const struct plan_landlock_path *path,
	int root, uint64_t confined)
{
	struct landlock_path_beneath_attr rule = {.allowed_access = allowed[path->list] & confined};
	const char *name = plan_text(plan, path->path);
	struct stat st;

	rule.parent_fd = path_open(root, name, O_PATH, 0);
	if (rule.parent_fd < 0 || fstat(rule.parent_fd, &st) < 0)
		die_of_rule(path->list, name, rule.parent_fd < 0 ? rule.parent_fd : errno);
	tell_place(path, name, rule.parent_fd, &st);
	if (!S_ISDIR(st.st_mode))
		rule.allowed_access &= OF_FILES;
	if (syscall(__NR_landlock_add_rule, rules, LANDLOCK_RULE_PATH_BENEATH, &rule, 0) < 0)
		die_of_rule(path->list, name, errno);
	close(rule.parent_fd);
}

static void add_port(int rules, const struct plan_landlock_port *port)
{
	const struct port_rule rule = {allowed[port->list], port->port};
	char number[24];
	struct text t = TEXT(number);

	if (!syscall(__NR_landlock_add_rule, rules, RULE_PORT, &rule, 0))
		return;
	text_add_u64(&t, port->port);
	die_of_rule(port->list, number, errno);
}

/* The program of startContainer hooks is no file of the container. A memfd needs no rule, and there can be
 * none (EBADFD); where executable ones are forbidden it is a file. */
static void add_hook(int rules)
{
	const struct landlock_path_beneath_attr rule = {EXECUTE | READ_FILE, FD_HOOK};

	if (syscall(__NR_landlock_add_rule, rules, LANDLOCK_RULE_PATH_BENEATH, &rule, 0) < 0 &&
		errno != EBADFD)
		die("Landlock rule:", "hook", errno);
}

int make_rules(const struct plan *plan, int root)
{
	const struct plan_config *config = plan->config;
	long abi = kernel_abi(config);
	struct ruleset confined = {.scopes = config->landlock_scopes};
	int rules;

	if (config->landlock & LANDLOCK_FILES)
		confined.files = EXECUTE | READ | CHANGE | (abi >= 5 ? DEVICE : 0);
	confined.ports = (config->landlock & BIT(LANDLOCK_BIND) ? ACCESS_BIND : 0) |
		(config->landlock & BIT(LANDLOCK_CONNECT) ? ACCESS_CONNECT : 0);
	rules = (int)syscall(__NR_landlock_create_ruleset, &confined, sizeof(confined), 0);
	if (rules < 0)
		die("landlock_create_ruleset:", NULL, errno);
	for (uint32_t i = 0; i < config->landlock_paths.count; i++)
		add_path(rules, plan, plan_landlock_path_at(plan, config->landlock_paths, i), root,
			confined.files);
	if ((config->landlock & LANDLOCK_FILES) && config->hooks_start_container.count &&
		step_conducted())
		add_hook(rules);
	for (uint32_t i = 0; i < config->landlock_ports.count; i++)
		add_port(rules, plan_landlock_port_at(plan, config->landlock_ports, i));
	return rules;
}
