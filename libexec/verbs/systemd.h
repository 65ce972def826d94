/* The systemd cgroup driver as conductors see it: the bus, and the step scope on it. */
#ifndef DAVIT_SYSTEMD_H
#define DAVIT_SYSTEMD_H

#include "conduct.h"

/* Whether a container can be made with --systemd-cgroup here. 0, or -1 and LINE in runc's words. */
int systemd_check(int rootless, char *line, size_t size);

struct systemd_request {
	const char *mode; /* "create", "update", "remove" */
	int of_user;      /* the caller's own systemd, not that of the system */
	int plan;         /* -1: none */
	int journal;
};

/* Connects to the bus and starts scope in STEP. 0, or -1 and LINE. */
int systemd_start(struct step *step, const struct systemd_request *request,
	const struct msg_rule *rules, size_t rule_count, char *line, size_t size);

/* Does MODE to the unit that CONTAINER's journal names: "remove"; "update" by the resources of the
 * plan on PLAN. 0, or LINE and -errno (-ECANCELED: of no system call). */
int container_unit(
	const struct container *container, const char *mode, int plan, char *line, size_t size);

#endif
