/*
 * The fields of the plan's config record that an update of linux.resources may change, each with a
 * bit of config.updates: parse sets the bits of what was given, cgroup writes that and nothing else.
 */
#ifndef DAVIT_PLAN_LIMITS_H
#define DAVIT_PLAN_LIMITS_H

#include "plan.h"

/* X(field); a new one goes to the end */
#define LIMITS(X)                                                                                  \
	X(memory_limit)                                                                            \
	X(memory_reservation)                                                                      \
	X(memory_swap)                                                                             \
	X(memory_swappiness)                                                                       \
	X(memory_disable_oom)                                                                      \
	X(cpu_shares)                                                                              \
	X(cpu_quota)                                                                               \
	X(cpu_burst)                                                                               \
	X(cpu_period)                                                                              \
	X(cpu_rt_runtime)                                                                          \
	X(cpu_rt_period)                                                                           \
	X(cpu_idle)                                                                                \
	X(cpuset_cpus)                                                                             \
	X(cpuset_mems)                                                                             \
	X(pids_limit)                                                                              \
	X(hugepages)                                                                               \
	X(unified)                                                                                 \
	X(block_weight)                                                                            \
	X(block_leaf_weight)                                                                       \
	X(block_weights)                                                                           \
	X(block_read_bps)                                                                          \
	X(block_write_bps)                                                                         \
	X(block_read_iops)                                                                         \
	X(block_write_iops)                                                                        \
	X(net_class_id)                                                                            \
	X(net_priorities)                                                                          \
	X(rdma)

enum limit {
#define X(field) LIMIT_##field,
	LIMITS(X)
#undef X
		LIMIT_COUNT
};

#define LIMIT_BIT(field) (UINT64_C(1) << LIMIT_##field)

/* Where it is in struct plan_config; all zeros: not given. */
struct limit_place {
	uint16_t offset;
	uint16_t size;
};

extern const struct limit_place limit_places[LIMIT_COUNT];

/* What cgroup writes: everything when the container is made, of an update what it gave. */
static inline int limit_given(const struct plan_config *config, uint64_t bit)
{
	return !config->updates || (config->updates & bit);
}

/* The same for number N (1, 2; 1 | 2: any) of a record of a list, whose updates are RECORD. */
static inline int limit_writes(const struct plan_config *config, uint64_t record, unsigned n)
{
	return !config->updates || (record & n);
}

#endif
