/*
 * What the files of this program share. The resctrl file system has one directory for each class of
 * service (CLOS), which is a group with a schemata file and a list of tasks; its root is one, too.
 * A group may have monitoring groups of its own below mon_groups.
 */
#ifndef DAVIT_RESCTRL_GROUP_H
#define DAVIT_RESCTRL_GROUP_H

#include "journal.h"
#include "msg.h"
#include "plan.h"
#include "resctrl.h"

struct group {
	int root;         /* of the file system, with the lock on it as long as something is made */
	int dir;          /* the container's group; -1: it is still to be made */
	int own;          /* it is made for this container alone and goes with it */
	int unfinished;   /* it is made for everybody and has not got its schemata yet */
	const char *name; /* below the root; "": the root itself */
	const char *monitor;         /* below mon_groups of the group; NULL: no monitoring group */
	char path[MSG_RESCTRL_PATH]; /* absolute, for messages and the journal */
	char monitor_path[MSG_RESCTRL_PATH]; /* "": none */
	int tasks[2];                        /* of the group and of the monitoring group */
};

/* group.c: dies when something cannot be had. */

/* What PLAN asks for, and whether it is there: the root is locked, nothing is made yet. 0; -ENOENT with a
 * warning when there is no resctrl file system and no schema needs one. */
int group_find(struct group *group, const struct plan *plan);
void group_announce(const struct group *group);
/* Makes what is missing, and gives the lock back. */
void group_make(struct group *group, const struct plan *plan);
/* What the journal names. 0, or -ENOENT when it is not there any more. */
int group_open(struct group *group, const struct journal *journal);
/* The same without its tasks, and with the lock: to change it. Dies when it is not there. */
void group_open_locked(struct group *group, const struct journal *journal);
/* True when the kernel offers RESOURCE ("L3"). */
int has_resource(const char *resource);
void group_join(const struct group *group, pid_t pid);
/* Removes what is the container's own by the journal. */
void group_remove(const struct journal *journal);
/* Reports "linux.intelRdt[.MEMBER]: WHAT PATH[/FILE]: [what the kernel says about it: ]ERR". */
_Noreturn void group_die(const struct group *group, const char *member, const char *what,
	const char *path, const char *file, int err);

/* schemata.c */

/* True when PLAN sets any of l3CacheSchema, memBwSchema, schemata. */
int has_schemata(const struct plan *plan);
/* Writes them in this order, each with a write of its own; dies. */
void write_schemata(const struct group *group, const struct plan *plan);
/* What `runc update` may change, l3CacheSchema and memBwSchema: dies in runc's words when PLAN sets
 * one that this machine has not. */
void check_enabled(const struct plan *plan);
void update_schemata(const struct group *group, const struct plan *plan);
/* Writes back what was there before update_schemata. group_die does it, too. */
void undo_schemata(const struct group *group);
/* Dies when a group that is there has other ones. */
void compare_schemata(const struct group *group, const struct plan *plan);

#endif
