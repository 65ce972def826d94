/* `runc update` in parse: what is merged into what (runc-cli.md 1.19), and what is marked as given. */
/* link: shared/plan shared/plan_write shared/names shared/text shared/msg shared/plan_limits
 * tests/exec_run */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <stdio.h>
#include <string.h>
#include "exec_run.h"
#include "plan_limits.h"
#include "step.h"

#define WORDS_MAX 24

static struct plan plan;

/* A config.json with these members of linux.resources. */
static const char *config_with(const char *resources)
{
	static char text[4096];

	snprintf(text, sizeof(text),
		"{\"ociVersion\":\"1.0.2\",\"root\":{\"path\":\"r\"},\"linux\":{\"namespaces\":"
		"[{\"type\":\"mount\"}],\"resources\":{%s},\"intelRdt\":{\"closID\":\"c\","
		"\"l3CacheSchema\":\"L3:0=f\"}}}",
		resources);
	return text;
}

static const char all[] =
	"\"memory\":{\"limit\":104857600,\"reservation\":8192,\"swap\":209715200},"
	"\"cpu\":{\"shares\":512,\"quota\":50000,\"burst\":10,\"period\":100000,\"cpus\":\"0\","
	"\"mems\":\"0\",\"idle\":0,\"realtimePeriod\":7,\"realtimeRuntime\":6},"
	"\"pids\":{\"limit\":9},\"hugepageLimits\":[{\"pageSize\":\"2MB\",\"limit\":1},"
	"{\"pageSize\":\"1GB\",\"limit\":2}],\"unified\":{\"a.b\":\"1\"}";

/* SETTINGS: "name value name value", or NULL with a REQUEST. */
static int run(
	const char *resources, const char *changed, const char *settings, const char *request)
{
	static char text[1024];
	const char *words[WORDS_MAX];
	size_t n = 0;

	if (changed)
		words[n++] = "--changed";
	if (request)
		words[n++] = "--request";
	if (settings) {
		words[n++] = "--set";
		snprintf(text, sizeof(text), "%s", settings);
		for (char *word = strtok(text, " "); word && n < WORDS_MAX - 1;
			word = strtok(NULL, " "))
			words[n++] = word;
	}
	words[n] = NULL;
	return run_update(words, config_with(resources), changed, request);
}

static const struct plan_config *updated(
	const char *resources, const char *changed, const char *settings, const char *request)
{
	int status = run(resources, changed, settings, request);

	if (status)
		fail_msg("%s%s: %d %s", settings ? settings : "", request ? request : "", status,
			said);
	load_exec(&plan);
	return plan.config;
}

static const struct plan_config *set(const char *settings)
{
	return updated(all, NULL, settings, NULL);
}

static void only_given(const struct plan_config *c, uint64_t bits)
{
	assert_int_equal(c->updates, bits);
}

static void no_update_marks_nothing(void **state)
{
	const struct plan_config *c = updated(all, NULL, NULL, NULL);

	(void)state;
	only_given(c, 0);
	assert_int_equal(c->memory_limit.value, 104857600);
	assert_int_equal(c->pids_limit.value, 9);
}

static void memory_shares_and_rt_stay(void **state)
{
	const struct plan_config *c = set("pids-limit 5");

	(void)state;
	only_given(c, LIMIT_BIT(pids_limit));
	assert_int_equal(c->pids_limit.value, 5);
	assert_int_equal(c->memory_limit.value, 104857600);
	assert_int_equal(c->memory_swap.value, 209715200);
	assert_int_equal(c->memory_reservation.value, 8192);
	assert_int_equal(c->cpu_shares.value, 512);
	assert_int_equal(c->cpu_rt_period.value, 7);
	assert_int_equal(c->cpu_rt_runtime.value, 6);
	assert_int_equal(c->hugepages.count, 2);
}

static void what_is_overwritten_goes(void **state)
{
	const struct plan_config *c = set("memory-reservation 1m");

	(void)state;
	only_given(c, LIMIT_BIT(memory_reservation));
	assert_int_equal(c->memory_reservation.value, 1 << 20);
	assert_false(c->cpu_quota.set | c->cpu_period.set | c->cpu_burst.set | c->cpu_idle.set);
	assert_false(c->pids_limit.set);
	assert_false(c->cpuset_cpus.offset || c->cpuset_mems.offset || c->unified.count);
}

static void quota_and_period_keep_each_other(void **state)
{
	const struct plan_config *c = set("cpu-quota 60000");

	(void)state;
	only_given(c, LIMIT_BIT(cpu_quota));
	assert_int_equal(c->cpu_quota.value, 60000);
	assert_int_equal(c->cpu_period.value, 100000);
	c = set("cpu-period 70000");
	only_given(c, LIMIT_BIT(cpu_period));
	assert_int_equal(c->cpu_quota.value, 50000);
	assert_int_equal(c->cpu_period.value, 70000);
	c = set("cpu-period 0 cpu-quota 0");
	only_given(c, 0);
	assert_false(c->cpu_quota.set | c->cpu_period.set);
	assert_int_equal(set("cpu-quota -7")->cpu_quota.value, -1);
}

static void idle_takes_the_shares(void **state)
{
	const struct plan_config *c = set("cpu-idle 0");

	(void)state;
	only_given(c, LIMIT_BIT(cpu_idle));
	assert_true(c->cpu_idle.set);
	assert_false(c->cpu_shares.set);
	c = set("cpu-idle 1 cpu-share 99");
	assert_int_equal(c->cpu_shares.value, 99);
}

static void unlimited_memory_is_unlimited_swap(void **state)
{
	const struct plan_config *c = set("memory -1");

	(void)state;
	only_given(c, LIMIT_BIT(memory_limit) | LIMIT_BIT(memory_swap));
	assert_int_equal(c->memory_limit.value, -1);
	assert_false(c->memory_swap.set);
	c = set("memory -1 memory-swap -1");
	assert_int_equal(c->memory_swap.value, -1);
}

static void json_is_merged_alike(void **state)
{
	const struct plan_config *c = updated(all, NULL, NULL,
		"{\"memory\":{\"limit\":52428800,\"disableOOMKiller\":false,"
		"\"checkBeforeUpdate\":true},\"cpu\":{\"shares\":0,\"cpus\":\"\",\"burst\":0},"
		"\"hugepageLimits\":[{\"pageSize\":\"2MB\",\"limit\":7}],\"unified\":{\"c.d\":"
		"\"2\"},"
		"\"devices\":[{\"allow\":true}]}");
	const struct plan_hugepage *page;

	(void)state;
	only_given(c,
		LIMIT_BIT(memory_limit) | LIMIT_BIT(memory_disable_oom) | LIMIT_BIT(cpu_burst) |
			LIMIT_BIT(hugepages) | LIMIT_BIT(unified));
	assert_non_null(strstr(said, "devices: ignored: an update does not change device rules"));
	assert_int_equal(c->memory_limit.value, 52428800);
	assert_true(c->memory_check_before_update);
	assert_int_equal(c->cpu_shares.value, 512);
	assert_int_equal(c->device_rules.count, 0);
	assert_int_equal(c->hugepages.count, 2);
	page = plan_hugepage_at(&plan, c->hugepages, 0);
	assert_string_equal(plan_text(&plan, page->size), "2MB");
	assert_int_equal(page->limit, 7);
	assert_int_equal(page->updates, 1);
	page = plan_hugepage_at(&plan, c->hugepages, 1);
	assert_string_equal(plan_text(&plan, page->size), "1GB");
	assert_int_equal(page->limit, 2);
	assert_int_equal(page->updates, 0);
	assert_int_equal(c->unified.count, 1);
	assert_string_equal(plan_text(&plan, plan_kv_at(&plan, c->unified, 0)->key), "c.d");
}

static const char devices[] =
	"\"blockIO\":{\"weight\":100,\"leafWeight\":200,\"weightDevice\":[{\"major\":8,\"minor\":0,"
	"\"weight\":50,\"leafWeight\":60},{\"major\":8,\"minor\":1,\"weight\":70}],"
	"\"throttleReadBpsDevice\":[{\"major\":8,\"minor\":0,\"rate\":1},{\"major\":8,\"minor\":1,"
	"\"rate\":2}],\"throttleWriteBpsDevice\":[{\"major\":8,\"minor\":0,\"rate\":3}],"
	"\"throttleReadIOPSDevice\":[{\"major\":8,\"minor\":0,\"rate\":4}],"
	"\"throttleWriteIOPSDevice\":[{\"major\":8,\"minor\":0,\"rate\":5}]},"
	"\"network\":{\"classID\":9,\"priorities\":[{\"name\":\"a\",\"priority\":1},{\"name\":"
	"\"b\","
	"\"priority\":2}]},\"rdma\":{\"m\":{\"hcaHandles\":3,\"hcaObjects\":4}}";

/* "MAJOR:MINOR RATE UPDATES" of each, separated by commas. */
static const char *rates(struct plan_list list)
{
	static char text[256];
	size_t length = 0;

	text[0] = '\0';
	for (uint32_t i = 0; i < list.count; i++) {
		const struct plan_block_rate *rate = plan_block_rate_at(&plan, list, i);

		length += (size_t)snprintf(text + length, sizeof(text) - length, "%s%d:%d %d %d",
			i ? "," : "", (int)rate->major, (int)rate->minor, (int)rate->rate,
			(int)rate->updates);
	}
	return text;
}

static void what_is_said_of_devices_stays(void **state)
{
	const struct plan_config *c = updated(devices, NULL, "pids-limit 5", NULL);

	(void)state;
	only_given(c, LIMIT_BIT(pids_limit));
	assert_int_equal(c->block_weight.value, 100);
	assert_int_equal(c->block_leaf_weight.value, 200);
	assert_int_equal(c->block_weights.count, 2);
	assert_string_equal(rates(c->block_read_bps), "8:0 1 0,8:1 2 0");
	assert_int_equal(c->net_class_id.value, 9);
	assert_int_equal(c->net_priorities.count, 2);
	assert_int_equal(c->rdma.count, 1);
	c = updated(devices, NULL, "blkio-weight 1000", NULL);
	only_given(c, LIMIT_BIT(block_weight));
	assert_int_equal(c->block_weight.value, 1000);
	c = updated(devices, NULL, NULL,
		"{\"blockIO\":{\"weight\":0,\"leafWeight\":10},\"network\":{\"classID\":0}}");
	only_given(c, LIMIT_BIT(block_leaf_weight));
	assert_int_equal(c->block_weight.value, 100);
	assert_int_equal(c->net_class_id.value, 9);
}

/* In its place or behind; the lists of rates are of one kind of record, and each may grow. */
static void rates_are_merged(void **state)
{
	const struct plan_config *c = updated(devices, NULL, NULL,
		"{\"blockIO\":{\"throttleReadBpsDevice\":[{\"major\":9,\"minor\":0,\"rate\":7},{"
		"\"major\":8,\"minor\":1,\"rate\":0}],\"throttleReadIOPSDevice\":[{\"major\":8,"
		"\"minor\":0,\"rate\":8},{\"major\":8,\"minor\":3,\"rate\":9},{\"major\":8,"
		"\"minor\":3,\"rate\":10}],\"throttleWriteIOPSDevice\":[]}}");

	(void)state;
	only_given(c, LIMIT_BIT(block_read_bps) | LIMIT_BIT(block_read_iops));
	assert_string_equal(rates(c->block_read_bps), "8:0 1 0,8:1 0 1,9:0 7 1");
	assert_string_equal(rates(c->block_write_bps), "8:0 3 0");
	assert_string_equal(rates(c->block_read_iops), "8:0 8 1,8:3 10 1");
	assert_string_equal(rates(c->block_write_iops), "8:0 5 0");
}

static void weights_names_and_rdma_are_merged(void **state)
{
	const struct plan_config *c = updated(devices, NULL, NULL,
		"{\"blockIO\":{\"weightDevice\":[{\"major\":8,\"minor\":0,\"weight\":0,"
		"\"leafWeight\":61},{\"major\":8,\"minor\":2,\"weight\":80}]},\"network\":{"
		"\"classID\":10,\"priorities\":[{\"name\":\"c\",\"priority\":3},{\"name\":\"b\","
		"\"priority\":0}]},\"rdma\":{\"n\":{\"hcaHandles\":0},\"m\":{\"hcaObjects\":5}}}");
	const struct plan_block_weight *w;
	const struct plan_net_priority *p;
	const struct plan_rdma *r;

	(void)state;
	only_given(c,
		LIMIT_BIT(block_weights) | LIMIT_BIT(net_class_id) | LIMIT_BIT(net_priorities) |
			LIMIT_BIT(rdma));
	assert_int_equal(c->block_weights.count, 3);
	w = plan_block_weight_at(&plan, c->block_weights, 0);
	assert_int_equal(w->weight.value, 50);
	assert_int_equal(w->leaf_weight.value, 61);
	assert_int_equal(w->updates, 2);
	assert_int_equal(plan_block_weight_at(&plan, c->block_weights, 1)->updates, 0);
	w = plan_block_weight_at(&plan, c->block_weights, 2);
	assert_int_equal(w->minor, 2);
	assert_int_equal(w->updates, 1);
	assert_int_equal(c->net_class_id.value, 10);
	assert_int_equal(c->net_priorities.count, 3);
	assert_int_equal(plan_net_priority_at(&plan, c->net_priorities, 0)->updates, 0);
	p = plan_net_priority_at(&plan, c->net_priorities, 1);
	assert_string_equal(plan_text(&plan, p->name), "b");
	assert_int_equal(p->priority, 0);
	assert_int_equal(p->updates, 1);
	p = plan_net_priority_at(&plan, c->net_priorities, 2);
	assert_string_equal(plan_text(&plan, p->name), "c");
	assert_int_equal(c->rdma.count, 2);
	r = plan_rdma_at(&plan, c->rdma, 0);
	assert_string_equal(plan_text(&plan, r->device), "m");
	assert_int_equal(r->handles.value, 3);
	assert_int_equal(r->objects.value, 5);
	assert_int_equal(r->updates, 2);
	r = plan_rdma_at(&plan, c->rdma, 1);
	assert_string_equal(plan_text(&plan, r->device), "n");
	assert_true(r->handles.set && !r->handles.value && !r->objects.set);
	assert_int_equal(r->updates, 1);
}

/* What an earlier update has left takes the place of config.json's as a whole. */
static void changed_replaces(void **state)
{
	static const char changed[] = "{\"resources\":{\"pids\":{\"limit\":77},\"devices\":[{"
				      "\"allow\":true,\"type\":\"c\","
				      "\"major\":1,\"access\":\"r\"}]},\"intelRdt\":{\"closID\":"
				      "\"c\",\"memBwSchema\":\"MB:0=5\"}}";
	const struct plan_config *c = updated(all, changed, NULL, NULL);

	(void)state;
	assert_int_equal(c->pids_limit.value, 77);
	assert_false(c->memory_limit.set | c->cpu_shares.set);
	assert_int_equal(c->device_rules.count, 1);
	assert_false(c->rdt_l3_cache.offset);
	assert_string_equal(plan_text(&plan, c->rdt_memory), "MB:0=5");
	only_given(c, 0);
	c = updated(all, changed, "cpu-share 300", NULL);
	assert_int_equal(c->cpu_shares.value, 300);
	assert_int_equal(c->device_rules.count, 1);
	assert_false(c->pids_limit.set);
	c = updated(all, changed, NULL, "{\"cpu\":{\"shares\":301,\"quota\":4000}}");
	assert_int_equal(c->cpu_shares.value, 301);
	assert_int_equal(c->cpu_quota.value, 4000);
}

/* Of the two schemas the one that is not given goes out of the state. */
static void schemas(void **state)
{
	const struct plan_config *c = set("mem-bw-schema MB:0=50");

	(void)state;
	assert_string_equal(plan_text(&plan, c->rdt_memory), "MB:0=50");
	assert_false(c->rdt_l3_cache.offset);
	assert_string_equal(plan_text(&plan, set("cpu-share 5")->rdt_l3_cache), "L3:0=f");
}

static void sizes(void **state)
{
	static const struct {
		const char *text;
		int64_t bytes;
	} table[] = {{"4096", 4096}, {"8k", 8192}, {"8K", 8192}, {"8kb", 8192}, {"8KiB", 8192},
		{"8ki", 8192}, {"4096b", 4096}, {"1.5m", 1572864}, {"0.5g", 536870912},
		{"4096.9", 4096}, {"00008k", 8192}, {"2t", INT64_C(2) << 40},
		{"8191p", INT64_C(8191) << 50}, {"0.333333333333333333333333g", 357913941},
		{"9223372036854775807", INT64_MAX}};

	(void)state;
	for (size_t i = 0; i < COUNT(table); i++) {
		char settings[64];

		snprintf(settings, sizeof(settings), "memory-reservation %s", table[i].text);
		assert_int_equal(set(settings)->memory_reservation.value, table[i].bytes);
	}
}

static void refused(void **state)
{
	static const struct {
		const char *settings, *request, *error;
	} table[] = {
		{"memory 8192p", NULL, "invalid value for memory: invalid size: '8192p'"},
		{"memory 9223372036854775808", NULL, "invalid size: '9223372036854775808'"},
		{"memory 1..5k", NULL, "invalid size: '1..5k'"},
		{"memory 1.k", NULL, "invalid size: '1.k'"},
		{"memory --1", NULL, "invalid size: '--1'"},
		{"cpu-quota -9223372036854775809", NULL, "value out of range"},
		{"cpu-quota +-5", NULL, "strconv.ParseInt: parsing \"+-5\": invalid syntax"},
		{"cpu-share +5", NULL, "strconv.ParseUint: parsing \"+5\": invalid syntax"},
		{"cpu-idle 7", NULL, "invalid value for cpu-idle: it is 0 or 1"},
		{"cpu-fun 7", NULL, "cpu-fun: not supported yet"},
		{"cpuset-cpus 1-0", NULL, "cpus: "},
		{"mem-bw-schema x", NULL, "memBwSchema: "},
		{"blkio-weight 9", NULL, "blkio-weight: 9 is out of range (10 to 1000)"},
		{"blkio-weight 1001", NULL, "blkio-weight: 1001 is out of range (10 to 1000)"},
		{"blkio-weight -1", NULL, "blkio-weight: -1 is out of range (10 to 1000)"},
		{NULL, "{\"blockIO\":{\"weight\":9}}", "weight: 9 is out of range (10 to 1000)"},
		{NULL, "{\"blockIO\":{\"weightDevice\":[{\"major\":8,\"minor\":0}]}}",
			"neither weight nor leafWeight"},
		{NULL, "{\"network\":{\"classID\":4294967296}}", "is out of range"},
		{NULL, "{\"network\":{\"priorities\":[{\"name\":\"a/b\",\"priority\":1}]}}",
			"priorities[0].name"},
		{NULL, "{\"rdma\":{\"a b\":{\"hcaHandles\":1}}}", "not the name of an RDMA device"},
		{NULL, "{\"rdma\":{\"a\":{}}}", "neither hcaHandles nor hcaObjects"},
		{NULL, "{\"rdma\":[]}", "expected an object"},
		{"memory 1k", NULL, "limit: 1024 is less than a page"},
		{"memory-swap 5m", NULL, "memory+swap limit should be >= memory limit"},
		{"cpu-quota 5 cpu-burst 6", NULL, "burst: 6 is above the quota"},
		{NULL, "{\"unified\":{\"a/b\":\"1\"}}", "must be a file name (no slashes)"},
		{NULL, "{\"memory\":{\"swappiness\":101}}", "invalid memory swappiness value: 101"},
		{NULL, "{\"devices\":{}}", "devices: expected an array, found an object"},
		{NULL, "{\"devices\":[{\"allow\":5}]}", "devices[0].allow: expected true or false"},
		{NULL, "{\"devices\":[{\"access\":\"r\"}]}", "devices[0].allow: missing"},
		{NULL, "[]", "expected an object"},
		{NULL, "{", "resources:1:"},
	};

	(void)state;
	for (size_t i = 0; i < COUNT(table); i++)
		if (run(all, NULL, table[i].settings, table[i].request) != 1 ||
			!strstr(said, table[i].error))
			fail_msg("%s%s: expected %s, said %s",
				table[i].settings ? table[i].settings : "",
				table[i].request ? table[i].request : "", table[i].error, said);
	assert_int_equal(run(all, "{\"resources\":[]}", "memory 5m", NULL), 1);
	assert_non_null(strstr(said, "resources: expected an object"));
	assert_int_equal(run(all, "{}", "memory 5m", NULL), 1);
	assert_non_null(strstr(said, "resources: missing"));
}

int main(void)
{
	const struct CMUnitTest tests[] = {cmocka_unit_test(no_update_marks_nothing),
		cmocka_unit_test(memory_shares_and_rt_stay),
		cmocka_unit_test(what_is_overwritten_goes),
		cmocka_unit_test(quota_and_period_keep_each_other),
		cmocka_unit_test(idle_takes_the_shares),
		cmocka_unit_test(unlimited_memory_is_unlimited_swap),
		cmocka_unit_test(json_is_merged_alike),
		cmocka_unit_test(what_is_said_of_devices_stays), cmocka_unit_test(rates_are_merged),
		cmocka_unit_test(weights_names_and_rdma_are_merged),
		cmocka_unit_test(changed_replaces), cmocka_unit_test(schemas),
		cmocka_unit_test(sizes), cmocka_unit_test(refused)};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
