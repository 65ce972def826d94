/*
 * The cgroup file systems of this host, and a container's directories in them. A hierarchy is one
 * mounted file system; on v2 there is one, on v1 one per line of /proc/self/cgroup. No path below a
 * mount is followed but by beneath() of kernfs.h.
 */
#ifndef DAVIT_CGROUPS_H
#define DAVIT_CGROUPS_H

#include <stddef.h>
#include <sys/types.h>
#include "journal.h"
#include "plan.h"

#define CGROUP_MOUNT "/sys/fs/cgroup"
#define PATH_SIZE    4096

struct hierarchy {
	char controllers[256]; /* "memory", "cpu,cpuacct", "name=systemd"; "" on v2 */
	char mount[256];       /* directory below CGROUP_MOUNT; "" when that is v2 itself */
	char own[PATH_SIZE];   /* where we are in it; relative to its root, like path */
	char path[PATH_SIZE];  /* the container's directory, without a leading slash */
	int root;              /* -1: closed */
	int leaf;              /* the container's directory, -1: none */
	int procs;             /* its cgroup.procs, for writing, -1: none */
	int existed;
	int refused; /* why there is no leaf although one was to be: -errno */
	int inside;  /* the container's process is in it: systemd has made it for that */
	const struct plan *plan; /* v2, while limits are written: see libexec/cgroup/unified.c */
};

struct host {
	int unified; /* CGROUP_MOUNT is cgroup2 */
	int in_user_namespace;
	uid_t uid; /* ours */
	size_t count;
	struct hierarchy hierarchies[JOURNAL_CGROUPS_MAX];
};

/* Reads what /proc says about us, before Landlock hides it. No input: the kernel wrote it. In all of
 * this module ENOENT is the one error that says that something is not there; others end the program. */
void host_read_self(struct host *host);
/* Finds the mounted hierarchies. None at all is no error. */
void host_find(struct host *host);
/* The hierarchy with CONTROLLER ("" is v2), or NULL. */
struct hierarchy *host_controller(struct host *host, const char *controller);
int has_controller(const struct hierarchy *h, const char *controller);
/* True for a v2 hierarchy. */
int is_unified(const struct hierarchy *h);
/* "/sys/fs/cgroup/MOUNT/PATH[/FILE]" in a static buffer, for messages; the next call overwrites it.
 */
const char *full_path(const struct hierarchy *h, const char *file);
/* Finds the hierarchies of JOURNAL and sets path in each; dies when it names anything else. Returns
 * the directory of one that is not mounted here and was left out, or NULL. */
const char *host_open_journal(struct host *host, const struct journal *journal);
/* Of those left out the directory of one with CONTROLLER (NULL: any) that the kernel still has, as
 * host_read_self has read: its cgroups are still there. Or NULL. */
const char *host_unmounted(
	const struct host *host, const struct journal *journal, const char *controller);
/* Where a process is in the hierarchy of H, by the text of its /proc/PID/cgroup, which is cut up:
 * relative to the root, "" also when it lies outside of what we can reach. 0, -ENOENT. */
int place_in(char *lines, const struct hierarchy *h, char path[PATH_SIZE]);
/* Cleans PATH lexically: no empty component, "." or "..", none may climb; no slash at either end.
 * 0, -errno. */
int path_clean(const char *path, char *out, size_t size);
/* True when processes must be signalled one by one: no cgroup2 is mounted. Asked before Landlock
 * forbids signals. */
int kill_needs_signals(void);

#endif
