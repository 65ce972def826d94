/* When the witness is asked about a plan, and how. */
#ifndef DAVIT_WITNESS_H
#define DAVIT_WITNESS_H

#include "conduct.h"

/*
 * False for a plan that gives a container no more than the template of `runc spec` does: whoever has taken
 * parse over gains nothing by it, whatever config.json says. Then the witness is not started, and costs nothing.
 */
int witness_is_needed(const struct plan *plan);

struct witness_request {
	int config;         /* config.json or process.json */
	int plan;           /* sealed */
	int kept;           /* of exec: the container's plan; else -1 */
	const char *notify; /* where the directory with the socket for NOTIFY_SOCKET is, or NULL */
	int changed;        /* an update has been: limits are not in config.json */
};

/* Starts it: MSG_DONE is yes. 0, or -1 and LINE. */
int witness_start(
	struct step *step, const struct witness_request *request, char *line, size_t size);

/* Starts it and waits. 0, or -1 and LINE with why not. */
int witness_ask(const struct witness_request *request, char *line, size_t size);

#endif
