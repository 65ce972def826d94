/*
 * parse: mounts[].uidMappings and gidMappings, idmap, ridmap and crun's inline form arrive in the
 * plan as numbered mappings, each different one once; what is wrong in them is refused.
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

#define MAPPING(c, h, s) "{\"containerID\":" c ",\"hostID\":" h ",\"size\":" s "}"
#define BOTH_MAPS(maps)  "\"uidMappings\":[" maps "],\"gidMappings\":[" maps "]"
#define MOUNT(members)   "{\"destination\":\"/m\"," members "}"
/* A bind mount with these members, or with this option. */
#define MAPPED(members) MOUNT("\"source\":\"/s\",\"options\":[\"bind\"]," members)
#define IDMAP(word)     MOUNT("\"source\":\"/s\",\"options\":[\"bind\",\"" word "\"]")
#define NEW(members)    MOUNT("\"type\":\"tmpfs\"," members)
#define USERNS                                                                                     \
	",{\"type\":\"user\"}]," BOTH_MAPS(                                                        \
		MAPPING("0", "1000", "10") "," MAPPING("10", "5000", "5"))
#define JOINED ",{\"type\":\"user\",\"path\":\"/proc/1/ns/user\"}]"

#define BOTH_TEXT  "id-mapped mounts must have both uid and gid mappings specified"
#define NO_MAPPING "\" is not a mapping like uids="

static struct plan plan;

/* LINUX_MEMBERS follow the list of namespaces, whose "]" they begin with. */
static const char *document(const char *mounts, const char *linux_members)
{
	static char text[1 << 16];
	int n = snprintf(text, sizeof(text),
		"{\"ociVersion\":\"1.2.0\",\"root\":{\"path\":\"r\"},\"process\":{\"cwd\":\"/"
		"\",\"args\":[\"a\"]},\"mounts\":[%s],\"linux\":{\"namespaces\":[{\"type\":"
		"\"mount\"}%s}}",
		mounts, *linux_members ? linux_members : "]");

	assert_true(n > 0 && (size_t)n < sizeof(text));
	return text;
}

static const struct plan_mount *parsed(const char *mounts, const char *linux_members)
{
	if (run(document(mounts, linux_members)) != 0 || *messages)
		fail_msg("%s\n  %s", mounts, messages);
	load(&plan);
	return plan_mount_at(&plan, plan.config->mounts, 0);
}

static void check_line(
	struct plan_list map, uint32_t i, uint64_t container, uint64_t host, uint64_t size)
{
	const struct plan_idmap *line;

	assert_true(i < map.count);
	line = plan_idmap_at(&plan, map, i);
	assert_int_equal(line->container, container);
	assert_int_equal(line->host, host);
	assert_int_equal(line->size, size);
}

static void nothing_by_default(void **state)
{
	const struct plan_mount *mount =
		parsed(MAPPED("\"uidMappings\":null,\"gidMappings\":[]"), USERNS);

	(void)state;
	assert_int_equal(mount->idmap, IDMAP_NONE);
	assert_int_equal(mount->mapping, 0);
	assert_int_equal(plan.config->mappings.count, 0);
	assert_int_equal(plan.config->maps_new_mounts, 0);
}

static void own_mappings(void **state)
{
	const struct plan_mount *mount =
		parsed(MAPPED("\"gidMappings\":[" MAPPING(
			       "0", "0", "4294967295") "],\"uidMappings\":[" MAPPING("7",
			       "4294967294", "1") "," MAPPING("0", "0", "7") "]"),
			"");

	(void)state;
	assert_int_equal(mount->idmap, IDMAP_TOP);
	assert_int_equal(mount->mapping, 1);
	assert_int_equal(mount->uid_map.count, 2);
	check_line(mount->uid_map, 0, 7, 4294967294, 1);
	check_line(mount->uid_map, 1, 0, 0, 7);
	check_line(mount->gid_map, 0, 0, 0, 4294967295);
	assert_int_equal(mount->data.count, 0);
	check_line(plan_mapping_at(&plan, plan.config->mappings, 0)->gid_map, 0, 0, 0, 4294967295);
	assert_int_equal(plan.config->maps_new_mounts, 0);
}

static void containers_mapping(void **state)
{
	const struct plan_mount *mount = parsed(IDMAP("ridmap"), USERNS);
	const struct plan_mapping *mapping = plan_mapping_at(&plan, plan.config->mappings, 0);

	(void)state;
	assert_int_equal(mount->idmap, IDMAP_RECURSIVE);
	assert_int_equal(mount->mapping, 1);
	assert_int_equal(mapping->uid_map.count, 2);
	check_line(mapping->gid_map, 1, 10, 5000, 5);
	/* Empty: sources has the namespace that is joined. */
	mount = parsed(IDMAP("idmap"), JOINED);
	mapping = plan_mapping_at(&plan, plan.config->mappings, 0);
	assert_int_equal(mount->idmap, IDMAP_TOP);
	assert_int_equal(mount->mapping, 1);
	assert_int_equal(mapping->uid_map.count, 0);
}

static void new_file_systems(void **state)
{
	(void)state;
	assert_int_equal(parsed(NEW(BOTH_MAPS(MAPPING("0", "5", "1"))), "")->mapping, 1);
	assert_int_equal(plan.config->maps_new_mounts, 1);
	assert_int_equal(parsed(NEW("\"options\":[\"idmap\"]"), USERNS)->mapping, 1);
	assert_int_equal(plan.config->maps_new_mounts, 1);
	/* In a joined user namespace it belongs to that one. */
	assert_int_equal(parsed(NEW("\"options\":[\"idmap\"]"), JOINED)->mapping, 0);
	assert_int_equal(plan.config->maps_new_mounts, 0);
	assert_int_equal(parsed(NEW(BOTH_MAPS(MAPPING("0", "5", "1"))), JOINED)->mapping, 1);
	assert_int_equal(plan.config->maps_new_mounts, 1);
}

static void equal_ones_are_one(void **state)
{
	static const uint64_t expected[] = {1, 2, 2, 1, 3};

	(void)state;
	parsed(IDMAP("idmap") "," MAPPED(BOTH_MAPS(MAPPING("0", "1000", "10"))) "," IDMAP(
		       "idmap=uids=0-1000-10;gids=0-1000-10") "," MAPPED(BOTH_MAPS(MAPPING("0",
		       "1000", "10") "," MAPPING("10", "5000",
		       "5"))) "," IDMAP("idmap=uids=0-1000-10;gids=0-1000-11"),
		USERNS);
	for (uint32_t i = 0; i < COUNT(expected); i++)
		assert_int_equal(
			plan_mount_at(&plan, plan.config->mounts, i)->mapping, expected[i]);
	assert_int_equal(plan.config->mappings.count, 3);
}

static void inline_form(void **state)
{
	const struct plan_mount *mount =
		parsed(IDMAP("ridmap=gids=@3-10-5;uids=0-1-10#10-11-10#@20-2-8"), USERNS);

	(void)state;
	assert_int_equal(mount->idmap, IDMAP_RECURSIVE);
	assert_int_equal(mount->uid_map.count, 3);
	check_line(mount->uid_map, 0, 0, 1, 10);
	check_line(mount->uid_map, 1, 10, 11, 10);
	check_line(mount->uid_map, 2, 20, 1002, 8);
	assert_int_equal(mount->gid_map.count, 1);
	check_line(mount->gid_map, 0, 3, 5000, 5);
	/* Ranges of the container's that would have to be put together. */
	assert_int_equal(run(document(IDMAP("idmap=uids=@0-9-2;gids=0-0-1"), USERNS)), 1);
	assert_non_null(strstr(messages,
		"mounts[0]: options: no range of the container's user namespace has the ids of "
		"\"@0-9-2\""));
}

static void too_many(void **state)
{
	static char text[1 << 16];

	(void)state;
	for (unsigned ranges = 340; ranges < 342; ranges++) {
		size_t n = (size_t)snprintf(text, sizeof(text), "%s",
			"{\"destination\":\"/m\",\"source\":\"/"
			"s\",\"options\":[\"bind\",\"idmap=gids=0-0-1;uids=0-0-1");
		for (unsigned i = 1; i < ranges; i++)
			n += (size_t)snprintf(text + n, sizeof(text) - n, "#%u-%u-1", i, i);
		snprintf(text + n, sizeof(text) - n, "\"]}");
		assert_int_equal(run(document(text, "")), ranges > 340);
	}
	assert_non_null(strstr(messages, "mounts[0].uidMappings[340]: more than 340 mappings"));
	for (unsigned mappings = 256; mappings < 258; mappings++) {
		size_t n = 0;

		for (unsigned i = 0; i < mappings; i++)
			n += (size_t)snprintf(text + n, sizeof(text) - n,
				"%s" IDMAP("idmap=uids=0-%u-1;gids=0-0-1"), i ? "," : "", i);
		assert_int_equal(run(document(text, "")), mappings > 256);
	}
	assert_non_null(
		strstr(messages, "mounts[256]: the mounts have more than 256 different mappings"));
}

struct refusal {
	const char *mounts, *error;
};

static void refused(void **state)
{
	static const struct refusal refusals[] = {
		{IDMAP("idmap"), "mounts[0]: " BOTH_TEXT ": neither the mount has any"},
		{IDMAP("ridmap"), "mounts[0]: " BOTH_TEXT ": neither the mount has any"},
		{MAPPED("\"uidMappings\":[" MAPPING("0", "0", "1") "]"), "mounts[0]: " BOTH_TEXT},
		{MAPPED("\"uidMappings\":[],\"gidMappings\":[" MAPPING("0", "0", "1") "]"),
			"mounts[0]: " BOTH_TEXT},
		{MAPPED("\"uidMappings\":{}"), "mounts[0].uidMappings: expected an array"},
		{MAPPED("\"gidMappings\":[{\"containerID\":0}]"),
			"mounts[0].gidMappings[0].hostID: missing"},
		{MAPPED(BOTH_MAPS(MAPPING("0", "0", "0"))),
			"mounts[0].uidMappings[0].size: 0 is out of range"},
		{MAPPED(BOTH_MAPS(MAPPING("4294967295", "0", "1"))),
			"mounts[0].uidMappings[0].containerID: 4294967295 is out of range"},
		{MAPPED(BOTH_MAPS(MAPPING("0", "1", "4294967295"))),
			"mounts[0].uidMappings[0]: the mapping ends above 4294967294"},
		{MAPPED(BOTH_MAPS(MAPPING("0", "0", "5") "," MAPPING("9", "4", "5"))),
			"mounts[0].uidMappings[1]: overlaps an earlier mapping"},
		{MAPPED("\"uidMappings\":[" MAPPING("0", "0", "5") "],\"gidMappings\":[" MAPPING(
			 "0", "0", "5") "," MAPPING("9", "4", "5") "]"),
			"mounts[0].gidMappings[1]: overlaps an earlier mapping"},
		{MOUNT("\"type\":\"cgroup\"," BOTH_MAPS(MAPPING("0", "0", "1"))),
			"mounts[0]: cgroup file systems cannot be id-mapped"},
		{MOUNT("\"options\":[\"remount\",\"bind\"]," BOTH_MAPS(MAPPING("0", "0", "1"))),
			"mounts[0]: options: remount cannot change the ids of a mount"},
		{IDMAP("idmap="), "mounts[0]: options: \"" NO_MAPPING},
		{IDMAP("idmap=uids=0-0-1"), "mounts[0]: " BOTH_TEXT},
		{IDMAP("idmap=x=0-0-1;gids=0-0-1"), NO_MAPPING},
		{IDMAP("idmap=uids=0-0;gids=0-0-1"), NO_MAPPING},
		{IDMAP("idmap=uids=0-0-0;gids=0-0-1"), NO_MAPPING},
		{IDMAP("idmap=uids=00-0-1;gids=0-0-1"), NO_MAPPING},
		{IDMAP("idmap=uids=-0-1;gids=0-0-1"), NO_MAPPING},
		{IDMAP("idmap=uids=0-4294967295-1;gids=0-0-1"), NO_MAPPING},
		{IDMAP("idmap=uids=99999999999999999999-0-1;gids=0-0-1"), NO_MAPPING},
		{IDMAP("idmap=uids=0-0-1#;gids=0-0-1"), NO_MAPPING},
		{IDMAP("idmap=uids=0-0-1;uids=0-0-1"), NO_MAPPING},
		{IDMAP("idmap=uids=0-0-1;gids=0-0-1;"), NO_MAPPING},
		{IDMAP("idmap=uids=0-0-1;gids=0-0-1 "), NO_MAPPING},
		{IDMAP("idmap=uids=@0-0-1;gids=@0-0-1"),
			"no range of the container's user namespace has the ids of \"@0-0-1\""},
		{IDMAP("idmap=uids=0-0-1\",\"ridmap=uids=0-0-1"),
			"mounts[0].options[2]: a second mapping"},
		{MOUNT("\"source\":\"/s\",\"options\":[\"bind\",\"idmap=uids=0-0-1;gids=0-0-1"
		       "\"]," BOTH_MAPS(MAPPING("0", "0", "1"))),
			"mounts[0]: options: a second mapping beside uidMappings"},
	};

	(void)state;
	for (size_t i = 0; i < COUNT(refusals); i++) {
		int status = run(document(refusals[i].mounts, ""));

		if (status != 1 || !strstr(messages, refusals[i].error))
			fail_msg("%s\n  expected: %s\n  status %d: %s", refusals[i].mounts,
				refusals[i].error, status, messages);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(nothing_by_default),
		cmocka_unit_test(own_mappings),
		cmocka_unit_test(containers_mapping),
		cmocka_unit_test(new_file_systems),
		cmocka_unit_test(equal_ones_are_one),
		cmocka_unit_test(inline_form),
		cmocka_unit_test(too_many),
		cmocka_unit_test(refused),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
