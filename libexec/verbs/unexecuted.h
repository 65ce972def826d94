/* What is told about a program that could not be executed, by the step why and after the failure only. */
#ifndef DAVIT_UNEXECUTED_H
#define DAVIT_UNEXECUTED_H

#include "plan.h"

/* Warns of the reason, if it is one that can be found: PROCESS is the plan of the process, CONTAINER
 * that of its container. */
void unexecuted_explain(const struct plan *container, const struct plan *process);

#endif
