/*
 * What the files of this program share. No path below a mount is followed but by beneath().
 */
#ifndef DAVIT_CGROUP_H
#define DAVIT_CGROUP_H

#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>
#include "cgroups.h"
#include "journal.h"
#include "kernfs.h"
#include "plan.h"

#define PROCS_MAX (1 << 22) /* no kernel has higher pids */

struct text;

struct pid_set {
	uint64_t words[PROCS_MAX / 64 + 1];
};

/* file.c: both return 0 or -errno. NAME is relative to the directory DIR. */

/* One number; "max" and v1's highest are UINT64_MAX. */
int read_number(int dir, const char *name, uint64_t *n);
/* Reports `write "VALUE" to FILE: ERR` and exits. */
_Noreturn void die_write(const struct hierarchy *h, const char *file, const char *value, int err);

/* tree.c */

/* Calls VISIT for every pid of DIR itself until it returns non-zero, and returns that; 0; -errno.
 */
int procs_each(int dir, int (*visit)(pid_t pid, void *arg), void *arg);
/* The same for every thread of DIR: a threaded cgroup (v2) has no list of processes (-EOPNOTSUPP). */
int threads_each(int dir, int (*visit)(pid_t pid, void *arg), void *arg);
/* Calls VISIT for DIR and every directory below it, each before those below it. As above; -ELOOP
 * beyond 65,536 levels. */
int tree_each(int dir, int (*visit)(int dir, void *arg), void *arg);
/* The number of processes in DIR and below, in threaded ones of threads; or -errno. */
int tree_count(int dir);
/* ": 12, 13 …": the pids in DIR and below, as many as fit into a line. */
void add_pids(struct text *t, int dir);
/* The directory that holds the last component of PATH, which goes to *NAME: an fd (ROOT itself when
 * there is but one), -errno. */
int open_parent(int root, const char *path, const char **name);
/* Set by main: a mode that keeps us out is changed. Only an owner without rights over it needs that. */
extern int tree_changes_modes;
/* Removes PATH below ROOT and every cgroup below it, at any depth. 0 (also when it is not there) or
 * -errno. */
int tree_remove(int root, const char *path);

/* make.c: the three steps of a creation */

void find_paths(struct host *host, const struct plan *plan);
/* The same for the unit that systemd has made: FILE is the /proc/PID/cgroup of the process in it. */
void find_unit_paths(struct host *host, const struct plan *plan, int file);
/* Refuses an unfit cgroup that is there already. */
void open_existing(struct host *host);
/* Sends every directory; the last record says so. */
void announce(struct host *host);
void make_all(struct host *host, const struct plan *plan);
/* Opens the files that a join writes; join tells what could not be opened. */
void prepare_join(struct host *host);
/* Writes the digits of a pid into cgroup.procs of H. 0, -errno. */
int join(struct hierarchy *h, const char *pid);
void join_all(struct host *host, const struct plan *plan, pid_t pid);
/* A hierarchy without controllers, on v1: a container needs no cgroup in it. */
int is_spare(const struct host *host, const struct hierarchy *h);

/* own.c: each dies on failure, and only restricts */

/* Nothing is written from here on but the files of the leaves, and below the directory OTHER (-1). */
void write_own_only(const struct host *host, int other);
/* The same of the leaves, which it opens, and they can be removed. Empty cgroups beside them can, too. */
void remove_own_only(struct host *host);

/* join.c: one more process for a container that is there */

/* Before Landlock hides /proc: reads the journal, and keeps the file that says where the
 * container's first process is, at FD_INIT_CGROUP. */
void join_prepare(struct host *host, struct journal *journal);
/* Where the process is now in H's hierarchy by FILE, its /proc/PID/cgroup. 0, -errno. */
int place_by(int file, const struct hierarchy *h, char path[PATH_SIZE]);
/* Opens the container's directory in every hierarchy, or what SUBS (controllers, path, …) name
 * below it. */
void join_open(struct host *host, const struct journal *journal, char **subs, int count);
void join_process(struct host *host, pid_t pid);

/* why.c: each returns when it knows nothing better than the caller */

/* Dies in runc's words when the type of a v2 cgroup is the reason. */
void explain_type(const struct hierarchy *h);
/* Dies when ERR of join comes from the type of a v2 cgroup or from the controllers of those below. */
void explain_join(const struct hierarchy *h, int err);
/* No file of CONTROLLER: says at which cgroup above it is lost. */
_Noreturn void die_unavailable(const struct hierarchy *h, const char *controller);

/* limit.c, limit1.c, limit2.c, limit_io.c */

/* No cgroup for a limit of CONTROLLER: H is NULL where there is no such hierarchy; else says why it could
 * not be made or joined. */
_Noreturn void die_missing(const struct hierarchy *h, const char *controller);
/* Writes or dies; a missing hierarchy, or a file that a missing controller does not have, is named
 * as runc names it. */
void limit_write(
	const struct hierarchy *h, const char *controller, const char *file, const char *value);
void limit_write_number(
	const struct hierarchy *h, const char *controller, const char *file, int64_t n);
/* The same and returns 0 or -errno. H must be there. */
int limit_try(const struct hierarchy *h, const char *file, const char *value);
/* True when the v2 cgroup H has CONTROLLER. */
int controller_available(const struct hierarchy *h, const char *controller);
/* True when the plan has anything to limit apart from devices. */
int has_limits(const struct plan *plan);
/* The same for controllers of v2 that no threaded cgroup has, as runc sees it. */
int has_domain_limits(const struct plan *plan);
/* True when a device program or list is wanted. */
int has_devices(const struct plan *plan);
void limit_pids(struct hierarchy *h, const struct plan *plan);
void limit_huge_pages(struct hierarchy *h, const struct plan *plan, const char *suffix);
int has_block_limits(const struct plan_config *config);
void limit_block_v1(struct hierarchy *h, const struct plan *plan);
void limit_block_v2(struct hierarchy *h, const struct plan *plan);
void limit_rdma(struct hierarchy *h, const struct plan *plan);
void limit_network(struct host *host, const struct plan *plan);
/* cpu.idle; WEIGHT_FILE is what the kernel changes with it. */
void limit_idle(const struct hierarchy *h, const char *weight_file, int idle);
void limit_all(struct host *host, const struct plan *plan);
void limit_v1(struct host *host, const struct plan *plan);
/* TOLERATE: see devices_v2. */
void limit_v2(struct hierarchy *h, const struct plan *plan, int tolerate);
/* cpus and mems before the first process joins, which an empty cpuset refuses. */
void limit_cpuset(struct hierarchy *h, const struct plan *plan);
void limit_realtime(struct hierarchy *h, const struct plan *plan);

/* unified.c */

/* What linux.resources.unified has for FILE; NULL: nothing, also without a plan. */
const char *unified_value(const struct plan *plan, const char *file);
/* Warns when that is something else than VALUE, which another member of linux.resources means. */
void unified_compare(const struct plan *plan, const char *file, const char *value);
void limit_unified(const struct hierarchy *h, const struct plan *plan);

/* owner.c */

/* True when the plan gives the cgroup to somebody else. */
int changes_owner(const struct host *host, const struct plan *plan);
void change_owner(struct host *host, const struct plan *plan);

/* undo.c: what limits write, and of an update what was there before */

/* From here on it is kept. */
void undo_begin(void);
/* Keeps what is in FILE now, as set_file does by itself: for what another write changes as well.
 * VALUE: what will be written; of a file with a line per device the line that it changes is kept.
 * True when it is kept. */
int undo_note(const struct hierarchy *h, const char *file, const char *value);
/* write_file in the directory of H. */
int set_file(const struct hierarchy *h, const char *file, const char *value);
/* Writes everything back, the last one first; a failure is a warning. */
void undo_all(void);
/* undo_all, then die. */
_Noreturn void give_up(const char *what, const char *object, int err);

/* update.c */

/* Writes what PLAN marks as given into the cgroups that JOURNAL names. */
void update_limits(struct host *host, const struct journal *journal, const struct plan *plan);

/* devices1.c, devices2.c, bpf.c */

/*
 * The rules of the plan and then runc's defaults (runc-cli 4.8), in order, without what a later
 * rule for all devices makes void. Returns how many; *allow: what holds where none matches.
 */
size_t device_rules(const struct plan *plan, const struct plan_device_rule **rules, int *allow);
void devices_v1(struct hierarchy *h, const struct plan *plan, int tolerate);
struct bpf_insn;
/* The same as a program for the kernel; returns its length, 0 when it would allow everything. */
size_t device_program(const struct plan *plan, const struct bpf_insn **instructions);
/* TOLERATE: in a user namespace, and for a caller without rights, the kernel may refuse it. */
void devices_v2(struct hierarchy *h, const struct plan *plan, int tolerate);

/* freeze.c */

/* Stops every process of H and below. 0; -ETIMEDOUT: they go on again; -errno. */
int freeze(struct hierarchy *h);
/* Lets go every process: a frozen one does not die, and on v1 one may be frozen in a cgroup that
 * the container made below its own. Failures are warnings. */
void thaw_all(struct host *host);

/* procs.c */

/* Opens the container's directory in every hierarchy of JOURNAL that still has it. True when one
 * has; dies on errors. */
int open_container(struct host *host, const struct journal *journal);
int pid_set_has(const struct pid_set *set, pid_t pid);
/* SET is a struct pid_set; returns 0, as procs_each wants it. */
int pid_set_add(pid_t pid, void *set);

/* freeze.c, remove.c, kill.c, procs.c, show.c: whole modes */

void freeze_container(struct host *host, const struct journal *journal);
void thaw_container(struct host *host, const struct journal *journal);
void remove_all(struct host *host, const struct journal *journal);
/* Waits up to MS for the last process of a v2 hierarchy H to go: 1 when it has gone, -1 when it is
 * still there. 0: there was nothing to wait for, or no way to. */
int wait_empty(const struct hierarchy *h, int64_t ms);
void kill_container(struct host *host, const struct journal *journal);
/* Writes the pids of all processes on FD_PIDS, as numbers of 32 bits in ascending order. */
void list_container(struct host *host, const struct journal *journal);
int show(struct host *host, const char *command, const char *path);

#endif
