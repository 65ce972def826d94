/* JSON as Go's encoder writes it: brackets, indentation, escapes, numbers, and a buffer that is too
 * small. link: shared/json shared/text */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>
#include <string.h>
#include "json.h"

static char buffer[512];

static const char *quoted(const char *value)
{
	struct json j;

	json_start(&j, buffer, sizeof(buffer), NULL);
	json_string(&j, NULL, value);
	assert_false(j.cut);
	assert_int_equal(j.length, strlen(buffer));
	return buffer;
}

static void escapes(void **state)
{
	(void)state;
	assert_string_equal(quoted(""), "\"\"");
	assert_string_equal(quoted("a\"b\\c"), "\"a\\\"b\\\\c\"");
	assert_string_equal(
		quoted("\b\f\n\r\t\x01\x1f\x7f"), "\"\\b\\f\\n\\r\\t\\u0001\\u001f\x7f\"");
	assert_string_equal(quoted("<&>"), "\"\\u003c\\u0026\\u003e\"");
	assert_string_equal(
		quoted("\xe2\x80\xa8\xe2\x80\xa9\xe2\x80\xaa"), "\"\\u2028\\u2029\xe2\x80\xaa\"");
	assert_string_equal(quoted("gr\xc3\xbc\xc3\x9f \xf0\x9f\x90\xa7"),
		"\"gr\xc3\xbc\xc3\x9f \xf0\x9f\x90\xa7\"");
}

/* Control characters that Go leaves alone. */
static void for_terminals(void **state)
{
	static const char text[] = "\x7f\xc2\x80\xc2\x9b\xc2\xa0";
	struct json j;

	(void)state;
	json_start(&j, buffer, sizeof(buffer), NULL);
	json_string(&j, NULL, text);
	assert_string_equal(buffer, "\"\x7f\xc2\x80\xc2\x9b\xc2\xa0\"");
	json_start(&j, buffer, sizeof(buffer), NULL);
	j.for_terminal = 1;
	json_string(&j, NULL, text);
	assert_string_equal(buffer, "\"\\u007f\\u0080\\u009b\xc2\xa0\"");
}

static void invalid_utf8(void **state)
{
	(void)state;
	assert_string_equal(quoted("\xff"), "\"\\ufffd\"");
	assert_string_equal(quoted("a\xc3"), "\"a\\ufffd\"");
	assert_string_equal(quoted("\xc0\xaf"), "\"\\ufffd\\ufffd\"");
	assert_string_equal(quoted("\xed\xa0\x80"), "\"\\ufffd\\ufffd\\ufffd\"");
	assert_string_equal(quoted("\xf4\x90\x80\x80"), "\"\\ufffd\\ufffd\\ufffd\\ufffd\"");
	assert_string_equal(quoted("\xe2\x80"), "\"\\ufffd\\ufffd\"");
}

static void write_all(struct json *j)
{
	json_object(j, NULL);
	json_object(j, "empty");
	json_object_end(j);
	json_array(j, "none");
	json_array_end(j);
	json_array(j, "list");
	json_i64(j, NULL, INT64_MIN);
	json_u64(j, NULL, UINT64_MAX);
	json_object(j, NULL);
	json_bool(j, "yes", 1);
	json_bool(j, "no", 0);
	json_object_end(j);
	json_array_end(j);
	json_null(j, "null");
	json_string(j, "k\n", "v");
	json_object_end(j);
}

static void compact(void **state)
{
	struct json j;

	(void)state;
	json_start(&j, buffer, sizeof(buffer), NULL);
	write_all(&j);
	assert_string_equal(buffer,
		"{\"empty\":{},\"none\":[],\"list\":[-9223372036854775808,18446744073709551615,"
		"{\"yes\":true,\"no\":false}],\"null\":null,\"k\\n\":\"v\"}");
}

static void indented(void **state)
{
	struct json j;

	(void)state;
	json_start(&j, buffer, sizeof(buffer), "\t");
	write_all(&j);
	assert_string_equal(buffer,
		"{\n\t\"empty\": {},\n\t\"none\": [],\n\t\"list\": [\n\t\t-9223372036854775808,\n"
		"\t\t18446744073709551615,\n\t\t{\n\t\t\t\"yes\": true,\n\t\t\t\"no\": false\n"
		"\t\t}\n\t],\n\t\"null\": null,\n\t\"k\\n\": \"v\"\n}");
}

static void too_small(void **state)
{
	struct json j;
	size_t whole;

	(void)state;
	json_start(&j, buffer, sizeof(buffer), NULL);
	write_all(&j);
	whole = j.length;
	for (size_t size = 1; size < 200; size++) {
		char small[200];

		memset(small, 'x', sizeof(small));
		json_start(&j, small, size, NULL);
		write_all(&j);
		assert_int_equal(j.cut, size - 1 < whole);
		assert_int_equal(small[j.length], 0);
		if (size < sizeof(small))
			assert_int_equal(small[size], 'x');
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(escapes),
		cmocka_unit_test(for_terminals),
		cmocka_unit_test(invalid_utf8),
		cmocka_unit_test(compact),
		cmocka_unit_test(indented),
		cmocka_unit_test(too_small),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
