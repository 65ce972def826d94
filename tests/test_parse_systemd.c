/*
 * parse --systemd-cgroup: the name and place of the unit, the properties that it gets from
 * linux.resources and from annotations, and what is refused.
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

static struct plan plan;

#define ANNOTATION "org.systemd.property."

#define X(e, code) [e] = (code),
static const char codes[BUS_KIND_COUNT] = {BUS_KINDS(X)};
#undef X

static int run_systemd(const char *text, int rootless)
{
	char *const options[] = {
		"parse", "--id", "web", "--systemd-cgroup", rootless ? "--rootless" : NULL, NULL};

	return run_bytes(text, strlen(text), options);
}

static const struct plan_config *parsed(const char *text, int rootless)
{
	if (run_systemd(text, rootless))
		fail_msg("%s\n  %s", text, messages);
	load(&plan);
	return plan.config;
}

static void add(char *out, size_t size, const char *format, ...)
	__attribute__((format(printf, 3, 4)));

static void add(char *out, size_t size, const char *format, ...)
{
	size_t length = strlen(out);
	va_list arguments;

	va_start(arguments, format);
	vsnprintf(out + length, size - length, format, arguments);
	va_end(arguments);
	assert_true(strlen(out) < size - 1);
}

/* "TYPE VALUE…": strings in quotes, containers as their types and what follows up to ")". */
static void show(const struct plan_unit_property *property, char *out, size_t size)
{
	out[0] = '\0';
	add(out, size, "%s", plan_text(&plan, property->signature));
	for (uint32_t i = 0; i < property->values.count; i++) {
		const struct plan_bus_value *v = plan_bus_value_at(&plan, property->values, i);
		const char *text = plan_text(&plan, v->text);
		double number;

		memcpy(&number, &v->number, sizeof(number));
		if (v->kind == BUS_END)
			add(out, size, " )");
		else if (v->kind >= BUS_ARRAY)
			add(out, size, " %c:%s(", codes[v->kind], text);
		else if (v->kind >= BUS_STRING)
			add(out, size, " %c'%s'", codes[v->kind], text);
		else if (v->kind == BUS_DOUBLE)
			add(out, size, " d%g", number);
		else
			add(out, size, " %c%lld", codes[v->kind], (long long)v->number);
	}
}

/* The property NAME that LAYOUT gets last, or "". */
static const char *property(const char *name, enum cgroup_layout layout)
{
	static char text[1 << 16];
	struct plan_list list = plan.config->systemd_properties;

	text[0] = '\0';
	for (uint32_t i = 0; i < list.count; i++) {
		const struct plan_unit_property *p = plan_unit_property_at(&plan, list, i);

		if (!strcmp(plan_text(&plan, p->name), name) &&
			(p->layout == LAYOUT_ANY || p->layout == layout))
			show(p, text, sizeof(text));
	}
	return text;
}

static const char *with_path(const char *path)
{
	static char fragment[20000];

	snprintf(fragment, sizeof(fragment), "{\"cgroupsPath\":\"%s\"}", path);
	return compose(LINUX, fragment);
}

static void without_the_option(void **state)
{
	(void)state;
	assert_int_equal(run(with_path("/a/b")), 0);
	load(&plan);
	assert_int_equal(plan.config->systemd, 0);
	assert_int_equal(plan.config->systemd_unit.offset, 0);
	assert_int_equal(plan.config->systemd_properties.count, 0);
}

static void names(void **state)
{
	static const struct {
		const char *path, *unit, *place, *parent;
		int rootless;
	} rows[] = {
		{"", "runc-web.scope", "/system.slice/runc-web.scope", "s s'system.slice'", 0},
		{"", "runc-web.scope", "/user.slice/runc-web.scope", "s s'user.slice'", 1},
		{"a.slice:docker:1234", "docker-1234.scope", "/a.slice/docker-1234.scope",
			"s s'a.slice'", 0},
		{":p:n", "p-n.scope", "/system.slice/p-n.scope", "s s'system.slice'", 0},
		{"::n", "-n.scope", "/system.slice/-n.scope", "s s'system.slice'", 0},
		{":p:", "p-.scope", "/system.slice/p-.scope", "s s'system.slice'", 0},
		{"-.slice:p:n", "p-n.scope", "/p-n.scope", "s s'-.slice'", 0},
		{"a-b-c.slice:p:n", "p-n.scope", "/a.slice/a-b.slice/a-b-c.slice/p-n.scope",
			"s s'a-b-c.slice'", 0},
		{"user.slice:p:..", "p-...scope", "/user.slice/p-...scope", "s s'user.slice'", 1},
		{"a.slice:ignored:a-b.slice", "a-b.slice", "/a.slice/a-b.slice", "", 0},
	};

	(void)state;
	for (size_t i = 0; i < COUNT(rows); i++) {
		const struct plan_config *config =
			parsed(with_path(rows[i].path), rows[i].rootless);

		assert_int_equal(config->systemd, 1);
		assert_string_equal(plan_text(&plan, config->systemd_unit), rows[i].unit);
		assert_string_equal(plan_text(&plan, config->systemd_path), rows[i].place);
		assert_string_equal(property("Slice", LAYOUT_V2), rows[i].parent);
		assert_string_equal(property("Delegate", LAYOUT_V2), *rows[i].parent ? "b b1" : "");
	}
	assert_string_equal(property("Wants", LAYOUT_V2), "as a:s( s'a.slice' )");
	assert_string_equal(
		property("Description", LAYOUT_V1), "s s'libcontainer container a-b.slice'");
}

static void refused_names(void **state)
{
	static const struct {
		const char *path, *message;
		int rootless;
	} rows[] = {
		{"/a/b",
			"expected cgroupsPath to be of format \"slice:prefix:name\" for systemd "
			"cgroups, got \"/a/b\" instead",
			0},
		{"a:b", "to be of format \"slice:prefix:name\"", 0},
		{"a.slice:b:c:d", "to be of format \"slice:prefix:name\"", 0},
		{"a:b:c", "invalid slice name: a", 0},
		{".slice:b:c", "invalid slice name: .slice", 0},
		{"-a.slice:b:c", "invalid slice name: -a.slice", 0},
		{"a-.slice:b:c", "invalid slice name: a-.slice", 0},
		{"a--b.slice:b:c", "invalid slice name: a--b.slice", 0},
		{"a/b.slice:b:c", "invalid slice name: a/b.slice", 0},
		{"a.slice:b:c.slice.slice/", "has only letters, digits", 0},
		{"../a.slice:b:c", "invalid slice name: ../a.slice", 0},
		{":b:a/../../c", "has only letters, digits", 0},
		{":b:c/d", "has only letters, digits and :-_.\\@: \"b-c/d.scope\"", 0},
		{":b:%i", "has only letters, digits and :-_.\\@: \"b-%i.scope\"", 0},
		{"%i.slice:b:c", "has only letters, digits", 0},
		{":b:c d", "has only letters, digits", 0},
		{":b\\n:c", "linux.cgroupsPath", 0},
		{":b:c\xc3\xa9", "has only letters, digits", 0},
		{":b:-.slice", "invalid slice name: -.slice", 0},
		{"user.slice:b:c.slice", "without root the unit cannot be a slice", 1},
	};
	char path[300];

	(void)state;
	for (size_t i = 0; i < COUNT(rows); i++) {
		if (!run_systemd(with_path(rows[i].path), rows[i].rootless) ||
			!strstr(messages, rows[i].message) ||
			strchr(messages, '\n') != messages + strlen(messages) - 1)
			fail_msg("%s\n  %s", rows[i].path, messages);
	}
	memset(path, 'x', sizeof(path));
	memcpy(path, "::", 2);
	path[2 + 255 - 7] = '\0'; /* "-" and ".scope" */
	parsed(with_path(path), 0);
	path[2 + 255 - 7] = 'x';
	path[2 + 255 - 6] = '\0';
	assert_int_equal(run_systemd(with_path(path), 0), 1);
	assert_non_null(strstr(messages, "longer than 255 bytes"));
}

/* Of every container. */
static void basics(void **state)
{
	static const struct {
		const char *name, *v1, *v2;
	} rows[] = {
		{"Description", "s s'libcontainer container web'",
			"s s'libcontainer container web'"},
		{"MemoryAccounting", "b b1", "b b1"},
		{"CPUAccounting", "b b1", "b b1"},
		{"TasksAccounting", "b b1", "b b1"},
		{"BlockIOAccounting", "b b1", ""},
		{"IOAccounting", "", "b b1"},
		{"DefaultDependencies", "b b0", "b b0"},
		{"DevicePolicy", "", ""},
		{"TasksMax", "", ""},
	};

	(void)state;
	parsed(with_path(""), 0);
	for (size_t i = 0; i < COUNT(rows); i++) {
		assert_string_equal(property(rows[i].name, LAYOUT_V1), rows[i].v1);
		assert_string_equal(property(rows[i].name, LAYOUT_V2), rows[i].v2);
	}
}

struct limit {
	const char *resources, *name, *v1, *v2;
};

static void check_limits(const struct limit *rows, size_t count)
{
	static char fragment[20000];

	for (size_t i = 0; i < count; i++) {
		snprintf(fragment, sizeof(fragment), "{\"resources\":{%s}}", rows[i].resources);
		parsed(compose(LINUX, fragment), 0);
		if (strcmp(property(rows[i].name, LAYOUT_V1), rows[i].v1) != 0)
			fail_msg("%s: %s on v1: %s", rows[i].resources, rows[i].name,
				property(rows[i].name, LAYOUT_V1));
		if (strcmp(property(rows[i].name, LAYOUT_V2), rows[i].v2) != 0)
			fail_msg("%s: %s on v2: %s", rows[i].resources, rows[i].name,
				property(rows[i].name, LAYOUT_V2));
	}
}

static void limits(void **state)
{
	static const struct limit rows[] = {
		{"\"memory\":{\"limit\":104857600}", "MemoryLimit", "t t104857600", ""},
		{"\"memory\":{\"limit\":104857600}", "MemoryMax", "", "t t104857600"},
		{"\"memory\":{\"limit\":-1}", "MemoryMax", "", "t t-1"},
		{"\"memory\":{\"limit\":-1}", "MemorySwapMax", "", "t t-1"},
		{"\"memory\":{\"limit\":8192,\"swap\":10000}", "MemorySwapMax", "", "t t1808"},
		{"\"memory\":{\"limit\":8192,\"swap\":-1}", "MemorySwapMax", "", "t t-1"},
		{"\"memory\":{\"limit\":8192,\"swap\":0}", "MemorySwapMax", "", ""},
		{"\"memory\":{\"reservation\":8192}", "MemoryLow", "", "t t8192"},
		{"\"memory\":{\"limit\":0}", "MemoryMax", "", ""},
		{"\"cpu\":{\"shares\":1024}", "CPUShares", "t t1024", ""},
		{"\"cpu\":{\"shares\":1024}", "CPUWeight", "", "t t100"},
		{"\"cpu\":{\"shares\":1024,\"idle\":1}", "CPUWeight", "", "t t0"},
		{"\"cpu\":{\"shares\":1024,\"idle\":0}", "CPUWeight", "", "t t100"},
		{"\"cpu\":{\"quota\":50000}", "CPUQuotaPerSecUSec", "t t500000", "t t500000"},
		{"\"cpu\":{\"quota\":50000}", "CPUQuotaPeriodUSec", "", ""},
		{"\"cpu\":{\"quota\":12345,\"period\":50000}", "CPUQuotaPerSecUSec", "t t250000",
			"t t250000"},
		{"\"cpu\":{\"quota\":12345,\"period\":50000}", "CPUQuotaPeriodUSec", "t t50000",
			"t t50000"},
		{"\"cpu\":{\"quota\":-1}", "CPUQuotaPerSecUSec", "t t-1", "t t-1"},
		{"\"cpu\":{\"period\":50000}", "CPUQuotaPerSecUSec", "t t-1", "t t-1"},
		{"\"cpu\":{\"cpus\":\"0-1,9\"}", "AllowedCPUs", "ay a:y( y3 y2 )",
			"ay a:y( y3 y2 )"},
		{"\"cpu\":{\"mems\":\"0\"}", "AllowedMemoryNodes", "ay a:y( y1 )", "ay a:y( y1 )"},
		{"\"cpu\":{\"cpus\":\"\"}", "AllowedCPUs", "", ""},
		{"\"pids\":{\"limit\":0}", "TasksMax", "t t1", "t t1"},
		{"\"pids\":{\"limit\":-1}", "TasksMax", "t t-1", "t t-1"},
		{"\"pids\":{\"limit\":77}", "TasksMax", "t t77", "t t77"},
		{"\"unified\":{\"memory.high\":\" 512M\\n\"}", "MemoryHigh", "", "t t536870912"},
		{"\"unified\":{\"memory.max\":\"max\"}", "MemoryMax", "", "t t-1"},
		{"\"memory\":{\"limit\":8192},\"unified\":{\"memory.max\":\"4096\"}", "MemoryMax",
			"", "t t4096"},
		{"\"unified\":{\"memory.min\":\"1\"}", "MemoryMin", "", "t t1"},
		{"\"unified\":{\"memory.low\":\"1k\"}", "MemoryLow", "", "t t1024"},
		{"\"unified\":{\"memory.swap.max\":\"0\"}", "MemorySwapMax", "", "t t0"},
		{"\"unified\":{\"pids.max\":\"max\"}", "TasksMax", "", "t t-1"},
		{"\"unified\":{\"cpu.weight\":\"55\"}", "CPUWeight", "", "t t55"},
		{"\"unified\":{\"cpu.idle\":\"1\",\"cpu.weight\":\"55\"}", "CPUWeight", "", "t t0"},
		{"\"unified\":{\"cpu.max\":\"max 20000\"}", "CPUQuotaPerSecUSec", "", "t t-1"},
		{"\"unified\":{\"cpu.max\":\"10000 20000\"}", "CPUQuotaPerSecUSec", "",
			"t t500000"},
		{"\"unified\":{\"cpu.max\":\"10000\"}", "CPUQuotaPeriodUSec", "", "t t100000"},
		{"\"unified\":{\"cpuset.cpus\":\"8\"}", "AllowedCPUs", "", "ay a:y( y0 y1 )"},
		{"\"unified\":{\"memory.oom.group\":\"1\"}", "OOMPolicy", "", "s s'kill'"},
		{"\"unified\":{\"memory.oom.group\":\"0\"}", "OOMPolicy", "", "s s'continue'"},
		{"\"unified\":{\"io.max\":\"8:0 rbps=1\"}", "IOReadBandwidthMax", "", ""},
	};
	const struct plan_config *config;

	(void)state;
	check_limits(rows, COUNT(rows));
	/* What systemd would round is rounded for the file, too. */
	config = parsed(compose(LINUX, RESOURCES("\"cpu\":{\"quota\":12345,\"period\":50000}")), 0);
	assert_int_equal(config->cpu_quota.value, 12500);
	assert_int_equal(
		run(compose(LINUX, RESOURCES("\"cpu\":{\"quota\":12345,\"period\":50000}"))), 0);
	load(&plan);
	assert_int_equal(plan.config->cpu_quota.value, 12345);
}

/* Which systemd has what, and what an update may change. */
static void conditions(void **state)
{
	static const struct {
		const char *name;
		uint64_t since, resource;
	} rows[] = {{"CPUQuotaPeriodUSec", 242, 1}, {"AllowedCPUs", 244, 1}, {"MemoryMax", 0, 1},
		{"OOMPolicy", 253, 0}, {"Slice", 0, 0}, {"DevicePolicy", 0, 0}};
	const struct plan_config *config = parsed(compose(LINUX,
							  RESOURCES("\"cpu\":{\"period\":50000,"
								    "\"cpus\":\"0\"},"
								    "\"memory\":{\"limit\":8192},"
								    "\"unified\":{\"memory.oom."
								    "group\":\"1\"}")),
		0);

	(void)state;
	for (size_t i = 0; i < COUNT(rows); i++) {
		struct plan_list list = config->systemd_properties;
		int found = 0;

		for (uint32_t n = 0; n < list.count; n++) {
			const struct plan_unit_property *p = plan_unit_property_at(&plan, list, n);

			if (strcmp(plan_text(&plan, p->name), rows[i].name) != 0 ||
				p->layout == LAYOUT_V1)
				continue;
			found = 1;
			assert_int_equal(p->since, rows[i].since);
			assert_int_equal(p->resource, rows[i].resource);
		}
		if (!found)
			fail_msg("no %s", rows[i].name);
	}
}

static void refused_limits(void **state)
{
	static const char *const rows[] = {"\"memory.max\":\"many\"", "\"memory.max\":\"\"",
		"\"memory.max\":\"99999999999999999999999\"",
		"\"memory.max\":\"18446744073709551615K\"", "\"cpu.weight\":\"1M\"",
		"\"cpu.max\":\"1 2 3\"", "\"cpu.max\":\"\"", "\"cpu.max\":\"-1\"",
		"\"cpu.max\":\"max 0\"", "\"pids.max\":\"-1\""};
	char fragment[256];

	(void)state;
	for (size_t i = 0; i < COUNT(rows); i++) {
		snprintf(fragment, sizeof(fragment), "{\"resources\":{\"unified\":{%s}}}", rows[i]);
		if (run_systemd(compose(LINUX, fragment), 0) != 1 ||
			!strstr(messages, "value conversion error"))
			fail_msg("%s\n  %s", rows[i], messages);
		/* Without systemd the kernel judges. */
		assert_int_equal(run(compose(LINUX, fragment)), 0);
	}
}

#define RULE(allow, rest) "{\"allow\":" allow "," rest "}"
#define LAST              " r:ss( s'/dev/char/5:2' s'rwm' ) r:ss( s'/dev/char/10:200' s'rwm' ) )"

static void devices(void **state)
{
	static const struct limit rows[] = {
		{"\"devices\":[]", "DevicePolicy", "s s'strict'", "s s'strict'"},
		{"\"devices\":[" RULE("true", "\"access\":\"rwm\"") "]", "DevicePolicy",
			"s s'auto'", "s s'auto'"},
		{"\"devices\":[" RULE("true", "\"access\":\"rwm\"") "]", "DeviceAllow",
			"a(ss) a:(ss)( )", "a(ss) a:(ss)( )"},
		/* allowed but for one: only our own program can say it */
		{"\"devices\":[" RULE("true", "\"access\":\"rwm\"") "," RULE(
			 "false", "\"type\":\"c\",\"major\":7,\"minor\":7,\"access\":\"r\"") "]",
			"DevicePolicy", "s s'strict'", "s s'auto'"},
		{"\"devices\":[" RULE("true", "\"access\":\"rwm\"") "," RULE(
			 "false", "\"type\":\"c\",\"major\":7,\"minor\":7,\"access\":\"r\"") "]",
			"DeviceAllow",
			"a(ss) a:(ss)( r:ss( s'char-*' s'm' ) r:ss( s'block-*' s'm' ) r:ss( "
			"s'/dev/char/1:3' s'rwm' ) r:ss( s'/dev/char/1:8' s'rwm' ) r:ss( "
			"s'/dev/char/1:7' s'rwm' ) r:ss( s'/dev/char/5:0' s'rwm' ) r:ss( "
			"s'/dev/char/1:5' s'rwm' ) r:ss( s'/dev/char/1:9' s'rwm' ) r:ss( "
			"s'char-pts' s'rwm' )" LAST,
			"a(ss) a:(ss)( )"},
		/* a major alone: the last list, for newer versions */
		{"\"devices\":[" RULE("false", "\"access\":\"rwm\"") "," RULE(
			 "true", "\"type\":\"b\",\"major\":8,\"access\":\"rw\"") "]",
			"DeviceAllow", "a(ss) a:(ss)( r:ss( s'block-8' s'rw' ) )",
			"a(ss) a:(ss)( r:ss( s'block-8' s'rw' ) )"},
		/* taken back */
		{"\"devices\":[" RULE(
			 "true", "\"type\":\"b\",\"major\":8,\"access\":\"rw\"") "," RULE("false",
			 "\"type\":\"b\",\"major\":8,\"access\":\"w\"") "]",
			"DeviceAllow", "a(ss) a:(ss)( r:ss( s'block-8' s'r' ) )",
			"a(ss) a:(ss)( r:ss( s'block-8' s'r' ) )"},
		/* "*:n" has no name: on v2 all, and the program decides */
		{"\"devices\":[" RULE(
			 "true", "\"type\":\"b\",\"major\":8,\"access\":\"r\"") "," RULE("true",
			 "\"type\":\"c\",\"minor\":9,\"access\":\"w\"") "]",
			"DeviceAllow", "a(ss) a:(ss)( r:ss( s'block-8' s'r' ) )",
			"a(ss) a:(ss)( r:ss( s'char-*' s'wm' ) )"},
	};

	(void)state;
	check_limits(rows, COUNT(rows));
}

static const char *annotated(const char *name, const char *value)
{
	static char fragment[300000];

	snprintf(fragment, sizeof(fragment),
		"\"ociVersion\":\"1.2.0\",\"root\":{\"path\":\"rootfs\"},\"annotations\":{\"%s\":"
		"\"%s\"}",
		name, value);
	return compose(TOP, fragment);
}

static void annotations(void **state)
{
	static const struct {
		const char *value, *shown;
	} rows[] = {
		{"true", "b b1"},
		{"false", "b b0"},
		{"boolean true", "b b1"},
		{"1", "i i1"},
		{"-2147483648", "i i-2147483648"},
		{"0x10", "i i16"},
		{"010", "i i8"},
		{"+7", "i i7"},
		{"byte 255", "y y255"},
		{"int16 -32768", "n n-32768"},
		{"uint16 65535", "q q65535"},
		{"int32 5", "i i5"},
		{"uint32 4294967295", "u u4294967295"},
		{"int64 -9223372036854775808", "x x-9223372036854775808"},
		{"uint64 18446744073709551615", "t t-1"},
		{"double 2", "d d2"},
		{"1.5", "d d1.5"},
		{"-1e3", "d d-1000"},
		{"inf", "d dinf"},
		{"'a'", "s s'a'"},
		{"\\\"it's\\\"", "s s'it's'"},
		{"'a\\\\'b\\\\n\\\\u00e9'", "s s'a'b\n\xc3\xa9'"},
		{"string 'x'", "s s'x'"},
		{"objectpath '/a/b_1'", "o o'/a/b_1'"},
		{"signature 'a{sv}'", "g g'a{sv}'"},
		{"b'hi\\\\101'", "ay a:y( y104 y105 y65 y0 )"},
		{"[1, 2]", "ai a:i( i1 i2 )"},
		{"[1, uint64 2]", "at a:t( t1 t2 )"},
		{"['/a', objectpath '/b']", "ao a:o( o'/a' o'/b' )"},
		{"@as []", "as a:s( )"},
		{"@a(ss) [('a','b')]", "a(ss) a:(ss)( r:ss( s'a' s'b' ) )"},
		{"[[], [1]]", "aai a:ai( a:i( ) a:i( i1 ) )"},
		{"(1, 'a', true)", "(isb) r:isb( i1 s'a' b1 )"},
		{"(1,)", "(i) r:i( i1 )"},
		{"{'a': 1, 'b': uint32 2}", "a{su} a:{su}( e:su( s'a' u1 ) e:su( s'b' u2 ) )"},
		{"[{1, 'a'}]", "a{is} a:{is}( e:is( i1 s'a' ) )"},
		{"@a{sv} {}", "a{sv} a:{sv}( )"},
		{"<1>", "v v:i( i1 )"},
		{"[<1>, <'a'>]", "av a:v( v:i( i1 ) v:s( s'a' ) )"},
		{"<<(1.0,)>>", "v v:v( v:(d)( r:d( d1 ) ) )"},
		{" [ 1 ,2 ] ", "ai a:i( i1 i2 )"},
	};
	const struct plan_config *config;

	(void)state;
	for (size_t i = 0; i < COUNT(rows); i++) {
		parsed(annotated(ANNOTATION "Abc", rows[i].value), 0);
		if (strcmp(property("Abc", LAYOUT_V2), rows[i].shown) != 0)
			fail_msg("%s: %s", rows[i].value, property("Abc", LAYOUT_V2));
	}
	/* Others are nobody's business. */
	config = parsed(annotated("org.systemd.propertyX", "x"), 0);
	assert_int_equal(config->annotations.count, 1);
	assert_int_equal(run(annotated(ANNOTATION "Abc", "x")), 0);
}

static void seconds(void **state)
{
	static const struct {
		const char *name, *value, *property, *shown;
	} rows[] = {
		{"TimeoutStopSec", "uint64 30", "TimeoutStopUSec", "t t30000000"},
		{"TimeoutStopSec", "30", "TimeoutStopUSec", "t t30000000"},
		{"TimeoutStopSec", "byte 3", "TimeoutStopUSec", "t t3000000"},
		{"TimeoutStopSec", "1.5", "TimeoutStopUSec", "t t1500000"},
		{"TimeoutStopSec", "uint64 18446744073709551615", "TimeoutStopUSec", "t t-1"},
		{"TimeoutStopUSec", "uint64 30", "TimeoutStopUSec", "t t30"},
		{"XSec", "uint64 30", "XSec", "t t30"},
		{"Sec", "uint64 30", "Sec", "t t30"},
	};

	(void)state;
	for (size_t i = 0; i < COUNT(rows); i++) {
		char name[64];

		snprintf(name, sizeof(name), ANNOTATION "%s", rows[i].name);
		parsed(annotated(name, rows[i].value), 0);
		assert_string_equal(property(rows[i].property, LAYOUT_V2), rows[i].shown);
	}
}

static void refused_annotations(void **state)
{
	static const struct {
		const char *name, *value, *message;
	} rows[] = {
		{"Ab", "1", "name incorrect: too short"},
		{"Ab1", "1", "name incorrect: contains non-alphabetic character"},
		{"A.b", "1", "name incorrect: contains non-alphabetic character"},
		{"Abc", "", "= value parse error: a value is missing"},
		{"Abc", "abc", "value parse error: no value, or a string without quotes"},
		{"Abc", "'a", "a string has no end"},
		{"Abc", "1 2", "something follows the value"},
		{"Abc", "[1", "a comma or the end of a list is missing"},
		{"Abc", "[1,]", "no value"},
		{"Abc", "[1,'a']", "the elements of an array must be of one type"},
		{"Abc", "[]", "the type cannot be told"},
		{"Abc", "byte 256", "out of range"},
		{"Abc", "uint16 -1", "out of range"},
		{"Abc", "2147483648", "out of range"},
		{"Abc", "uint64 18446744073709551616", "out of range"},
		{"Abc", "uint32 'a'", "not of the type"},
		{"Abc", "12ab", "not a number"},
		{"Abc", "09", "not a number"},
		{"Abc", "1.2.3", "not a number"},
		{"Abc", "nothing", "D-Bus has no maybe types"},
		{"Abc", "just 1", "D-Bus has no maybe types"},
		{"Abc", "@mi 1", "D-Bus has no maybe types"},
		{"Abc", "@z 1", "no type after @"},
		{"Abc", "()", "D-Bus has no empty tuples"},
		{"Abc", "(1)", "a tuple of one needs a comma"},
		{"Abc", "{1, 2}", "D-Bus has no such type"},
		{"Abc", "{[1]: 2}", "a dictionary's key must be"},
		{"Abc", "handle 1", "a handle means nothing here"},
		{"Abc", "objectpath 'a'", "no object path"},
		{"Abc", "objectpath '/a//b'", "no object path"},
		{"Abc", "signature 'z'", "no signature"},
		{"Abc", "'\\\\u12'", "too few digits"},
		{"Abc", "'\\\\ud800'", "of no character"},
		{"AbcSec", "'a'", "not a number"},
		{"AbcSec", "-1", "out of range"},
		{"AbcSec", "uint64 18446744073709551614", "out of range"},
	};

	(void)state;
	for (size_t i = 0; i < COUNT(rows); i++) {
		char name[64];

		snprintf(name, sizeof(name), ANNOTATION "%s", rows[i].name);
		if (run_systemd(annotated(name, rows[i].value), 0) != 1 ||
			!strstr(messages, rows[i].message))
			fail_msg("%s %s\n  %s", rows[i].name, rows[i].value, messages);
	}
}

/* However it is nested and however much there is, it ends with an answer. */
static void hostile_annotations(void **state)
{
	static const char *const openers[] = {
		"[", "(", "{", "<", "{1:", "[<", "{1,", "byte ", "@a"};
	static char value[250001];

	(void)state;
	for (size_t i = 0; i < COUNT(openers); i++) {
		size_t length = strlen(openers[i]), n = 0;

		while (n + length < 60000) {
			memcpy(value + n, openers[i], length);
			n += length;
		}
		value[n] = '\0';
		assert_int_equal(run_systemd(annotated(ANNOTATION "Abc", value), 0), 1);
		assert_non_null(strstr(messages, "value parse error"));
	}
	value[0] = '[';
	for (size_t n = 1; n < 100000; n += 2)
		memcpy(value + n, "1,", 2);
	memcpy(value + 99999, "1]", 3);
	assert_int_equal(run_systemd(annotated(ANNOTATION "Abc", value), 0), 1);
	assert_non_null(strstr(messages, "too many values"));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(without_the_option),
		cmocka_unit_test(names),
		cmocka_unit_test(refused_names),
		cmocka_unit_test(basics),
		cmocka_unit_test(limits),
		cmocka_unit_test(conditions),
		cmocka_unit_test(refused_limits),
		cmocka_unit_test(devices),
		cmocka_unit_test(annotations),
		cmocka_unit_test(seconds),
		cmocka_unit_test(refused_annotations),
		cmocka_unit_test(hostile_annotations),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
