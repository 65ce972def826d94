/* jsmn's tokens, turned into values with unescaped strings; exact numbers; duplicate members. */
#include "tree.h"

#include <string.h>
#include "fields.h"
#include "review.h"
#include "scan.h"
#include "step.h"

#define JSMN_STATIC
#define JSMN_STRICT
#define JSMN_PARENT_LINKS /* without them every comma of an object costs a walk back to its brace \
			    */
#include <jsmn.h>

struct key {
	const char *text;
	uint32_t length;
	uint32_t place;
};

static jsmntok_t *tokens;
static struct value *values;
static uint32_t token_max, value_max, key_max;
static uint32_t value_count, number_count;
static struct key *keys, *spare_keys;
static uint32_t key_count;

/* A member is two tokens, its name and its value. */
static void bounds(size_t length, size_t more_keys)
{
	token_max = scan_bound(length, 2 * SCAN_VALUES_MAX);
	value_max = scan_bound(length, SCAN_VALUES_MAX);
	key_max = scan_bound(length, SCAN_MEMBERS_MAX);
	if (more_keys > key_max)
		key_max = more_keys < SCAN_MEMBERS_MAX ? (uint32_t)more_keys : SCAN_MEMBERS_MAX;
}

size_t tree_room(size_t length, size_t more_keys)
{
	bounds(length, more_keys);
	return value_max * sizeof(*values) + 2 * key_max * sizeof(*keys) +
		(token_max * sizeof(*tokens) + 7) / 8 * 8;
}

void tree_begin(void *memory, size_t length, size_t more_keys)
{
	bounds(length, more_keys);
	values = memory;
	keys = (struct key *)(values + value_max);
	spare_keys = keys + key_max;
	tokens = (jsmntok_t *)(spare_keys + key_max);
}

void sort_start(void)
{
	key_count = 0;
}

void sort_add(const char *key, size_t length)
{
	if (key_count == key_max)
		die("config.json: more keys than this text can hold", NULL, 0);
	keys[key_count] = (struct key){key, (uint32_t)length, key_count};
	key_count++;
}

static int compare(const struct key *a, const struct key *b)
{
	int order = memcmp(a->text, b->text, a->length < b->length ? a->length : b->length);

	return order ? order : (a->length > b->length) - (a->length < b->length);
}

static void merge(
	const struct key *from, struct key *to, uint32_t start, uint32_t middle, uint32_t end)
{
	uint32_t left = start, right = middle;

	for (uint32_t i = start; i < end; i++) {
		if (left < middle && (right >= end || compare(&from[left], &from[right]) <= 0))
			to[i] = from[left++];
		else
			to[i] = from[right++];
	}
}

/* A merge sort from the bottom up, stable: qsort of the C library allocates, and its worst case is
 * not ours to know. */
static void sort(void)
{
	for (uint32_t width = 1; width < key_count; width *= 2) {
		struct key *sorted = spare_keys;

		for (uint32_t start = 0; start < key_count; start += 2 * width) {
			uint32_t middle = start + width < key_count ? start + width : key_count;
			uint32_t end = middle + width < key_count ? middle + width : key_count;

			merge(keys, sorted, start, middle, end);
		}
		spare_keys = keys;
		keys = sorted;
	}
}

const char *sort_duplicate(void)
{
	sort();
	for (uint32_t i = 1; i < key_count; i++)
		if (!compare(&keys[i - 1], &keys[i]))
			return keys[i].text;
	return NULL;
}

void sort_earlier(void (*drop)(uint32_t place))
{
	sort();
	for (uint32_t i = 1; i < key_count; i++)
		if (!compare(&keys[i - 1], &keys[i]))
			drop(keys[i - 1].place);
}

/* Writes the UTF-8 of CODE, which the scanner has checked. Returns the byte after it. */
static char *put_utf8(char *to, uint32_t code)
{
	if (code < 0x80) {
		*to++ = (char)code;
		return to;
	}
	if (code < 0x800) {
		*to++ = (char)(0xc0 | code >> 6);
	} else {
		if (code < 0x10000) {
			*to++ = (char)(0xe0 | code >> 12);
		} else {
			*to++ = (char)(0xf0 | code >> 18);
			*to++ = (char)(0x80 | (code >> 12 & 0x3f));
		}
		*to++ = (char)(0x80 | (code >> 6 & 0x3f));
	}
	*to++ = (char)(0x80 | (code & 0x3f));
	return to;
}

static uint32_t hex4(const char *digits)
{
	uint32_t code = 0;

	for (int i = 0; i < 4; i++) {
		char c = digits[i];

		code = code << 4 | (uint32_t)(c <= '9' ? c - '0' : (c | 0x20) - 'a' + 10);
	}
	return code;
}

/* The four digits of \u, or both halves of a pair of surrogates. *FROM is at the first digit. */
static uint32_t unescape_unicode(const char **from)
{
	uint32_t code = hex4(*from);

	*from += 4;
	if (code >= 0xd800 && code < 0xdc00) {
		code = 0x10000 + ((code - 0xd800) << 10) + (hex4(*from + 2) - 0xdc00);
		*from += 6;
	}
	return code;
}

/* In place: an escape is never shorter than what it stands for, and the closing quote makes room
 * for the NUL. */
static const char *unescape(char *start, const char *end)
{
	static const char escapes[] = "b\bf\fn\nr\rt\t";
	const char *from = memchr(start, '\\', (size_t)(end - start));
	char *to = (char *)(from ? from : end);

	while (from && from < end) {
		const char *pair;

		if (*from != '\\') {
			*to++ = *from++;
			continue;
		}
		from += 2;
		if (from[-1] == 'u') {
			to = put_utf8(to, unescape_unicode(&from));
			continue;
		}
		pair = strchr(escapes, from[-1]);
		*to++ = pair ? pair[1] : from[-1];
	}
	*to = '\0';
	return start;
}

static void check_members(void *context)
{
	const struct value *object = context;
	const char *twice;

	sort_start();
	for (const struct value *member = object->child; member; member = member->next)
		sort_add(member->name, strlen(member->name));
	twice = sort_duplicate();
	if (twice)
		refuse("duplicate member \"", shown(twice), "\"", NULL);
}

static enum value_type primitive(char first)
{
	switch (first) {
	case 'n':
		return VALUE_NULL;
	case 'f':
		return VALUE_FALSE;
	case 't':
		return VALUE_TRUE;
	default:
		return VALUE_NUMBER;
	}
}

static int build(char *text, int at, struct value *value);

/* The members or elements of the container whose token is AT. Returns the token after the last. */
static int build_children(char *text, int at, struct value *container)
{
	const struct value **link = &container->child;
	int count = tokens[at].size, next = at + 1;

	for (int i = 0; i < count; i++) {
		struct value *child;

		if (value_count == value_max)
			die("config.json: jsmn and the scanner disagree about values", NULL, 0);
		child = &values[value_count++];
		if (container->type == VALUE_OBJECT) {
			child->name = unescape(text + tokens[next].start, text + tokens[next].end);
			next++;
			path_member(child->name);
		} else {
			path_element((uint32_t)i);
		}
		next = build(text, next, child);
		path_leave();
		*link = child;
		link = &child->next;
	}
	return next;
}

/* Depth is bounded by the scanner. Returns the token after the value. */
static int build(char *text, int at, struct value *value)
{
	const jsmntok_t *token = &tokens[at];

	switch (token->type) {
	case JSMN_OBJECT:
		value->type = VALUE_OBJECT;
		at = build_children(text, at, value);
		(void)attempt(check_members, value);
		return at;
	case JSMN_ARRAY:
		value->type = VALUE_ARRAY;
		return build_children(text, at, value);
	case JSMN_STRING:
		value->type = VALUE_STRING;
		value->string = unescape(text + token->start, text + token->end);
		return at + 1;
	default:
		value->type = primitive(text[token->start]);
		if (value->type == VALUE_NUMBER)
			value->number = number_count++;
		return at + 1;
	}
}

const struct value *tree_parse(char *text, size_t length)
{
	jsmn_parser parser;
	int count;

	jsmn_init(&parser);
	text[length] = '\n'; /* jsmn refuses a number or word at the very end */
	count = jsmn_parse(&parser, text, length + 1, tokens, token_max);
	if (count <= 0)
		die("config.json: jsmn refuses what the scanner passed", NULL, 0);
	memset(values, 0, value_count * sizeof(*values)); /* of the text before this one */
	value_count = 1;
	number_count = 0;
	if (build(text, 0, &values[0]) != count)
		die("config.json: jsmn and the scanner disagree about values", NULL, 0);
	if (scan_number(number_count) || (number_count && !scan_number(number_count - 1)))
		die("config.json: jsmn and the scanner disagree about numbers", NULL, 0);
	return &values[0];
}

const struct value *tree_member(const struct value *object, const char *name)
{
	if (object->type != VALUE_OBJECT)
		return NULL;
	for (const struct value *member = object->child; member; member = member->next)
		if (!strcmp(member->name, name))
			return member;
	return NULL;
}
