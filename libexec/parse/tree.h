/* From bytes that the scanner passed to a tree of values. The only file that calls the JSON library
 * (jsmn); the others walk the tree. */
#ifndef DAVIT_TREE_H
#define DAVIT_TREE_H

#include <stddef.h>
#include <stdint.h>

enum value_type {
	VALUE_NULL,
	VALUE_FALSE,
	VALUE_TRUE,
	VALUE_NUMBER,
	VALUE_STRING,
	VALUE_ARRAY,
	VALUE_OBJECT
};

struct value {
	enum value_type type;
	uint32_t number;           /* VALUE_NUMBER: the index for scan_number */
	const char *name;          /* of a member; NULL elsewhere */
	const char *string;        /* VALUE_STRING: unescaped, UTF-8 */
	const struct value *child; /* the first member or element */
	const struct value *next;  /* the next one of the same object or array */
};

/* The memory that texts of up to LENGTH bytes, and KEYS of sort_add from elsewhere, need, a multiple
 * of 8; then that memory, zeroed. */
size_t tree_room(size_t length, size_t keys);
void tree_begin(void *memory, size_t length, size_t keys);

/*
 * Makes the tree of TEXT and the NUL after it, which is unescaped in place and belongs to the tree
 * from then on, and checks that no object has a member twice; dies otherwise.
 */
const struct value *tree_parse(char *text, size_t length);

/* The member NAME of OBJECT, exact and case-sensitive, or NULL. */
const struct value *tree_member(const struct value *object, const char *name);

/* Collects keys for a search: sort_start, sort_add once for each element or member at most, then
 * one of the others. O(n log n) whatever the keys are. */
void sort_start(void);
void sort_add(const char *key, size_t length);

/* Returns a key that was added twice, or NULL. */
const char *sort_duplicate(void);

/* Calls DROP for each key that was added again later, with its place in the order of sort_add. */
void sort_earlier(void (*drop)(uint32_t place));

#endif
