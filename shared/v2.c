/* Arithmetic only; the rules are runc's. */
#include "v2.h"

#include <math.h>
#include "text.h"

uint64_t v2_weight(uint64_t shares)
{
	double l;

	if (shares <= 2)
		return 1;
	if (shares >= 262144)
		return 10000;
	l = log2((double)shares);
	return (uint64_t)ceil(pow(10, (l * l + 125 * l) / 612.0 - 7.0 / 34.0));
}

const char *v2_swap(int64_t limit, int64_t swap, int64_t *value, int *set)
{
	static char what[64];
	struct text t = TEXT(what);

	*set = swap != 0;
	*value = swap;
	if (limit == -1 && !swap) {
		*set = 1;
		*value = -1;
		return NULL;
	}
	if (swap == -1 || !swap || limit == -1)
		return NULL;
	if (!limit)
		return "unable to set swap limit without memory limit";
	if (limit < 0) {
		text_add(&t, "invalid memory value: ");
		text_add_i64(&t, limit);
		return what;
	}
	if (swap < limit)
		return "memory+swap limit should be >= memory limit";
	*value = swap - limit;
	return NULL;
}
