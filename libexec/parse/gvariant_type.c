/*
 * Types. A pattern is a signature with three letters more: N a number of any type, S a string, path
 * or signature, * any type: what stands in an empty array.
 */
#include "gvariant.h"

#include <string.h>

#define NUMBERS "ynqiuxtd"
#define STRINGS "sog"
#define BASIC   "bv" NUMBERS STRINGS

static const char no_type[] = "the type cannot be told: say it, as in @as []";
static const char too_long[] = "its type is too long";

static size_t type_length(const char *s, unsigned depth);

/* (…) and {…}: FIRST is after the opening one. */
static size_t list_length(const char *s, char end, unsigned depth)
{
	size_t length = 1, count = 0;

	while (s[length] && s[length] != end) {
		size_t one = type_length(s + length, depth);

		if (!one)
			return 0;
		length += one;
		count++;
	}
	if (s[length] != end || !count ||
		(end == '}' && (count != 2 || !strchr(BASIC "NS*", s[1]))))
		return 0;
	return length + 1;
}

static size_t type_length(const char *s, unsigned depth)
{
	size_t length;

	if (!*s || depth > DEPTH_MAX)
		return 0;
	if (strchr(BASIC "NS*", *s))
		return 1;
	if (*s == '(')
		return list_length(s, ')', depth + 1);
	/* An entry stands in an array and nowhere else. */
	if (*s == 'a' && s[1] == '{')
		length = list_length(s + 1, '}', depth + 2);
	else
		length = *s == 'a' ? type_length(s + 1, depth + 1) : 0;
	return length ? length + 1 : 0;
}

size_t gvariant_type_length(const char *signature)
{
	size_t length = type_length(signature, 0);

	return length && !memchr(signature, 'N', length) && !memchr(signature, 'S', length) &&
			!memchr(signature, '*', length)
		? length
		: 0;
}

/* What at P fits ANY of the other pattern; 0: nothing. */
static size_t fitting(char any, const char *p)
{
	if (any == '*')
		return *p == '{' ? list_length(p, '}', 0) : type_length(p, 0);
	if (any == 'N' && *p && strchr(NUMBERS, *p))
		return 1;
	if (any == 'S' && *p && strchr(STRINGS, *p))
		return 1;
	return 0;
}

/* A becomes the pattern that both A and B are of. 0, or -1 when there is none. */
static int unify(char a[SIGNATURE_SIZE], const char *b)
{
	char out[SIGNATURE_SIZE];
	const char *p = a;
	size_t n = 0;

	while (*p && *b) {
		const char *from = p;
		size_t take_p = 1, take_b = 1, length = 1;

		if (*p != *b) {
			size_t other = fitting(*p, b);

			if (other) {
				from = b;
				take_b = length = other;
			} else {
				take_p = length = fitting(*b, p);
			}
		}
		if (!length || n + length >= sizeof(out))
			return -1;
		memcpy(out + n, from, length);
		n += length;
		p += take_p;
		b += take_b;
	}
	if (*p || *b)
		return -1;
	out[n] = '\0';
	memcpy(a, out, n + 1);
	return 0;
}

static const char *pattern_of(const struct node *node, char out[SIGNATURE_SIZE]);

static const char *put(char out[SIGNATURE_SIZE], size_t *length, const char *text)
{
	size_t more = strlen(text);

	if (*length + more >= SIGNATURE_SIZE)
		return too_long;
	memcpy(out + *length, text, more + 1);
	*length += more;
	return NULL;
}

/* The pattern that all children are of. */
static const char *common(const struct node *node, char out[SIGNATURE_SIZE], const char *none)
{
	char other[SIGNATURE_SIZE];
	const char *why;

	memcpy(out, none, strlen(none) + 1);
	for (const struct node *child = node->child; child; child = child->next) {
		why = pattern_of(child, other);
		if (why)
			return why;
		if (child == node->child)
			memcpy(out, other, sizeof(other));
		else if (unify(out, other))
			return "the elements of an array must be of one type";
	}
	return NULL;
}

static const char *array_pattern(
	const struct node *node, char out[SIGNATURE_SIZE], const char *none)
{
	char element[SIGNATURE_SIZE];
	size_t length = 0;
	const char *why = common(node, element, none);

	if (!why)
		why = put(out, &length, "a");
	return why ? why : put(out, &length, element);
}

static const char *list_pattern(
	const struct node *node, char out[SIGNATURE_SIZE], const char *open, const char *close)
{
	char one[SIGNATURE_SIZE];
	size_t length = 0;
	const char *why = put(out, &length, open);

	for (const struct node *child = node->child; !why && child; child = child->next) {
		why = pattern_of(child, one);
		if (!why)
			why = put(out, &length, one);
	}
	if (!why && node->kind == NODE_ENTRY && !strchr(NUMBERS "NSb" STRINGS, out[1]))
		return "a dictionary's key must be a number, a string or a boolean";
	return why ? why : put(out, &length, close);
}

static int is_decimal(const struct node *node)
{
	int is_hex = node->length > 2 && memchr(node->token, 'x', node->length);

	for (size_t i = 0; i < node->length; i++)
		if (strchr(is_hex ? "." : ".enai", node->token[i]))
			return 1;
	return 0;
}

static const char *pattern_of(const struct node *node, char out[SIGNATURE_SIZE])
{
	size_t length = 0;
	char inner[SIGNATURE_SIZE];
	const char *why;

	switch (node->kind) {
	case NODE_NUMBER:
		return put(out, &length, is_decimal(node) ? "d" : "N");
	case NODE_TEXT:
		return put(out, &length, "S");
	case NODE_BYTES:
		return put(out, &length, "ay");
	case NODE_BOOLEAN:
		return put(out, &length, "b");
	case NODE_VARIANT:
		return put(out, &length, "v");
	case NODE_ARRAY:
		return array_pattern(node, out, "*");
	case NODE_DICT:
		return array_pattern(node, out, "{**}");
	case NODE_TUPLE:
		return node->child ? list_pattern(node, out, "(", ")")
				   : "D-Bus has no empty tuples";
	case NODE_ENTRY:
		return list_pattern(node, out, "{", "}");
	case NODE_TYPED:
		memcpy(out, node->token, node->length);
		out[node->length] = '\0';
		why = pattern_of(node->child, inner);
		return why                  ? why
			: unify(inner, out) ? "a value is not of the type it is said to be"
					    : NULL;
	}
	return no_type;
}

const char *gvariant_type(const struct node *node, char signature[SIGNATURE_SIZE])
{
	const char *why = pattern_of(node, signature);

	for (char *c = signature; !why && *c; c++) {
		if (*c == '*')
			return no_type;
		*c = *c == 'N' ? 'i' : *c == 'S' ? 's' : *c;
	}
	if (!why && type_length(signature, 0) != strlen(signature))
		return "D-Bus has no such type";
	return why;
}
