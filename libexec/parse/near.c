/* Edit distance between an unknown member and the known ones of the same object. */
#include "near.h"

#include <string.h>

#define NAME_MAX_LENGTH 24   /* of names looked at; no guarded name is longer */
#define LOOKUPS_MAX     1024 /* unknown names looked at in one config.json */

static char lower(char c)
{
	return c >= 'A' && c <= 'Z' ? (char)(c + 'a' - 'A') : c;
}

static unsigned smallest(unsigned a, unsigned b, unsigned c)
{
	unsigned least = a < b ? a : b;

	return least < c ? least : c;
}

unsigned near_distance(const char *a, size_t a_length, const char *b, size_t b_length)
{
	unsigned row[NEAR_LENGTH_MAX + 1];

	for (size_t j = 0; j <= b_length; j++)
		row[j] = (unsigned)j;
	for (size_t i = 1; i <= a_length; i++) {
		unsigned diagonal = row[0];

		row[0] = (unsigned)i;
		for (size_t j = 1; j <= b_length; j++) {
			unsigned above = row[j];

			row[j] = smallest(above + 1, row[j - 1] + 1,
				diagonal + (lower(a[i - 1]) != lower(b[j - 1])));
			diagonal = above;
		}
	}
	return row[b_length];
}

/* runc's decoder takes a member in any case. */
static int is_other_case(const char *a, size_t a_length, const char *b, size_t b_length)
{
	size_t same = 0;

	while (a_length == b_length && same < a_length && lower(a[same]) == lower(b[same]))
		same++;
	return a_length == b_length && same == a_length;
}

void near_miss(const struct field *fields, const char *name)
{
	static unsigned lookups;
	size_t length = strlen(name);

	if (length > NAME_MAX_LENGTH || lookups++ >= LOOKUPS_MAX)
		return;
	for (; fields->name; fields++) {
		size_t known = strlen(fields->name);
		unsigned allowed = known >= 7 ? 2 : known >= 5 ? 1 : 0;

		if (known > NAME_MAX_LENGTH)
			continue;
		if (!is_other_case(name, length, fields->name, known) &&
			(!(fields->flags & FIELD_GUARD) ||
				near_distance(name, length, fields->name, known) > allowed))
			continue;
		path_member(name);
		caution("unknown and ignored; did you mean ", fields->name, "?", NULL);
		path_leave();
		return;
	}
}
