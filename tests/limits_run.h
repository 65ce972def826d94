/*
 * What is written for linux.resources, and in which order: config.json goes through parse, then the
 * cgroup program's own code writes to a kernel that is played here. So also limits are tested of
 * which this machine's kernel has no controller, and answers that it does not give.
 */
#ifndef DAVIT_LIMITS_RUN_H
#define DAVIT_LIMITS_RUN_H

#include <stddef.h>

/* What a line of a table does not name is 0; saying so in each would hide what matters. */
#pragma GCC diagnostic ignored "-Wmissing-field-initializers"

struct limits {
	const char *resources; /* members of linux.resources */
	const char *result;    /* "FILE=VALUE;FILE=VALUE", or the error */
	const char *missing;   /* files that are not there: " FILE FILE " */
	const char *invalid;   /* refused with EINVAL the first time */
	const char *reads;     /* "FILE=VALUE;" */
	int busy;              /* what is missing is there, but EBUSY */
	const char *request;   /* of an update; the result has the writes before its error, too */
};

/* Fails the test when one gives something else. After an update undo.c stays with what that is. */
void check_limits(const struct limits *list, size_t count, int unified);

#define COUNT(array)   (sizeof(array) / sizeof((array)[0]))
#define BLOCK(members) "\"blockIO\":{" members "}"
#define WARNS(file, typed, value)                                                                  \
	";warning: unified resource \"" file "\" wins over the limit \"" typed "\" of the same "   \
	"file: " value ";"
/* The warning, then both writes. */
#define DIFFERS(file, typed, value) WARNS(file, typed, value) file "=" typed ";" file "=" value

#endif
