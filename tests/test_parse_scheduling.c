/*
 * parse: process.scheduler, process.ioPriority, process.execCPUAffinity and linux.personality
 * arrive in the plan as the kernel's numbers, and what is wrong in them is refused.
 */
/* link: shared/plan shared/names shared/text tests/parse_run */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <stdio.h>
#include <string.h>
#include "parse_run.h"

#define SCHEDULER(members) PROCESS_WITH("\"scheduler\":{" members "}")
#define POLICY(word, more) SCHEDULER("\"policy\":\"SCHED_" word "\"" more)
#define IO(members)        PROCESS_WITH("\"ioPriority\":{" members "}")
#define AFFINITY(members)  PROCESS_WITH("\"execCPUAffinity\":{" members "}")
#define INITIAL(list)      AFFINITY("\"initial\":\"" list "\"")

static struct plan plan;

static const struct plan_config *parsed(enum part part, const char *fragment)
{
	if (run(compose(part, fragment)) != 0 || *messages)
		fail_msg("%s\n  %s", fragment, messages);
	load(&plan);
	return plan.config;
}

static void nothing_by_default(void **state)
{
	const struct plan_config *config = parsed(PROCESS, PROCESS_WITH("\"scheduler\":null"));

	(void)state;
	assert_int_equal(config->has_scheduler, 0);
	assert_int_equal(config->io_priority.set, 0);
	assert_int_equal(config->personality.set, 0);
	assert_int_equal(config->exec_affinity_initial.count, 0);
	assert_int_equal(config->exec_affinity_final.count, 0);
	assert_int_equal(config->joins, 0);
	assert_false(plan_waits_after_mounts(&plan));
}

static void policies(void **state)
{
	static const char *const words[] = {
		"OTHER", "FIFO", "RR", "BATCH", "ISO", "IDLE", "DEADLINE"};

	(void)state;
	for (uint64_t i = 0; i < COUNT(words); i++) {
		const struct plan_config *config;
		char fragment[200];

		snprintf(fragment, sizeof(fragment), POLICY("%s", "%s"), words[i],
			i == 1 || i == 2 ? ",\"priority\":99" : "");
		config = parsed(PROCESS, fragment);
		assert_int_equal(config->has_scheduler, 1);
		assert_int_equal(config->sched_policy, i);
		assert_int_equal(config->sched_priority, i == 1 || i == 2 ? 99 : 0);
		assert_int_equal(config->sched_flags, 0);
		assert_int_equal(config->sched_nice, 0);
		/* Which of them the kernel allows depends on the limits of the cgroup. */
		assert_true(plan_waits_after_mounts(&plan));
	}
}

static void scheduler_members(void **state)
{
	const struct plan_config *config;

	(void)state;
	config = parsed(PROCESS, POLICY("BATCH", ",\"nice\":-20,\"flags\":[]"));
	assert_int_equal(config->sched_nice, -20);
	config = parsed(PROCESS, POLICY("OTHER", ",\"nice\":19"));
	assert_int_equal(config->sched_nice, 19);
	/* The policy may come last. */
	config = parsed(PROCESS, SCHEDULER("\"priority\":1,\"policy\":\"SCHED_RR\""));
	assert_int_equal(config->sched_priority, 1);
	config = parsed(PROCESS,
		POLICY("DEADLINE",
			",\"runtime\":1,\"deadline\":18446744073709551615,\"period\":3,"
			"\"flags\":[\"SCHED_FLAG_RESET_ON_FORK\",\"SCHED_FLAG_DL_OVERRUN\"]"));
	assert_int_equal(config->sched_runtime, 1);
	assert_true(config->sched_deadline == UINT64_MAX);
	assert_int_equal(config->sched_period, 3);
	assert_int_equal(config->sched_flags, 1 | 4);
	config = parsed(PROCESS,
		POLICY("OTHER",
			",\"flags\":[\"SCHED_FLAG_RECLAIM\",\"SCHED_FLAG_KEEP_POLICY\","
			"\"SCHED_FLAG_KEEP_PARAMS\",\"SCHED_FLAG_UTIL_CLAMP_MIN\","
			"\"SCHED_FLAG_UTIL_CLAMP_MAX\"]"));
	assert_int_equal(config->sched_flags, 2 | 8 | 0x10 | 0x20 | 0x40);
}

static void io_priorities(void **state)
{
	const struct plan_config *config;

	(void)state;
	config = parsed(PROCESS, IO("\"class\":\"IOPRIO_CLASS_RT\""));
	assert_int_equal(config->io_priority.set, 1);
	assert_int_equal(config->io_priority.value, 1 << 13);
	config = parsed(PROCESS, IO("\"class\":\"IOPRIO_CLASS_BE\",\"priority\":7"));
	assert_int_equal(config->io_priority.value, 2 << 13 | 7);
	config = parsed(PROCESS, IO("\"priority\":3,\"class\":\"IOPRIO_CLASS_IDLE\""));
	assert_int_equal(config->io_priority.value, 3 << 13 | 3);
}

static void personalities(void **state)
{
	const struct plan_config *config;

	(void)state;
	config = parsed(LINUX, "{\"personality\":{\"domain\":\"LINUX\",\"flags\":[]}}");
	assert_int_equal(config->personality.set, 1);
	assert_int_equal(config->personality.value, 0);
	config = parsed(LINUX, "{\"personality\":{\"domain\":\"LINUX32\"}}");
	assert_int_equal(config->personality.set, 1);
	assert_int_equal(config->personality.value, 8);
}

static uint64_t word(struct plan_list list, uint32_t i)
{
	assert_in_range(i, 0, list.count - 1);
	return plan_num_at(&plan, list, i)->value;
}

static void affinities(void **state)
{
	const struct plan_config *config;

	(void)state;
	config = parsed(PROCESS, AFFINITY("\"initial\":\"0-3,7\",\"final\":\"63-64\""));
	assert_int_equal(config->exec_affinity_initial.count, 1);
	assert_int_equal(word(config->exec_affinity_initial, 0), 0x8f);
	assert_int_equal(config->exec_affinity_final.count, 2);
	assert_true(word(config->exec_affinity_final, 0) == UINT64_C(1) << 63);
	assert_int_equal(word(config->exec_affinity_final, 1), 1);
	config = parsed(PROCESS, AFFINITY("\"final\":\" 1 , 3-3,,\",\"initial\":\"\""));
	assert_int_equal(config->exec_affinity_initial.count, 0);
	assert_int_equal(word(config->exec_affinity_final, 0), 1 << 1 | 1 << 3);
	config = parsed(PROCESS, INITIAL("8191"));
	assert_int_equal(config->exec_affinity_initial.count, 128);
	assert_int_equal(word(config->exec_affinity_initial, 0), 0);
	assert_true(word(config->exec_affinity_initial, 127) == UINT64_C(1) << 63);
	config = parsed(PROCESS, INITIAL("0-8191"));
	for (uint32_t i = 0; i < 128; i++)
		assert_true(word(config->exec_affinity_initial, i) == UINT64_MAX);
}

struct refusal {
	const char *process;
	const char *error; /* a part of the line */
};

static const struct refusal refusals[] = {
	{SCHEDULER(""), "scheduler policy is required"},
	{SCHEDULER("\"policy\":null"), "scheduler policy is required"},
	{SCHEDULER("\"policy\":\"\""), "scheduler policy is required"},
	{SCHEDULER("\"nice\":1"), "scheduler policy is required"},
	{SCHEDULER("\"policy\":1"), "process.scheduler.policy: expected a string"},
	{PROCESS_WITH("\"scheduler\":\"SCHED_RR\""), "process.scheduler: expected an object"},
	{POLICY("X", ""), "invalid scheduler policy: SCHED_X"},
	{POLICY("other", ""), "invalid scheduler policy: SCHED_other"},
	{SCHEDULER("\"policy\":\"FIFO\""), "invalid scheduler policy: FIFO"},
	{POLICY("OTHER", ",\"nice\":20"),
		"invalid scheduler.nice: 20 when scheduler.policy is SCHED_OTHER"},
	{POLICY("BATCH", ",\"nice\":-21"),
		"invalid scheduler.nice: -21 when scheduler.policy is SCHED_BATCH"},
	{POLICY("RR", ",\"nice\":2147483648"),
		"process.scheduler.nice: 2147483648 is out of range"},
	{POLICY("OTHER", ",\"priority\":1"),
		"scheduler.priority can only be specified for SchedFIFO or SchedRR policy"},
	{POLICY("DEADLINE", ",\"priority\":-1"),
		"scheduler.priority can only be specified for SchedFIFO or SchedRR policy"},
	{POLICY("FIFO", ""), "process.scheduler.priority: 0 is out of range (1 to 99)"},
	{POLICY("FIFO", ",\"priority\":-1"), "priority: -1 is out of range (1 to 99)"},
	{POLICY("RR", ",\"priority\":100"), "priority: 100 is out of range (1 to 99)"},
	{POLICY("RR", ",\"priority\":1.5"), "priority: expected a whole number"},
	{POLICY("BATCH", ",\"runtime\":1"),
		"scheduler runtime/deadline/period can only be specified for SchedDeadline policy"},
	{POLICY("IDLE", ",\"deadline\":1"), "scheduler runtime/deadline/period can only be"},
	{POLICY("OTHER", ",\"period\":1"), "scheduler runtime/deadline/period can only be"},
	{POLICY("DEADLINE", ",\"runtime\":-1"), "process.scheduler.runtime: -1 is out of range"},
	{POLICY("DEADLINE", ",\"period\":18446744073709551616"),
		"period: the number is out of range"},
	{POLICY("OTHER", ",\"flags\":[\"SCHED_FLAG_X\"]"), "invalid scheduler flag: SCHED_FLAG_X"},
	{POLICY("OTHER", ",\"flags\":[\"\"]"), "invalid scheduler flag: "},
	{POLICY("OTHER", ",\"flags\":\"SCHED_FLAG_RECLAIM\""),
		"process.scheduler.flags: expected an array"},
	{IO(""), "process.ioPriority.class: missing"},
	{IO("\"priority\":1"), "process.ioPriority.class: missing"},
	{IO("\"class\":\"RT\""), "invalid ioPriority.Class: \"RT\""},
	{IO("\"class\":\"IOPRIO_CLASS_NONE\""), "invalid ioPriority.Class: \"IOPRIO_CLASS_NONE\""},
	{IO("\"class\":\"IOPRIO_CLASS_BE\",\"priority\":8"), "invalid ioPriority.Priority: 8"},
	{IO("\"class\":\"IOPRIO_CLASS_BE\",\"priority\":-1"), "invalid ioPriority.Priority: -1"},
	{IO("\"class\":\"IOPRIO_CLASS_BE\",\"priority\":\"1\""),
		"process.ioPriority.priority: expected a number"},
	{PROCESS_WITH("\"ioPriority\":7"), "process.ioPriority: expected an object"},
	{INITIAL("3-1"), "bad CPUAffinity.Initial: invalid range: 3-1"},
	{INITIAL("0,7-5,9"), "bad CPUAffinity.Initial: invalid range: 7-5"},
	{AFFINITY("\"final\":\"1-0\""), "bad CPUAffinity.Final: invalid range: 1-0"},
	{INITIAL("8192"), "bad CPUAffinity.Initial: values larger than 8191 are not supported"},
	{INITIAL("81920"), "bad CPUAffinity.Initial: values larger than 8191"},
	{INITIAL("0-18446744073709551617"), "bad CPUAffinity.Initial: values larger than 8191"},
	{INITIAL("a"), "bad CPUAffinity.Initial: not a number or a range: a"},
	{INITIAL("1,0x2"), "bad CPUAffinity.Initial: not a number or a range: 0x2"},
	{INITIAL("-1"), "bad CPUAffinity.Initial: not a number or a range: -1"},
	{INITIAL("1-"), "bad CPUAffinity.Initial: not a number or a range: 1-"},
	{INITIAL("1 2"), "bad CPUAffinity.Initial: not a number or a range: 1 2"},
	{INITIAL("1-2-3"), "bad CPUAffinity.Initial: not a number or a range: 1-2-3"},
	{INITIAL("00000000000000000000000000000001"),
		"bad CPUAffinity.Initial: not a number or a range: "
		"00000000000000000000000000000001"},
	{INITIAL(" , "), "bad CPUAffinity.Initial: no CPUs found in \" , \""},
	{AFFINITY("\"final\":[0]"), "process.execCPUAffinity.final: expected a string"},
	{PROCESS_WITH("\"execCPUAffinity\":\"0\""), "process.execCPUAffinity: expected an object"},
};

static void refused(void **state)
{
	static const struct refusal personality[] = {
		{"{\"personality\":{}}", "linux.personality.domain: missing"},
		{"{\"personality\":{\"domain\":\"bogus\"}}", "invalid personality domain bogus"},
		{"{\"personality\":{\"domain\":\"\"}}", "invalid personality domain "},
		{"{\"personality\":{\"domain\":8}}", "linux.personality.domain: expected a string"},
		{"{\"personality\":{\"domain\":\"LINUX\",\"flags\":[\"X\"]}}",
			"linux.personality.flags: no flag is defined"},
		{"{\"personality\":\"LINUX\"}", "linux.personality: expected an object"},
	};

	(void)state;
	for (size_t i = 0; i < COUNT(refusals) + COUNT(personality); i++) {
		int first = i < COUNT(refusals);
		const struct refusal *r = first ? &refusals[i] : &personality[i - COUNT(refusals)];
		int status = run(compose(first ? PROCESS : LINUX, r->process));

		if (status != 1 || !strstr(messages, r->error))
			fail_msg("%s\n  expected: %s\n  status %d: %s", r->process, r->error,
				status, messages);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(nothing_by_default),
		cmocka_unit_test(policies),
		cmocka_unit_test(scheduler_members),
		cmocka_unit_test(io_priorities),
		cmocka_unit_test(personalities),
		cmocka_unit_test(affinities),
		cmocka_unit_test(refused),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
