/*
 * Tables that say which members an object may have and where in the plan each goes, and the one
 * walker for them. It checks types, ranges and presence; what a table cannot say is a function of
 * the builder. The path of the value at hand ("process.args[2]") is kept for messages.
 */
#ifndef DAVIT_FIELDS_H
#define DAVIT_FIELDS_H

#include "tree.h"
#include <stddef.h>
#include <stdint.h>
#include "plan_write.h"

enum field_kind {
	FIELD_IGNORED, /* known, and not for Linux or not for create; of TYPE all the same */
	FIELD_BOOL,    /* BOOL of plan.def */
	FIELD_NUMBER,  /* U64, I64, U32, ID: min to max */
	FIELD_OPT,     /* OPT_U64, OPT_I64 */
	FIELD_STRING,  /* STR */
	FIELD_STRINGS, /* LIST of str */
	FIELD_NUMBERS, /* LIST of num */
	FIELD_MAP,     /* LIST of kv: an object whose values are strings */
	FIELD_RECORDS, /* LIST of RECORD: an array of objects with FIELDS; DONE after each */
	FIELD_OBJECT,  /* an object with FIELDS, in the same record */
	FIELD_CALL     /* CALL does it all */
};

enum {
	FIELD_REQUIRED = 1,
	FIELD_GUARD = 2,     /* security-relevant: a near miss of its name is worth a warning */
	FIELD_DEPRECATED = 8 /* not to be used any more: WHY */
};

struct field {
	const char *name; /* NULL ends a table */
	enum field_kind kind;
	unsigned flags;
	size_t offset; /* in the record */
	int64_t min;
	uint64_t max;
	enum plan_record record;
	const struct field *fields;
	void (*check)(const char *text);     /* FIELD_STRING, FIELD_STRINGS; FIELD_MAP: the value */
	void (*check_key)(const char *text); /* FIELD_MAP */
	void (*done)(void *record);          /* FIELD_RECORDS */
	void (*call)(
		const struct value *value, void *target); /* FIELD_CALL; the target is at OFFSET */
	const char *why;      /* FIELD_IGNORED, FIELD_DEPRECATED: the reason, for --explain */
	enum value_type type; /* FIELD_IGNORED; VALUE_TRUE stands for both */
};

/* What a line of a table does not name is 0; saying so in each would hide what matters. */
#pragma GCC diagnostic ignored "-Wmissing-field-initializers"

#define CONFIG(field) offsetof(struct plan_config, field)

/*
 * Fills RECORD from OBJECT by the table FIELDS (at most 64 entries). Dies at the first thing that
 * is wrong. In a review (review.h) every member is looked at: then build_members returns -1 when
 * one was wrong, for those that have more to check, and build_object does not come back.
 */
void build_object(const struct value *object, const struct field *fields, void *record);
int build_members(const struct value *object, const struct field *fields, void *record);

/* Calls EACH for every element of an array, with the path at it. Dies, or in a review does not come
 * back, as build_object. */
void build_elements(const struct value *value,
	void (*each)(const struct value *item, uint32_t index, void *target), void *target);

/* The same for every member of an object whose names are free. */
void build_entries(const struct value *value, void (*each)(const struct value *item, void *target),
	void *target);

/* The parts of it that builders need. Each dies on a wrong type or range. */
void expect(const struct value *value, enum value_type type); /* VALUE_STRING … */
const char *value_string(const struct value *value);
uint64_t value_number(
	const struct value *value, int64_t min, uint64_t max); /* negative: as two's complement */
void build_strings(
	const struct value *value, struct plan_list *list, void (*check)(const char *text));
void build_map(const struct value *value, struct plan_list *list,
	const struct field *field); /* its checks */

/* What a path without any member is called: "config.json:" unless this says something else. */
void path_document(const char *name);
/* The path of the value at hand. A name must live as long as it is part of the path. */
void path_member(const char *name);
void path_element(uint32_t index);
void path_leave(void);
const char *path_text(void);
struct text;
void path_pointer(struct text *t); /* adds it as RFC 6901 writes it */

/* The way back after an error: to as many names as there were. */
size_t path_depth(void);
void path_return(size_t depth);

/* Dies with "PATH: TEXT…"; refuse_as without the path, for texts that callers of runc know. The
 * last is NULL. */
_Noreturn void refuse(const char *text, ...) __attribute__((sentinel));
_Noreturn void refuse_as(const char *text, ...) __attribute__((sentinel));

/* Warns with "PATH: TEXT…"; at most 32 times, so that no input can flood a log. */
void caution(const char *text, ...) __attribute__((sentinel));

/* The same without the path. */
void caution_as(const char *text, ...) __attribute__((sentinel));

/* TEXT fit for a message: control characters escaped, cut at 64 bytes. Good until the eighth next
 * call. */
const char *shown(const char *text);
const char *shown_number(uint64_t bits, int negative);

#endif
