/* What several verbs do with a container that exists: find it, and say what it is as JSON. */
#include <errno.h>
#include <limits.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>
#include "json.h"
#include "recover.h"
#include "state.h"
#include "text.h"
#include "verb.h"

const char *verb_root_error(int err)
{
	static char message[PATH_MAX + 128];
	struct text t = TEXT(message);

	text_add(&t, "open ");
	text_add(&t, globals.root);
	text_add(&t, ": ");
	text_add(&t, errno_text(-err));
	if (err == -EPERM) {
		text_add(&t, ": a state directory must belong to uid ");
		text_add_u64(&t, geteuid());
		text_add(&t, " and be writable by nobody else");
	}
	if (err == -EACCES && !globals.root_given && geteuid() != 0)
		text_add(&t, ": set XDG_RUNTIME_DIR to a directory of your own, or give --root");
	return message;
}

const char *verb_container_error(const char *id, const struct container *container, int err)
{
	static char message[PATH_MAX + NAME_MAX + 256];

	if (err == -ENOENT)
		return "container does not exist";
	if (err == -EREMOTE)
		text_join(message, sizeof(message), "container ", id, " was made by ",
			container->maker, " (no journal): use that runtime for it", NULL);
	else if (err == -EBADMSG)
		text_join(message, sizeof(message), "the journal of container ", id,
			" is broken, and its state.json does not tell the rest: end its processes, "
			"then remove ",
			globals.root, "/", id, NULL);
	else if (err)
		text_join(message, sizeof(message), "open ", globals.root, "/", id, ": ",
			errno_text(-err), NULL);
	else if (container->recovered)
		text_join(message, sizeof(message), "the journal of container ", id,
			" is broken: only state, list, kill and delete work", NULL);
	else
		text_join(message, sizeof(message), "container ", id,
			": creation unfinished or killed; runc delete --force ", id, NULL);
	return message;
}

int verb_read_container(int root, const char *id, struct container *container)
{
	int err = state_open(root, id, container);

	return err && err != -EBADMSG ? err : container_recover(container, err);
}

static void find(int root, const char *id, struct container *container, int status)
{
	const char *problem = state_id_error(id);
	int err;

	if (problem)
		log_die(status, globals.prefix, problem);
	if (root < 0 && root != -ENOENT)
		log_die(status, globals.prefix, verb_root_error(root));
	err = root < 0 ? root : verb_read_container(root, id, container);
	if (err || !container->journal.is_ready)
		log_die(status, globals.prefix, verb_container_error(id, container, err));
	close(root);
}

void verb_find_container(const char *id, struct container *container, int status)
{
	find(state_open_root(globals.root, 0), id, container, status);
}

void verb_look_at_container(const char *id, struct container *container)
{
	find(state_look_root(globals.root), id, container, 1);
}

void verb_open_container(const char *id, struct container *container, int status)
{
	verb_find_container(id, container, status);
	if (container->recovered)
		log_die(status, globals.prefix, verb_container_error(id, container, 0));
}

enum container_status verb_status(const struct container *container, int status)
{
	char line[NAME_MAX + 128];
	int now = state_status(container);

	if (now >= 0)
		return (enum container_status)now;
	text_join(line, sizeof(line), "the status of container ", container->id,
		" cannot be told: ", errno_text(-now), NULL);
	log_die(status, globals.prefix, line);
}

/* Strings of a plan at their longest as JSON, and the rest; the page cache is not touched before it
 * is written. */
static char *json_buffer(const struct container *container, size_t *size)
{
	static char small[1 << 20];
	char *map;

	*size = sizeof(small);
	if (!container->have_plan || container->plan.header->strings_size < sizeof(small) / 8)
		return small;
	*size = (size_t)container->plan.header->strings_size * 7 + 65536;
	map = mmap(NULL, *size, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE,
		-1, 0);
	return map == MAP_FAILED ? NULL : map;
}

const char *verb_bundle(struct container *container)
{
	const char *why, *bundle;

	if (state_load_any_plan(container, &why))
		return "";
	bundle = plan_text(&container->plan, container->plan.config->bundle);
	return bundle ? bundle : "";
}

static const char *rootfs_of(struct container *container, const char *bundle)
{
	static char path[PATH_MAX];
	const char *root = container->have_plan
		? plan_text(&container->plan, container->plan.config->root_path)
		: NULL;

	return root && !verb_clean_path(bundle, root, path, sizeof(path)) ? path : "";
}

static void add_annotations(struct json *j, const struct container *container)
{
	struct plan_list list;

	if (!container->have_plan || !container->plan.config->annotations.count)
		return;
	list = container->plan.config->annotations;
	json_object(j, "annotations");
	for (uint32_t i = 0; i < list.count; i++) {
		const struct plan_kv *kv = plan_kv_at(&container->plan, list, i);
		const char *key = plan_text(&container->plan, kv->key);
		const char *value = plan_text(&container->plan, kv->value);

		json_string(j, key ? key : "", value ? value : "");
	}
	json_object_end(j);
}

const char *verb_describe(struct container *container, enum container_status status,
	const char *indent, const char *owner, size_t *length)
{
	const struct journal *journal = &container->journal;
	const char *bundle = verb_bundle(container);
	size_t size;
	char *buffer = json_buffer(container, &size), created[40];
	struct json j;

	if (!buffer)
		return NULL;
	state_format_time(
		journal->ready.seconds, journal->ready.nanoseconds, created, sizeof(created));
	json_start(&j, buffer, size, indent);
	json_object(&j, NULL);
	json_string(&j, "ociVersion", OCI_VERSION);
	json_string(&j, "id", container->id);
	json_u64(&j, "pid", status == STATUS_STOPPED ? 0 : journal->init.pid);
	json_string(&j, "status", status_names[status]);
	json_string(&j, "bundle", bundle);
	json_string(&j, "rootfs", rootfs_of(container, bundle));
	json_string(&j, "created", created);
	add_annotations(&j, container);
	json_string(&j, "owner", owner);
	json_object_end(&j);
	*length = j.length;
	return j.cut ? NULL : buffer;
}
