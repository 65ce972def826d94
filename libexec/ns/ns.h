/* What ns writes about its child before the child may go on; the namespaces of id-mapped mounts. */
#ifndef DAVIT_NS_H
#define DAVIT_NS_H

#include <sys/types.h>
#include "plan.h"

/* What the host has answered before any namespace was joined. */
struct origin {
	int is_root; /* the caller, whose effective ids follow */
	uid_t uid;
	gid_t gid;
	int proc; /* a procfs in which we and our child have numbers; -1: none is needed */
};

/* A procfs of our own (proc.h) without the files of the machine. Dies on failure. */
int open_proc(void);

/* Writes the id maps of CHILD, which is in a new user namespace; for a caller who is not root, subids does
 * where more is mapped than the caller. Dies on failure. */
void write_id_maps(const struct plan *plan, const struct origin *origin, pid_t child,
	struct plan_list uid_map, struct plan_list gid_map);

/*
 * Dies unless the mappings of the plan, if there are any, are those of the user namespace that has
 * been joined.
 */
void check_joined_maps(const struct plan *plan, const struct origin *origin);

/*
 * In the child, before it changes its ids: makes the time namespace of the plan, if it is a new one,
 * with its offsets, and enters it. Dies on failure.
 */
void enter_new_time(const struct plan *plan, const struct origin *origin);

/*
 * Sets oom_score_adj, raises hard limits that only the host's root may raise, and forgets the
 * caller's CPU affinity; the child inherits all three. Dies on failure, but for the affinity, where
 * it warns.
 */
void set_inherited(const struct plan *plan, int is_root);

/* idmaps.c: makes a user namespace for each mapping of the plan's mounts but that of a joined one
 * (mount_setattr(2), MOUNT_ATTR_IDMAP). Dies on failure. */
void make_mount_namespaces(const struct plan *plan, const struct origin *origin);

/* Sends them to sources, in the order of the plan, and closes them. Exits when sources is gone. */
void send_mount_namespaces(const struct plan *plan, int socket);

/* limits.c: a namespace of TYPE could not be made; or one of FLAGS, which are tried one after the other. */
_Noreturn void die_of_namespace(enum namespace_type type, int err);
_Noreturn void die_of_clone(uint64_t flags, int err);

/* outside.c: true when the first process can be made by dmz, as the last thing before it is inside of
 * the joined pid namespace: JOINED are the namespaces that will be. */
int may_stay_outside(const struct plan *plan, const int joined[NS_COUNT]);

/*
 * When all but PID_NAMESPACE are joined: puts it at FD_PIDNS for dmz, or joins it where the kernel
 * knows of no procfs for those who are outside. Closes it. True when the mount namespace of the plan
 * is there by now. Dies on failure.
 */
int stay_outside(const struct plan *plan, int pid_namespace);

#endif
