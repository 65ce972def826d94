/*
 * linux.resources.unified on v2: files of the cgroup by name, written as they are and last. So a
 * unified value wins over another member of linux.resources that sets the same file; engines set
 * both. A warning names the two when they differ.
 */
#include <errno.h>
#include <string.h>
#include "cgroup.h"
#include "step.h"
#include "text.h"

/* The next word of *AT, which moves on; its length, 0 at the end of the line. */
static size_t next_word(const char **at, const char **word)
{
	size_t length;

	*at += strspn(*at, " \t");
	*word = *at;
	length = strcspn(*at, " \t\n");
	*at += length;
	return length;
}

/* A number as the kernel reads it: "1G", "1024". -1: none. */
static int read_size(const char *word, size_t length, uint64_t *n)
{
	static const char units[] = "kmgtpe";
	const char *unit;
	char digits[32];
	struct text t = TEXT(digits);
	unsigned shift = 0;

	unit = length ? strchr(units, word[length - 1] | 0x20) : NULL;
	if (unit) {
		shift = 10 * (unsigned)(unit - units + 1);
		length--;
	}
	text_add_bytes(&t, word, length);
	if (t.cut || text_to_u64(digits, n) || *n > UINT64_MAX >> shift)
		return -1;
	*n <<= shift;
	return 0;
}

static int same_word(const char *a, size_t a_length, const char *b, size_t b_length)
{
	uint64_t x, y;

	if (a_length == b_length && !memcmp(a, b, a_length))
		return 1;
	return !read_size(a, a_length, &x) && !read_size(b, b_length, &y) && x == y;
}

/* True when LINE has WORD's "key=" with another value. */
static int other_value(const char *line, const char *word, size_t length)
{
	size_t key = (size_t)((const char *)memchr(word, '=', length) - word) + 1, n;
	const char *other;

	while ((n = next_word(&line, &other)))
		if (n >= key && !memcmp(other, word, key) &&
			!same_word(other + key, n - key, word + key, length - key))
			return 1;
	return 0;
}

/* True when LINE of the unified map and VALUE are about the same device, or neither about one, and
 * say different things. */
static int contradicts(const char *line, const char *value)
{
	const char *a, *b;
	size_t a_length = next_word(&line, &a), b_length = next_word(&value, &b);
	int keyed = memchr(b, ':', b_length) || strchr(value, '=');

	if (!a_length)
		return 0;
	if (a_length == 7 && !memcmp(a, "default", 7))
		a_length = next_word(&line, &a);
	if (keyed) {
		if (a_length != b_length || memcmp(a, b, a_length) != 0)
			return 0;
		b_length = next_word(&value, &b);
		if (!memchr(b, '=', b_length))
			a_length = next_word(&line, &a);
		while (memchr(b, '=', b_length)) {
			if (other_value(line, b, b_length))
				return 1;
			b_length = next_word(&value, &b);
		}
		return b_length && !same_word(a, a_length, b, b_length);
	}
	if (memchr(a, ':', a_length))
		return 0;
	while (a_length && b_length) {
		if (!same_word(a, a_length, b, b_length))
			return 1;
		a_length = next_word(&line, &a);
		b_length = next_word(&value, &b);
	}
	return 0; /* what VALUE does not say is not contradicted */
}

const char *unified_value(const struct plan *plan, const char *file)
{
	for (uint32_t i = 0; plan && i < plan->config->unified.count; i++) {
		const struct plan_kv *kv = plan_kv_at(plan, plan->config->unified, i);
		const char *key = plan_text(plan, kv->key), *value = plan_text(plan, kv->value);

		if (key && !strcmp(key, file))
			return value ? value : "";
	}
	return NULL;
}

void unified_compare(const struct plan *plan, const char *file, const char *value)
{
	const char *line = unified_value(plan, file);
	char what[MSG_WHAT_MAX];

	for (; line; line = strchr(line, '\n') ? strchr(line, '\n') + 1 : NULL) {
		if (!contradicts(line, value))
			continue;
		text_join(what, sizeof(what), "unified resource \"", file,
			"\" wins over the limit \"", value, "\" of the same file:", NULL);
		warn(what, unified_value(plan, file), 0);
		return;
	}
}

static void refuse_unified(const struct hierarchy *h, const char *key, int err)
{
	size_t length = strcspn(key, ".");
	char what[MSG_WHAT_MAX], controller[64];
	struct text t = TEXT(controller);

	text_add_bytes(&t, key, length);
	if (strchr(key, '/'))
		text_join(what, sizeof(what), "unified resource \"", key,
			"\" must be a file name (no slashes)", NULL);
	else if (!key[length] || !length)
		text_join(what, sizeof(what), "unified resource \"", key,
			"\" must be in the form CONTROLLER.PARAMETER", NULL);
	else if ((err == -ENOENT || err == -EPERM || err == -EACCES) &&
		strcmp(controller, "cgroup") != 0 && !controller_available(h, controller))
		text_join(what, sizeof(what), "unified resource \"", key,
			"\" can't be set: controller \"", controller, "\" not available", NULL);
	else {
		text_join(
			what, sizeof(what), "unable to set unified resource \"", key, "\":", NULL);
		give_up(what, full_path(h, key), err);
	}
	give_up(what, NULL, 0);
}

/* Each line of the value is a write of its own: io.max takes one device at a time. */
void limit_unified(const struct hierarchy *h, const struct plan *plan)
{
	static char line[PATH_SIZE];

	for (uint32_t i = 0; i < plan->config->unified.count; i++) {
		const struct plan_kv *kv = plan_kv_at(plan, plan->config->unified, i);
		const char *key = plan_text(plan, kv->key), *value = plan_text(plan, kv->value);

		key = key ? key : "";
		if (strchr(key, '/') || !strchr(key, '.') || *key == '.')
			refuse_unified(h, key, 0);
		for (value = value ? value : ""; value;
			value = strchr(value, '\n') ? strchr(value, '\n') + 1 : NULL) {
			struct text t = TEXT(line);
			int err;

			text_add_bytes(&t, value, strcspn(value, "\n"));
			err = t.cut ? -E2BIG : t.length ? set_file(h, key, line) : 0;
			if (err)
				refuse_unified(h, key, err);
		}
	}
}
