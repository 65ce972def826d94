/* Lists of CPUs and memory nodes, "0-3,7", as bit masks. */
#include "build.h"

#include <string.h>
#include "text.h"

#define BITS        64 /* in each record */
#define ELEMENT_MAX 32

static uint64_t bits[CPU_COUNT / BITS];
static char element[ELEMENT_MAX];

/* "3" or "0-3". */
static const char *add_element(unsigned count)
{
	static char limit[64];
	unsigned first, last;
	const char *end = read_cpu_range(element, &first, &last);

	if (end && (first >= count || last >= count)) {
		text_join(limit, sizeof(limit), "values larger than ", shown_number(count - 1, 0),
			" are not supported: ", NULL);
		return limit;
	}
	if (!end || *end)
		return "not a number or a range: ";
	if (last < first)
		return "invalid range: ";
	for (; first <= last; first++)
		bits[first / BITS] |= UINT64_C(1) << first % BITS;
	return NULL;
}

static const char *add_elements(const char *text, unsigned count, const char **object)
{
	while (*text) {
		size_t skipped = strspn(text, " "), length = strcspn(text + skipped, ",");
		const char *start = text + skipped, *why;

		text = start + length + (start[length] == ',');
		while (length && start[length - 1] == ' ')
			length--;
		*object = start;
		if (length >= sizeof(element))
			return "not a number or a range: ";
		memcpy(element, start, length);
		element[length] = '\0';
		*object = element;
		why = length ? add_element(count) : NULL;
		if (why)
			return why;
	}
	return NULL;
}

const char *read_list(const char *text, unsigned count, struct plan_list *list, const char **object)
{
	size_t used = CPU_COUNT / BITS;
	const char *why;

	memset(bits, 0, sizeof(bits));
	why = add_elements(text, count, object);
	if (why)
		return why;
	while (used && !bits[used - 1])
		used--;
	for (size_t i = 0; i < used; i++)
		((struct plan_num *)plan_add(PLAN_RECORD_num, list))->value = bits[i];
	return NULL;
}
