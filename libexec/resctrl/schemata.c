/*
 * The schemata of a group: written line by line, or compared with what is there. A line is
 * "L3:0=ff;1=f", a resource and a value for each of its domains; the kernel shows the same with
 * blanks in front, leading zeros and every domain, and rounds bandwidths up.
 */
#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <unistd.h>
#include "kernfs.h"
#include "group.h"
#include "step.h"
#include "text.h"

#define FILE_MAX  65536
#define LINE_MAX  4096 /* with the newline, which the kernel insists on, and the NUL */
#define SHOWN_MAX 200

struct schema {
	const char *line;
	char member[32]; /* of linux.intelRdt */
};

/* A part of a string. */
struct part {
	const char *text;
	size_t length;
};

/* The schema number INDEX in the order in which they are written (config-linux.md, 1.3). 0: there is
 * none. An absent one has no line. */
static int schema_at(const struct plan *plan, uint32_t index, struct schema *schema)
{
	const struct plan_config *config = plan->config;
	struct text member = TEXT(schema->member);

	if (index >= 2 + config->rdt_schemata.count)
		return 0;
	if (index < 2) {
		text_add(&member, index ? "memBwSchema" : "l3CacheSchema");
		schema->line = plan_text(plan, index ? config->rdt_memory : config->rdt_l3_cache);
		return 1;
	}
	text_add(&member, "schemata[");
	text_add_u64(&member, index - 2);
	text_add(&member, "]");
	schema->line = plan_text(plan, plan_str_at(plan, config->rdt_schemata, index - 2)->value);
	return 1;
}

int has_schemata(const struct plan *plan)
{
	return plan->config->rdt_l3_cache.offset || plan->config->rdt_memory.offset ||
		plan->config->rdt_schemata.count;
}

/* `WORD "LINE" WORD2`, the line cut where it would hide the rest. */
static void quote(char *what, size_t size, const char *before, const char *line, const char *after)
{
	char shown[SHOWN_MAX];
	int cut = text_join(shown, sizeof(shown), line, NULL);

	text_join(what, size, before, "\"", shown, cut ? "…" : "", "\" ", after, NULL);
}

static int write_line(const struct group *group, const char *text)
{
	char line[LINE_MAX];
	int err = text_join(line, sizeof(line), text, "\n", NULL);

	return err ? err : write_file(group->dir, "schemata", line);
}

static void write_schema(const struct group *group, const struct schema *schema)
{
	char what[MSG_WHAT_MAX];
	int err = write_line(group, schema->line);

	if (!err)
		return;
	quote(what, sizeof(what), "write ", schema->line, "to");
	group_die(group, schema->member, what, group->path, "schemata", err);
}

void write_schemata(const struct group *group, const struct plan *plan)
{
	struct schema schema;

	for (uint32_t i = 0; schema_at(plan, i, &schema); i++)
		if (schema.line)
			write_schema(group, &schema);
}

static int is_blank(char c)
{
	return c == ' ' || c == '\t';
}

/* Takes what is before SEPARATOR off REST, without the blanks around it. */
static struct part take(struct part *rest, char separator)
{
	const char *end = memchr(rest->text, separator, rest->length);
	struct part part = {rest->text, end ? (size_t)(end - rest->text) : rest->length};
	size_t used = part.length + (end != NULL);

	rest->text += used;
	rest->length -= used;
	while (part.length && is_blank(*part.text))
		part.text++, part.length--;
	while (part.length && is_blank(part.text[part.length - 1]))
		part.length--;
	return part;
}

static int is_same(struct part a, struct part b)
{
	return a.length == b.length && !memcmp(a.text, b.text, a.length);
}

static struct part as_part(const char *text)
{
	return (struct part){text, strlen(text)};
}

static void skip_zeros(struct part *number)
{
	while (number->length > 1 && *number->text == '0')
		number->text++, number->length--;
}

/* Numbers of one base, of any length: no more is to be known of them than that. */
static int is_same_number(struct part a, struct part b)
{
	skip_zeros(&a);
	skip_zeros(&b);
	if (!a.length || a.length != b.length)
		return 0;
	for (size_t i = 0; i < a.length; i++)
		if ((a.text[i] | 0x20) != (b.text[i] | 0x20))
			return 0;
	return 1;
}

static int is_decimal(struct part resource)
{
	return is_same(resource, as_part("MB")) || is_same(resource, as_part("SMBA"));
}

static int read_number_file(int dir, const char *name, uint64_t *n)
{
	char digits[24];
	ssize_t length = read_file(dir, name, digits, sizeof(digits));

	return length < 0 ? (int)length : text_to_u64(digits, n);
}

/* What the kernel makes of a bandwidth: a multiple of what the processor can do. */
static int is_rounded(
	const struct group *group, struct part resource, struct part asked, struct part there)
{
	char digits[24], file[64], name[16];
	struct text t = TEXT(digits), n = TEXT(name);
	uint64_t value, step;

	text_add_bytes(&t, asked.text, asked.length);
	text_add_bytes(&n, resource.text, resource.length);
	text_join(file, sizeof(file), "info/", name, "/bandwidth_gran", NULL);
	if (t.cut || text_to_u64(digits, &value) || value > UINT32_MAX ||
		read_number_file(group->root, file, &step) || !step || step > UINT32_MAX)
		return 0;
	t = (struct text)TEXT(digits);
	text_add_u64(&t, (value + step - 1) / step * step);
	return is_same_number(as_part(digits), there);
}

/* The value of domain ID in VALUES, "0=ff;1=f"; of length 0 when there is none. */
static struct part value_of(struct part values, struct part id)
{
	while (values.length) {
		struct part value = take(&values, ';');

		if (is_same_number(take(&value, '='), id))
			return take(&value, '\n');
	}
	return (struct part){"", 0};
}

/* The values of RESOURCE in FILE. */
static struct part find_line(struct part file, struct part resource)
{
	while (file.length) {
		struct part line = take(&file, '\n');

		if (is_same(take(&line, ':'), resource))
			return line;
	}
	return (struct part){"", 0};
}

/* True when each domain that LINE names has its value in VALUES. */
static int is_met(const struct group *group, const char *line, struct part values)
{
	struct part rest = as_part(line), resource = take(&rest, ':');

	if (!rest.length)
		return 0;
	while (rest.length) {
		struct part asked = take(&rest, ';'), id = take(&asked, '='), there;

		asked = take(&asked, '\n');
		there = value_of(values, id);
		if (!is_decimal(resource) && asked.length > 2 &&
			(!memcmp(asked.text, "0x", 2) || !memcmp(asked.text, "0X", 2)))
			asked = (struct part){asked.text + 2, asked.length - 2};
		if (!is_same_number(asked, there) &&
			!(is_decimal(resource) && is_rounded(group, resource, asked, there)))
			return 0;
	}
	return 1;
}

static _Noreturn void die_different(
	const struct group *group, const struct schema *schema, struct part values)
{
	char what[MSG_WHAT_MAX], found[SHOWN_MAX], after[SHOWN_MAX + 32];
	struct text t = TEXT(found);

	text_add_bytes(&t, values.text, values.length);
	text_join(after, sizeof(after), "differs from \"", found, "\" in", NULL);
	quote(what, sizeof(what), "", schema->line, after);
	group_die(group, schema->member, what, group->path, "schemata", 0);
}

void compare_schemata(const struct group *group, const struct plan *plan)
{
	static char text[FILE_MAX];
	struct schema schema;
	ssize_t length = 0;

	if (has_schemata(plan))
		length = read_file(group->dir, "schemata", text, sizeof(text));
	if (length < 0)
		group_die(group, "", "read", group->path, "schemata", (int)length);
	for (uint32_t i = 0; schema_at(plan, i, &schema); i++) {
		struct part file = {text, (size_t)length}, rest, values;

		if (!schema.line)
			continue;
		rest = as_part(schema.line);
		values = find_line(file, take(&rest, ':'));
		if (!is_met(group, schema.line, values))
			die_different(group, &schema, values);
	}
}

/* Of an update: the file as it was, and the resources that were written since. */
static char before[FILE_MAX];
static struct part written[2];
static size_t written_count;

void check_enabled(const struct plan *plan)
{
	const struct plan_config *c = plan->config;

	if (c->rdt_l3_cache.length && !has_resource("L3"))
		die("Intel RDT/CAT: l3 cache schema is not enabled", NULL, 0);
	if (c->rdt_memory.length && !has_resource("MB"))
		die("Intel RDT/MBA: memory bandwidth schema is not enabled", NULL, 0);
	if (!c->has_rdt)
		die("updating a non-existent Intel RDT configuration is not supported", NULL, 0);
}

void update_schemata(const struct group *group, const struct plan *plan)
{
	ssize_t length = read_file(group->dir, "schemata", before, sizeof(before));
	struct schema schema;

	if (length < 0)
		group_die(group, "", "read", group->path, "schemata", (int)length);
	for (uint32_t i = 0; i < 2 && schema_at(plan, i, &schema); i++) {
		struct part rest;

		if (!schema.line || !*schema.line)
			continue;
		write_schema(group, &schema);
		rest = as_part(schema.line);
		written[written_count++] = take(&rest, ':');
	}
}

void undo_schemata(const struct group *group)
{
	while (written_count) {
		struct part resource = written[--written_count];
		struct part old = find_line(as_part(before), resource);
		char line[LINE_MAX];
		struct text t = TEXT(line);
		int err;

		text_add_bytes(&t, resource.text, resource.length);
		text_add(&t, ":");
		text_add_bytes(&t, old.text, old.length);
		err = t.cut ? -E2BIG : write_line(group, line);
		if (err)
			warn("could not set back the schemata of", group->path, err);
	}
}
