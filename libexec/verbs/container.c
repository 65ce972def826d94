/* What several verbs do with a container that exists: find it, and say what it is as JSON. */
#include <errno.h>
#include <limits.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>
#include "json.h"
#include "state.h"
#include "text.h"
#include "verb.h"

static const char no_container[] = "container does not exist";

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
	return message;
}

void verb_open_container(const char *id, struct container *container, int status)
{
	const char *problem = state_id_error(id);
	char path[PATH_MAX + NAME_MAX + 128];
	int root, err;

	if (problem)
		log_die(status, globals.prefix, problem);
	root = state_open_root(globals.root, 0);
	if (root == -ENOENT)
		log_die(status, globals.prefix, no_container);
	if (root < 0)
		log_die(status, globals.prefix, verb_root_error(root));
	err = state_open(root, id, container);
	close(root);
	if (err == -ENOENT || err == -ENOTDIR || err == -ELOOP || err == -EBADMSG)
		log_die(status, globals.prefix, no_container);
	if (err) {
		text_join(path, sizeof(path), "open ", globals.root, "/", id, ": ",
			errno_text(-err), NULL);
		log_die(status, globals.prefix, path);
	}
	if (!container->journal.is_ready)
		log_die(status, globals.prefix,
			no_container); /* being created, or left over from that */
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

const char *verb_describe(
	struct container *container, const char *indent, const char *owner, size_t *length)
{
	enum container_status status = state_status(container);
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
