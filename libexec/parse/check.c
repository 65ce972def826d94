/* Forms of text, each as its consumer or the specification defines it. */
#include "build.h"

#include <string.h>

#define PATH_SIZE     4096
#define COMPONENT_MAX 255

void check_not_empty(const char *text)
{
	if (!*text)
		refuse("must not be empty", NULL);
}

void check_printable(const char *text)
{
	for (const char *c = text; *c; c++)
		if ((unsigned char)*c < 0x20 || *c == 0x7f)
			refuse("control characters are not allowed: \"", shown(text), "\"", NULL);
}

/* What selinux(8) contexts are made of; a quote or a blank could end the mount option it becomes.
 */
void check_label(const char *text)
{
	for (const char *c = text; *c; c++)
		if (*c <= ' ' || *c == 0x7f || strchr("\"'\\", *c))
			refuse("not a label: \"", shown(text), "\"", NULL);
}

static const char *skip_number(const char *c)
{
	if (*c == '0')
		return c + 1;
	while (*c >= '0' && *c <= '9')
		c++;
	return c;
}

static int is_word(char c)
{
	return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') ||
		c == '-';
}

/* Identifiers after '-' (NUMERIC: no leading zeros) or '+'. Returns where they end, or NULL. */
static const char *skip_identifiers(const char *c, int numeric)
{
	do {
		const char *start = ++c;

		while (is_word(*c))
			c++;
		if (c == start)
			return NULL;
		if (numeric && start[0] == '0' && c - start > 1 &&
			strspn(start, "0123456789") >= (size_t)(c - start))
			return NULL;
	} while (*c == '.');
	return c;
}

/* SemVer 2.0.0, and major 1: the only one whose meaning we know. */
void check_version(const char *text)
{
	const char *c = text;

	for (int part = 0; c && part < 3; part++) {
		const char *end = skip_number(c);

		c = end > c && *end == (part < 2 ? '.' : *end) ? end + (part < 2) : NULL;
	}
	if (c && *c == '-')
		c = skip_identifiers(c, 1);
	if (c && *c == '+')
		c = skip_identifiers(c, 0);
	if (!c || *c)
		refuse("\"", shown(text), "\" is not a version number like 1.3.0", NULL);
	if (strncmp(text, "1.", 2) != 0)
		refuse("version ", shown(text), " is not supported; this runtime knows 1.x", NULL);
}

void check_no_climbing(const char *text)
{
	for (const char *c = text; *c; c += *c == '/') {
		size_t length = strcspn(c, "/");

		if (length == 2 && c[0] == '.' && c[1] == '.')
			refuse("\"..\" is not allowed: \"", shown(text), "\"", NULL);
		c += length;
	}
}

void check_absolute_clean(const char *text)
{
	if (*text != '/')
		refuse("must be an absolute path: \"", shown(text), "\"", NULL);
	check_no_climbing(text);
	if (strlen(text) >= PATH_SIZE)
		refuse("longer than a path may be", NULL);
}

static const char *read_cpu(const char *c, unsigned *value)
{
	const char *start = c;

	for (*value = 0; *c >= '0' && *c <= '9' && *value < CPU_COUNT; c++)
		*value = *value * 10 + (unsigned)(*c - '0');
	return c > start ? c : NULL;
}

const char *read_cpu_range(const char *c, unsigned *first, unsigned *last)
{
	c = read_cpu(c, first);
	*last = *first;
	return c && *c == '-' ? read_cpu(c + 1, last) : c;
}

/* cpuset(7), "List format" */
void check_cpu_list(const char *text)
{
	const char *c = text;

	if (!*c)
		return;
	for (;;) {
		unsigned first, last;

		c = read_cpu_range(c, &first, &last);
		if (c && (first >= CPU_COUNT || last >= CPU_COUNT))
			refuse("values larger than ", shown_number(CPU_COUNT - 1, 0),
				" are not supported", NULL);
		if (!c || (*c && *c != ','))
			refuse("\"", shown(text), "\" is not a list like 0-3,7", NULL);
		if (last < first)
			refuse("invalid range in \"", shown(text), "\"", NULL);
		if (!*c++)
			return;
	}
}

/* config-linux.md, "Huge page limits": ^[1-9][0-9]*[KMG]B$ */
void check_page_size(const char *text)
{
	size_t digits = strspn(text, "0123456789");

	if (!digits || digits > 12 || text[0] == '0' || !text[digits] ||
		!strchr("KMG", text[digits]) || strcmp(text + digits + 1, "B") != 0)
		refuse("\"", shown(text), "\" is not a page size like 2MB", NULL);
}

void clean_path(const char *path, char *buffer)
{
	size_t used = 0;

	while (*path) {
		size_t length = strcspn(path, "/");

		if (length > COMPONENT_MAX)
			refuse("a component is longer than 255 bytes", NULL);
		if (length == 2 && path[0] == '.' && path[1] == '.') {
			while (used && buffer[--used] != '/')
				continue;
		} else if (length && !(length == 1 && path[0] == '.')) {
			if (used + 1 + length >= PATH_SIZE)
				refuse("longer than a path may be", NULL);
			buffer[used++] = '/';
			memcpy(buffer + used, path, length);
			used += length;
		}
		path += length;
		path += *path == '/';
	}
	if (!used)
		buffer[used++] = '/';
	buffer[used] = '\0';
}
