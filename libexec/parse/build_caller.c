/* What the caller's environment adds to config.json: socket activation, sd_listen_fds(3), and
 * readiness, sd_notify(3). */
#include "build.h"

#include <linux/mount.h>
#include <string.h>
#include "names.h"
#include "options.h"
#include "text.h"

#define LISTEN_NAMES "LISTEN_FDNAMES="
#define NAMES_MAX    131072 /* execve(2): MAX_ARG_STRLEN */

static const char *strings[4], *notify;
static size_t string_count;
static int listening;

void take_caller(const struct options *o)
{
	static char count[40], names[NAMES_MAX];
	struct text t = TEXT(count);

	notify = o->notify;
	if (notify)
		strings[string_count++] = "NOTIFY_SOCKET=/run/notify/notify.sock";
	if (!o->listen_fds)
		return;
	text_add(&t, "LISTEN_FDS=");
	text_add_u64(&t, o->listen_fds);
	strings[string_count++] = count;
	/* Number 1 of its pid namespace, whatever the caller was. */
	strings[string_count++] = "LISTEN_PID=1";
	listening = 1;
	if (!o->listen_names)
		return;
	if (text_join(names, sizeof(names), LISTEN_NAMES, o->listen_names, NULL))
		refuse_as("LISTEN_FDNAMES is too long", NULL);
	strings[string_count++] = names;
}

int is_from_caller(const char *string)
{
	size_t length = strcspn(string, "=") + 1;

	for (size_t i = 0; i < string_count; i++)
		if (!strncmp(string, strings[i], length))
			return 1;
	/* Without names from the caller, those of config.json are of other descriptors. */
	return listening && !strncmp(string, LISTEN_NAMES, strlen(LISTEN_NAMES));
}

void add_environment(struct plan_list *list)
{
	plan_config_record()->caller_env = string_count;
	for (size_t i = 0; i < string_count; i++)
		((struct plan_str *)plan_add(PLAN_RECORD_str, list))->value = plan_put(strings[i]);
}

void add_mounts(struct plan_list *list)
{
	struct plan_mount *m;

	if (!notify)
		return;
	m = plan_add(PLAN_RECORD_mount, list);
	m->kind = MOUNT_BIND;
	m->source = plan_put(notify);
	m->destination = plan_put("/run/notify");
	m->label = plan_put("NOTIFY_SOCKET");
	m->attr_set = MOUNT_ATTR_RDONLY | MOUNT_ATTR_NOSUID | MOUNT_ATTR_NODEV | MOUNT_ATTR_NOEXEC;
}
