/*
 * Writing a plan: records and strings are collected in the caller's memory and leave as one image
 * that plan_check passes. Only parse links this, and one process writes one plan. Errors stick:
 * after the first one nothing more is added, callers may go on, and plan_emit returns it.
 */
#ifndef DAVIT_PLAN_WRITE_H
#define DAVIT_PLAN_WRITE_H

#include "plan.h"

/*
 * Starts a plan in POOL, which stays the caller's and must live until plan_emit. What is needed:
 * each string and its NUL; the config record; for each other kind of record at most
 * PLAN_PIECE_SIZE and twice the size of its records.
 */
#define PLAN_PIECE_SIZE 1024u

void plan_begin(char *pool, size_t size);

/* The one config record, zeroed by plan_begin; when there was no room, one that is not kept. */
struct plan_config *plan_config_record(void);

/* Copies S into the pool; NULL gives an absent string. */
struct plan_string plan_put(const char *s);

/* The text of a string that plan_put made; NULL when absent. */
const char *plan_put_text(struct plan_string s);

/*
 * Appends a zeroed record to LIST, which must be empty or end at the last record of this kind:
 * lists are runs. Never NULL; when there is no room (-E2BIG) or the list is no run (-EINVAL) the
 * record returned is not kept.
 */
void *plan_add(enum plan_record record, struct plan_list *list);

/* Record I of LIST, which must be below LIST.count. */
void *plan_added(enum plan_record record, struct plan_list list, uint32_t i);

/* The -errno that sticks, or 0. */
int plan_error(void);

/*
 * Hands the image to EMIT in pieces, in order. BUILD is the id of step.h. Returns 0, the error that
 * stuck, -E2BIG when the image would exceed PLAN_SIZE_MAX, -EINVAL for an id that is too long, or
 * what EMIT returned.
 */
int plan_emit(const char *build, int (*emit)(void *context, const void *bytes, size_t length),
	void *context);

#endif
