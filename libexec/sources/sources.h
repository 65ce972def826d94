/* The two halves of sources: what goes to ns through the conductor, and what goes to rootfs. */
#ifndef DAVIT_SOURCES_H
#define DAVIT_SOURCES_H

#include "plan.h"

/* Opens every namespace that the plan joins by path, checks that it is one of its type, sends
 * MSG_NAMESPACE. Dies on failure. */
void send_namespaces(const struct plan *plan);

/* Clones the rootfs, the bind sources and the device nodes that must be bind-mounted, sends
 * MSG_TREE for each in the order of the plan on FD_TREES, which it closes at the end. Dies on
 * failure. */
void send_trees(const struct plan *plan);

#endif
