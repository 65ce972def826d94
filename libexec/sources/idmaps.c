/*
 * Id-mapped mounts: a mount takes over the maps of a user namespace in which we have rights, and
 * the file system must be one of ours, too (mount_setattr(2)). That is why it is done out here, for
 * what rootfs mounts as well.
 */
#include "sources.h"

#include <errno.h>
#include <fcntl.h>
#include <stddef.h>
#include <sys/mount.h>
#include "fds.h"
#include "step.h"
#include "sys.h"
#include "text.h"

#define WAIT_SECONDS 60

static const struct msg_rule rules[] = {
	{MSG_IDMAP, MSG_FD, sizeof(struct msg_number), 0, PROGRAM_NS},
	{MSG_TREE, MSG_FD, sizeof(struct msg_tree), 0, PROGRAM_ROOTFS},
};

struct peer rootfs = {.fd = FD_TREES,
	.self = PROGRAM_SOURCES,
	.rules = rules,
	.rule_count = sizeof(rules) / sizeof(rules[0])};

static int joined = -1;
static int namespaces[ID_MAPPINGS_MAX]; /* from ns */
static uint32_t received;

void keep_user_namespace(int fd)
{
	joined = fd;
}

static int is_joined(const struct plan *plan, uint32_t mapping)
{
	return !plan_mapping_at(plan, plan->config->mappings, mapping)->uid_map.count;
}

/* ns makes them while we open the first trees, and sends all in the order of the plan. */
static int receive_namespace(const struct plan *plan, uint32_t mapping)
{
	static struct msg msg;

	if (mapping >= plan->config->mappings.count || mapping >= ID_MAPPINGS_MAX)
		die("protocol error:", "plan", 0);

	for (; received <= mapping; received++) {
		int err;

		if (is_joined(plan, received))
			continue;
		err = msg_await(&rootfs, MSG_IDMAP, &msg, WAIT_SECONDS * 1000);
		if (err == -ECONNRESET)
			_exit(1); /* ns failed and has said why */
		if (err || msg.body.number.value != received)
			die("receiving the user namespaces of id-mapped mounts:", NULL,
				err ? err : EPROTO);
		namespaces[received] = msg.fd;
	}
	return is_joined(plan, mapping) ? joined : namespaces[mapping];
}

_Noreturn static void refuse(const struct plan *plan, const struct plan_mount *mount, int err)
{
	static char what[64], object[MSG_OBJECT_MAX];
	const char *name = plan_text(plan, mount->kind == MOUNT_FS ? mount->type : mount->source);
	const char *label = plan_text(plan, mount->label);

	text_join(what, sizeof(what), label ? label : "", ": failed to map the ids of", NULL);
	text_join(object, sizeof(object), "\"", name ? name : "", "\", mounted on \"",
		plan_text(plan, mount->destination), "\"",
		err == EINVAL ? " (maybe the filesystem used doesn't support idmap mounts on this "
				"kernel?)"
			      : "",
		NULL);
	die(what, object, err);
}

void map_ids(const struct plan *plan, const struct plan_mount *mount, int tree)
{
	struct mount_attr attr = {.attr_set = MOUNT_ATTR_IDMAP};
	unsigned flags = AT_EMPTY_PATH | (mount->idmap == IDMAP_RECURSIVE ? AT_RECURSIVE : 0);
	int namespace = receive_namespace(plan, (uint32_t)mount->mapping - 1);

	if (namespace < 0)
		die("protocol error:", "user namespace", 0);
	attr.userns_fd = (uint64_t) namespace;
	if (sys_mount_setattr(tree, "", flags, &attr) < 0)
		refuse(plan, mount, errno);
}

void map_new_mounts(const struct plan *plan)
{
	struct plan_list list = plan->config->mounts;
	static struct msg msg;
	int got;

	/* What ns has sent comes before what rootfs sends. */
	receive_namespace(plan, plan->config->mappings.count - 1);
	while ((got = msg_recv(&rootfs, &msg)) == 1) {
		uint32_t index = msg.body.tree.index;

		if (msg.header.type != MSG_TREE || msg.body.tree.kind != TREE_MOUNT ||
			index >= list.count || plan_mount_at(plan, list, index)->kind != MOUNT_FS ||
			!plan_mount_at(plan, list, index)->mapping)
			die("protocol error:", "rootfs", 0);
		map_ids(plan, plan_mount_at(plan, list, index), msg.fd);
		close(msg.fd);
		if (msg_send(&rootfs, MSG_DONE, NULL, 0, -1))
			_exit(1);
	}
	if (got < 0)
		die("receiving mounts from rootfs:", NULL, got);
}
