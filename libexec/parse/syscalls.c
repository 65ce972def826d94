/* See syscalls.h. The table is made when davit is built (tools/syscall_names.c). */
#include "syscalls.h"

#include <stdlib.h>
#include <string.h>
#include "near.h"

#define NAME_SIZE    32
#define LOOKUPS_MAX  1024 /* of one config.json: each goes through the whole table */
#define DISTANCE_MAX 2

/* In order; the first one is none. */
static const char names[][NAME_SIZE] = {
	"",
#include "syscall_names.h"
};
#define NAME_COUNT (sizeof(names) / sizeof(names[0]))

static int compare(const void *name, const void *element)
{
	return strcmp(name, element);
}

int syscall_is_known(const char *name)
{
	return NAME_COUNT == 1 || bsearch(name, names, NAME_COUNT, NAME_SIZE, compare) != NULL;
}

const char *syscall_near(const char *name)
{
	static unsigned lookups;
	size_t length = strlen(name);
	unsigned least = length < 4 ? 1 : DISTANCE_MAX;
	const char *nearest = NULL;

	if (length > NEAR_LENGTH_MAX || lookups++ >= LOOKUPS_MAX)
		return NULL;
	for (size_t i = 1; i < NAME_COUNT; i++) {
		unsigned away = near_distance(name, length, names[i], strlen(names[i]));

		if (away <= least && (!nearest || away < least)) {
			least = away;
			nearest = names[i];
		}
	}
	return nearest;
}
