/* What sources hands over: received whole, made as config.json wants it, given out in its order. */
#include "rootfs.h"

#include <errno.h>
#include <fcntl.h>
#include <sys/mount.h>
#include <sys/statvfs.h>
#include <unistd.h>
#include "fds.h"
#include "files.h"
#include "path.h"
#include "step.h"
#include "sys.h"
#include "text.h"

/* In the order in which sources opened them, which is the order in which they are used. */
struct tree trees[TREES_MAX];
uint32_t tree_count;
static uint32_t tree_next;

static struct peer sources = {.fd = FD_TREES, .self = PROGRAM_ROOTFS};

/* Nothing is attached before sources has opened everything, so no mount can change what a later
 * source path means (F5). */
void receive_trees(const struct plan *plan)
{
	static const struct msg_rule rules[] = {
		{MSG_TREE, MSG_FD, sizeof(struct msg_tree), 0, PROGRAM_SOURCES},
		{MSG_DONE, 0, 0, 0, PROGRAM_SOURCES}};
	static struct msg msg;
	int got;

	files_note();
	sources.rules = rules;
	sources.rule_count = sizeof(rules) / sizeof(rules[0]);
	while ((got = msg_recv(&sources, &msg)) == 1 && msg.header.type == MSG_TREE) {
		if (tree_count == TREES_MAX)
			die("too many mounts and devices", NULL, E2BIG);
		trees[tree_count].is = msg.body.tree;
		trees[tree_count++].fd = msg.fd;
	}
	if (got == -EPROTO && fcntl(FD_TREES, F_DUPFD_CLOEXEC, 0) < 0)
		got = -errno; /* it came without its descriptor, for which there was no number */
	if (got < 0)
		die("receiving mounts from sources:", files_error(-got), 0);
	if (!got)
		_exit(1); /* sources failed and has said why */
	if (!plan->config->maps_new_mounts)
		close(FD_TREES);
}

/* Only sources has rights in the user namespace of a mapping (mount_setattr(2), MOUNT_ATTR_IDMAP).
 */
void map_new_mount(uint32_t index, int mount)
{
	const struct msg_tree body = {TREE_MOUNT, index};
	static struct msg msg;

	if (msg_send(&sources, MSG_TREE, &body, sizeof(body), mount) ||
		msg_await(&sources, MSG_DONE, &msg, -1))
		_exit(1); /* sources failed and has said why */
}

int has_tree(enum tree_kind kind)
{
	for (uint32_t i = 0; i < tree_count; i++)
		if (trees[i].is.kind == kind)
			return 1;
	return 0;
}

int next_tree_is(enum tree_kind kind, uint32_t index)
{
	const struct tree *tree = &trees[tree_next];

	return tree_next < tree_count && tree->is.kind == kind && tree->is.index == index;
}

int take_tree(enum tree_kind kind, uint32_t index)
{
	const struct tree *tree = &trees[tree_next];

	if (tree_next == tree_count)
		_exit(1); /* sources failed and has said why */
	if (tree->is.kind != kind || tree->is.index != index)
		die("protocol error:", "sources", 0);
	tree_next++;
	return tree->fd;
}

/* A bind of the host's sysfs is read-only whatever the options are: it has the cgroups below it. */
static void set_sysfs(const struct plan_mount *m, int tree, const char *what)
{
	const uint64_t attributes = MOUNT_ATTR_RDONLY | MOUNT_ATTR_NOSUID | MOUNT_ATTR_NODEV |
		MOUNT_ATTR_NOEXEC | m->attr_set;

	set_attributes(tree, attributes & ~(uint64_t)MOUNT_ATTR__ATIME, 0, AT_RECURSIVE, what);
}

/* As runc: once a word names one attribute, those of the source that none names are taken off, but
 * not in a user namespace, where they are locked. */
static uint64_t unnamed(const struct plan *plan, const struct plan_mount *m)
{
	const uint64_t named = m->attr_set | m->attr_clr;

	if (!named || plan_namespace(plan, NS_USER, NULL))
		return 0;
	return ~named &
		(MOUNT_ATTR_RDONLY | MOUNT_ATTR_NOSUID | MOUNT_ATTR_NODEV | MOUNT_ATTR_NOEXEC |
			MOUNT_ATTR_NOSYMFOLLOW);
}

/* The caller may itself be in a user namespace: what is locked there stays. */
static void set_bind(
	const struct plan *plan, const struct plan_mount *m, int tree, const char *what)
{
	struct mount_attr attr = {
		.attr_set = m->attr_set, .attr_clr = m->attr_clr | unnamed(plan, m)};
	struct statvfs fs;

	if (sys_mount_setattr(tree, "", AT_EMPTY_PATH, &attr) < 0)
		set_attributes(tree, m->attr_set, m->attr_clr, 0, what);
	set_attributes(tree, m->rec_attr_set, m->rec_attr_clr, AT_RECURSIVE, what);
	if (!((m->attr_clr | m->rec_attr_clr) & MOUNT_ATTR_RDONLY) ||
		(m->rec_attr_set & MOUNT_ATTR_RDONLY))
		return;
	if (fstatvfs(tree, &fs) < 0)
		die(what, "statvfs", errno);
	if (fs.f_flag & ST_RDONLY)
		warn(what, "rw: the file system itself is read-only", 0);
}

int clone_inside(const struct plan *plan, uint32_t index, int root, const char *path)
{
	const struct plan_mount *m = plan_mount_at(plan, plan->config->mounts, index);
	const int nofollow = m->flags & (MOUNT_SOURCE_NOFOLLOW | MOUNT_COPY_SYMLINK);
	const char *what = mount_error(plan, m);
	int fd = path_open(root, path, O_PATH | (nofollow ? O_NOFOLLOW : 0), PATH_NO_SYMLINKS),
	    tree;
	struct mount_attr slave = {.propagation = MS_SLAVE};

	if (m->mapping)
		die(what, "the ids of a source inside the container cannot be mapped", EINVAL);
	if (fd < 0)
		die("failed to fulfil mount request: open in the container's root", path, fd);
	tree = sys_open_tree(fd, "",
		AT_EMPTY_PATH | OPEN_TREE_CLONE | OPEN_TREE_CLOEXEC |
			(m->recursive ? AT_RECURSIVE : 0));
	if (tree < 0 || sys_mount_setattr(tree, "", AT_EMPTY_PATH | AT_RECURSIVE, &slave) < 0)
		die(what, path, errno);
	close(fd);
	set_bind(plan, m, tree, what);
	return tree;
}

static void set_mount(const struct plan *plan, uint32_t index, int tree)
{
	const struct plan_mount *m = plan_mount_at(plan, plan->config->mounts, index);
	const char *what = mount_error(plan, m);

	if (m->kind == MOUNT_BIND) {
		set_bind(plan, m, tree, what);
	} else if (m->kind == MOUNT_FS) {
		set_sysfs(m, tree, what);
	} /* cgroupfs.c sets its own */
}

void prepare_trees(const struct plan *plan)
{
	for (uint32_t i = 0; i < tree_count; i++) {
		if (trees[i].is.kind != TREE_MOUNT)
			continue;
		if (trees[i].is.index >= plan->config->mounts.count)
			die("protocol error:", "sources", 0);
		set_mount(plan, trees[i].is.index, trees[i].fd);
	}
	if (plan_namespace(plan, NS_USER, NULL))
		lock_trees(plan);
}
