/* See oci_state.h. */
#include "oci_state.h"

static void add_annotations(struct json *j, const struct plan *plan)
{
	struct plan_list list = plan->config->annotations;

	if (!list.count)
		return;
	json_object(j, "annotations");
	for (uint32_t i = 0; i < list.count; i++) {
		const struct plan_kv *kv = plan_kv_at(plan, list, i);
		const char *key = plan_text(plan, kv->key), *value = plan_text(plan, kv->value);

		json_string(j, key ? key : "", value ? value : "");
	}
	json_object_end(j);
}

void oci_state_add(struct json *j, const char *key, const struct plan *plan,
	enum container_status status, uint64_t pid)
{
	const char *id = plan_text(plan, plan->config->id);
	const char *bundle = plan_text(plan, plan->config->bundle);

	json_object(j, key);
	json_string(j, "ociVersion", OCI_VERSION);
	json_string(j, "id", id ? id : "");
	json_string(j, "status", status_names[status]);
	if (pid)
		json_u64(j, "pid", pid);
	json_string(j, "bundle", bundle ? bundle : "");
	add_annotations(j, plan);
	json_object_end(j);
}
