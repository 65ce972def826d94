/*
 * parse --check and --explain: an error does not end parse then. It is kept, what had it is given
 * up, and the rest of config.json is looked at as well. Switched off, as at every start of a
 * container, nothing here does anything.
 */
#ifndef DAVIT_REVIEW_H
#define DAVIT_REVIEW_H

#include <stdint.h>

enum finding_kind {
	FOUND_ERROR,
	FOUND_WARNING,
	FOUND_UNKNOWN,    /* a member that no specification we know has */
	FOUND_IGNORED,    /* known, and without effect */
	FOUND_DEPRECATED, /* works or is ignored, and should not be used any more */
	FINDING_KINDS
};

struct finding {
	const char *pointer; /* RFC 6901; "": the whole document */
	const char *text;    /* the message or the reason; NULL for an unknown member */
	int names_place;     /* the text begins with where it is */
	struct finding *next;
};

/* True from review_begin on. */
extern int reviewing;
void review_begin(void);

/* The findings of a kind in the order of config.json; how many more there were than are kept. */
const struct finding *review_first(enum finding_kind kind);
uint32_t review_omitted(enum finding_kind kind);

/* Keeps one about the value at hand. NAMES_PLACE as above. */
void review_add(enum finding_kind kind, const char *text, int names_place);

/* Calls WORK. While reviewing, an error in it comes back here: returns -1 then, else 0. */
int attempt(void (*work)(void *context), void *context);

/* For what cannot go on without something that failed and has been told: ends the attempt. Without
 * a review nothing fails and comes back, so this is never called. */
_Noreturn void abandon(void);

/* True when there is an error at POINTER, below it, or at an object above it but the whole document:
 * then a check that depends on that value must not be made. */
int faulty(const char *pointer);

/* The value at hand has no effect, or should not be used any more, for this reason. */
void note_ignored(const char *reason);
void note_deprecated(const char *reason);

#endif
