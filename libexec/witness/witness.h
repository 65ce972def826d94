/*
 * The witness: what of config.json a plan must say, as one table (places.c), and what of a plan
 * config.json must say, which is the same table. Nothing here is shared with parse but the words of names.h, so
 * that one fault does not blind both.
 */
#ifndef DAVIT_WITNESS_H
#define DAVIT_WITNESS_H

#include <stddef.h>
#include <stdint.h>
#include "names.h"
#include "plan.h"

#define TEXT_SIZE ((128u << 10) + 1) /* of the longest string that is compared */

enum kind {
	OBJECT,  /* its members are fields of the same record */
	RECORDS, /* an array of objects, a record each */
	MAP,     /* an object, a record for each member: its name, and a string or an object */
	STRINGS, /* an array of strings, a record each */
	NUMBERS,
	WORDS,  /* an array of words, each a number in a record */
	FLAGS,  /* an array of words, each a bit of one number: the plan may have fewer */
	STRING, /* "" is as good as none */
	NUMBER,
	OPTION, /* a number with a presence of its own */
	BOOL,
	WORD,
	JUDGED, /* a string or number, for a function */
	LISTED, /* an array of strings, for a function */
	SKIPPED /* nothing of it is compared */
};

/* Where config.json and the plan must agree. */
struct place {
	const char *name;
	enum kind kind;
	size_t offset; /* of the field in the record at hand */
	enum plan_record record;
	const struct place *members; /* of an object; a NULL name ends them */
	const struct name *words;
	uint64_t fallback; /* what the plan says when config.json says nothing */
	/* True when RECORD agrees with TEXT, or with that config.json says nothing (NULL). Of a list: with
	 * one record that config.json does not have. */
	int (*agrees)(const void *record, const char *text);
	const struct place *(*choose)(void); /* what takes its place this time */
	/* At the end of a record; HAS: bit per member. NULL, or what does not agree. */
	const char *(*leave)(const void *record, uint64_t has);
	int inherited; /* of `exec`: when process.json says nothing, the container's plan does */
};

extern const struct place document, process_document;

extern struct plan plan, kept; /* kept: of `exec`, the container's */
extern const char *notify;     /* the one bind source that is not in config.json; NULL: none */
extern int changed;            /* an update has been: the limits are elsewhere */

/* read.c: walks TEXT once and compares at each place; dies where it is no JSON. RECORD: the plan's
 * one for config. */
void read_document(const char *text, size_t length, const struct place *top, const void *record);

/* compare.c: a place is entered and left as the reader gets there; refusals name it. */
void enter_member(const struct place *place, const char *name);
void enter_element(uint32_t index);
void leave_place(void);
const void *record_at(const struct place *place, const void *record, uint32_t index);
void compare_pair(const void *record, const char *name, const char *text);
void compare_text(const struct place *place, const void *record, uint32_t index, const char *text,
	int is_string);
void compare_end(const struct place *place, const void *record, uint32_t count);
void compare_object(const struct place *place, const void *record, uint64_t has);

/* Dies: the plan has VALUE at this place, or nothing (NULL). */
_Noreturn void refuse(const char *value);
_Noreturn void refuse_json(const char *why);
/* The same with a member of the plan that no place names. */
_Noreturn void refuse_field(const char *name, const char *value);

/* judge.c */
int agrees_destination(const void *record, const char *text);
int agrees_notify(const void *record, const char *text);
int agrees_device_path(const void *record, const char *text);
int agrees_device_major(const void *record, const char *text);
int agrees_device_minor(const void *record, const char *text);
int agrees_device_mode(const void *record, const char *text);
int agrees_rule_major(const void *record, const char *text);
int agrees_rule_minor(const void *record, const char *text);
int agrees_access(const void *record, const char *text);
int agrees_hook_args(const void *record, const char *text);
int agrees_listener(const void *record, const char *text);
int agrees_no_action(const void *record, const char *text);
const char *leave_hook(const void *record, uint64_t has);
/* What follows from the rest of the plan. Dies with what does not. */
void judge_whole(void);

/* options.c: the options of one mount, word by word, then against the record. */
int take_mount_option(const void *record, const char *text);
int has_inline_map(void);
const char *leave_mount(const void *record, uint64_t has);

#define HOOK_HAS_ENV (1 << 2) /* the third member of a hook in the table */

#endif
