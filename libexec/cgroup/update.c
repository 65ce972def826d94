/* An update of a container's limits: what its plan marks as given, and nothing else. */
#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include "cgroup.h"
#include "plan_limits.h"
#include "step.h"

static void open_leaves(struct host *host)
{
	for (size_t i = 0; i < host->count; i++) {
		struct hierarchy *h = &host->hierarchies[i];

		h->leaf = beneath(h->root, h->path, O_RDONLY | O_DIRECTORY);
		if (h->leaf < 0 && h->leaf != -ENOENT)
			die("open", full_path(h, NULL), h->leaf);
	}
}

/* v2's swap is OCI's less the memory: each needs the other. A weight for all block devices needs
 * those of single ones, which it takes away. */
static uint64_t wanted(const struct host *host, const struct plan *plan)
{
	const uint64_t both = LIMIT_BIT(memory_limit) | LIMIT_BIT(memory_swap);
	uint64_t bits = plan->config->updates;

	if (bits & LIMIT_BIT(block_weight))
		bits |= LIMIT_BIT(block_weights);
	return host->unified && (bits & both) ? bits | both : bits;
}

void update_limits(struct host *host, const struct journal *journal, const struct plan *plan)
{
	struct plan_config given = *plan->config;
	struct plan part = *plan;
	uint64_t bits;

	host_open_journal(host, journal);
	open_leaves(host);
	write_own_only(host, -1);
	bits = wanted(host, plan);
	for (int i = 0; i < LIMIT_COUNT; i++)
		if (!(bits >> i & 1))
			memset((char *)&given + limit_places[i].offset, 0, limit_places[i].size);
	/* No update changes these. */
	given.memory_kernel_tcp.value = 0;
	given.has_resources = 0;
	given.device_rules.count = 0;
	part.config = &given;
	undo_begin();
	if (host->unified) {
		limit_v2(host_controller(host, ""), &part, 0);
		return;
	}
	limit_cpuset(host_controller(host, "cpuset"), &part);
	limit_v1(host, &part);
}
