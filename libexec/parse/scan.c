/* RFC 8259, strictly: no extension that any JSON library grants may reach the parser. Pure: no
 * calls, no output. */
#include "scan.h"

#include <string.h>

static struct scan_number *numbers;
static uint32_t number_count, number_max;

size_t scan_room(size_t length)
{
	return scan_bound(length, SCAN_VALUES_MAX) * sizeof(*numbers);
}

void scan_begin(void *memory, size_t length)
{
	numbers = memory;
	number_max = scan_bound(length, SCAN_VALUES_MAX);
}

struct scan {
	const unsigned char *at;
	const unsigned char *end;
	const char *error;
	uint32_t values;
	int depth;
};

static int fail(struct scan *s, const char *text)
{
	s->error = text;
	return -1;
}

static int peek(const struct scan *s)
{
	return s->at < s->end ? *s->at : -1;
}

static void skip_space(struct scan *s)
{
	while (s->at < s->end &&
		(*s->at == ' ' || *s->at == '\n' || *s->at == '\t' || *s->at == '\r'))
		s->at++;
}

/* One UTF-8 sequence of two to four bytes (RFC 3629, section 4). Returns its length, or 0. */
static size_t utf8_length(const unsigned char *at, size_t room)
{
	unsigned char low = 0x80, high = 0xbf;
	size_t length;

	if (at[0] >= 0xc2 && at[0] <= 0xdf)
		length = 2;
	else if ((at[0] & 0xf0) == 0xe0)
		length = 3;
	else if (at[0] >= 0xf0 && at[0] <= 0xf4)
		length = 4;
	else
		return 0;
	if (room < length)
		return 0;
	if (at[0] == 0xe0)
		low = 0xa0; /* overlong */
	else if (at[0] == 0xed)
		high = 0x9f; /* surrogates */
	else if (at[0] == 0xf0)
		low = 0x90; /* overlong */
	else if (at[0] == 0xf4)
		high = 0x8f; /* above U+10FFFF */
	if (at[1] < low || at[1] > high)
		return 0;
	for (size_t i = 2; i < length; i++)
		if ((at[i] & 0xc0) != 0x80)
			return 0;
	return length;
}

/* Four hexadecimal digits. Returns the number, or -1. */
static int32_t hex4(struct scan *s)
{
	int32_t value = 0;

	for (int i = 0; i < 4; i++, s->at++) {
		int c = peek(s);

		if (c >= '0' && c <= '9')
			value = value * 16 + c - '0';
		else if ((c | 32) >= 'a' && (c | 32) <= 'f')
			value = value * 16 + (c | 32) - 'a' + 10;
		else
			return -1;
	}
	return value;
}

/* After "\u". Returns the number of bytes the character takes in UTF-8, or -1. */
static int scan_unicode(struct scan *s)
{
	int32_t c = hex4(s);

	if (c < 0)
		return fail(s, "expected four hexadecimal digits after \\u");
	if (c == 0)
		return fail(s, "\\u0000 is not allowed");
	if (c < 0xd800 || c > 0xdfff)
		return c < 0x80 ? 1 : c < 0x800 ? 2 : 3;
	if (c > 0xdbff || peek(s) != '\\')
		return fail(s, "a lone surrogate is not a character");
	s->at++;
	if (peek(s) != 'u')
		return fail(s, "a lone surrogate is not a character");
	s->at++;
	c = hex4(s);
	if (c < 0xdc00 || c > 0xdfff)
		return fail(s, "a lone surrogate is not a character");
	return 4;
}

/* After a backslash. Returns as scan_unicode. */
static int scan_escape(struct scan *s)
{
	int c = peek(s);

	if (c < 0 || !strchr("\"\\/bfnrtu", c) || !c)
		return fail(s, "invalid escape in a string");
	s->at++;
	return c == 'u' ? scan_unicode(s) : 1;
}

static int scan_string(struct scan *s)
{
	size_t size = 0;

	s->at++;
	for (;;) {
		int c = peek(s);
		int length = 1;

		if (c < 0)
			return fail(s, "the text ends inside a string");
		if (c == '"')
			break;
		if (c < 0x20)
			return fail(s, "a control character in a string must be escaped");
		if (c == '\\') {
			s->at++;
			length = scan_escape(s);
			if (length < 0)
				return -1;
		} else if (c >= 0x80) {
			length = (int)utf8_length(s->at, (size_t)(s->end - s->at));
			if (!length)
				return fail(s, "invalid UTF-8 in a string");
			s->at += length;
		} else {
			s->at++;
		}
		size += (size_t)length;
		if (size > SCAN_STRING_MAX)
			return fail(s, "a string is longer than 128 KiB");
	}
	s->at++;
	return 0;
}

static size_t skip_digits(struct scan *s)
{
	const unsigned char *start = s->at;

	while (s->at < s->end && *s->at >= '0' && *s->at <= '9')
		s->at++;
	return (size_t)(s->at - start);
}

static void keep_number(const unsigned char *digits, size_t count, enum scan_form form)
{
	struct scan_number *number = &numbers[number_count++];
	uint64_t value = 0;

	for (size_t i = 0; i < count && form != SCAN_INEXACT && form != SCAN_HUGE; i++) {
		unsigned digit = (unsigned)(digits[i] - '0');

		if (value > (UINT64_MAX - digit) / 10)
			form = SCAN_HUGE;
		else
			value = value * 10 + digit;
	}
	if (form == SCAN_NEGATIVE && !value)
		form = SCAN_INEXACT;
	number->value = value;
	number->form = form;
}

static int scan_a_number(struct scan *s)
{
	const unsigned char *start = s->at, *digits;
	enum scan_form form = SCAN_POSITIVE;
	size_t count;

	if (peek(s) == '-') {
		form = SCAN_NEGATIVE;
		s->at++;
	}
	digits = s->at;
	count = skip_digits(s);
	if (!count)
		return fail(s, "expected a digit");
	if (count > 1 && digits[0] == '0') {
		s->at = digits;
		return fail(s, "a number must not begin with 0");
	}
	if (peek(s) == '.') {
		form = SCAN_INEXACT;
		s->at++;
		if (!skip_digits(s))
			return fail(s, "expected a digit");
	}
	if (peek(s) == 'e' || peek(s) == 'E') {
		form = SCAN_INEXACT;
		s->at++;
		if (peek(s) == '+' || peek(s) == '-')
			s->at++;
		if (!skip_digits(s))
			return fail(s, "expected a digit");
	}
	if (s->at - start > SCAN_NUMBER_MAX) {
		s->at = start;
		return fail(s, "a number has more than 63 characters");
	}
	if (number_count == number_max)
		return fail(s, "more numbers than this text can hold");
	keep_number(digits, count, form);
	return 0;
}

static int scan_word(struct scan *s, const char *word)
{
	size_t length = strlen(word);

	if ((size_t)(s->end - s->at) < length || memcmp(s->at, word, length) != 0)
		return fail(s, "expected a value");
	s->at += length;
	return 0;
}

static int scan_value(struct scan *s);

static int scan_member_name(struct scan *s)
{
	if (peek(s) != '"')
		return fail(s, "expected the name of a member in double quotes");
	if (scan_string(s))
		return -1;
	skip_space(s);
	if (peek(s) != ':')
		return fail(s, "expected ':' after the name of a member");
	s->at++;
	skip_space(s);
	return 0;
}

/* Recursion is bounded by SCAN_DEPTH_MAX. */
static int scan_members(struct scan *s, int object)
{
	const int close = object ? '}' : ']';
	uint32_t count = 0;

	if (s->depth++ >= SCAN_DEPTH_MAX)
		return fail(s, "more than 64 levels of nesting");
	s->at++;
	skip_space(s);
	if (peek(s) == close) {
		s->at++;
		s->depth--;
		return 0;
	}
	for (;;) {
		if (count++ >= SCAN_MEMBERS_MAX)
			return fail(s, "more than 65536 members in one object or array");
		if ((object && scan_member_name(s)) || scan_value(s))
			return -1;
		skip_space(s);
		if (peek(s) == close)
			break;
		if (peek(s) != ',')
			return fail(s,
				object ? "expected ',' or '}' after a member"
				       : "expected ',' or ']' after an element");
		s->at++;
		skip_space(s);
	}
	s->at++;
	s->depth--;
	return 0;
}

static int scan_value(struct scan *s)
{
	int c = peek(s);

	if (c < 0)
		return fail(s, "the text ends where a value is expected");
	if (s->values++ >= SCAN_VALUES_MAX)
		return fail(s, "more than 262144 values");
	switch (c) {
	case '{':
	case '[':
		return scan_members(s, c == '{');
	case '"':
		return scan_string(s);
	case 't':
		return scan_word(s, "true");
	case 'f':
		return scan_word(s, "false");
	case 'n':
		return scan_word(s, "null");
	default:
		if (c == '-' || (c >= '0' && c <= '9'))
			return scan_a_number(s);
		return fail(s, "expected a value");
	}
}

static int scan_text(struct scan *s)
{
	if (s->end - s->at >= 3 && !memcmp(s->at, "\xef\xbb\xbf", 3))
		return fail(s, "a byte order mark is not allowed");
	skip_space(s);
	if (scan_value(s))
		return -1;
	skip_space(s);
	return s->at == s->end ? 0 : fail(s, "nothing may follow the value");
}

int scan(const char *text, size_t length, struct scan_error *error)
{
	const unsigned char *start = (const unsigned char *)text;
	struct scan s = {.at = start, .end = start + length};
	const unsigned char *line = start;

	number_count = 0;
	if (!scan_text(&s))
		return 0;
	error->line = 1;
	error->text = s.error;
	for (const unsigned char *at = start; at < s.at; at++) {
		if (*at == '\n') {
			error->line++;
			line = at + 1;
		}
	}
	error->column = (size_t)(s.at - line) + 1;
	return -1;
}

const struct scan_number *scan_number(uint32_t index)
{
	return index < number_count ? &numbers[index] : NULL;
}
