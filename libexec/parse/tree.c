/* cJSON over a static arena, exact numbers, and the search for duplicate members. */
#include "tree.h"

#include <stdint.h>
#include <string.h>
#include "fields.h"
#include "scan.h"
#include "step.h"

/* Nodes, and strings that are no longer than the text they come from; 4 MiB for alignment and the
 * NULs. */
#define ARENA_SIZE (SCAN_VALUES_MAX * sizeof(cJSON) + SCAN_INPUT_MAX + (4u << 20))

static _Alignas(16) unsigned char arena[ARENA_SIZE];
static size_t arena_used;

/* Strings need no alignment; only what has the size of a node is aligned. */
static void *arena_allocate(size_t size)
{
	size_t start = arena_used;

	if (size == sizeof(cJSON))
		start = (start + _Alignof(cJSON) - 1) & ~(_Alignof(cJSON) - 1);
	if (start > ARENA_SIZE || size > ARENA_SIZE - start)
		return NULL;
	arena_used = start + size;
	return arena + start;
}

static void arena_free(void *memory)
{
	(void)memory; /* the process ends soon */
}

static const char *keys[2][SCAN_MEMBERS_MAX];
static uint32_t key_count;

void sort_start(void)
{
	key_count = 0;
}

void sort_add(const char *key)
{
	if (key_count < SCAN_MEMBERS_MAX)
		keys[0][key_count++] = key;
}

static void merge(const char **from, const char **to, uint32_t start, uint32_t middle, uint32_t end)
{
	uint32_t left = start, right = middle;

	for (uint32_t i = start; i < end; i++) {
		if (left < middle && (right >= end || strcmp(from[left], from[right]) <= 0))
			to[i] = from[left++];
		else
			to[i] = from[right++];
	}
}

/* A merge sort from the bottom up: qsort of the C library allocates, and its worst case is not ours
 * to know. */
const char *sort_duplicate(void)
{
	const char **from = keys[0], **to = keys[1];

	for (uint32_t width = 1; width < key_count; width *= 2) {
		const char **swap = from;

		for (uint32_t start = 0; start < key_count; start += 2 * width) {
			uint32_t middle = start + width < key_count ? start + width : key_count;
			uint32_t end = middle + width < key_count ? middle + width : key_count;

			merge(from, to, start, middle, end);
		}
		from = to;
		to = swap;
	}
	for (uint32_t i = 1; i < key_count; i++)
		if (!strcmp(from[i - 1], from[i]))
			return from[i];
	return NULL;
}

/* Gives every number its index in document order and refuses duplicates. Depth is bounded by the
 * scanner. */
static void check_tree(cJSON *value, uint32_t *numbers)
{
	uint32_t index = 0;

	if (cJSON_IsNumber(value))
		value->valueint = (int)(*numbers)++;
	if (cJSON_IsObject(value)) {
		const char *twice;

		sort_start();
		for (const cJSON *member = value->child; member; member = member->next)
			sort_add(member->string);
		twice = sort_duplicate();
		if (twice)
			refuse("duplicate member \"", shown(twice), "\"", NULL);
	}
	for (cJSON *child = value->child; child; child = child->next, index++) {
		if (child->string)
			path_member(child->string);
		else
			path_element(index);
		check_tree(child, numbers);
		path_leave();
	}
}

const cJSON *tree_parse(const char *text, size_t length)
{
	cJSON_Hooks hooks = {arena_allocate, arena_free};
	uint32_t numbers = 0;
	cJSON *tree;

	cJSON_InitHooks(&hooks);
	tree = cJSON_ParseWithLengthOpts(text, length, NULL, 0);
	if (!tree)
		die("config.json: cJSON refuses what the scanner passed", NULL, 0);
	check_tree(tree, &numbers);
	if (scan_number(numbers) || (numbers && !scan_number(numbers - 1)))
		die("config.json: cJSON and the scanner disagree about numbers", NULL, 0);
	return tree;
}
