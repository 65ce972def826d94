/* ROOT/ID/state.json, for cadvisor, agents and other readers of runc's state. davit itself never
 * reads it. */
#include "creation.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>
#include "json.h"
#include "resources_json.h"
#include "text.h"
#include "whole.h"

#define STATE_MAX (4u << 20)

static char buffer[STATE_MAX];

static const char *absolute(const struct plan *plan, char *path, size_t size)
{
	const char *root = plan_text(plan, plan->config->root_path);

	if (*root == '/')
		return root;
	text_join(path, size, plan_text(plan, plan->config->bundle), "/", root, NULL);
	return path;
}

static void add_labels(struct json *j, const struct plan *plan)
{
	static char label[8192];

	json_array(j, "labels");
	for (uint32_t i = 0; i < plan->config->annotations.count; i++) {
		const struct plan_kv *kv = plan_kv_at(plan, plan->config->annotations, i);

		text_join(label, sizeof(label), plan_text(plan, kv->key), "=",
			plan_text(plan, kv->value), NULL);
		json_string(j, NULL, label);
	}
	text_join(label, sizeof(label), "bundle=", plan_text(plan, plan->config->bundle), NULL);
	json_string(j, NULL, label);
	json_array_end(j);
}

static const char *ns_word(uint64_t type)
{
	static const char *const words[NS_COUNT] = {
		"NEWUSER", "NEWIPC", "NEWUTS", "NEWNET", "NEWPID", "NEWNS", "NEWCGROUP", "NEWTIME"};

	return words[type];
}

static void add_namespaces(struct json *j, const struct plan *plan)
{
	json_array(j, "namespaces");
	for (uint32_t i = 0; i < plan->config->namespaces.count; i++) {
		const struct plan_namespace *ns =
			plan_namespace_at(plan, plan->config->namespaces, i);

		json_object(j, NULL);
		json_string(j, "type", ns_word(ns->type));
		if (ns->path.offset)
			json_string(j, "path", plan_text(plan, ns->path));
		json_object_end(j);
	}
	json_array_end(j);
}

static void add_map(struct json *j, const struct plan *plan, const char *key, struct plan_list map)
{
	if (!map.count)
		return;
	json_array(j, key);
	for (uint32_t i = 0; i < map.count; i++) {
		const struct plan_idmap *line = plan_idmap_at(plan, map, i);

		json_object(j, NULL);
		json_u64(j, "container_id", line->container);
		json_u64(j, "host_id", line->host);
		json_u64(j, "size", line->size);
		json_object_end(j);
	}
	json_array_end(j);
}

/* The members of linux.intelRdt, as runc names them. */
static void add_rdt(struct json *j, const struct plan *plan)
{
	const struct plan_config *config = plan->config;

	if (!config->has_rdt)
		return;
	json_object(j, "intel_rdt");
	if (config->rdt_clos_id.offset)
		json_string(j, "closID", plan_text(plan, config->rdt_clos_id));
	if (config->rdt_schemata.count)
		json_array(j, "schemata");
	for (uint32_t i = 0; i < config->rdt_schemata.count; i++)
		json_string(j, NULL,
			plan_text(plan, plan_str_at(plan, config->rdt_schemata, i)->value));
	if (config->rdt_schemata.count)
		json_array_end(j);
	if (config->rdt_l3_cache.offset)
		json_string(j, "l3_cache_schema", plan_text(plan, config->rdt_l3_cache));
	if (config->rdt_memory.offset)
		json_string(j, "memBwSchema", plan_text(plan, config->rdt_memory));
	if (config->rdt_monitoring)
		json_bool(j, "enableMonitoring", 1);
	json_object_end(j);
}

static void add_config(struct json *j, const struct plan *plan)
{
	char path[8192];

	json_object(j, "config");
	if (plan->config->no_pivot)
		json_bool(j, "no_pivot_root", 1);
	json_string(j, "rootfs", absolute(plan, path, sizeof(path)));
	if (plan->config->root_readonly)
		json_bool(j, "readonlyfs", 1);
	if (plan->config->hostname.offset)
		json_string(j, "hostname", plan_text(plan, plan->config->hostname));
	add_namespaces(j, plan);
	add_map(j, plan, "uid_mappings", plan->config->uid_map);
	add_map(j, plan, "gid_mappings", plan->config->gid_map);
	resources_add_state(j, plan);
	json_string(j, "version", plan_text(plan, plan->config->oci_version));
	add_labels(j, plan);
	if (plan->config->no_new_privileges)
		json_bool(j, "no_new_privileges", 1);
	if (plan->config->no_new_keyring)
		json_bool(j, "no_new_keyring", 1);
	add_rdt(j, plan);
	json_object_end(j);
}

static void add_cgroups(struct json *j, const struct journal *journal)
{
	json_object(j, "cgroup_paths");
	for (size_t i = 0; i < journal->cgroup_count; i++)
		json_string(j, journal->cgroups[i].controller, journal->cgroups[i].path);
	json_object_end(j);
}

static void add_rdt_paths(struct json *j, const struct journal *journal)
{
	if (journal->resctrl.group)
		json_string(j, "intel_rdt_path", journal->resctrl.group);
	if (journal->resctrl.monitor)
		json_string(j, "intel_rdt_mon_path", journal->resctrl.monitor);
}

static void add_namespace_paths(struct json *j, uint64_t pid)
{
	char path[64];

	json_object(j, "namespace_paths");
	for (uint64_t i = 0; i < NS_COUNT; i++) {
		struct text t = TEXT(path);

		text_add(&t, "/proc/");
		text_add_u64(&t, pid);
		text_add(&t, "/ns/");
		text_add(&t, namespace_files[i].word);
		json_string(j, ns_word(i), path);
	}
	json_object_end(j);
}

int state_json_write_new(const struct container *container, const struct plan *plan)
{
	const struct journal *journal = &container->journal;
	char created[40];
	struct json j;
	int fd, err;

	state_format_time(
		journal->ready.seconds, journal->ready.nanoseconds, created, sizeof(created));
	json_start(&j, buffer, sizeof(buffer), NULL);
	json_object(&j, NULL);
	json_string(&j, "id", container->id);
	json_u64(&j, "init_process_pid", journal->init.pid);
	json_u64(&j, "init_process_start", journal->init.start_time);
	json_string(&j, "created", created);
	add_config(&j, plan);
	json_bool(&j, "rootless", plan->config->rootless != 0);
	add_cgroups(&j, journal);
	add_namespace_paths(&j, journal->init.pid);
	add_rdt_paths(&j, journal);
	json_object_end(&j);
	if (j.cut)
		return -E2BIG;
	fd = openat(container->dir, "state.json.new",
		O_WRONLY | O_CREAT | O_TRUNC | O_NOFOLLOW | O_CLOEXEC, 0600);
	if (fd < 0)
		return -errno;
	err = write_whole(fd, j.data, j.length);
	close(fd);
	return err;
}

int state_json_write(const struct container *container, const struct plan *plan)
{
	int err = state_json_write_new(container, plan);

	if (!err && renameat(container->dir, "state.json.new", container->dir, "state.json") < 0)
		err = -errno;
	return err;
}
