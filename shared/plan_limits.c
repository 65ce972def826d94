/* See plan_limits.h. */
#include "plan_limits.h"

const struct limit_place limit_places[LIMIT_COUNT] = {
#define X(field) {offsetof(struct plan_config, field), sizeof(((struct plan_config *)NULL)->field)},
	LIMITS(X)
#undef X
};
