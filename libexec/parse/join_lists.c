/* Lists of limits in `runc update`: of huge pages by size, of block devices by their numbers, of the
 * network and RDMA by name. */
#include "build.h"

#include <string.h>

static int same_text(struct plan_string a, struct plan_string b)
{
	return !strcmp(plan_put_text(a), plan_put_text(b));
}

static int same_size(const void *a, const void *b)
{
	return same_text(
		((const struct plan_hugepage *)a)->size, ((const struct plan_hugepage *)b)->size);
}

static void take_size(void *to, const void *from)
{
	struct plan_hugepage *page = to;

	page->limit = ((const struct plan_hugepage *)from)->limit;
	page->updates = 1;
}

static int same_weight(const void *a, const void *b)
{
	const struct plan_block_weight *x = a, *y = b;

	return x->major == y->major && x->minor == y->minor;
}

/* A weight of 0 is not given. */
static void take_weight(void *to, const void *from)
{
	const struct plan_block_weight *given = from;
	struct plan_block_weight *w = to;

	if (given->weight.value) {
		w->weight = given->weight;
		w->updates |= 1;
	}
	if (given->leaf_weight.value) {
		w->leaf_weight = given->leaf_weight;
		w->updates |= 2;
	}
}

static int same_rate(const void *a, const void *b)
{
	const struct plan_block_rate *x = a, *y = b;

	return x->major == y->major && x->minor == y->minor;
}

static void take_rate(void *to, const void *from)
{
	struct plan_block_rate *rate = to;

	rate->rate = ((const struct plan_block_rate *)from)->rate;
	rate->updates = 1;
}

static int same_interface(const void *a, const void *b)
{
	return same_text(((const struct plan_net_priority *)a)->name,
		((const struct plan_net_priority *)b)->name);
}

static void take_priority(void *to, const void *from)
{
	struct plan_net_priority *p = to;

	p->priority = ((const struct plan_net_priority *)from)->priority;
	p->updates = 1;
}

static int same_rdma(const void *a, const void *b)
{
	return same_text(
		((const struct plan_rdma *)a)->device, ((const struct plan_rdma *)b)->device);
}

static void take_rdma(void *to, const void *from)
{
	const struct plan_rdma *given = from;
	struct plan_rdma *rdma = to;

	if (given->handles.set) {
		rdma->handles = given->handles;
		rdma->updates |= 1;
	}
	if (given->objects.set) {
		rdma->objects = given->objects;
		rdma->updates |= 2;
	}
}

static const struct kind {
	size_t list; /* in the config record */
	enum plan_record record;
	int (*same)(const void *a, const void *b);
	void (*take)(void *to, const void *from);
} kinds[] = {
	{CONFIG(hugepages), PLAN_RECORD_hugepage, same_size, take_size},
	{CONFIG(block_weights), PLAN_RECORD_block_weight, same_weight, take_weight},
	{CONFIG(block_read_bps), PLAN_RECORD_block_rate, same_rate, take_rate},
	{CONFIG(block_write_bps), PLAN_RECORD_block_rate, same_rate, take_rate},
	{CONFIG(block_read_iops), PLAN_RECORD_block_rate, same_rate, take_rate},
	{CONFIG(block_write_iops), PLAN_RECORD_block_rate, same_rate, take_rate},
	{CONFIG(net_priorities), PLAN_RECORD_net_priority, same_interface, take_priority},
	{CONFIG(rdma), PLAN_RECORD_rdma, same_rdma, take_rdma},
};

static void *find(const struct kind *kind, struct plan_list list, const void *record)
{
	for (uint32_t i = 0; i < list.count; i++) {
		void *at = plan_added(kind->record, list, i);

		if (kind->same(at, record))
			return at;
	}
	return NULL;
}

static void *append(const struct kind *kind, struct plan_list *list, const void *record)
{
	return memcpy(plan_add(kind->record, list), record, plan_types[kind->record].size);
}

/* Only the last list of a kind can grow, and four of them are of one kind: the whole one is new. */
static struct plan_list join_list(
	const struct kind *kind, struct plan_list stored, struct plan_list given)
{
	struct plan_list joined = {0, 0};

	for (uint32_t i = 0; given.count && i < stored.count; i++)
		append(kind, &joined, plan_added(kind->record, stored, i));
	for (uint32_t i = 0; i < given.count; i++) {
		const void *record = plan_added(kind->record, given, i);
		void *at = find(kind, joined, record);

		kind->take(at ? at : append(kind, &joined, record), record);
	}
	return joined;
}

void join_lists(const struct plan_config *stored, struct plan_config *given)
{
	for (size_t i = 0; i < sizeof(kinds) / sizeof(kinds[0]); i++) {
		struct plan_list old, fresh;

		memcpy(&old, (const char *)stored + kinds[i].list, sizeof(old));
		memcpy(&fresh, (char *)given + kinds[i].list, sizeof(fresh));
		fresh = join_list(&kinds[i], old, fresh);
		memcpy((char *)given + kinds[i].list, &fresh, sizeof(fresh));
	}
}
