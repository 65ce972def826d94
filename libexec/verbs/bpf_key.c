/*
 * The key of a seccomp program: SHA-256 over everything that it is made from. Two inputs must never
 * give the same bytes, so each number has a fixed width and each string and list its length before
 * it.
 *
 * Of the plan these are all fields of the config record whose name begins with "seccomp_", and what
 * they list; the seccomp step reads no others (integration/seccomp_cache.bats looks). A field that is added
 * to plan.def is in the key by its name alone. The build id stands for the compiler: it is a hash
 * over our sources, the libseccomp.a that seccomp is linked with, the C compiler and the machine.
 * The kernel's release, because libseccomp asks the kernel at run time which actions there are.
 */
#include "bpf_cache.h"

#include <string.h>
#include <sys/utsname.h>
#include "step.h"

#define PREFIX "seccomp_"

/* clang-format off */
/* For each entry of plan_fields whether it is in the key as a field of the config record. */
static const uint8_t compiled[] = {
#define FIELD(f)   !__builtin_strncmp(#f, PREFIX, sizeof(PREFIX) - 1),
#define RECORD(n)
#define STR(f)	   FIELD(f)
#define BOOL(f)	   FIELD(f)
#define U64(f)	   FIELD(f)
#define I64(f)	   FIELD(f)
#define U32(f)	   FIELD(f)
#define ID(f)	   FIELD(f)
#define ENUM(f, m) FIELD(f)
#define OPT_U64(f) FIELD(f)
#define OPT_I64(f) FIELD(f)
#define OPT_ID(f)  FIELD(f)
#define LIST(f, r) FIELD(f)
#define END(n)
#include "plan.def"
#include "plan_undef.h"
#undef FIELD
};
/* clang-format on */

static void add_number(struct sha256 *sum, uint64_t value)
{
	sha256_add(sum, &value, sizeof(value));
}

/* TEXT NULL: absent, which is not empty. */
static void add_text(struct sha256 *sum, const char *text)
{
	size_t length = text ? strlen(text) : 0;

	add_number(sum, text ? length : UINT64_MAX);
	sha256_add(sum, text, length);
}

static void add_record(
	struct sha256 *sum, const struct plan *plan, enum plan_record record, uint32_t index);

/* Lists are nested as deeply as plan.def nests records: three times here. */
static void add_list(
	struct sha256 *sum, const struct plan *plan, enum plan_record record, struct plan_list list)
{
	add_number(sum, list.count);
	for (uint32_t i = 0; i < list.count; i++)
		add_record(sum, plan, record, list.first + i);
}

static void add_field(struct sha256 *sum, const struct plan *plan, const struct plan_field *field,
	const uint8_t *at)
{
	struct plan_string string;
	struct plan_list list;

	switch (field->kind) {
	case PLAN_STR:
		memcpy(&string, at, sizeof(string));
		add_text(sum, plan_text(plan, string));
		break;
	case PLAN_LIST:
		memcpy(&list, at, sizeof(list));
		add_list(sum, plan, field->limit, list);
		break;
	default:
		sha256_add(sum, at, plan_field_size(field->kind));
	}
}

static void add_record(
	struct sha256 *sum, const struct plan *plan, enum plan_record record, uint32_t index)
{
	const struct plan_type *type = &plan_types[record];
	const uint8_t *at =
		plan->image + plan->header->sections[record].offset + (size_t)index * type->size;

	for (uint32_t f = type->first_field; f < type->first_field + type->field_count; f++) {
		if (record != PLAN_RECORD_config || compiled[f])
			add_field(sum, plan, &plan_fields[f], at);
		at += plan_field_size(plan_fields[f].kind);
	}
}

void bpf_key(const struct plan *plan, const char *build, uint8_t key[BPF_KEY_SIZE])
{
	struct utsname kernel = {0};
	struct sha256 sum;

	(void)uname(&kernel); /* fails for a bad address only */
	sha256_begin(&sum);
	add_text(&sum, "davit: seccomp program");
	add_text(&sum, build);
	add_text(&sum, kernel.release);
	add_record(&sum, plan, PLAN_RECORD_config, 0);
	sha256_end(&sum, key);
}
