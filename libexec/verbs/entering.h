/* One more process in a container that is there: what exec does once it knows what was asked for.
 */
#ifndef DAVIT_ENTERING_H
#define DAVIT_ENTERING_H

#include "conduct.h"
#include "handover.h"
#include "verb.h"

#define ENTERING_LINE 4096

enum entering_step {
	ENTER_CGROUP,
	ENTER_RESCTRL, /* the container has a resctrl group */
	ENTER_PARSE,
	ENTER_NS,
	ENTER_LINE, /* pty, then dmz: the process itself */
	ENTER_COUNT
};

/* What the command line says of a process that bears on its rights. */
struct process_flags {
	const char *user, *label, *apparmor;
	struct flag_list gids, caps;
	int no_new_privs;
};

struct entering {
	/* from the command line */
	const char *const *parse_arguments;  /* of `parse exec` */
	const char *const *cgroup_arguments; /* of `cgroup join` */
	int process_fd;                      /* process.json, or -1 */
	struct process_flags flags;          /* without one */
	int ignore_paused;
	struct handover handover;

	struct container container;
	/* in its cgroups when we began */
	uint64_t oom_kills;
	struct plan plan; /* of the process */
	int kept_fd;      /* the container's plan */
	int plan_fd;
	int journal_fd;
	int init_pidfd; /* the container's first process */
	int start_fd;   /* our end of the pipe that dmz waits for */
	int signal_fd;
	struct step steps[ENTER_COUNT];
	pid_t pid;
	int pidfd;    /* of the process; -1: there is none yet */
	int agent;    /* connected to the seccomp agent; -1 */
	int listener; /* of the filter, on its way there; -1 */

	/* which barriers are behind us (conduct.h) */
	int cgroup_dir;
	uint32_t place_count; /* of the paths of Landlock rules: as they were */
	int cgroups_open, clone_sent, joining, joined, joined_sent, grouping, ready;
	char line[ENTERING_LINE]; /* the error */
};

/* From here on nothing is changed but the pid file. entering_make does it itself, but for a terminal in
 * the foreground: tty opens the caller's, so then when it runs. 0 or -1 with line set. */
int entering_confine(struct entering *entering);

/*
 * Everything up to the point where the process waits for the byte of entering_go. The container
 * must be open, with a plan on kept_fd. Returns 0; or -1 with line set and everything undone.
 */
int entering_make(struct entering *e);

/* entering_plan.c: that the plan of the process is one that was asked for. 0 or -1 with line set. */
int entering_check_plan(struct entering *e);

/* Lets the process run the user's program, if the container is still there. 0 or -1 with line set.
 */
int entering_go(struct entering *e);

/* Kills and reaps what was started. */
void entering_undo(struct entering *e);

#endif
