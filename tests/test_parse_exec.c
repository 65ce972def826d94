/* `parse exec` with flags: where each property of the process comes from, what is refused, and kept
 * plans that are damaged. */
/* link: shared/plan shared/plan_write shared/names shared/text shared/msg tests/exec_run */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include "exec_run.h"
#include "step.h"

#define ARGUMENTS(...) ((const char *const[]){__VA_ARGS__, NULL})
#define KILL           (UINT64_C(1) << 5)
#define NET_RAW        (UINT64_C(1) << 13)
#define SYS_ADMIN      (UINT64_C(1) << 21)

static void add_text(struct plan_list *list, const char *text)
{
	((struct plan_str *)plan_add(PLAN_RECORD_str, list))->value = plan_put(text);
}

static void add_number(struct plan_list *list, uint64_t value)
{
	((struct plan_num *)plan_add(PLAN_RECORD_num, list))->value = value;
}

/* A container of which every property differs from what would be there by default. */
static struct plan_config *begin_kept(void)
{
	struct plan_config *c;
	struct plan_rlimit *limit;

	plan_begin(kept_pool, sizeof(kept_pool));
	c = plan_config_record();
	c->id = plan_put("web");
	c->bundle = plan_put("/bundle");
	c->oci_version = plan_put("1.2.0");
	c->root_path = plan_put("rootfs");
	c->no_new_keyring = 1;
	c->preserve_fds = 3;
	c->rootless = 1;
	c->hostname = plan_put("host");
	c->has_process = 1;
	c->terminal = 1;
	c->console_height = (struct plan_opt_u64){1, 40};
	c->console_width = (struct plan_opt_u64){1, 120};
	c->uid = 1001;
	c->gid = 1002;
	c->umask = (struct plan_opt_u64){1, 027};
	add_number(&c->additional_gids, 7);
	add_number(&c->additional_gids, 8);
	add_text(&c->args, "init");
	add_text(&c->args, "-x");
	add_text(&c->env, "PATH=/bin");
	add_text(&c->env, "A=1");
	add_text(&c->env, "AB=2");
	c->cwd = plan_put("/kept");
	c->has_capabilities = 1;
	c->cap_bounding = KILL | NET_RAW;
	c->cap_effective = KILL;
	c->cap_permitted = KILL;
	c->cap_inheritable = KILL;
	c->cap_ambient = KILL;
	limit = plan_add(PLAN_RECORD_rlimit, &c->rlimits);
	*limit = (struct plan_rlimit){RLIMIT_COUNT - 1, 5, UINT64_MAX};
	c->apparmor_profile = plan_put("kept-profile");
	c->selinux_label = plan_put("kept:label");
	c->oom_score_adj = (struct plan_opt_i64){1, -17};
	c->has_linux = 1;
	((struct plan_namespace *)plan_add(PLAN_RECORD_namespace, &c->namespaces))->type = NS_PID;
	((struct plan_namespace *)plan_add(PLAN_RECORD_namespace, &c->namespaces))->path =
		plan_put("/proc/1/ns/mnt");
	c->has_seccomp = 1;
	c->seccomp_has_flags = 1;
	c->seccomp_flags = 2;
	c->personality = (struct plan_opt_u64){1, 8};
	c->has_scheduler = 1;
	c->sched_nice = -5;
	c->sched_policy = 3;
	c->io_priority = (struct plan_opt_u64){1, 0x4007};
	add_number(&c->exec_affinity_initial, 1);
	add_number(&c->exec_affinity_final, 2);
	return c;
}

static void keep_usual(void)
{
	begin_kept();
	keep(build_id);
}

static const char *text_at(const struct plan *plan, struct plan_list list, uint32_t i)
{
	assert_in_range(i, 0, list.count - 1);
	return plan_text(plan, plan_str_at(plan, list, i)->value);
}

static struct plan ran(const char *const *arguments)
{
	struct plan plan;
	int status = run_exec(arguments, NULL, 0);

	if (status || said[0])
		fail_msg("%s …: status %d: %s", arguments[0], status, said);
	load_exec(&plan);
	return plan;
}

/* What the container decides, whatever the process is (runc-cli.md 3.15). */
static void check_container(const struct plan *plan)
{
	const struct plan_config *c = plan->config;

	assert_int_equal(c->joins, 1);
	assert_string_equal(plan_text(plan, c->id), "web");
	assert_string_equal(plan_text(plan, c->bundle), "/bundle");
	assert_string_equal(plan_text(plan, c->oci_version), "1.2.0");
	assert_int_equal(c->rootless, 1);
	assert_int_equal(c->no_new_keyring, 1);
	assert_int_equal(c->has_linux, 1);
	assert_int_equal(c->namespaces.count, 2);
	assert_int_equal(plan_namespace_at(plan, c->namespaces, 0)->type, NS_PID);
	for (uint32_t i = 0; i < 2; i++) /* all are joined by the pidfd, never by a path */
		assert_null(plan_text(plan, plan_namespace_at(plan, c->namespaces, i)->path));
	assert_int_equal(c->umask.set, 1);
	assert_int_equal(c->umask.value, 027);
	assert_int_equal(c->personality.value, 8);
	assert_int_equal(c->oom_score_adj.set, 1);
	assert_int_equal(c->oom_score_adj.value, -17);
	assert_int_equal(c->has_seccomp, 1);
	assert_int_equal(c->seccomp_has_flags, 1);
	assert_int_equal(c->seccomp_flags, 2);
	assert_int_equal(c->root_path.offset | c->hostname.offset, 0);
	assert_int_equal(c->mounts.count | c->hooks_start_container.count, 0);
}

static void the_rest_is_the_containers(void **state)
{
	struct plan plan;
	const struct plan_config *c;

	(void)state;
	keep_usual();
	plan = ran(ARGUMENTS("--", "ls", "-l", ""));
	c = plan.config;
	check_container(&plan);
	assert_int_equal(c->preserve_fds, 0);
	assert_int_equal(c->terminal, 0); /* although the container has one */
	assert_int_equal(c->console_height.set | c->console_width.set, 0);
	assert_int_equal(c->uid, 1001);
	assert_int_equal(c->gid, 1002);
	assert_int_equal(c->additional_gids.count, 2);
	assert_int_equal(plan_num_at(&plan, c->additional_gids, 1)->value, 8);
	assert_int_equal(c->args.count, 3);
	assert_string_equal(text_at(&plan, c->args, 0), "ls");
	assert_string_equal(text_at(&plan, c->args, 2), "");
	assert_int_equal(c->env.count, 3);
	assert_string_equal(text_at(&plan, c->env, 1), "A=1");
	assert_string_equal(plan_text(&plan, c->cwd), "/kept");
	assert_int_equal(c->has_capabilities, 1);
	assert_int_equal(c->cap_bounding, KILL | NET_RAW);
	assert_int_equal(c->cap_effective, KILL);
	assert_int_equal(c->cap_permitted, KILL);
	assert_int_equal(c->cap_inheritable, KILL);
	assert_int_equal(c->cap_ambient, KILL);
	assert_int_equal(c->rlimits.count, 1);
	assert_int_equal(plan_rlimit_at(&plan, c->rlimits, 0)->soft, 5);
	assert_int_equal(c->no_new_privileges, 0);
	assert_string_equal(plan_text(&plan, c->apparmor_profile), "kept-profile");
	assert_string_equal(plan_text(&plan, c->selinux_label), "kept:label");
	assert_int_equal(c->has_scheduler, 1);
	assert_int_equal(c->sched_policy, 3);
	assert_int_equal(c->sched_nice, -5);
	assert_int_equal(c->io_priority.value, 0x4007);
	assert_int_equal(plan_num_at(&plan, c->exec_affinity_initial, 0)->value, 1);
	assert_int_equal(plan_num_at(&plan, c->exec_affinity_final, 0)->value, 2);
}

static void each_flag_replaces_or_adds(void **state)
{
	struct plan plan;
	const struct plan_config *c;

	(void)state;
	keep_usual();
	plan = ran(ARGUMENTS("--preserve-fds", "4", "--tty", "--no-new-privs", "--cwd", "/there",
		"--user", "5:6", "--process-label", "other:label", "--apparmor", "other",
		"--additional-gid", "0", "--additional-gid", "4294967294", "--cap", "CAP_SYS_ADMIN",
		"--cap", "CAP_NET_RAW", "--", "--tty", "--"));
	c = plan.config;
	check_container(&plan);
	assert_int_equal(c->preserve_fds, 4);
	assert_int_equal(c->terminal, 1);
	assert_int_equal(c->console_height.value, 40);
	assert_int_equal(c->console_width.value, 120);
	assert_int_equal(c->no_new_privileges, 1);
	assert_string_equal(plan_text(&plan, c->cwd), "/there");
	assert_int_equal(c->uid, 5);
	assert_int_equal(c->gid, 6);
	assert_int_equal(c->additional_gids.count, 4);
	assert_int_equal(plan_num_at(&plan, c->additional_gids, 2)->value, 0);
	assert_int_equal(plan_num_at(&plan, c->additional_gids, 3)->value, 4294967294);
	assert_string_equal(plan_text(&plan, c->selinux_label), "other:label");
	assert_string_equal(plan_text(&plan, c->apparmor_profile), "other");
	/* Never the inheritable and ambient sets (CVE-2022-29162). */
	assert_int_equal(c->cap_bounding, KILL | NET_RAW | SYS_ADMIN);
	assert_int_equal(c->cap_effective, KILL | NET_RAW | SYS_ADMIN);
	assert_int_equal(c->cap_permitted, KILL | NET_RAW | SYS_ADMIN);
	assert_int_equal(c->cap_inheritable, KILL);
	assert_int_equal(c->cap_ambient, KILL);
	assert_int_equal(c->args.count, 2);
	assert_string_equal(text_at(&plan, c->args, 0), "--tty");
	assert_string_equal(text_at(&plan, c->args, 1), "--");
	plan = ran(ARGUMENTS("--user", "5", "--", "a"));
	assert_int_equal(plan.config->uid, 5);
	assert_int_equal(plan.config->gid, 1002);
	plan = ran(ARGUMENTS("--user", "0:0", "--", "a"));
	assert_int_equal(plan.config->uid | plan.config->gid, 0);
}

static void an_empty_label_or_profile_is_none_of_its_own(void **state)
{
	struct plan plan;

	(void)state;
	keep_usual();
	plan = ran(ARGUMENTS("--apparmor", "", "--process-label", "", "--", "a"));
	assert_string_equal(plan_text(&plan, plan.config->apparmor_profile), "kept-profile");
	assert_string_equal(plan_text(&plan, plan.config->selinux_label), "kept:label");
}

static void no_new_privileges_are_never_taken_back(void **state)
{
	(void)state;
	begin_kept()->no_new_privileges = 1;
	keep(build_id);
	assert_int_equal(ran(ARGUMENTS("--", "a")).config->no_new_privileges, 1);
}

static void capabilities_of_a_container_without(void **state)
{
	struct plan_config *c = begin_kept();
	struct plan plan;

	(void)state;
	c->has_capabilities = 0;
	c->cap_bounding = c->cap_effective = c->cap_permitted = c->cap_inheritable =
		c->cap_ambient = 0;
	keep(build_id);
	assert_int_equal(ran(ARGUMENTS("--", "a")).config->has_capabilities, 0);
	plan = ran(ARGUMENTS("--cap", "CAP_KILL", "--", "a"));
	assert_int_equal(plan.config->has_capabilities, 1);
	assert_int_equal(plan.config->cap_bounding, KILL);
	assert_int_equal(plan.config->cap_permitted, KILL);
	assert_int_equal(plan.config->cap_inheritable | plan.config->cap_ambient, 0);
}

static void unknown_capabilities_give_one_warning(void **state)
{
	struct plan plan;

	(void)state;
	keep_usual();
	assert_int_equal(run_exec(ARGUMENTS("--cap", "CAP_Z", "--cap", "NET_RAW", "--cap",
					  "cap_kill", "--cap", "CAP_Z", "--", "a"),
				 NULL, 0),
		0);
	assert_string_equal(said,
		"warning: ignoring unknown or unavailable capabilities: [CAP_Z NET_RAW "
		"cap_kill]\n");
	load_exec(&plan);
	assert_int_equal(plan.config->cap_effective, KILL);
}

static void variables_replace_add_and_repeat(void **state)
{
	static const char *const want[] = {"PATH=/bin", "AB=2", "C=3", "A=", "B=x=y"};
	struct plan plan;

	(void)state;
	keep_usual();
	plan = ran(ARGUMENTS("--env", "A=9", "--env", "C=3", "--env", "A=8", "--env", "A=", "--env",
		"B=x=y", "--", "a"));
	assert_int_equal(plan.config->env.count, COUNT(want));
	for (uint32_t i = 0; i < COUNT(want); i++)
		assert_string_equal(text_at(&plan, plan.config->env, i), want[i]);
	/* Values of flags that look like flags. */
	plan = ran(ARGUMENTS("--env", "--env=--cap", "--cwd", "/--", "--env", "X=--", "--", "a"));
	assert_int_equal(plan.config->env.count, 5);
	assert_string_equal(text_at(&plan, plan.config->env, 3), "--env=--cap");
}

static void many_variables_and_arguments(void **state)
{
	static char env[2000][16];
	static const char *words[4100];
	static char large[100 << 10];
	struct plan plan;
	size_t n = 0;

	(void)state;
	keep_usual();
	for (size_t i = 0; i < 2000; i++) {
		snprintf(env[i], sizeof(env[i]), "V%zu=%zu", i, i);
		words[n++] = "--env";
		words[n++] = env[i];
	}
	memset(large, 'x', sizeof(large) - 1);
	words[n++] = "--";
	words[n++] = large;
	plan = ran(words);
	assert_int_equal(plan.config->env.count, 2003);
	assert_string_equal(text_at(&plan, plan.config->env, 2002), "V1999=1999");
	assert_int_equal(strlen(text_at(&plan, plan.config->args, 0)), sizeof(large) - 1);
}

/* RT-05: what is no plain decimal number from 0 to 2^32-2 is no id. */
static void ids_that_are_none_are_refused(void **state)
{
	static const char *const bad[] = {"-1", "-0", "+1", " 1", "1 ", "1x", "0x10", "1e3", "1.0",
		"01", "00", "4294967295", "4294967296", "18446744073709551615",
		"18446744073709551616", "1234567890123456789012345678901234567890", "", "root",
		"1\n", "\xef\xbc\x91", "1,2", "\t",
		"99999999999999999999999999999999999999999999999999999999999999999999999999999999"};
	char user[128];

	(void)state;
	keep_usual();
	for (size_t i = 0; i < COUNT(bad); i++) {
		refused_exec(
			ARGUMENTS("--user", bad[i], "--", "a"), NULL, 0, "bad uid: strconv.Atoi");
		snprintf(user, sizeof(user), "%s:1", bad[i]);
		refused_exec(
			ARGUMENTS("--user", user, "--", "a"), NULL, 0, "bad uid: strconv.Atoi");
		snprintf(user, sizeof(user), "1:%s", bad[i]);
		refused_exec(
			ARGUMENTS("--user", user, "--", "a"), NULL, 0, "bad gid: strconv.Atoi");
		refused_exec(ARGUMENTS("--additional-gid", bad[i], "--", "a"), NULL, 0,
			*bad[i] == '-' ? "additional-gids must be a positive number -"
				       : "bad additional gid: strconv.Atoi");
	}
	refused_exec(ARGUMENTS("--user", "1:2:3", "--", "a"), NULL, 0, "bad gid: ");
	refused_exec(ARGUMENTS("--user", ":", "--", "a"), NULL, 0, "bad uid: ");
	refused_exec(ARGUMENTS("--user", "x:1", "--", "a"), NULL, 0,
		"bad uid: strconv.Atoi: parsing \"x\": invalid syntax");
	refused_exec(ARGUMENTS("--user", "4294967295", "--", "a"), NULL, 0,
		"parsing \"4294967295\": value out of range");
}

static void ids_at_the_edges(void **state)
{
	static const char *const good[] = {"0", "1", "2147483647", "2147483648", "4294967294"};
	char user[64];

	(void)state;
	keep_usual();
	for (size_t i = 0; i < COUNT(good); i++) {
		struct plan plan;

		snprintf(user, sizeof(user), "%s:%s", good[i], good[i]);
		plan = ran(ARGUMENTS("--user", user, "--additional-gid", good[i], "--", "a"));
		assert_int_equal(plan.config->uid, strtoull(good[i], NULL, 10));
		assert_int_equal(plan.config->gid, strtoull(good[i], NULL, 10));
		assert_int_equal(plan_num_at(&plan, plan.config->additional_gids, 2)->value,
			strtoull(good[i], NULL, 10));
	}
}

static void flags_that_are_refused(void **state)
{
	static char name_only[65536];

	(void)state;
	keep_usual();
	refused_exec(ARGUMENTS("--"), NULL, 0, "exec args cannot be empty");
	refused_exec(
		ARGUMENTS("--", ""), NULL, 0, "exec: \"\": executable file not found in $PATH");
	refused_exec(ARGUMENTS("--env", "NOEQ", "--", "a"), NULL, 0,
		"env: invalid environment variable: missing '='");
	refused_exec(ARGUMENTS("--env", "", "--", "a"), NULL, 0, "missing '='");
	refused_exec(ARGUMENTS("--env", "=x", "--", "a"), NULL, 0, "name cannot be empty");
	refused_exec(ARGUMENTS("--env", "A=1", "--env", "A", "--", "a"), NULL, 0, "missing '='");
	memset(name_only, 'n', sizeof(name_only) - 1);
	refused_exec(ARGUMENTS("--env", name_only, "--", "a"), NULL, 0, "missing '='");
	refused_exec(ARGUMENTS("--cwd", "", "--", "a"), NULL, 0, "Cwd property must not be empty");
	refused_exec(ARGUMENTS("--cwd", "tmp", "--", "a"), NULL, 0, "Cwd must be an absolute path");
	refused_exec(ARGUMENTS("--apparmor", "a\nb", "--", "a"), NULL, 0, "control characters");
	refused_exec(
		ARGUMENTS("--process-label", "a b", "--", "a"), NULL, 0, "not a label: \"a b\"");
	refused_exec(ARGUMENTS("--process-label", "a\"b", "--", "a"), NULL, 0, "not a label");
}

static void command_lines_that_are_none(void **state)
{
	const char *const *const bad[] = {ARGUMENTS("--tty"), ARGUMENTS("a"), ARGUMENTS("--user"),
		ARGUMENTS("--user", "--"), ARGUMENTS("--cap", "--"), ARGUMENTS("--env"),
		ARGUMENTS("--nonsense", "--", "a"), ARGUMENTS("-t", "--", "a"),
		ARGUMENTS("", "--", "a"), ARGUMENTS("--additional-gids", "1", "--", "a")};

	(void)state;
	keep_usual();
	for (size_t i = 0; i < COUNT(bad); i++)
		refused_exec(bad[i], NULL, 0, "usage: parse exec ");
	refused_exec(ARGUMENTS("--preserve-fds", "-1", "--", "a"), NULL, 0, "");
	refused_exec(ARGUMENTS("--preserve-fds", "3x", "--", "a"), NULL, 0, "");
}

/* --- the kept plan --- */

static void a_container_without_a_process(void **state)
{
	struct plan_config *c;

	(void)state;
	plan_begin(kept_pool, sizeof(kept_pool));
	c = plan_config_record();
	c->id = plan_put("bare");
	keep(build_id);
	refused_exec(ARGUMENTS("--", "a"), NULL, 0, "the container has no process: use --process");
	refused_exec(ARGUMENTS("--cwd", "/", "--user", "0:0", "--", "a"), NULL, 0, "use --process");
	assert_int_equal(
		run_exec(ARGUMENTS("--process", "--"), "{\"cwd\":\"/\",\"args\":[\"a\"]}", 24), 0);
}

static void a_plan_of_another_build(void **state)
{
	(void)state;
	begin_kept();
	keep("0.0-other");
	refused_exec(ARGUMENTS("--", "a"), NULL, 0, "plan:");
	refused_exec(ARGUMENTS("--process", "--"), "{}", 2, "plan:");
	keep_usual();
	((struct plan_header *)(void *)kept)->layout++;
	refused_exec(ARGUMENTS("--", "a"), NULL, 0, "plan:");
}

static void a_plan_of_the_wrong_length(void **state)
{
	static const size_t cuts[] = {0, 1, 7, 8, 15, 16, 47, 48, 63, 64, 200, 400};
	size_t whole;

	(void)state;
	keep_usual();
	whole = kept_size;
	for (size_t i = 0; i < COUNT(cuts); i++) {
		kept_size = cuts[i];
		refused_exec(ARGUMENTS("--", "a"), NULL, 0, "plan:");
		kept_size = whole - 1 - cuts[i];
		refused_exec(ARGUMENTS("--", "a"), NULL, 0, "plan:");
	}
	kept_size = whole + 1;
	refused_exec(ARGUMENTS("--", "a"), NULL, 0, "plan:");
}

/* Each byte of the header changed: nothing gets through. */
static void a_damaged_header_is_refused(void **state)
{
	(void)state;
	keep_usual();
	for (size_t i = 0; i < sizeof(struct plan_header); i++) {
		unsigned char good = kept[i];

		kept[i] ^= i % 2 ? 0xff : 1;
		refused_exec(ARGUMENTS("--", "a"), NULL, 0, "plan:");
		kept[i] = good;
	}
}

/* Elsewhere a change may mean another container; then what comes out is a plan, or one line says
 * why not. */
static void a_plan_damaged_anywhere_else(void **state)
{
	int refused = 0, passed = 0;
	unsigned seed = 4711;

	(void)state;
	keep_usual();
	for (unsigned i = 0; i < 600; i++) {
		size_t at[3], n = i % 3 + 1;
		unsigned char good[3];
		struct plan plan;
		int status;

		for (size_t j = 0; j < n; j++) {
			seed = seed * 1103515245 + 12345;
			at[j] = sizeof(struct plan_header) +
				(seed >> 8) % (kept_size - sizeof(struct plan_header));
			good[j] = kept[at[j]];
			kept[at[j]] ^= (unsigned char)(1 << (seed >> 4) % 8);
		}
		status = run_exec(ARGUMENTS("--user", "1:2", "--env", "A=3", "--", "a"), NULL, 0);
		if (status == 1 && !strncmp(said, "error: ", 7))
			refused++;
		else if (status)
			fail_msg("status %d: %s", status, said);
		else
			passed++, load_exec(&plan);
		for (size_t j = n; j-- > 0;)
			kept[at[j]] = good[j];
	}
	print_message("# %d refused, %d passed\n", refused, passed);
	assert_true(refused > 40 && passed > 40);
	ran(ARGUMENTS("--", "a")); /* it is whole again */
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(the_rest_is_the_containers),
		cmocka_unit_test(each_flag_replaces_or_adds),
		cmocka_unit_test(an_empty_label_or_profile_is_none_of_its_own),
		cmocka_unit_test(no_new_privileges_are_never_taken_back),
		cmocka_unit_test(capabilities_of_a_container_without),
		cmocka_unit_test(unknown_capabilities_give_one_warning),
		cmocka_unit_test(variables_replace_add_and_repeat),
		cmocka_unit_test(many_variables_and_arguments),
		cmocka_unit_test(ids_that_are_none_are_refused),
		cmocka_unit_test(ids_at_the_edges),
		cmocka_unit_test(flags_that_are_refused),
		cmocka_unit_test(command_lines_that_are_none),
		cmocka_unit_test(a_container_without_a_process),
		cmocka_unit_test(a_plan_of_another_build),
		cmocka_unit_test(a_plan_of_the_wrong_length),
		cmocka_unit_test(a_damaged_header_is_refused),
		cmocka_unit_test(a_plan_damaged_anywhere_else),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
