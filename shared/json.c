/* Writes JSON as Go's encoder does. Nothing here reads JSON. */
#include "json.h"

#include <string.h>
#include "text.h"

static void add(struct json *j, const char *bytes, size_t length)
{
	struct text t = {j->data, j->size, j->length, j->cut};

	text_add_bytes(&t, bytes, length);
	j->length = t.length;
	j->cut = t.cut;
}

static void add_text(struct json *j, const char *s)
{
	add(j, s, strlen(s));
}

void json_start(struct json *j, char *buffer, size_t size, const char *indent)
{
	*j = (struct json){.data = buffer, .size = size, .indent = indent, .first = 1};
	buffer[0] = '\0';
}

/* Bytes of the valid UTF-8 sequence at S (1 to 4), or 0. */
static size_t utf8_length(const unsigned char *s)
{
	size_t length = s[0] < 0x80 ? 1 : s[0] < 0xc2 ? 0 : s[0] < 0xe0 ? 2 : s[0] < 0xf0 ? 3 : 4;

	if (s[0] > 0xf4)
		return 0;
	for (size_t i = 1; i < length; i++)
		if ((s[i] & 0xc0) != 0x80)
			return 0;
	if ((s[0] == 0xe0 && s[1] < 0xa0) || (s[0] == 0xed && s[1] > 0x9f) ||
		(s[0] == 0xf0 && s[1] < 0x90) || (s[0] == 0xf4 && s[1] > 0x8f))
		return 0; /* overlong, surrogate, above U+10FFFF */
	return length;
}

static void add_unicode(struct json *j, unsigned code)
{
	static const char digits[] = "0123456789abcdef";
	char escape[] = {'\\', 'u', digits[code >> 12 & 15], digits[code >> 8 & 15],
		digits[code >> 4 & 15], digits[code & 15]};

	add(j, escape, sizeof(escape));
}

static void add_escaped(struct json *j, unsigned char c)
{
	static const char letters[] = "\"\"\\\\\bb\ff\nn\rr\tt";

	for (const char *l = letters; *l; l += 2)
		if ((unsigned char)*l == c) {
			add(j, (const char[]){'\\', l[1]}, 2);
			return;
		}
	add_unicode(j, c);
}

static int is_plain(unsigned char c)
{
	return c >= ' ' && c < 0x7f && !strchr("\"\\<>&", c);
}

static void add_quoted(struct json *j, const char *value)
{
	const unsigned char *s = (const unsigned char *)value;

	add(j, "\"", 1);
	while (*s) {
		size_t length = 0;

		while (is_plain(s[length]))
			length++;
		add(j, (const char *)s, length);
		s += length;
		if (!*s)
			break;
		length = utf8_length(s);
		if (*s == 0x7f && !j->for_terminal)
			add(j, "\x7f", 1);
		else if (length == 1)
			add_escaped(j, *s);
		else if (!length)
			add_text(j, "\\ufffd");
		else if (j->for_terminal && s[0] == 0xc2 && s[1] < 0xa0)
			add_unicode(j, s[1]);
		else if (s[0] == 0xe2 && s[1] == 0x80 && (s[2] & 0xfe) == 0xa8)
			add_unicode(j, 0x2000 | (s[2] - 0x80u)); /* U+2028, U+2029 */
		else
			add(j, (const char *)s, length);
		s += length ? length : 1;
	}
	add(j, "\"", 1);
}

static void new_line(struct json *j)
{
	if (!j->indent)
		return;
	add(j, "\n", 1);
	for (unsigned i = 0; i < j->depth; i++)
		add_text(j, j->indent);
}

/* What stands before a value: the comma, the line, the key. */
static void begin(struct json *j, const char *key)
{
	if (!j->first)
		add(j, ",", 1);
	if (j->depth)
		new_line(j);
	j->first = 0;
	if (!key)
		return;
	add_quoted(j, key);
	add_text(j, j->indent ? ": " : ":");
}

static void open_bracket(struct json *j, const char *key, const char *bracket)
{
	begin(j, key);
	add_text(j, bracket);
	j->depth++;
	j->first = 1;
}

static void close_bracket(struct json *j, const char *bracket)
{
	j->depth--;
	if (!j->first)
		new_line(j);
	j->first = 0;
	add_text(j, bracket);
}

void json_object(struct json *j, const char *key)
{
	open_bracket(j, key, "{");
}

void json_object_end(struct json *j)
{
	close_bracket(j, "}");
}

void json_array(struct json *j, const char *key)
{
	open_bracket(j, key, "[");
}

void json_array_end(struct json *j)
{
	close_bracket(j, "]");
}

void json_string(struct json *j, const char *key, const char *value)
{
	begin(j, key);
	add_quoted(j, value);
}

void json_i64(struct json *j, const char *key, int64_t value)
{
	char digits[24];
	struct text t = TEXT(digits);

	begin(j, key);
	text_add_i64(&t, value);
	add(j, digits, t.length);
}

void json_u64(struct json *j, const char *key, uint64_t value)
{
	char digits[24];
	struct text t = TEXT(digits);

	begin(j, key);
	text_add_u64(&t, value);
	add(j, digits, t.length);
}

void json_number(struct json *j, const char *key, const char *digits)
{
	begin(j, key);
	add_text(j, digits);
}

void json_bool(struct json *j, const char *key, int value)
{
	begin(j, key);
	add_text(j, value ? "true" : "false");
}

void json_null(struct json *j, const char *key)
{
	begin(j, key);
	add_text(j, "null");
}
