/* From bytes that the scanner passed to cJSON's tree. The only file that calls cJSON; the others
 * walk its nodes. */
#ifndef DAVIT_TREE_H
#define DAVIT_TREE_H

#include <cjson/cJSON.h>
#include <stddef.h>

/*
 * Parses TEXT with cJSON into static memory and checks that no object has a member twice; dies
 * otherwise. The tree does not refer to TEXT. A number's valueint is its index for scan_number; its
 * double is never used.
 */
const cJSON *tree_parse(const char *text, size_t length);

/* Collects keys for a search: sort_start, sort_add up to SCAN_MEMBERS_MAX times, then
 * sort_duplicate. */
void sort_start(void);
void sort_add(const char *key);

/* Returns a key that was added twice, or NULL. O(n log n) whatever the keys are. */
const char *sort_duplicate(void);

#endif
