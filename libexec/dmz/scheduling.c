/* When and where the process runs: CPUs, memory, scheduler, I/O priority; and its personality. */
#include "dmz.h"

#include <errno.h>
#include <linux/sched/types.h>
#include <sys/personality.h>
#include <sys/syscall.h>
#include <unistd.h>
#include "affinity.h"
#include "step.h"

#define IOPRIO_WHO_PGRP 2

static void set_final_affinity(const struct plan *plan)
{
	int err;

	if (!plan->config->joins || !plan->config->exec_affinity_final.count)
		return;
	err = affinity_set(plan, plan->config->exec_affinity_final);
	if (err)
		die("setting final CPU affinity:", NULL, err);
}

static void set_scheduler(const struct plan *plan)
{
	const struct plan_config *config = plan->config;
	struct sched_attr attr = {.size = sizeof(attr),
		.sched_policy = (uint32_t)config->sched_policy,
		.sched_flags = config->sched_flags,
		.sched_nice = (int32_t)config->sched_nice,
		.sched_priority = (uint32_t)config->sched_priority,
		.sched_runtime = config->sched_runtime,
		.sched_deadline = config->sched_deadline,
		.sched_period = config->sched_period};

	if (!config->has_scheduler || !syscall(__NR_sched_setattr, 0, &attr, 0))
		return;
	if (errno == EPERM && config->cpuset_cpus.length)
		die("process scheduler can't be used together with AllowedCPUs", NULL, 0);
	die("error setting scheduler:", NULL, errno);
}

/* Only now: which nodes the kernel takes depends on the cpuset that the process is in. The records
 * are the mask; the kernel counts one bit more than there are (set_mempolicy(2)). */
static void set_memory_policy(const struct plan *plan)
{
	const struct plan_config *config = plan->config;
	struct plan_list nodes = config->memory_nodes;

	if (config->memory_policy.set &&
		syscall(__NR_set_mempolicy, (int)config->memory_policy.value,
			nodes.count ? plan_num_at(plan, nodes, 0) : NULL, nodes.count * 64 + 1) < 0)
		die("linux.memoryPolicy: set_mempolicy:", NULL, errno);
}

void set_scheduling(const struct plan *plan)
{
	const struct plan_config *config = plan->config;

	set_final_affinity(plan);
	set_scheduler(plan);
	if (config->io_priority.set &&
		syscall(__NR_ioprio_set, IOPRIO_WHO_PGRP, 0, (int)config->io_priority.value) < 0)
		die("failed to set io priority:", NULL, errno);
	if (config->personality.set && personality((unsigned long)config->personality.value) < 0)
		die("personality:", NULL, errno);
	set_memory_policy(plan);
}
