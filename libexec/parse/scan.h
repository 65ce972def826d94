/*
 * The strict scanner: passes exactly what RFC 8259 and our limits allow, before any other code
 * looks at the bytes. It also keeps the value of every number, because a JSON library's double
 * would not be exact.
 */
#ifndef DAVIT_SCAN_H
#define DAVIT_SCAN_H

#include <stddef.h>
#include <stdint.h>

#define SCAN_INPUT_MAX   (16u << 20)
#define SCAN_DEPTH_MAX   64
#define SCAN_STRING_MAX  (128u << 10) /* bytes of one string, after unescaping */
#define SCAN_NUMBER_MAX  63 /* characters of one number; no number that means anything is longer */
#define SCAN_MEMBERS_MAX 65536u  /* of one object or array */
#define SCAN_VALUES_MAX  262144u /* in all */

enum scan_form {
	SCAN_POSITIVE, /* digits that fit uint64 */
	SCAN_NEGATIVE, /* '-' and digits whose value, without the sign, fits uint64 */
	SCAN_HUGE,     /* an integer that does not fit */
	SCAN_INEXACT   /* with a fraction or an exponent, or -0 */
};

struct scan_number {
	uint64_t value; /* without the sign */
	enum scan_form form;
};

struct scan_error {
	size_t line;   /* from 1 */
	size_t column; /* bytes, from 1 */
	const char *text;
};

/*
 * A bound for the values in LENGTH bytes, alone or together with the names of members, below CAP:
 * N of them take at least 2N - 1 bytes. One is a byte at least; an array has two brackets of its
 * own and a comma between its elements; a member's name has two quotes and a colon.
 */
static inline uint32_t scan_bound(size_t length, uint32_t cap)
{
	return length / 2 + 1 < cap ? (uint32_t)(length / 2 + 1) : cap;
}

/* The memory that texts of up to LENGTH bytes need, a multiple of 8; then that memory, zeroed. */
size_t scan_room(size_t length);
void scan_begin(void *memory, size_t length);

/* Scans LENGTH bytes. Returns 0, or -1 and *error. */
int scan(const char *text, size_t length, struct scan_error *error);

/* The numbers of the last scan in the order of the text; NULL beyond the last one. */
const struct scan_number *scan_number(uint32_t index);

#endif
