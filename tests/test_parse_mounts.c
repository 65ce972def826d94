/* parse: what the words of mounts[].options become in the plan. */
/* link: shared/plan shared/names shared/text tests/parse_run */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <linux/mount.h>
#include <stdio.h>
#include <string.h>
#include "parse_run.h"

static struct plan plan;

/* The plan of one mount at /m with MEMBERS. */
static const struct plan_mount *mount_of(const char *members)
{
	char text[1024];

	assert_true(strlen(members) < sizeof(text) - 64);
	snprintf(text, sizeof(text), "[{\"destination\":\"/m\",%s}]", members);
	if (run(compose(MOUNTS, text)))
		fail_msg("%s\n  %s", members, messages);
	load(&plan);
	assert_int_equal(plan.config->mounts.count, 1);
	return plan_mount_at(&plan, plan.config->mounts, 0);
}

/* "a,b=c" of all data. */
static const char *data_of(const struct plan_mount *m)
{
	static char text[1024];
	size_t used = 0;

	*text = '\0';
	for (uint32_t i = 0; i < m->data.count; i++) {
		const struct plan_kv *kv = plan_kv_at(&plan, m->data, i);
		const char *value = plan_text(&plan, kv->value);

		used += (size_t)snprintf(text + used, sizeof(text) - used, "%s%s%s%s", i ? "," : "",
			plan_text(&plan, kv->key), value ? "=" : "", value ? value : "");
		assert_true(used < sizeof(text));
	}
	return text;
}

#define BIND(words)  "\"source\":\"/s\",\"options\":[\"bind\"," words "]"
#define TMPFS(words) "\"type\":\"tmpfs\",\"options\":[" words "]"

static void recursive_words(void **state)
{
	/* Word and what it takes back, the attribute; atime kinds are one field (mount_setattr(2)).
	 */
	static const struct {
		const char *set, *clear;
		uint64_t bit;
	} flags[] = {{"rro", "rrw", MOUNT_ATTR_RDONLY}, {"rnosuid", "rsuid", MOUNT_ATTR_NOSUID},
		{"rnodev", "rdev", MOUNT_ATTR_NODEV}, {"rnoexec", "rexec", MOUNT_ATTR_NOEXEC},
		{"rnodiratime", "rdiratime", MOUNT_ATTR_NODIRATIME},
		{"rnosymfollow", "rsymfollow", MOUNT_ATTR_NOSYMFOLLOW}};
	static const struct {
		const char *word;
		uint64_t kind;
	} times[] = {{"rrelatime", MOUNT_ATTR_RELATIME}, {"rnoatime", MOUNT_ATTR_NOATIME},
		{"rstrictatime", MOUNT_ATTR_STRICTATIME}, {"ratime", 0}, {"rnostrictatime", 0}};
	const struct plan_mount *m;
	char text[128];

	(void)state;
	for (size_t i = 0; i < COUNT(flags); i++) {
		snprintf(text, sizeof(text), BIND("\"%s\""), flags[i].set);
		m = mount_of(text);
		assert_int_equal(m->rec_attr_set, flags[i].bit);
		assert_int_equal(m->attr_set | m->attr_clr | m->rec_attr_clr, 0);
		snprintf(text, sizeof(text), BIND("\"%s\",\"%s\""), flags[i].set, flags[i].clear);
		m = mount_of(text);
		assert_int_equal(m->rec_attr_clr, flags[i].bit);
		assert_int_equal(m->attr_set | m->attr_clr | m->rec_attr_set, 0);
	}
	for (size_t i = 0; i < COUNT(times); i++) {
		snprintf(text, sizeof(text), BIND("\"%s\""), times[i].word);
		m = mount_of(text);
		assert_int_equal(m->rec_attr_set, times[i].kind);
		assert_int_equal(m->rec_attr_clr, MOUNT_ATTR__ATIME);
	}
	/* relatime is what is left without the word, so there is nothing to change */
	m = mount_of(BIND("\"rnorelatime\""));
	assert_int_equal(m->rec_attr_set | m->rec_attr_clr | m->data.count, 0);
	/* A new mount is its whole tree. */
	m = mount_of(TMPFS("\"rro\",\"nosuid\",\"rsuid\",\"rnoatime\""));
	assert_int_equal(m->attr_set, MOUNT_ATTR_RDONLY | MOUNT_ATTR_NOATIME);
	assert_int_equal(m->rec_attr_set | m->rec_attr_clr, 0);
}

static void kinds(void **state)
{
	const struct plan_mount *m;

	(void)state;
	m = mount_of(TMPFS("\"remount\",\"ro\",\"size=1\""));
	assert_int_equal(m->kind, MOUNT_REMOUNT);
	assert_int_equal(m->flags, MOUNT_RECONFIGURE);
	assert_string_equal(data_of(m), "size=1");
	m = mount_of("\"options\":[\"ro\",\"remount\",\"rbind\"]");
	assert_int_equal(m->kind, MOUNT_REMOUNT);
	assert_int_equal(m->flags, 0);
	assert_int_equal(m->attr_set, MOUNT_ATTR_RDONLY);
	assert_int_equal(mount_of("\"options\":[\"remount\"]")->kind, MOUNT_REMOUNT);
	assert_int_equal(mount_of(TMPFS("\"nosuid\",\"tmpcopyup\""))->flags, MOUNT_COPY_UP);
	assert_int_equal(mount_of(BIND("\"copy-symlink\""))->flags, MOUNT_COPY_SYMLINK);
	assert_int_equal(mount_of(BIND("\"src-nofollow\",\"dest-nofollow\""))->flags,
		MOUNT_SOURCE_NOFOLLOW | MOUNT_DESTINATION_NOFOLLOW);
}

static void words_of_the_file_system(void **state)
{
	(void)state;
	assert_string_equal(
		data_of(mount_of(TMPFS("\"sync\",\"dirsync\",\"lazytime\",\"mand\",\"iversion\","
				       "\"x=y=z\",\"flag\""))),
		"x=y=z,flag,sync,dirsync,lazytime,mand,iversion");
	assert_string_equal(data_of(mount_of(TMPFS("\"sync\",\"async\",\"lazytime\",\"nolazytime\","
						   "\"mand\",\"nomand\",\"iversion\","
						   "\"noiversion\",\"silent\",\"loud\","
						   "\"defaults\""))),
		"");
	/* A bind has no file system of its own to tell. */
	assert_string_equal(data_of(mount_of(BIND("\"sync\",\"dirsync\",\"lazytime\",\"mand\","
						  "\"iversion\",\"silent\",\"defaults\""))),
		"");
	/* Read-only is told to one that has a device or a server behind it, whatever comes first. */
	assert_string_equal(data_of(mount_of("\"options\":[\"ro\"],\"type\":\"ext4\"")), "ro");
	assert_string_equal(data_of(mount_of("\"options\":[\"rro\"],\"type\":\"nfs\"")), "ro");
	assert_string_equal(data_of(mount_of("\"options\":[\"ro\"],\"type\":\"sysfs\"")), "");
	assert_string_equal(
		data_of(mount_of("\"options\":[\"remount\",\"rw\"],\"type\":\"ext4\"")), "rw");
}

/* mount(2)'s data: options are apart at commas, but not in quotes, after a backslash or in mpol's
 * list; quotes around a label are no part of it. */
static void several_in_one_string(void **state)
{
	const struct plan_mount *m;

	(void)state;
	assert_string_equal(data_of(mount_of(TMPFS("\"mode=750,size=64k\",\"uid=1\""))),
		"mode=750,size=64k,uid=1");
	assert_string_equal(data_of(mount_of(TMPFS("\",,mode=750,\",\"\",\",\""))), "mode=750");
	m = mount_of(TMPFS("\"nosuid,size=1k,rslave,sync\""));
	assert_int_equal(m->attr_set, MOUNT_ATTR_NOSUID);
	assert_int_equal(m->propagation.count, 1);
	assert_string_equal(data_of(m), "size=1k,sync");
	m = mount_of("\"source\":\"/s\",\"options\":[\"rbind,ro,\"]");
	assert_int_equal(m->kind, MOUNT_BIND);
	assert_int_equal(m->attr_set, MOUNT_ATTR_RDONLY);
	m = mount_of("\"type\":\"overlay\",\"options\":[\"lowerdir=/a\\\\,b:/c,upperdir=/d\"]");
	assert_int_equal(m->data.count, 2);
	assert_string_equal(data_of(m), "lowerdir=/a\\,b:/c,upperdir=/d");
	m = mount_of(TMPFS("\"context=\\\"u:r:t:s0:c1,c2\\\",size=1k\""));
	assert_int_equal(m->data.count, 2);
	assert_string_equal(data_of(m), "context=u:r:t:s0:c1,c2,size=1k");
	m = mount_of(TMPFS("\"x=\\\"a,b\\\"\""));
	assert_int_equal(m->data.count, 1);
	assert_string_equal(data_of(m), "x=\"a,b\"");
	m = mount_of(TMPFS("\"mpol=bind:0,2,size=1k\""));
	assert_int_equal(m->data.count, 2);
	assert_string_equal(data_of(m), "mpol=bind:0,2,size=1k");
	assert_string_equal(data_of(mount_of(TMPFS("\"flag\\\\\""))), "flag\\");
}

/* A string of fsconfig(2) ends at 255 bytes; overlay's layers are then one option each, other values are whole. */
static void long_values(void **state)
{
	static char options[1024], layer[256];
	const struct plan_mount *m;
	size_t used;

	(void)state;
	memset(layer, 'l', sizeof(layer) - 1);
	snprintf(options, sizeof(options),
		"\"type\":\"tmpfs\",\"source\":\"%s\",\"options\":[\"x=%s\"]", layer, layer);
	assert_int_equal(mount_of(options)->data.count, 1);
	snprintf(options, sizeof(options),
		"\"type\":\"tmpfs\",\"source\":\"%ss\",\"options\":[\"x=%sx\"]", layer, layer);
	m = mount_of(options);
	assert_int_equal(m->source.length, 256);
	assert_int_equal(m->data.count, 1);
	snprintf(options, sizeof(options),
		"\"type\":\"overlay\",\"options\":[\"lowerdir=/a:/b::/c\"]");
	assert_string_equal(data_of(mount_of(options)), "lowerdir=/a:/b::/c");
	used = (size_t)snprintf(options, sizeof(options),
		"\"type\":\"overlay\",\"options\":[\"metacopy=on,lowerdir=/%.100s:/a\\\\:b\\\\,c:/"
		"%.150s::/data::/d2,"
		"upperdir=/u\"]",
		layer, layer);
	assert_true(used < sizeof(options));
	m = mount_of(options);
	assert_int_equal(m->data.count, 7);
	snprintf(options, sizeof(options),
		"metacopy=on,lowerdir+=/%.100s,upperdir=/u,lowerdir+=/a:b,c,lowerdir+=/"
		"%.150s,datadir+=/data,"
		"datadir+=/d2",
		layer, layer);
	assert_string_equal(data_of(m), options);
}

static void propagation_is_a_list(void **state)
{
	const struct plan_mount *m = mount_of(BIND("\"rslave\",\"shared\",\"unbindable\""));

	(void)state;
	assert_int_equal(m->propagation.count, 3);
	assert_int_equal(plan_num_at(&plan, m->propagation, 0)->value, MS_SLAVE | MS_REC);
	assert_int_equal(plan_num_at(&plan, m->propagation, 1)->value, MS_SHARED);
	assert_int_equal(plan_num_at(&plan, m->propagation, 2)->value, MS_UNBINDABLE);
}

/* What one entry says must not reach the next. */
static void entries_are_apart(void **state)
{
	const struct plan_mount *second;

	(void)state;
	assert_int_equal(
		run(compose(MOUNTS,
			"[{\"destination\":\"/a\",\"type\":\"tmpfs\",\"options\":[\"sync\","
			"\"remount\",\"tmpcopyu=1\"]},{\"destination\":\"/"
			"b\",\"type\":\"tmpfs\"}]")),
		0);
	load(&plan);
	second = plan_mount_at(&plan, plan.config->mounts, 1);
	assert_int_equal(second->kind, MOUNT_FS);
	assert_int_equal(second->data.count | second->flags, 0);
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(recursive_words),
		cmocka_unit_test(kinds),
		cmocka_unit_test(words_of_the_file_system),
		cmocka_unit_test(several_in_one_string),
		cmocka_unit_test(long_values),
		cmocka_unit_test(propagation_is_a_list),
		cmocka_unit_test(entries_are_apart),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
