/* Writing: a tree and its type to records of the plan. */
#include <math.h>
#include <stdlib.h>
#include <string.h>
#include "build.h"
#include "bus.h"
#include "gvariant.h"

#define TOKEN_MAX 64

static const char not_number[] = "not a number";
static const char out_of_range[] = "a number is out of range for its type";

static int digit_of(char c)
{
	if (c >= '0' && c <= '9')
		return c - '0';
	if (c >= 'a' && c <= 'f')
		return c - 'a' + 10;
	return c >= 'A' && c <= 'F' ? c - 'A' + 10 : 16;
}

/* As strtoull(3) with base 0: 0x for hexadecimal, 0 for octal. */
static const char *read_magnitude(const char *c, size_t length, uint64_t *n)
{
	uint64_t base = 10;

	if (length > 2 && c[0] == '0' && (c[1] == 'x' || c[1] == 'X')) {
		base = 16;
		c += 2;
		length -= 2;
	} else if (length > 1 && c[0] == '0') {
		base = 8;
	}
	*n = 0;
	for (; length; c++, length--) {
		uint64_t digit = (uint64_t)digit_of(*c);

		if (digit >= base)
			return not_number;
		if (*n > (UINT64_MAX - digit) / base)
			return out_of_range;
		*n = *n * base + digit;
	}
	return NULL;
}

const char *gvariant_integer(const struct node *node, char type, uint64_t *bits)
{
	static const struct {
		char type;
		uint64_t highest, lowest; /* the latter without its sign */
	} types[] = {{'y', UINT8_MAX, 0}, {'n', INT16_MAX, INT16_MAX + 1}, {'q', UINT16_MAX, 0},
		{'i', INT32_MAX, INT32_MAX + UINT64_C(1)}, {'u', UINT32_MAX, 0},
		{'x', INT64_MAX, INT64_MAX + UINT64_C(1)}, {'t', UINT64_MAX, 0}};
	const char *c = node->token, *why;
	size_t sign = *c == '-' || *c == '+';
	uint64_t n;

	if (node->kind != NODE_NUMBER || node->length == sign)
		return not_number;
	why = read_magnitude(c + sign, node->length - sign, &n);
	if (why)
		return why;
	for (size_t i = 0; i < sizeof(types) / sizeof(types[0]); i++)
		if (types[i].type == type) {
			if (n > (*c == '-' ? types[i].lowest : types[i].highest))
				return out_of_range;
			*bits = *c == '-' ? -n : n;
			return NULL;
		}
	return not_number;
}

const char *gvariant_double(const struct node *node, double *value)
{
	char token[TOKEN_MAX], *end;

	if (node->kind != NODE_NUMBER || node->length >= sizeof(token))
		return not_number;
	memcpy(token, node->token, node->length);
	token[node->length] = '\0';
	*value = strtod(token, &end);
	return *end || end == token ? not_number : NULL;
}

/* Hexadecimal digits of \uXXXX and \UXXXXXXXX. */
static const char *read_code(const char **c, const char *end, size_t digits, uint32_t *code)
{
	*code = 0;
	for (size_t i = 0; i < digits; i++, (*c)++) {
		if (*c == end || digit_of(**c) > 15)
			return "a \\u escape has too few digits";
		*code = *code << 4 | (uint32_t)digit_of(**c);
	}
	if (!*code || *code > 0x10ffff || (*code >= 0xd800 && *code < 0xe000))
		return "a \\u escape is of no character";
	return NULL;
}

static size_t put_utf8(char *out, uint32_t code)
{
	if (code < 0x80) {
		out[0] = (char)code;
		return 1;
	}
	if (code < 0x800) {
		out[0] = (char)(0xc0 | code >> 6);
		out[1] = (char)(0x80 | (code & 63));
		return 2;
	}
	if (code < 0x10000) {
		out[0] = (char)(0xe0 | code >> 12);
		out[1] = (char)(0x80 | (code >> 6 & 63));
		out[2] = (char)(0x80 | (code & 63));
		return 3;
	}
	out[0] = (char)(0xf0 | code >> 18);
	out[1] = (char)(0x80 | (code >> 12 & 63));
	out[2] = (char)(0x80 | (code >> 6 & 63));
	out[3] = (char)(0x80 | (code & 63));
	return 4;
}

/* The character that \C stands for; most stand for themselves. */
static char unescape(char c)
{
	static const char from[] = "abfnrtv", to[] = "\a\b\f\n\r\t\v";
	const char *found = c ? strchr(from, c) : NULL;

	return found ? to[found - from] : c;
}

static char unescaped[65536];

/* What stands between quotes, without its escapes, in UNESCAPED. */
static const char *read_text(const struct node *node, size_t *length)
{
	const char *c = node->token, *end = c + node->length, *why;
	uint32_t code;

	*length = 0;
	while (c < end) {
		if (*length > sizeof(unescaped) - 8)
			return "a string is too long";
		if (*c != '\\') {
			unescaped[(*length)++] = *c++;
			continue;
		}
		c++;
		if ((*c == 'u' || *c == 'U') && node->kind == NODE_TEXT) {
			size_t digits = *c++ == 'u' ? 4 : 8;

			why = read_code(&c, end, digits, &code);
			if (why)
				return why;
			*length += put_utf8(unescaped + *length, code);
		} else if (node->kind == NODE_BYTES && *c >= '0' && *c <= '7') {
			code = 0;
			for (int i = 0; i < 3 && c < end && *c >= '0' && *c <= '7'; i++)
				code = code << 3 | (uint32_t)(*c++ - '0');
			unescaped[(*length)++] = (char)code;
		} else if (*c == '\n') {
			c++;
		} else {
			unescaped[(*length)++] = unescape(*c++);
		}
	}
	unescaped[*length] = '\0';
	return NULL;
}

/* D-Bus specification, "Valid Object Paths". */
static int is_path(const char *s)
{
	static const char plain[] =
		"abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_";

	if (!strcmp(s, "/"))
		return 1;
	while (*s == '/') {
		size_t length = strspn(s + 1, plain);

		if (!length)
			return 0;
		s += 1 + length;
	}
	return !*s;
}

static int is_signature(const char *s)
{
	if (strlen(s) >= SIGNATURE_SIZE)
		return 0;
	while (*s) {
		size_t length = gvariant_type_length(s);

		if (!length)
			return 0;
		s += length;
	}
	return 1;
}

static const char *put_text(const struct node *node, char type)
{
	size_t length;
	const char *why = read_text(node, &length);

	if (why)
		return why;
	if (type == 'o' && !is_path(unescaped))
		return "no object path";
	if (type == 'g' && !is_signature(unescaped))
		return "no signature";
	bus_text(bus_kind_of(type), unescaped);
	return NULL;
}

/* b'…' is an array that ends in a NUL. */
static const char *put_bytes(const struct node *node)
{
	size_t length;
	const char *why = read_text(node, &length);

	if (why)
		return why;
	bus_text(BUS_ARRAY, "y");
	for (size_t i = 0; i <= length; i++)
		bus_number(BUS_BYTE, (unsigned char)unescaped[i]);
	bus_end();
	return NULL;
}

static const char *put_number(const struct node *node, char type)
{
	const char *why;
	uint64_t bits = 0;
	double value;

	if (type != 'd') {
		why = gvariant_integer(node, type, &bits);
	} else {
		why = gvariant_double(node, &value);
		if (!why)
			memcpy(&bits, &value, sizeof(bits));
	}
	if (!why)
		bus_number(bus_kind_of(type), bits);
	return why;
}

/* The children of a container: of SIGNATURE one type after the other, or all of its only one. */
static const char *put_children(const struct node *node, const char *signature, int is_array)
{
	const char *why = NULL;

	for (const struct node *child = node->child; !why && child; child = child->next) {
		why = gvariant_put(child, signature);
		if (!is_array)
			signature += gvariant_type_length(signature);
	}
	bus_end();
	return why;
}

static const char *put_variant(const struct node *node)
{
	char signature[SIGNATURE_SIZE];
	const char *why = gvariant_type(node->child, signature);

	if (why)
		return why;
	bus_text(BUS_VARIANT, signature);
	why = gvariant_put(node->child, signature);
	bus_end();
	return why;
}

const char *gvariant_put(const struct node *node, const char *signature)
{
	char inside[SIGNATURE_SIZE];
	size_t length;

	switch (node->kind) {
	case NODE_TYPED:
		return gvariant_put(node->child, signature);
	case NODE_NUMBER:
		return put_number(node, *signature);
	case NODE_TEXT:
		return put_text(node, *signature);
	case NODE_BYTES:
		return put_bytes(node);
	case NODE_BOOLEAN:
		bus_number(BUS_BOOLEAN, node->number);
		return NULL;
	case NODE_VARIANT:
		return put_variant(node);
	default:
		break;
	}
	/* Of an array what follows the a, of the others what is between the brackets. An entry is all
	 * of its signature. */
	length = *signature == '{' ? strlen(signature) : gvariant_type_length(signature);
	length -= *signature == 'a' ? 1 : 2;
	memcpy(inside, signature + 1, length);
	inside[length] = '\0';
	bus_text(bus_kind_of(*signature), inside);
	return put_children(node, inside, *signature == 'a');
}

static const char *whole_microseconds(const struct node *node, char type, uint64_t *n)
{
	const char *why = gvariant_integer(node, type, n);

	if (!why && *node->token == '-' && *n)
		return out_of_range;
	if (why || *n == UINT64_MAX)
		return why; /* infinity */
	if (*n > UINT64_MAX / 1000000)
		return out_of_range;
	*n *= 1000000;
	return NULL;
}

static const char *double_microseconds(const struct node *node, uint64_t *n)
{
	double value;
	const char *why = gvariant_double(node, &value);

	if (why)
		return why;
	value *= 1e6;
	if (isnan(value) || value < 0 || (!isinf(value) && value >= 18446744073709551616.0))
		return out_of_range;
	*n = isinf(value) ? UINT64_MAX : (uint64_t)value;
	return NULL;
}

/* systemd.unit(5) has TimeoutStopSec=, the bus has TimeoutStopUSec. */
static const char *put_microseconds(const struct node *node, char type)
{
	uint64_t n = 0;
	const char *why;

	while (node->kind == NODE_TYPED)
		node = node->child;
	why = type == 'd' ? double_microseconds(node, &n) : whole_microseconds(node, type, &n);
	if (!why)
		bus_number(BUS_UINT64, n);
	return why;
}

const char *bus_parse(const char *name, const char *text, int seconds)
{
	char signature[SIGNATURE_SIZE];
	const char *why;
	const struct node *node = gvariant_read(text, &why);

	if (!node)
		return why;
	why = gvariant_type(node, signature);
	if (why)
		return why;
	if (seconds && (signature[1] || !strchr("ynqiuxtd", *signature)))
		return not_number;
	bus_property(name, seconds ? "t" : signature, LAYOUT_ANY);
	return seconds ? put_microseconds(node, *signature) : gvariant_put(node, signature);
}
