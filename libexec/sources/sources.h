/* The two halves of sources: what goes to ns through the conductor, and what goes to rootfs. */
#ifndef DAVIT_SOURCES_H
#define DAVIT_SOURCES_H

#include "msg.h"
#include "plan.h"

/* Opens every namespace that the plan joins by path, checks that it is one of its type, sends
 * MSG_NAMESPACE. Dies on failure. */
void send_namespaces(const struct plan *plan);

/* Clones the rootfs, the bind sources and the device nodes that must be bind-mounted, sends
 * MSG_TREE for each in the order of the plan on FD_TREES, which it closes at the end. Dies on
 * failure. */
void send_trees(const struct plan *plan);

/* idmaps.c: maps the ids of TREE as the plan wants it for MOUNT: at the top or the whole tree. Dies
 * on failure. */
void map_ids(const struct plan *plan, const struct plan_mount *mount, int tree);

/* The same for the new file systems that rootfs makes with a mapping, until rootfs closes the
 * socket. Dies on failure. */
void map_new_mounts(const struct plan *plan);

/* The user namespace that the container joins; without a call there is none. */
void keep_user_namespace(int fd);

/* The socket to rootfs; before rootfs is there, namespaces come from ns. */
extern struct peer rootfs;

#endif
