/*
 * One pass over the bytes of config.json. Everything is looked at for where it ends, and only what stands at a
 * place of the table is unescaped and compared. No allocation, no tree.
 */
#include <string.h>
#include "witness.h"

#define DEPTH_MAX 64

static const unsigned char *at, *end;
static char name_buffer[TEXT_SIZE], text_buffer[TEXT_SIZE];

static int peek(void)
{
	return at < end ? *at : -1;
}

static void skip_space(void)
{
	while (at < end && (*at == ' ' || *at == '\n' || *at == '\t' || *at == '\r'))
		at++;
}

static void expect(char c)
{
	if (peek() != c)
		refuse_json("is no JSON");
	at++;
}

/* To the quote that ends the string. Returns where its text begins. */
static const unsigned char *skip_string(void)
{
	const unsigned char *start;

	expect('"');
	for (start = at; at < end && *at != '"'; at++)
		if (*at == '\\' && at + 1 < end)
			at++;
	expect('"');
	return start;
}

static uint32_t hex4(const unsigned char *digits, const unsigned char *stop)
{
	uint32_t code = 0;

	if (stop - digits < 4)
		refuse_json("has half an escape");
	for (int i = 0; i < 4; i++) {
		unsigned c = digits[i], low = c | 0x20;

		if (c >= '0' && c <= '9')
			code = code << 4 | (c - '0');
		else if (low >= 'a' && low <= 'f')
			code = code << 4 | (low - 'a' + 10);
		else
			refuse_json("has an escape that is none");
	}
	return code;
}

/* The character of the escape whose digits begin at *FROM, and both halves of a pair of surrogates. */
static uint32_t read_unicode(const unsigned char **from, const unsigned char *stop)
{
	uint32_t code = hex4(*from, stop), low;

	*from += 4;
	if (!code || (code >= 0xdc00 && code < 0xe000))
		refuse_json("has an escape that is no character");
	if (code < 0xd800 || code >= 0xe000)
		return code;
	if (stop - *from < 6 || (*from)[0] != '\\' || (*from)[1] != 'u')
		refuse_json("has half a pair of surrogates");
	low = hex4(*from + 2, stop);
	*from += 6;
	if (low < 0xdc00 || low >= 0xe000)
		refuse_json("has half a pair of surrogates");
	return 0x10000 + ((code - 0xd800) << 10) + (low - 0xdc00);
}

/* UTF-8, RFC 3629. Returns the byte after it. */
static char *put_character(char *to, uint32_t code)
{
	int more = code < 0x80 ? 0 : code < 0x800 ? 1 : code < 0x10000 ? 2 : 3;
	static const unsigned char first[] = {0, 0xc0, 0xe0, 0xf0};

	*to++ = (char)(first[more] | code >> (6 * more));
	while (more--)
		*to++ = (char)(0x80 | (code >> (6 * more) & 0x3f));
	return to;
}

static char plain_escape(unsigned char c)
{
	static const char pairs[] = "\"\"\\\\//b\bf\fn\nr\rt\t";

	for (const char *pair = pairs; *pair; pair += 2)
		if (*pair == (char)c)
			return pair[1];
	refuse_json("has an escape that is none");
}

/* The string at hand as C has it; no escape is shorter than what it stands for. */
static const char *read_string(char *buffer)
{
	const unsigned char *from = skip_string(), *stop = at - 1;
	char *to = buffer;

	while (from < stop) {
		if (to - buffer > (ptrdiff_t)TEXT_SIZE - 5)
			refuse_json("has a string of more than 128 KiB");
		if (!*from)
			refuse_json("has a byte 0");
		if (*from != '\\') {
			*to++ = (char)*from++;
		} else if (from[1] == 'u') {
			from += 2;
			to = put_character(to, read_unicode(&from, stop));
		} else {
			*to++ = plain_escape(from[1]);
			from += 2;
		}
	}
	*to = '\0';
	return buffer;
}

/* A number or a word. */
static const char *read_scalar(void)
{
	const unsigned char *start = at;

	while (at < end &&
		((*at >= '0' && *at <= '9') || ((*at | 0x20) >= 'a' && (*at | 0x20) <= 'z') ||
			*at == '+' || *at == '-' || *at == '.'))
		at++;
	if (at == start || at - start > 63)
		refuse_json("is no JSON");
	memcpy(text_buffer, start, (size_t)(at - start));
	text_buffer[at - start] = '\0';
	return text_buffer;
}

static int at_null(void)
{
	return end - at >= 4 && !memcmp(at, "null", 4);
}

/* True when another member or element follows, or none at all. */
static int another(char close, uint32_t count)
{
	skip_space();
	if (peek() == close) {
		at++;
		return 0;
	}
	if (count)
		expect(',');
	skip_space();
	return 1;
}

/* A value of which nothing is compared. */
static void skip_value(int depth)
{
	int open = peek();
	char close = open == '{' ? '}' : ']';

	if (depth > DEPTH_MAX)
		refuse_json("has more than 64 levels of nesting");
	if (open == '"') {
		(void)skip_string();
	} else if (open != '{' && open != '[') {
		(void)read_scalar();
	} else {
		at++;
		for (uint32_t i = 0; another(close, i); i++) {
			if (open == '{') {
				(void)skip_string();
				skip_space();
				expect(':');
				skip_space();
			}
			skip_value(depth + 1);
		}
	}
}

static void read_value(const struct place *place, const void *record, int depth);

static const char *read_name(void)
{
	(void)read_string(name_buffer);
	skip_space();
	expect(':');
	skip_space();
	return name_buffer;
}

static void read_object(const struct place *place, const void *record, int depth)
{
	uint64_t has = 0;

	expect('{');
	for (uint32_t i = 0; another('}', i); i++) {
		const char *name = read_name();
		const struct place *member = place->members;

		while (member->name && strcmp(member->name, name) != 0)
			member++;
		if (!member->name || at_null()) {
			skip_value(depth + 1); /* null is as good as nothing */
			continue;
		}
		enter_member(member, NULL);
		if (has & UINT64_C(1) << (member - place->members))
			refuse_json("says this twice:");
		has |= UINT64_C(1) << (member - place->members);
		read_value(member->choose ? member->choose() : member, record, depth + 1);
		leave_place();
	}
	compare_object(place, record, has);
}

static void read_map(const struct place *place, const void *record, int depth)
{
	uint32_t count = 0;

	expect('{');
	for (; another('}', count); count++) {
		const char *name = read_name();
		const void *pair;

		enter_member(place, name);
		pair = record_at(place, record, count);
		compare_pair(pair, name, place->members ? NULL : read_string(text_buffer));
		if (place->members)
			read_object(place, pair, depth + 1);
		leave_place();
	}
	compare_end(place, record, count);
}

static void read_element(const struct place *place, const void *record, uint32_t index, int depth)
{
	if (place->kind == RECORDS)
		read_object(place, record_at(place, record, index), depth + 1);
	else if (place->kind == NUMBERS)
		compare_text(place, record, index, read_scalar(), 0);
	else
		compare_text(place, record, index, read_string(text_buffer), 1);
}

static void read_array(const struct place *place, const void *record, int depth)
{
	uint32_t count = 0;

	expect('[');
	for (; another(']', count); count++) {
		enter_element(count);
		read_element(place, record, count, depth);
		leave_place();
	}
	compare_end(place, record, count);
}

/* The depth of the table bounds the recursion. */
static void read_value(const struct place *place, const void *record, int depth)
{
	switch (place->kind) {
	case OBJECT:
		read_object(place, record, depth);
		break;
	case SKIPPED:
		skip_value(depth);
		break;
	case MAP:
		read_map(place, record, depth);
		break;
	case RECORDS:
	case STRINGS:
	case NUMBERS:
	case WORDS:
	case FLAGS:
	case LISTED:
		read_array(place, record, depth);
		break;
	default:
		if (peek() == '"')
			compare_text(place, record, 0, read_string(text_buffer), 1);
		else
			compare_text(place, record, 0, read_scalar(), 0);
	}
}

void read_document(const char *text, size_t length, const struct place *top, const void *record)
{
	at = (const unsigned char *)text;
	end = at + length;
	skip_space();
	read_object(top, record, 0);
	skip_space();
	if (at < end)
		refuse_json("goes on after its end");
}
