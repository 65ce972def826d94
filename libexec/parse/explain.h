/*
 * --explain: what davit would do, step by step, in the order in which it happens. Told from the
 * plan and nothing else, because that is what the programs work from: it cannot differ from what
 * they do. tests/test_explain.c fails for every field of plan.def that changes no sentence.
 */
#ifndef DAVIT_EXPLAIN_H
#define DAVIT_EXPLAIN_H

#include "msg.h"
#include "plan.h"

enum explain_phase { PHASE_CREATE, PHASE_START, PHASE_EXEC, PHASE_DELETE };

/* Gets one sentence at a time; ACTION is good until it returns. */
typedef void explain_sink(enum explain_phase phase, enum program program, const char *action);

void explain(const struct plan *plan, explain_sink *sink);

/* "create", "start" … */
const char *explain_phase_word(enum explain_phase phase);

/* What PROGRAM may do while it works: one phrase. */
const char *explain_privileges(enum program program);

/* Each says what one part of the plan means; for explain. */
void explain_seccomp(const struct plan *plan);
void explain_limits(const struct plan *plan);
void explain_resctrl(const struct plan *plan);
void explain_unit(const struct plan *plan);
void explain_sources(const struct plan *plan);
void explain_namespaces(const struct plan *plan);
void explain_mounts(const struct plan *plan);
void explain_finish(const struct plan *plan);
void explain_landlock(const struct plan *plan);
void explain_process(const struct plan *plan);
void explain_program(const struct plan *plan);
void explain_affinity(const struct plan *plan);

#endif
