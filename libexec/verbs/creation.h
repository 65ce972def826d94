/* Making a container: what create and run have in common. */
#ifndef DAVIT_CREATION_H
#define DAVIT_CREATION_H

#include "bpf_cache.h"
#include "conduct.h"
#include "handover.h"
#include "notify.h"
#include "removing.h"

#define CREATION_LINE 4096
#define TOOL_PATH     4096

enum creation_step {
	STEP_WITNESS, /* for a plan that asks for more than the template (witness.h) */
	STEP_CGROUP,
	STEP_SCOPE,
	STEP_RESCTRL,
	STEP_SOURCES,
	STEP_NAMESPACES, /* another sources: without root there is one for the namespaces alone */
	STEP_SECCOMP,
	STEP_NETLINK,
	STEP_NETDEV,
	STEP_SUBIDS, /* for the id maps of a caller who is not root */
	STEP_NS,
	STEP_HOOK,
	STEP_LINE, /* rootfs, then dmz: the container's first process itself */
	STEP_COUNT
};

struct creation {
	/* from the command line */
	const char *id;
	const char *bundle;
	int no_pivot;
	int no_new_keyring;
	struct handover handover;
	int starts; /* run: the service manager is told when the container is ready */

	/* made on the way, and undone when it fails */
	struct container container;
	char bundle_path[4096];
	int bundle_fd;
	int root_fd;
	int have_directory;
	int journal_fd;
	int lock_fd; /* the journal again, read-only: who has it open is at work on the container */
	struct notify notify;
	int start_fd; /* read end of the start fifo */
	int plan_fd;
	int filter_fd;
	char map_tools[2][TOOL_PATH]; /* newuidmap, newgidmap; "": not needed */
	uint8_t filter_key[BPF_KEY_SIZE];
	struct hook_files hook_files;
	int cache_fd; /* for a program that is not in the cache; -1 */
	int agent;    /* connected to the seccomp agent; -1 */
	int listener; /* of the filter, on its way there; -1 */
	int signal_fd;
	struct step steps[STEP_COUNT];
	struct step poststop; /* a hook program of its own: the other may have failed and gone when
				 these are due */
	int init_pidfd;

	/* which barriers are behind us (conduct.h) */
	int namespaces_due;
	int unified; /* /sys/fs/cgroup is cgroup2: clone waits for it */
	int cgroup_dir;
	int netsock;      /* for netdev, as soon as netlink is done with it; -1: none */
	int netdev_asked; /* it moves devices, or has */
	int resctrl_listed, resctrl_joining;
	int scope_ready, unit_asked, unit_made;
	int cgroups_listed, cgroups_made, clone_sent, joining, joined, joined_sent;
	size_t cgroup_count; /* in the journal */
	size_t place_count;  /* kept, of the paths of Landlock rules */
	int mounted, limiting, limited, hooks_stage, hooks_running, hooks_sent, filter_sent,
		keyring_sent, created;
	int hooks_ran;            /* a creation that fails now owes the poststop hooks */
	char line[CREATION_LINE]; /* the error */
};

/* The flags that fill a struct creation C. */
#define CREATION_FLAGS(c)                                                                          \
	{"bundle", "b", FLAG_STRING, &(c).bundle,                                                  \
		"path to the root of the bundle directory, defaults to the current directory"},    \
		HANDOVER_FLAGS((c).handover),                                                      \
		{"no-pivot", NULL, FLAG_BOOL, &(c).no_pivot,                                       \
			"do not use pivot root to jail the process inside the rootfs"},            \
	{                                                                                          \
		"no-new-keyring", NULL, FLAG_BOOL, &(c).no_new_keyring,                            \
			"do not create a new session keyring for the container"                    \
	}

/* What an error of a step begins with. */
#define INIT_PREFIX "unable to start container process: error during container init: "

/* Everything up to "created". Returns 0; or -1 with creation->line set and everything undone but
 * hooks of poststop. */
int creation_make(struct creation *creation);

/* From here on files are changed only where a creation and its undoing do so. creation_make does it
 * itself, but for a terminal in the foreground: then when tty runs. 0 or -1 with line set. */
int creation_confine(struct creation *creation);

/* Kills, reaps, removes what was made. Used by creation_make itself and by run. */
void creation_undo(struct creation *creation);

/* SIGKILL to the first process; true when it has ended, within some seconds, and is reaped. */
int creation_kill_first(const struct creation *creation);

/* nodes.c: what nodes has made, or -1: nothing is to be made. 0, or -1 with line set. */
int nodes_make(struct creation *creation, int *nodes);

/* filter_order.c: when dmz is to load the filters (enum filter_order). */
uint64_t filter_order(const struct creation *creation);
/* inside.c, for a container that joins a pid namespace: PID, which dmz has made inside, takes the place of
 * the first process. 0, or -1 with line set. */
int inside_take(struct creation *creation, uint64_t pid);

/* The steps that creation.c starts, in the order in which a later one's failure may be caused by an
 * earlier one's. */
int creation_spawn_steps(struct creation *creation);

/* True when the container has a network namespace of its own. */
int creation_has_new_network(const struct plan *plan);

/* True when STEP was started and has not done its work yet. */
static inline int creation_pending(const struct creation *creation, enum creation_step step)
{
	return creation->steps[step].program && !creation->steps[step].done;
}

/* One record of a step: notes what it says. Returns 0 or -1 with line set. */
int creation_hear(struct creation *creation, enum creation_step from, struct msg *msg);

/* Does everything that has become possible. Returns 0 or -1 with line set. */
int creation_advance(struct creation *creation);

/* Writes state.json, the ready record of the journal, the pid file, and hands over the pidfd.
 * Returns 0 or -1 with line set. */
int creation_publish(struct creation *creation);

/* The directory that the container sees as /run/notify, in PATH; NULL: nobody listens. */
#define NOTIFY_PATH (4096 + 256 + 16)
const char *creation_notify(const struct creation *creation, char *path, size_t size);

/* Puts "TEXT: errno" into line and returns -1. */
int creation_error(struct creation *creation, const char *text, int err);
/* The same of a file in ROOT/ID: "TEXT in ROOT/ID: errno". */
int creation_state_error(struct creation *creation, const char *text, int err);

/* state_json.c: ROOT/ID/state.json in the shape runc's readers know. 0 or -errno. */
int state_json_write(const struct container *container, const struct plan *plan);
/* The same to state.json.new, which is to be renamed. */
int state_json_write_new(const struct container *container, const struct plan *plan);

/* starting.c: lets a created container go: 0, or -1 and LINE; START_HOOK_FAILED and LINE when the
 * container is to be destroyed because of that. Poststart hooks run in HOOK, which may be NULL when
 * there are none. SIZES: a terminal of the container's gets the size of the caller's. */
#define START_HOOK_FAILED (-2)
int container_start(
	struct container *container, struct step *hook, int sizes, char *line, size_t size);

#endif
