/* See duration.h. */
#include "duration.h"

#include <errno.h>
#include <stddef.h>
#include <string.h>

#define LIMIT (UINT64_C(1) << 63)

static const struct {
	const char *word;
	uint64_t ns;
} units[] = {
	{"ns", 1},
	{"us", 1000},
	{"\xc2\xb5s", 1000}, /* the micro sign */
	{"\xce\xbcs", 1000}, /* the Greek letter */
	{"ms", 1000000},
	{"s", 1000000000},
	{"m", UINT64_C(60) * 1000000000},
	{"h", UINT64_C(3600) * 1000000000},
};

static int is_digit(char c)
{
	return c >= '0' && c <= '9';
}

/* Digits up to *END of TEXT. */
static int whole_part(const char *text, size_t length, uint64_t *value)
{
	*value = 0;
	for (size_t i = 0; i < length; i++) {
		if (*value > LIMIT / 10)
			return -EINVAL;
		*value = *value * 10 + (uint64_t)(text[i] - '0');
		if (*value > LIMIT)
			return -EINVAL;
	}
	return 0;
}

/* Digits after a point, of UNIT; those that are too small to count are ignored. */
static uint64_t fraction(const char *text, size_t length, uint64_t unit)
{
	uint64_t value = 0, scale = 1;

	for (size_t i = 0; i < length && i < 18; i++) {
		value = value * 10 + (uint64_t)(text[i] - '0');
		scale *= 10;
	}
	return (uint64_t)((unsigned __int128)value * unit / scale);
}

/* The unit at *TEXT, which is moved behind it; 0: there is none. */
static uint64_t take_unit(const char **text)
{
	size_t length = strcspn(*text, ".0123456789");

	for (size_t i = 0; i < sizeof(units) / sizeof(units[0]); i++)
		if (strlen(units[i].word) == length && !memcmp(*text, units[i].word, length)) {
			*text += length;
			return units[i].ns;
		}
	return 0;
}

/* "1.5h" at *TEXT. */
static int take_part(const char **text, uint64_t *ns)
{
	size_t length = strspn(*text, "0123456789"), after = 0;
	const char *digits = *text, *rest;
	uint64_t value, unit;

	*text += length;
	if (**text == '.')
		++*text;
	rest = *text;
	if (rest > digits + length)
		after = strspn(rest, "0123456789");
	*text += after;
	if (!length && !after)
		return -EINVAL;
	unit = take_unit(text);
	if (!unit || whole_part(digits, length, &value) || value > LIMIT / unit)
		return -EINVAL;
	*ns = value * unit + fraction(rest, after, unit);
	return *ns > LIMIT ? -EINVAL : 0;
}

int duration_parse(const char *text, int64_t *ns)
{
	int negative = *text == '-';
	uint64_t sum = 0, part;

	if (*text == '-' || *text == '+')
		text++;
	if (!strcmp(text, "0")) {
		*ns = 0;
		return 0;
	}
	if (!*text)
		return -EINVAL;
	while (*text) {
		if ((*text != '.' && !is_digit(*text)) || take_part(&text, &part))
			return -EINVAL;
		sum += part; /* both are at most 2^63 */
		if (sum > LIMIT || (!sum && part))
			return -EINVAL;
	}
	if (!negative && sum == LIMIT)
		return -EINVAL;
	*ns = negative ? (int64_t)(0 - sum) : (int64_t)sum;
	return 0;
}
