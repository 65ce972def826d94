/*
 * Limits on devices: block devices (blkio on v1, io on v2), RDMA devices, and v1's marks for the
 * network (runc-cli 5.2, 5.3). Each line of such a file is about one device and written on its own.
 */
#include <errno.h>
#include <string.h>
#include "cgroup.h"
#include "plan_limits.h"
#include "step.h"
#include "text.h"

/* The lists of throttles, with v1's file and v2's word in io.max. */
static const struct throttle {
	size_t list; /* in the config record */
	const char *file, *word;
} throttles[] = {
	{offsetof(struct plan_config, block_read_bps), "blkio.throttle.read_bps_device", " rbps="},
	{offsetof(struct plan_config, block_write_bps), "blkio.throttle.write_bps_device",
		" wbps="},
	{offsetof(struct plan_config, block_read_iops), "blkio.throttle.read_iops_device",
		" riops="},
	{offsetof(struct plan_config, block_write_iops), "blkio.throttle.write_iops_device",
		" wiops="},
};

#define THROTTLES (sizeof(throttles) / sizeof(throttles[0]))

static struct plan_list throttle_list(const struct plan_config *c, const struct throttle *t)
{
	struct plan_list list;

	memcpy(&list, (const char *)c + t->list, sizeof(list));
	return list;
}

int has_block_limits(const struct plan_config *c)
{
	for (size_t i = 0; i < THROTTLES; i++)
		if (throttle_list(c, &throttles[i]).count)
			return 1;
	return c->block_weight.value || c->block_leaf_weight.value || c->block_weights.count;
}

static void add_device(struct text *t, uint64_t major, uint64_t minor)
{
	text_add_u64(t, major);
	text_add(t, ":");
	text_add_u64(t, minor);
}

/* FIRST where the kernel has it, else SECOND: which scheduler serves cgroups is its choice. */
static void write_either(const struct hierarchy *h, const char *controller, const char *first,
	const char *first_value, const char *second, const char *second_value)
{
	int err = limit_try(h, first, first_value);

	if (err == -ENOENT)
		limit_write(h, controller, second, second_value);
	else if (err)
		die_write(h, first, first_value, err);
}

/* "8:0 500" for a file of weights; without a device "500". */
static void format_weight(
	const struct plan_block_weight *device, uint64_t weight, char *line, size_t size)
{
	struct text t = {line, size, 0, 0};

	if (device)
		add_device(&t, device->major, device->minor);
	text_add(&t, device ? " " : "");
	text_add_u64(&t, weight);
}

/* bfq drops the weights of single devices when an update writes the one for all: those stored are
 * written again, unless the device or its scheduler has gone. */
static void keep_weight(const struct hierarchy *h, const struct plan_config *c,
	const struct plan_block_weight *device)
{
	char line[80];

	if (!c->block_weight.value || !device->weight.value)
		return;
	format_weight(device, device->weight.value, line, sizeof(line));
	(void)set_file(h, is_unified(h) ? "io.bfq.weight" : "blkio.bfq.weight_device", line);
}

static void weights_v1(const struct hierarchy *h, const struct plan *plan)
{
	const struct plan_config *c = plan->config;
	char line[80];

	if (c->block_weight.value) {
		(void)undo_note(h, "blkio.bfq.weight_device", NULL);
		format_weight(NULL, c->block_weight.value, line, sizeof(line));
		write_either(h, "blkio", "blkio.weight", line, "blkio.bfq.weight", line);
	}
	if (c->block_leaf_weight.value)
		limit_write_number(
			h, "blkio", "blkio.leaf_weight", (int64_t)c->block_leaf_weight.value);
	for (uint32_t i = 0; i < c->block_weights.count; i++) {
		const struct plan_block_weight *w = plan_block_weight_at(plan, c->block_weights, i);

		format_weight(w, w->weight.value, line, sizeof(line));
		if (!limit_writes(c, w->updates, 1))
			keep_weight(h, c, w);
		else if (w->weight.value)
			write_either(h, "blkio", "blkio.weight_device", line,
				"blkio.bfq.weight_device", line);
		format_weight(w, w->leaf_weight.value, line, sizeof(line));
		if (w->leaf_weight.value && limit_writes(c, w->updates, 2))
			limit_write(h, "blkio", "blkio.leaf_weight_device", line);
	}
}

void limit_block_v1(struct hierarchy *h, const struct plan *plan)
{
	if (!has_block_limits(plan->config))
		return;
	if (!h || h->leaf < 0)
		die_missing(h, "blkio");
	weights_v1(h, plan);
	for (size_t i = 0; i < THROTTLES; i++) {
		struct plan_list list = throttle_list(plan->config, &throttles[i]);

		for (uint32_t j = 0; j < list.count; j++) {
			const struct plan_block_rate *rate = plan_block_rate_at(plan, list, j);
			char line[80];
			struct text t = TEXT(line);

			if (!limit_writes(plan->config, rate->updates, 1))
				continue;
			add_device(&t, rate->major, rate->minor);
			text_add(&t, " ");
			text_add_u64(&t, rate->rate);
			limit_write(h, "blkio", throttles[i].file, line);
		}
	}
}

/* io.bfq.weight takes 10 … 1000 as they are, io.weight has 1 … 10000 (runc-cli 5.4). */
static void write_weight_v2(
	const struct hierarchy *h, const struct plan_block_weight *device, uint64_t weight)
{
	char bfq[80], line[80];

	if (!weight)
		return;
	format_weight(device, weight, bfq, sizeof(bfq));
	format_weight(device, weight < 10 ? 1 : 1 + (weight - 10) * 9999 / 990, line, sizeof(line));
	write_either(h, "io", "io.bfq.weight", bfq, "io.weight", line);
}

void limit_block_v2(struct hierarchy *h, const struct plan *plan)
{
	const struct plan_config *c = plan->config;

	write_weight_v2(h, NULL, c->block_weight.value);
	for (uint32_t i = 0; i < c->block_weights.count; i++) {
		const struct plan_block_weight *w = plan_block_weight_at(plan, c->block_weights, i);

		if (limit_writes(c, w->updates, 1))
			write_weight_v2(h, w, w->weight.value);
		else
			keep_weight(h, c, w);
	}
	for (size_t i = 0; i < THROTTLES; i++) {
		struct plan_list list = throttle_list(c, &throttles[i]);

		for (uint32_t j = 0; j < list.count; j++) {
			const struct plan_block_rate *rate = plan_block_rate_at(plan, list, j);
			char line[80];
			struct text t = TEXT(line);

			if (!limit_writes(c, rate->updates, 1))
				continue;
			add_device(&t, rate->major, rate->minor);
			text_add(&t, throttles[i].word);
			/* For v1 a rate of 0 is no limit; io.max has a word for that. */
			if (rate->rate)
				text_add_u64(&t, rate->rate);
			else
				text_add(&t, "max");
			limit_write(h, "io", "io.max", line);
		}
	}
}

void limit_rdma(struct hierarchy *h, const struct plan *plan)
{
	for (uint32_t i = 0; i < plan->config->rdma.count; i++) {
		const struct plan_rdma *rdma = plan_rdma_at(plan, plan->config->rdma, i);
		const char *device = plan_text(plan, rdma->device);
		char line[160];
		struct text t = TEXT(line);

		if (!limit_writes(plan->config, rdma->updates, 1 | 2))
			continue;
		text_add(&t, device ? device : "");
		if (rdma->handles.set && limit_writes(plan->config, rdma->updates, 1)) {
			text_add(&t, " hca_handle=");
			text_add_u64(&t, rdma->handles.value);
		}
		if (rdma->objects.set && limit_writes(plan->config, rdma->updates, 2)) {
			text_add(&t, " hca_object=");
			text_add_u64(&t, rdma->objects.value);
		}
		if (t.cut || strpbrk(line, "\n"))
			give_up("linux.resources.rdma:", device, EINVAL);
		limit_write(h, "rdma", "rdma.max", line);
	}
}

void limit_network(struct host *host, const struct plan *plan)
{
	const struct plan_config *c = plan->config;

	if (c->net_class_id.value)
		limit_write_number(host_controller(host, "net_cls"), "net_cls", "net_cls.classid",
			(int64_t)c->net_class_id.value);
	for (uint32_t i = 0; i < c->net_priorities.count; i++) {
		const struct plan_net_priority *p =
			plan_net_priority_at(plan, c->net_priorities, i);
		const char *name = plan_text(plan, p->name);
		char line[64];
		struct text t = TEXT(line);

		if (!limit_writes(c, p->updates, 1))
			continue;
		text_add(&t, name ? name : "");
		text_add(&t, " ");
		text_add_u64(&t, p->priority);
		limit_write(
			host_controller(host, "net_prio"), "net_prio", "net_prio.ifpriomap", line);
	}
}
