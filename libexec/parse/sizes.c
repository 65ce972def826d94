/* The numbers of `runc update`: decimal ones as Go's strconv takes them, sizes as go-units does. */
#include "build.h"

#include <errno.h>
#include <string.h>
#include "text.h"

#define TEXT_MAX 128 /* more than any number, and than is shown */

static _Noreturn void refuse_number(
	const char *name, const char *function, const char *text, const char *why)
{
	refuse_as("invalid value for ", name, ": strconv.", function, ": parsing \"", shown(text),
		"\": ", why, NULL);
}

/* Go takes leading zeros, our one reader of numbers does not. */
static const char *skip_zeros(const char *digits)
{
	while (*digits == '0' && digits[1] >= '0' && digits[1] <= '9')
		digits++;
	return digits;
}

uint64_t read_unsigned(const char *name, const char *text)
{
	uint64_t n;
	int err = text_to_u64(skip_zeros(text), &n);

	if (err)
		refuse_number(name, "ParseUint", text,
			err == -ERANGE ? "value out of range" : "invalid syntax");
	return n;
}

int64_t read_signed(const char *name, const char *text)
{
	int negative = *text == '-';
	uint64_t n;
	int err = text_to_u64(skip_zeros(text + (negative || *text == '+')), &n);

	if (!err && n > (uint64_t)INT64_MAX + (uint64_t)negative)
		err = -ERANGE;
	if (err)
		refuse_number(name, "ParseInt", text,
			err == -ERANGE ? "value out of range" : "invalid syntax");
	return (int64_t)(negative ? 0 - n : n);
}

static _Noreturn void refuse_size(const char *name, const char *text)
{
	refuse_as("invalid value for ", name, ": invalid size: '", shown(text), "'", NULL);
}

/* " ?[kmgtp]?i?b?" in either case: how far the number is to be shifted, or -1. */
static int read_suffix(const char *s)
{
	static const char units[] = "kmgtp";
	int shift = 0;

	s += *s == ' ';
	for (int i = 0; i < 5; i++)
		if ((*s | 0x20) == units[i])
			shift = 10 * (i + 1);
	s += shift != 0;
	s += (*s | 0x20) == 'i';
	s += (*s | 0x20) == 'b';
	return *s ? -1 : shift;
}

/* DIGITS of a fraction of 2^SHIFT, rounded down; what comes after eighteen of them is less than a
 * byte of the largest unit. */
static uint64_t read_fraction(const char *digits, size_t length, int shift)
{
	unsigned __int128 part = 0, scale = 1;

	for (size_t i = 0; i < length && i < 18; i++) {
		part = part * 10 + (unsigned)(digits[i] - '0');
		scale *= 10;
	}
	return (uint64_t)((part << shift) / scale);
}

int64_t read_bytes(const char *name, const char *text)
{
	static const char decimal[] = "0123456789";
	size_t whole = strspn(text, decimal), fraction = 0;
	const char *after = text + whole;
	char digits[TEXT_MAX];
	int shift;
	uint64_t n;

	if (!strcmp(text, "-1"))
		return -1;
	if (*after == '.') {
		fraction = strspn(after + 1, decimal);
		after += 1 + fraction;
	}
	shift = read_suffix(after);
	if (!whole || shift < 0 || (text[whole] == '.' && !fraction) || whole >= sizeof(digits))
		refuse_size(name, text);
	memcpy(digits, text, whole);
	digits[whole] = '\0';
	if (text_to_u64(skip_zeros(digits), &n) || n > (uint64_t)INT64_MAX >> shift)
		refuse_size(name, text);
	n <<= shift;
	if (fraction)
		n += read_fraction(text + whole + 1, fraction, shift);
	return (int64_t)n;
}
