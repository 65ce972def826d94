/* The parts of rootfs, in the order main calls them. All die on failure. ROOT is the container's
 * root, by fd. */
#ifndef DAVIT_ROOTFS_H
#define DAVIT_ROOTFS_H

#include <stdint.h>
#include "msg.h"
#include "plan.h"

#define TREES_MAX (1u << 17) /* mounts and devices */

struct tree {
	struct msg_tree is;
	int fd;
};

/* trees.c: receives all detached trees and closes FD_TREES, unless new mounts are to be mapped. */
void receive_trees(const struct plan *plan);
/* All attributes that the plan gives them; in a user namespace they are locked. */
void prepare_trees(const struct plan *plan);
/* Lets sources map the ids of MOUNT, which is new and that of INDEX in the plan. */
void map_new_mount(uint32_t index, int mount);
/* The next of them, which must be that of KIND and INDEX; it now belongs to the caller. */
int take_tree(enum tree_kind kind, uint32_t index);
int has_tree(enum tree_kind kind);
/* That one is the next. */
int next_tree_is(enum tree_kind kind, uint32_t index);
extern struct tree trees[TREES_MAX];
extern uint32_t tree_count;

/* The source of bind mount INDEX, which is at PATH in ROOT by now (plan_source_inside), with all attributes. No
 * symlink is followed: one could lead to a procfs that has no masks. */
int clone_inside(const struct plan *plan, uint32_t index, int root, const char *path);
/* lock.c: nobody in a user namespace can undo what these mounts of the host are, attributes or depth. */
void lock_trees(const struct plan *plan);

/* mounts.c: attaches MOUNT on the fd TARGET and proves that PATH now leads to it (rule F7). WHAT begins the
 * error. */
void attach(int root, int mount, int target, const char *path, const char *what);
/* All mounts of the plan in their order; calls before_cgroup once, before the first of type cgroup
 * or at the end. */
void make_mounts(const struct plan *plan, int root, void (*before_cgroup)(void));
/* The read-only attribute that had to wait until everything below those mounts was made. */
void finish_readonly_mounts(void);
/* A new detached mount of TYPE with ATTRIBUTES. DATA may be empty. */
int new_mount(const struct plan *plan, const char *type, const char *source, struct plan_list data,
	const char *mode, uint64_t attributes, const char *what);
/* by_text.c: the same where fsconfig(2) does not take the options; TARGET is where it will be attached, and nothing
 * stays there. -1 when new_mount can do it. */
int mount_by_text(const struct plan *plan, const char *type, const char *source,
	struct plan_list data, const char *mode, uint64_t attributes, int target, const char *what);

/* "error mounting "proc" to rootfs at "/proc":" */
const char *mount_error(const struct plan *plan, const struct plan_mount *mount);
/* Gives FS of that type the plan's SELinux label, if it takes any. */
void set_context(const struct plan *plan, int fs, const char *type, const char *what);
int takes_label(const char *type);
/* Options of a file system, one by one, and what the kernel says when it refuses one. */
void set_options(
	const struct plan *plan, int fs, const char *type, struct plan_list data, const char *what);
_Noreturn void die_of_fs(int fs, const char *what, const char *option, int err);
/* OPTION is what the kernel has refused; of an overlay the directory is named. */
_Noreturn void die_of_options(const struct plan *plan, int fs, struct plan_list data,
	const char *what, const char *option, int err);
/* layers.c: "OPTION PATH" of the directory among an overlay's options that gives ERR; NULL: none does. */
const char *faulty_layer(const struct plan *plan, struct plan_list data, int err);
/* mount_setattr(2) on MOUNT, FLAGS 0 or AT_RECURSIVE; and the words of propagation in their order. */
void set_attributes(int mount, uint64_t set, uint64_t clear, unsigned flags, const char *what);
void set_mount_propagation(
	const struct plan *plan, const struct plan_mount *m, int mount, const char *what);
/* For all mounts that have words, once an rshared root has had its way with what is below it. */
void set_mount_propagation_again(const struct plan *plan);
/* True when FD is on a procfs. */
int is_procfs(int fd, const char *what);
/* True for /dev and what is below it. */
int is_dev(const char *path);
/* For finish_readonly_mounts, which closes MOUNT. */
void set_readonly_later(int mount, const char *what);

/* whose.c: 0: unknown */
uint64_t mount_id(int fd);
/* Before the first mount of the plan. */
void keep_root_mounts(int root);
/* MOUNT is of a new file system. */
void keep_own(int mount, const char *what);
/* TARGET is on such a file system. */
int is_own(int target);
/* path_open_above, but -EXDEV where a bind mount brought that directory, so that nothing may be made. */
int open_above(int root, const char *path, int how, const char **rest);

/* An O_PATH fd of PATH; -ELOOP: its last component is a symlink. */
int open_last(int root, const char *path);

/* remount.c: changes what is mounted at the destination. */
void remount(const struct plan *plan, const struct plan_mount *m, int root);

/* copyup.c: fills the detached tmpfs MOUNT with what the directory TARGET has, before it covers it. */
void copy_up(const struct plan *plan, const struct plan_mount *m, int target, int mount,
	const char *what);

/* cgroupfs.c: remembers the hierarchies the container is in, as the conductor reports them. */
void add_hierarchies(const struct msg_cgroups *cgroups);
/* INDEX is that of MOUNT in the plan, TARGET the directory it goes on. */
void mount_cgroups(const struct plan *plan, const struct plan_mount *mount, uint32_t index,
	int root, int target);

/* obstacle.c: DOING, and which element of PATH is no directory, if that is what ERR says. HOW as in
 * path.h. */
const char *in_the_way(const char *doing, int root, const char *path, int how, int err);

/* devices.c */
void make_devices(const struct plan *plan, int root);

/* console.c: the pty of process.terminal at FD_CONSOLE; its master goes to the conductor. */
void make_console(const struct plan *plan, int root);

/* enter.c: makes slaves of our copies of the host's mounts, which pivot_root leaves behind: nothing that
 * is attached to them reaches the host, and a shared "/" could not be pivoted away from. What
 * rootfsPropagation says is a matter of the trees that sources has cloned. */
void set_propagation(void);

/* ROOT becomes the root of this process and of its mount namespace, and the host's mounts go.
 */
void enter_root(const struct plan *plan, int root);

/* finish.c */
void set_sysctls(const struct plan *plan);
void restrict_root(const struct plan *plan, int root, int null_tree);

#endif
