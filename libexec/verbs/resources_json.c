/*
 * The limits of a container as its plan has them: in config.json's shape for ROOT/ID/resources.json,
 * which parse reads, and in that of runc's state.json, which others do.
 */
#include "resources_json.h"

#include "v2.h"

static void add_u64(struct json *j, const char *key, struct plan_opt_u64 n)
{
	if (n.set)
		json_u64(j, key, n.value);
}

static void add_i64(struct json *j, const char *key, struct plan_opt_i64 n)
{
	if (n.set)
		json_i64(j, key, n.value);
}

static void add_string(
	struct json *j, const char *key, const struct plan *plan, struct plan_string string)
{
	if (string.length)
		json_string(j, key, plan_text(plan, string));
}

static void add_flag(struct json *j, const char *key, uint64_t flag)
{
	if (flag)
		json_bool(j, key, 1);
}

static const char *access_of(const struct plan_device_rule *rule, char buffer[4])
{
	char *at = buffer;

	if (rule->access & DEVICE_READ)
		*at++ = 'r';
	if (rule->access & DEVICE_WRITE)
		*at++ = 'w';
	if (rule->access & DEVICE_MKNOD)
		*at++ = 'm';
	*at = '\0';
	return buffer;
}

static char type_of(const struct plan_device_rule *rule)
{
	return rule->type == DEVICE_CHAR ? 'c' : rule->type == DEVICE_BLOCK ? 'b' : 'a';
}

static void add_devices(struct json *j, const struct plan *plan)
{
	struct plan_list list = plan->config->device_rules;
	char access[4];

	if (!list.count)
		return;
	json_array(j, "devices");
	for (uint32_t i = 0; i < list.count; i++) {
		const struct plan_device_rule *rule = plan_device_rule_at(plan, list, i);
		const char type[2] = {type_of(rule), '\0'};

		json_object(j, NULL);
		json_bool(j, "allow", rule->allow != 0);
		json_string(j, "type", type);
		add_u64(j, "major", rule->major);
		add_u64(j, "minor", rule->minor);
		json_string(j, "access", access_of(rule, access));
		json_object_end(j);
	}
	json_array_end(j);
}

static void add_memory(struct json *j, const struct plan_config *c)
{
	json_object(j, "memory");
	add_i64(j, "limit", c->memory_limit);
	add_i64(j, "reservation", c->memory_reservation);
	add_i64(j, "swap", c->memory_swap);
	add_i64(j, "kernelTCP", c->memory_kernel_tcp);
	add_u64(j, "swappiness", c->memory_swappiness);
	add_flag(j, "disableOOMKiller", c->memory_disable_oom);
	add_flag(j, "checkBeforeUpdate", c->memory_check_before_update);
	json_object_end(j);
}

static void add_cpu(struct json *j, const struct plan *plan)
{
	const struct plan_config *c = plan->config;

	json_object(j, "cpu");
	add_u64(j, "shares", c->cpu_shares);
	add_i64(j, "quota", c->cpu_quota);
	add_u64(j, "burst", c->cpu_burst);
	add_u64(j, "period", c->cpu_period);
	add_i64(j, "realtimeRuntime", c->cpu_rt_runtime);
	add_u64(j, "realtimePeriod", c->cpu_rt_period);
	add_string(j, "cpus", plan, c->cpuset_cpus);
	add_string(j, "mems", plan, c->cpuset_mems);
	add_i64(j, "idle", c->cpu_idle);
	json_object_end(j);
}

static void add_pages(struct json *j, const struct plan *plan, const char *key, const char *size)
{
	struct plan_list list = plan->config->hugepages;

	if (!list.count)
		return;
	json_array(j, key);
	for (uint32_t i = 0; i < list.count; i++) {
		const struct plan_hugepage *page = plan_hugepage_at(plan, list, i);

		json_object(j, NULL);
		json_string(j, size, plan_text(plan, page->size));
		json_u64(j, "limit", page->limit);
		json_object_end(j);
	}
	json_array_end(j);
}

static void add_unified(struct json *j, const struct plan *plan)
{
	struct plan_list list = plan->config->unified;

	if (!list.count)
		return;
	json_object(j, "unified");
	for (uint32_t i = 0; i < list.count; i++) {
		const struct plan_kv *kv = plan_kv_at(plan, list, i);

		json_string(j, plan_text(plan, kv->key), plan_text(plan, kv->value));
	}
	json_object_end(j);
}

/* The two shapes of what they differ in. */
struct keys {
	const char *weight, *leaf_weight, *weights;
	const char *rates[4]; /* reads and writes in bytes, reads and writes in operations */
	const char *name;     /* of a network interface */
	const char *handles, *objects;
};

static const struct keys config_keys = {"weight", "leafWeight", "weightDevice",
	{"throttleReadBpsDevice", "throttleWriteBpsDevice", "throttleReadIOPSDevice",
		"throttleWriteIOPSDevice"},
	"name", "hcaHandles", "hcaObjects"};

static const struct keys state_keys = {"blkio_weight", "blkio_leaf_weight", "blkio_weight_device",
	{"blkio_throttle_read_bps_device", "blkio_throttle_write_bps_device",
		"blkio_throttle_read_iops_device", "blkio_throttle_write_iops_device"},
	"interface", "hca_handles", "hca_objects"};

static void add_weights(struct json *j, const struct plan *plan, const char *key)
{
	struct plan_list list = plan->config->block_weights;

	if (!list.count)
		return;
	json_array(j, key);
	for (uint32_t i = 0; i < list.count; i++) {
		const struct plan_block_weight *w = plan_block_weight_at(plan, list, i);

		json_object(j, NULL);
		json_u64(j, "major", w->major);
		json_u64(j, "minor", w->minor);
		add_u64(j, "weight", w->weight);
		add_u64(j, "leafWeight", w->leaf_weight);
		json_object_end(j);
	}
	json_array_end(j);
}

static void add_rates(
	struct json *j, const struct plan *plan, const char *key, struct plan_list list)
{
	if (!list.count)
		return;
	json_array(j, key);
	for (uint32_t i = 0; i < list.count; i++) {
		const struct plan_block_rate *rate = plan_block_rate_at(plan, list, i);

		json_object(j, NULL);
		json_u64(j, "major", rate->major);
		json_u64(j, "minor", rate->minor);
		json_u64(j, "rate", rate->rate);
		json_object_end(j);
	}
	json_array_end(j);
}

static void add_block(struct json *j, const struct plan *plan, const struct keys *keys)
{
	const struct plan_config *c = plan->config;

	add_u64(j, keys->weight, c->block_weight);
	add_u64(j, keys->leaf_weight, c->block_leaf_weight);
	add_weights(j, plan, keys->weights);
	add_rates(j, plan, keys->rates[0], c->block_read_bps);
	add_rates(j, plan, keys->rates[1], c->block_write_bps);
	add_rates(j, plan, keys->rates[2], c->block_read_iops);
	add_rates(j, plan, keys->rates[3], c->block_write_iops);
}

static void add_priorities(
	struct json *j, const struct plan *plan, const char *key, const struct keys *keys)
{
	struct plan_list list = plan->config->net_priorities;

	if (!list.count)
		return;
	json_array(j, key);
	for (uint32_t i = 0; i < list.count; i++) {
		const struct plan_net_priority *p = plan_net_priority_at(plan, list, i);

		json_object(j, NULL);
		json_string(j, keys->name, plan_text(plan, p->name));
		json_u64(j, "priority", p->priority);
		json_object_end(j);
	}
	json_array_end(j);
}

static void add_rdma(struct json *j, const struct plan *plan, const struct keys *keys)
{
	struct plan_list list = plan->config->rdma;

	if (!list.count)
		return;
	json_object(j, "rdma");
	for (uint32_t i = 0; i < list.count; i++) {
		const struct plan_rdma *rdma = plan_rdma_at(plan, list, i);

		json_object(j, plan_text(plan, rdma->device));
		add_u64(j, keys->handles, rdma->handles);
		add_u64(j, keys->objects, rdma->objects);
		json_object_end(j);
	}
	json_object_end(j);
}

static void add_rdt(struct json *j, const struct plan *plan)
{
	const struct plan_config *c = plan->config;

	if (!c->has_rdt)
		return;
	json_object(j, "intelRdt");
	add_string(j, "closID", plan, c->rdt_clos_id);
	add_string(j, "l3CacheSchema", plan, c->rdt_l3_cache);
	add_string(j, "memBwSchema", plan, c->rdt_memory);
	json_array(j, "schemata");
	for (uint32_t i = 0; i < c->rdt_schemata.count; i++)
		json_string(j, NULL, plan_text(plan, plan_str_at(plan, c->rdt_schemata, i)->value));
	json_array_end(j);
	add_flag(j, "enableMonitoring", c->rdt_monitoring);
	json_object_end(j);
}

void resources_add(struct json *j, const struct plan *plan)
{
	json_object(j, "resources");
	add_devices(j, plan);
	add_memory(j, plan->config);
	add_cpu(j, plan);
	json_object(j, "pids");
	add_i64(j, "limit", plan->config->pids_limit);
	json_object_end(j);
	add_pages(j, plan, "hugepageLimits", "pageSize");
	json_object(j, "blockIO");
	add_block(j, plan, &config_keys);
	json_object_end(j);
	json_object(j, "network");
	add_u64(j, "classID", plan->config->net_class_id);
	add_priorities(j, plan, "priorities", &config_keys);
	json_object_end(j);
	add_rdma(j, plan, &config_keys);
	add_unified(j, plan);
	json_object_end(j);
	add_rdt(j, plan);
}

/* runc's type is the number of a character, -1 any number. */
static void add_state_devices(struct json *j, const struct plan *plan)
{
	struct plan_list list = plan->config->device_rules;
	char access[4];

	if (!list.count)
		return;
	json_array(j, "devices");
	for (uint32_t i = 0; i < list.count; i++) {
		const struct plan_device_rule *rule = plan_device_rule_at(plan, list, i);

		json_object(j, NULL);
		json_u64(j, "type", (uint64_t)type_of(rule));
		json_i64(j, "major", rule->major.set ? (int64_t)rule->major.value : -1);
		json_i64(j, "minor", rule->minor.set ? (int64_t)rule->minor.value : -1);
		json_string(j, "permissions", access_of(rule, access));
		json_bool(j, "allow", rule->allow != 0);
		json_object_end(j);
	}
	json_array_end(j);
}

void resources_add_state(struct json *j, const struct plan *plan)
{
	const struct plan_config *c = plan->config;

	json_object(j, "cgroups");
	if (c->cgroups_path.length)
		add_string(j, "path", plan, c->cgroups_path);
	else
		add_string(j, "name", plan, c->id);
	add_flag(j, "Rootless", c->rootless);
	add_state_devices(j, plan);
	add_i64(j, "memory", c->memory_limit);
	add_i64(j, "memory_reservation", c->memory_reservation);
	add_i64(j, "memory_swap", c->memory_swap);
	add_u64(j, "cpu_shares", c->cpu_shares);
	add_i64(j, "cpu_quota", c->cpu_quota);
	add_u64(j, "cpu_burst", c->cpu_burst);
	add_u64(j, "cpu_period", c->cpu_period);
	add_i64(j, "cpu_rt_quota", c->cpu_rt_runtime);
	add_u64(j, "cpu_rt_period", c->cpu_rt_period);
	add_string(j, "cpuset_cpus", plan, c->cpuset_cpus);
	add_string(j, "cpuset_mems", plan, c->cpuset_mems);
	add_i64(j, "cpu_idle", c->cpu_idle);
	add_i64(j, "pids_limit", c->pids_limit);
	add_block(j, plan, &state_keys);
	add_pages(j, plan, "hugetlb_limit", "page_size");
	add_flag(j, "oom_kill_disable", c->memory_disable_oom);
	add_u64(j, "memory_swappiness", c->memory_swappiness);
	add_priorities(j, plan, "net_prio_ifpriomap", &state_keys);
	add_u64(j, "net_cls_classid_u", c->net_class_id);
	add_rdma(j, plan, &state_keys);
	if (c->cpu_shares.value)
		json_u64(j, "cpu_weight", v2_weight(c->cpu_shares.value));
	add_unified(j, plan);
	add_flag(j, "memory_check_before_update", c->memory_check_before_update);
	json_object_end(j);
}
