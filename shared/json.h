/*
 * Writing JSON, and only writing: into a caller's buffer, in the form Go's encoder gives (keys in
 * the order of the calls; <, >, & and U+2028/9 escaped as \u003c …; invalid UTF-8 as \ufffd).
 */
#ifndef DAVIT_JSON_H
#define DAVIT_JSON_H

#include <stddef.h>
#include <stdint.h>

struct json {
	char *data;
	size_t size;
	size_t length;
	int cut;            /* did not fit: the output is not valid JSON */
	const char *indent; /* NULL: compact; "  ", "\t" … */
	unsigned depth;
	int first;        /* no member yet in the innermost object or array */
	int for_terminal; /* set after json_start: escape U+007F to U+009F as well, unlike Go */
};

void json_start(struct json *j, char *buffer, size_t size, const char *indent);

/* KEY is NULL inside an array and at the top. */
void json_object(struct json *j, const char *key);
void json_object_end(struct json *j);
void json_array(struct json *j, const char *key);
void json_array_end(struct json *j);
void json_string(struct json *j, const char *key, const char *value);
void json_u64(struct json *j, const char *key, uint64_t value);
void json_i64(struct json *j, const char *key, int64_t value);
/* DIGITS as they are: a number, which the caller has checked. */
void json_number(struct json *j, const char *key, const char *digits);
void json_bool(struct json *j, const char *key, int value);
void json_null(struct json *j, const char *key);

#endif
