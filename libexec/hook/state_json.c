/* What a hook reads on its stdin: runtime.md, "State", in the order and form runc writes it. */
#include "hook.h"
#include "json.h"
#include "state.h"
#include "step.h"

#define OCI_VERSION "1.3.0"
#define STATE_MAX   (1u << 20)

static void add_annotations(struct json *json, const struct plan *plan)
{
	struct plan_list list = plan->config->annotations;

	if (!list.count)
		return;
	json_object(json, "annotations");
	for (uint32_t i = 0; i < list.count; i++) {
		const struct plan_kv *kv = plan_kv_at(plan, list, i);
		const char *key = plan_text(plan, kv->key), *value = plan_text(plan, kv->value);

		json_string(json, key ? key : "", value ? value : "");
	}
	json_object_end(json);
}

const char *hook_state(const struct plan *plan, const struct msg_hooks *request, size_t *length)
{
	static char buffer[STATE_MAX];
	const char *id = plan_text(plan, plan->config->id);
	const char *bundle = plan_text(plan, plan->config->bundle);
	struct json json;

	json_start(&json, buffer, sizeof(buffer), NULL);
	json_object(&json, NULL);
	json_string(&json, "ociVersion", OCI_VERSION);
	json_string(&json, "id", id ? id : "");
	json_string(&json, "status", status_names[request->status]);
	if (request->pid)
		json_u64(&json, "pid", request->pid);
	json_string(&json, "bundle", bundle ? bundle : "");
	add_annotations(&json, plan);
	json_object_end(&json);
	if (json.cut)
		die("the state for the hooks is larger than 1 MiB", NULL, 0);
	*length = json.length;
	return buffer;
}
