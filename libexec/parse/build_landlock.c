/* The annotations org.davit.landlock.*: what of files, TCP ports and other processes is left to the
 * container's processes (davit-fence(8)). Whoever writes them wants to confine: nothing is
 * guessed and nothing passed over. */
#include "build.h"

#include <string.h>
#include "names.h"
#include "review.h"
#include "text.h"

#define PORT_MAX 65535

static struct plan_config *config;
static const char *value; /* of the annotation at hand */
static uint64_t list;

static void add_path(const char *path)
{
	struct plan_landlock_path *record;

	check_absolute_clean(path);
	check_printable(path);
	record = plan_add(PLAN_RECORD_landlock_path, &config->landlock_paths);
	record->list = list;
	record->path = plan_put(path);
}

/* bind(2) knows port 0, any that is free; connect(2) has no use for it. */
static void add_port(const char *word)
{
	struct plan_landlock_port *record;
	uint64_t port;

	if (text_to_u64(word, &port) || port > PORT_MAX || (!port && list == LANDLOCK_CONNECT))
		refuse("\"", shown(word), "\" is not a TCP port", NULL);
	record = plan_add(PLAN_RECORD_landlock_port, &config->landlock_ports);
	record->list = list;
	record->port = port;
}

static void add_scope(const char *word)
{
	const struct name *scope = name_find(landlock_scopes, word);

	if (!scope)
		refuse("unknown scope \"", shown(word), "\": ", landlock_scopes[0].word, " and ",
			landlock_scopes[1].word, " are known", NULL);
	config->landlock_scopes |= scope->value;
}

static void each_element(char separator, void (*add)(const char *element))
{
	static char element[4096];
	const char *c = value, separators[] = {separator, '\0'};

	for (;;) {
		size_t length = strcspn(c, separators);

		if (!length)
			refuse("an element is empty: \"", shown(value), "\"", NULL);
		if (length >= sizeof(element))
			refuse("an element is too long", NULL);
		memcpy(element, c, length);
		element[length] = '\0';
		add(element);
		c += length;
		if (!*c++)
			return;
	}
}

/* Those of one kind together, in whatever order config.json has them. */
static void build_list(void *context)
{
	const char *name = context;

	list = name_find(landlock_lists, name)->value;
	config->landlock |= UINT64_C(1) << list;
	if (list == LANDLOCK_SCOPE)
		each_element(',', add_scope);
	else if (list != LANDLOCK_BIND && list != LANDLOCK_CONNECT)
		each_element(strchr(value, '\n') ? '\n' : ':', add_path);
	else if (strcmp(value, "none") != 0)
		each_element(',', add_port);
}

static void refuse_unknown(void *context)
{
	(void)context;
	refuse("unknown annotation of davit's for Landlock", NULL);
}

/* Calls WORK for the annotations of that name, or for those of a name that is not known (NULL). */
static int each_annotation(const char *name, void (*work)(void *context))
{
	int failed = 0;

	for (uint32_t i = 0; i < config->annotations.count; i++) {
		const struct plan_kv *kv = plan_added(PLAN_RECORD_kv, config->annotations, i);
		const char *key = plan_put_text(kv->key), *end;

		if (!key || strncmp(key, LANDLOCK_PREFIX, strlen(LANDLOCK_PREFIX)) != 0)
			continue;
		end = key + strlen(LANDLOCK_PREFIX);
		if (name ? strcmp(end, name) != 0 : name_find(landlock_lists, end) != NULL)
			continue;
		value = kv->value.offset ? plan_put_text(kv->value) : "";
		path_member(key);
		failed |= attempt(work, (void *)end);
		path_leave();
	}
	return failed;
}

void build_landlock(void *context)
{
	int failed;

	config = context;
	path_member("annotations");
	failed = each_annotation(NULL, refuse_unknown);
	for (const struct name *known = landlock_lists; known->word; known++)
		failed |= each_annotation(known->word, build_list);
	path_leave();
	if (failed)
		abandon();
}
