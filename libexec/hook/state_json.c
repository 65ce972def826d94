/* What a hook reads on its stdin: runtime.md, "State", in the order and form runc writes it. */
#include "hook.h"
#include "oci_state.h"
#include "step.h"

#define STATE_MAX (1u << 20)

const char *hook_state(const struct plan *plan, const struct msg_hooks *request, size_t *length)
{
	static char buffer[STATE_MAX];
	struct json json;

	json_start(&json, buffer, sizeof(buffer), NULL);
	oci_state_add(&json, NULL, plan, request->status, request->pid);
	if (json.cut)
		die("the state for the hooks is larger than 1 MiB", NULL, 0);
	*length = json.length;
	return buffer;
}
