/* config-linux.md, "IntelRdt". What a schema may say is the kernel's business; its form is checked
 * here, so that one string is one line of the schemata file. */
#include "build.h"

#include <string.h>

#define NAME_SIZE  255  /* of a directory */
#define LINE_BYTES 4094 /* kernfs takes a page at a time, and the line ends in a newline */

/* "/" is the root CLOS, which is there without a directory of its own. */
static void check_clos_id(const char *text)
{
	check_printable(text);
	if (!strcmp(text, "/"))
		return;
	if (!strcmp(text, ".") || !strcmp(text, "..") || strchr(text, '/'))
		refuse("invalid intelRdt.ClosID \"", shown(text), "\"", NULL);
	if (strlen(text) > NAME_SIZE)
		refuse("longer than 255 bytes", NULL);
}

static void check_line(const char *text)
{
	check_printable(text);
	if (strlen(text) > LINE_BYTES)
		refuse("longer than a line of the schemata file can be", NULL);
}

void check_l3_schema(const char *text)
{
	check_line(text);
	if (*text && strncmp(text, "L3:", 3) != 0)
		caution("does not begin with \"L3:\": \"", shown(text), "\"", NULL);
}

void check_memory_schema(const char *text)
{
	check_line(text);
	if (*text && strncmp(text, "MB:", 3) != 0)
		refuse("must begin with \"MB:\": \"", shown(text), "\"", NULL);
}

static void check_schema(const char *text)
{
	check_not_empty(text);
	check_line(text);
}

static const struct field rdt_fields[] = {
	{"closID", FIELD_STRING, FIELD_GUARD, CONFIG(rdt_clos_id), .check = check_clos_id},
	{"l3CacheSchema", FIELD_STRING, FIELD_GUARD, CONFIG(rdt_l3_cache),
		.check = check_l3_schema},
	{"memBwSchema", FIELD_STRING, FIELD_GUARD, CONFIG(rdt_memory),
		.check = check_memory_schema},
	{"schemata", FIELD_STRINGS, FIELD_GUARD, CONFIG(rdt_schemata), .check = check_schema},
	{"enableMonitoring", FIELD_BOOL, 0, CONFIG(rdt_monitoring)}, {NULL}};

/* An empty string is as good as none: engines whose language has no optional strings write it. */
static void drop_empty(struct plan_string *text)
{
	if (!text->length)
		text->offset = 0;
}

void build_rdt(const struct value *rdt, void *target)
{
	struct plan_config *config = target;

	if (is_changed())
		return;
	config->has_rdt = 1;
	build_object(rdt, rdt_fields, config);
	drop_empty(&config->rdt_clos_id);
	drop_empty(&config->rdt_l3_cache);
	drop_empty(&config->rdt_memory);
}
