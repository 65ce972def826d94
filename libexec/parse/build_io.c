/* config-linux.md, "Block IO", "Network", "RDMA": limits on devices. */
#include "build.h"

#include <string.h>

#define RDMA_NAME_MAX 63 /* IB_DEVICE_NAME_MAX of the kernel, with the NUL */

/* 0 means "unset", for runc's callers write it. */
static void build_weight(const struct value *value, void *target)
{
	struct plan_opt_u64 *weight = target;
	uint64_t n = value_number(value, 0, UINT16_MAX);

	if (n && (n < BLOCK_WEIGHT_MIN || n > BLOCK_WEIGHT_MAX))
		refuse(shown_number(n, 0), " is out of range (10 to 1000)", NULL);
	weight->set = 1;
	weight->value = n;
}

#define WEIGHT(field) offsetof(struct plan_block_weight, field)
#define RATE(field)   offsetof(struct plan_block_rate, field)

static const struct field weight_fields[] = {
	{"major", FIELD_NUMBER, FIELD_REQUIRED, WEIGHT(major), 0, UINT32_MAX},
	{"minor", FIELD_NUMBER, FIELD_REQUIRED, WEIGHT(minor), 0, UINT32_MAX},
	{"weight", FIELD_CALL, FIELD_GUARD, WEIGHT(weight), .call = build_weight},
	{"leafWeight", FIELD_CALL, FIELD_GUARD, WEIGHT(leaf_weight), .call = build_weight}, {NULL}};

static void finish_weight(void *record)
{
	const struct plan_block_weight *weight = record;

	if (!weight->weight.set && !weight->leaf_weight.set)
		refuse("neither weight nor leafWeight", NULL);
}

static const struct field rate_fields[] = {
	{"major", FIELD_NUMBER, FIELD_REQUIRED, RATE(major), 0, UINT32_MAX},
	{"minor", FIELD_NUMBER, FIELD_REQUIRED, RATE(minor), 0, UINT32_MAX},
	{"rate", FIELD_NUMBER, FIELD_REQUIRED, RATE(rate), 0, UINT64_MAX}, {NULL}};

const struct field block_fields[] = {
	{"weight", FIELD_CALL, FIELD_GUARD, CONFIG(block_weight), .call = build_weight},
	{"leafWeight", FIELD_CALL, FIELD_GUARD, CONFIG(block_leaf_weight), .call = build_weight},
	{"weightDevice", FIELD_RECORDS, FIELD_GUARD, CONFIG(block_weights),
		.record = PLAN_RECORD_block_weight, .fields = weight_fields, .done = finish_weight},
	{"throttleReadBpsDevice", FIELD_RECORDS, FIELD_GUARD, CONFIG(block_read_bps),
		.record = PLAN_RECORD_block_rate, .fields = rate_fields},
	{"throttleWriteBpsDevice", FIELD_RECORDS, FIELD_GUARD, CONFIG(block_write_bps),
		.record = PLAN_RECORD_block_rate, .fields = rate_fields},
	{"throttleReadIOPSDevice", FIELD_RECORDS, FIELD_GUARD, CONFIG(block_read_iops),
		.record = PLAN_RECORD_block_rate, .fields = rate_fields},
	{"throttleWriteIOPSDevice", FIELD_RECORDS, FIELD_GUARD, CONFIG(block_write_iops),
		.record = PLAN_RECORD_block_rate, .fields = rate_fields},
	{NULL}};

#define PRIORITY(field) offsetof(struct plan_net_priority, field)

static const struct field priority_fields[] = {
	{"name", FIELD_STRING, FIELD_REQUIRED, PRIORITY(name), .check = check_device_name},
	{"priority", FIELD_NUMBER, FIELD_REQUIRED, PRIORITY(priority), 0, UINT32_MAX}, {NULL}};

const struct field network_fields[] = {
	{"classID", FIELD_OPT, FIELD_GUARD, CONFIG(net_class_id), 0, UINT32_MAX},
	{"priorities", FIELD_RECORDS, FIELD_GUARD, CONFIG(net_priorities),
		.record = PLAN_RECORD_net_priority, .fields = priority_fields},
	{NULL}};

#define RDMA(field) offsetof(struct plan_rdma, field)

static const struct field rdma_fields[] = {
	{"hcaHandles", FIELD_OPT, FIELD_GUARD, RDMA(handles), 0, UINT32_MAX},
	{"hcaObjects", FIELD_OPT, FIELD_GUARD, RDMA(objects), 0, UINT32_MAX}, {NULL}};

/* A blank would end the name in rdma.max. */
static void check_rdma_name(const char *name)
{
	size_t length = strlen(name);

	check_printable(name);
	if (!length || length > RDMA_NAME_MAX || strpbrk(name, " /"))
		refuse("not the name of an RDMA device", NULL);
}

static void build_rdma_device(const struct value *item, void *list)
{
	struct plan_rdma *record = plan_add(PLAN_RECORD_rdma, list);

	check_rdma_name(item->name);
	record->device = plan_put(item->name);
	build_object(item, rdma_fields, record);
	if (!record->handles.set && !record->objects.set)
		refuse("neither hcaHandles nor hcaObjects", NULL);
}

void build_rdma(const struct value *value, void *list)
{
	build_entries(value, build_rdma_device, list);
}
