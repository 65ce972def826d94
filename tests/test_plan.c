/* The writer of plans against its checker: what is written passes, and nothing that was changed
 * gets through unseen. */
/* link: shared/plan shared/plan_write shared/names shared/text */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>
#include "plan_write.h"

#define BUILD "1.0-test"

static char pool[1 << 15];
static _Alignas(8) unsigned char image[1 << 16];
static size_t image_size;

static int emit(void *context, const void *bytes, size_t length)
{
	(void)context;
	if (length > sizeof(image) - image_size)
		return -E2BIG;
	memcpy(image + image_size, bytes, length);
	image_size += length;
	return 0;
}

/* One record of each kind, lists inside lists, every kind of field set. */
static void fill(void)
{
	struct plan_config *config;

	plan_begin(pool, sizeof(pool));
	config = plan_config_record();
	config->id = plan_put("id");
	config->bundle = plan_put("");
	config->root_path = plan_put("rootfs");
	config->has_process = 1;
	config->uid = 4294967294;
	config->umask = (struct plan_opt_u64){1, 022};
	config->oom_score_adj = (struct plan_opt_i64){1, -1000};
	for (int i = 0; i < 3; i++) {
		struct plan_mount *m = plan_add(PLAN_RECORD_mount, &config->mounts);

		m->destination = plan_put("/m");
		m->kind = MOUNT_BIND;
		for (int j = 0; j < i; j++) {
			struct plan_kv *kv = plan_add(PLAN_RECORD_kv, &m->data);

			kv->key = plan_put("size");
			kv->value = j ? plan_put(NULL) : plan_put("1k");
		}
		((struct plan_idmap *)plan_add(PLAN_RECORD_idmap, &m->uid_map))->size = UINT32_MAX;
	}
	((struct plan_str *)plan_add(PLAN_RECORD_str, &config->args))->value = plan_put("sh");
	((struct plan_num *)plan_add(PLAN_RECORD_num, &config->additional_gids))->value = 5;
	((struct plan_namespace *)plan_add(PLAN_RECORD_namespace, &config->namespaces))->type =
		NS_PID;
	((struct plan_rlimit *)plan_add(PLAN_RECORD_rlimit, &config->rlimits))->hard = UINT64_MAX;
	((struct plan_device *)plan_add(PLAN_RECORD_device, &config->devices))->path =
		plan_put("/dev/x");
	((struct plan_device_rule *)plan_add(PLAN_RECORD_device_rule, &config->device_rules))
		->allow = 1;
	((struct plan_hook *)plan_add(PLAN_RECORD_hook, &config->hooks_poststop))->path =
		plan_put("/h");
	((struct plan_seccomp_rule *)plan_add(PLAN_RECORD_seccomp_rule, &config->seccomp_rules))
		->action = ACT_TRAP;
	((struct plan_hugepage *)plan_add(PLAN_RECORD_hugepage, &config->hugepages))->size =
		plan_put("2MB");
}

static void make_image(void)
{
	fill();
	image_size = 0;
	assert_int_equal(plan_emit(BUILD, emit, NULL), 0);
}

static int check(const void *bytes, size_t size)
{
	const char *why = NULL;
	int err = plan_check(bytes, size, BUILD, &why);

	assert_true(err == 0 || (err < 0 && why));
	return err;
}

static void written_passes(void **state)
{
	(void)state;
	make_image();
	assert_int_equal(check(image, image_size), 0);
}

/* Copies of exactly the size, so that the sanitizer sees a read beyond the end. */
static void truncations_are_refused(void **state)
{
	(void)state;
	make_image();
	for (size_t size = 0; size < image_size; size++) {
		unsigned char *copy = malloc(size ? size : 1);

		assert_non_null(copy);
		memcpy(copy, image, size);
		assert_int_equal(check(copy, size), -EBADMSG);
		free(copy);
	}
}

static void one_more_byte_is_refused(void **state)
{
	(void)state;
	make_image();
	image[image_size] = 0;
	assert_int_equal(check(image, image_size + 1), -EBADMSG);
}

/* Reads everything a consumer could reach through a plan that passed. */
static size_t walk(const unsigned char *bytes, size_t size)
{
	const struct plan_header *header = (const void *)bytes;
	struct plan plan = {bytes, size, header, NULL};
	size_t sum = 0;

	for (uint32_t r = 0; r < PLAN_RECORD_COUNT; r++) {
		const unsigned char *at = bytes + header->sections[r].offset;

		for (uint32_t i = 0; i < header->sections[r].count; i++) {
			for (uint32_t f = 0; f < plan_types[r].field_count; f++) {
				enum plan_kind kind =
					plan_fields[plan_types[r].first_field + f].kind;
				struct plan_string s;
				const char *text;

				memcpy(&s, at, sizeof(s));
				text = kind == PLAN_STR ? plan_text(&plan, s) : NULL;
				if (text) {
					assert_int_equal(strlen(text), s.length);
					sum += s.length;
				}
				at += plan_field_size(kind);
			}
		}
	}
	return sum;
}

static void flips(unsigned char mask)
{
	unsigned char *copy;

	make_image();
	copy = malloc(image_size);
	assert_non_null(copy);
	memcpy(copy, image, image_size);
	for (size_t i = 0; i < image_size; i++) {
		int err;

		copy[i] ^= mask;
		err = check(copy, image_size);
		if (i < sizeof(struct plan_header))
			assert_int_not_equal(err, 0);
		if (!err)
			walk(copy, image_size);
		copy[i] ^= mask;
	}
	free(copy);
}

static void flipped_bytes_are_refused_or_harmless(void **state)
{
	(void)state;
	flips(0xff);
	for (int bit = 0; bit < 8; bit++)
		flips((unsigned char)(1 << bit));
}

static void bad_fields_are_refused(void **state)
{
	struct plan_config *config;
	struct plan_config good;

	(void)state;
	make_image();
	config = (void *)(image +
		((const struct plan_header *)(const void *)image)
			->sections[PLAN_RECORD_config]
			.offset);
	good = *config;
#define REFUSED(change)                                                                            \
	do {                                                                                       \
		change;                                                                            \
		assert_int_equal(check(image, image_size), -EBADMSG);                              \
		*config = good;                                                                    \
	} while (0)
	REFUSED(config->terminal = 2);
	REFUSED(config->uid = UINT32_MAX);
	REFUSED(config->umask.set = 2);
	REFUSED(config->umask.set = 0); /* a value without presence */
	REFUSED(config->seccomp_default = SECCOMP_ACTION_COUNT);
	REFUSED(config->mounts.count = 4);
	REFUSED(config->mounts.first = 1);
	REFUSED(config->mounts.first = UINT32_MAX);
	REFUSED(config->id.length++);
	REFUSED(config->id.length--);
	REFUSED(config->id.offset = UINT32_MAX);
	REFUSED(config->id.offset = 0); /* absent, but of a length */
#undef REFUSED
	assert_int_equal(check(image, image_size), 0);
}

static void another_build_is_stale(void **state)
{
	const char *why;

	(void)state;
	make_image();
	assert_int_equal(plan_check(image, image_size, "1.0-other", &why), -ESTALE);
	assert_int_equal(plan_check(image, image_size, NULL, &why), 0);
}

static void lists_must_be_runs(void **state)
{
	struct plan_list a = {0, 0}, b = {0, 0};

	(void)state;
	plan_begin(pool, sizeof(pool));
	plan_add(PLAN_RECORD_str, &a);
	plan_add(PLAN_RECORD_str, &b);
	assert_int_equal(plan_error(), 0);
	plan_add(PLAN_RECORD_str, &a);
	assert_int_equal(plan_error(), -EINVAL);
	assert_int_equal(plan_emit(BUILD, emit, NULL), -EINVAL);
}

static void a_full_pool_sticks(void **state)
{
	_Alignas(8) char small[sizeof(struct plan_config) + 8];

	(void)state;
	plan_begin(small, sizeof(small));
	assert_string_equal(plan_put_text(plan_put("123456")), "123456");
	plan_put("");
	assert_int_equal(plan_error(), -E2BIG);
	assert_int_equal(plan_emit(BUILD, emit, NULL), -E2BIG);
}

/* Strings and records meet in the middle; no record moves or touches another. */
static void records_fill_the_pool(void **state)
{
	struct plan_list list = {0, 0};
	struct plan_mount *first;
	struct plan_string text;

	(void)state;
	plan_begin(pool, sizeof(pool));
	text = plan_put("text");
	first = plan_add(PLAN_RECORD_mount, &list);
	first->attr_set = 1;
	for (uint32_t i = 2; !plan_error(); i++)
		((struct plan_mount *)plan_add(PLAN_RECORD_mount, &list))->attr_set = i;
	assert_int_equal(plan_error(), -E2BIG);
	assert_true(list.count * sizeof(struct plan_mount) >
		(sizeof(pool) - sizeof(struct plan_config) - PLAN_PIECE_SIZE) / 3);
	assert_ptr_equal(first, plan_added(PLAN_RECORD_mount, list, 0));
	for (uint32_t i = 0; i < list.count; i++)
		assert_int_equal(
			((struct plan_mount *)plan_added(PLAN_RECORD_mount, list, i))->attr_set,
			i + 1);
	assert_string_equal(plan_put_text(text), "text");
}

static void no_room_for_the_config_record(void **state)
{
	static char small[sizeof(struct plan_config)];

	(void)state;
	for (size_t size = 0; size <= sizeof(small); size++) {
		plan_begin(small, size);
		plan_config_record()->uid = 1;
		assert_true(plan_error() == -E2BIG);
	}
}

static void long_build_ids_are_refused(void **state)
{
	(void)state;
	fill();
	assert_int_equal(
		plan_emit("0123456789012345678901234567890123456789", emit, NULL), -EINVAL);
}

static void load_from(int fd)
{
	struct plan plan;
	const char *why = NULL;

	assert_int_equal(plan_load(fd, BUILD, &plan, &why), 0);
	assert_int_equal(plan.size, image_size);
	assert_string_equal(plan_text(&plan, plan.config->id), "id");
	assert_string_equal(plan_text(&plan, plan.config->bundle), "");
	assert_null(plan_text(&plan, plan.config->hostname));
	assert_int_equal(plan.config->mounts.count, 3);
	assert_int_equal(plan_mount_at(&plan, plan.config->mounts, 2)->data.count, 2);
	assert_true(plan_namespace(&plan, NS_PID, NULL));
	assert_false(plan_namespace(&plan, NS_USER, NULL));
}

static void loads_files_and_pipes(void **state)
{
	int fd = memfd_create("plan", MFD_CLOEXEC), ends[2];

	(void)state;
	make_image();
	assert_true(fd >= 0);
	assert_int_equal(write(fd, image, image_size), image_size);
	load_from(fd);
	close(fd);
	assert_int_equal(pipe(ends), 0);
	assert_int_equal(write(ends[1], image, image_size), image_size);
	close(ends[1]);
	load_from(ends[0]);
	close(ends[0]);
}

static void refuses_a_short_pipe(void **state)
{
	struct plan plan;
	const char *why;
	int ends[2];

	(void)state;
	assert_int_equal(pipe(ends), 0);
	close(ends[1]);
	assert_int_equal(plan_load(ends[0], BUILD, &plan, &why), -EBADMSG);
	close(ends[0]);
}

static void names_why_there_is_no_plan(void **state)
{
	struct plan plan;
	const char *why = NULL;
	int fd;

	(void)state;
	assert_int_equal(plan_load(-1, BUILD, &plan, &why), -EBADF);
	assert_non_null(strstr(why, "bad file descriptor"));
	fd = open("/", O_RDONLY | O_CLOEXEC);
	assert_int_equal(plan_load(fd, BUILD, &plan, &why), -EBADMSG);
	close(fd);
}

/* Whether a memfd of that name is mapped. */
static int is_mapped(const char *name)
{
	char line[512];
	FILE *maps = fopen("/proc/self/maps", "r");
	int found = 0;

	assert_non_null(maps);
	while (fgets(line, sizeof(line), maps))
		found |= strstr(line, name) != NULL;
	fclose(maps);
	return found;
}

/* One that somebody could still change is copied, whichever seal it lacks. */
static void maps_only_what_is_sealed(void **state)
{
	static const int seals[] = {F_SEAL_SEAL, F_SEAL_SHRINK, F_SEAL_GROW, F_SEAL_WRITE, 0};
	const int all = F_SEAL_SEAL | F_SEAL_SHRINK | F_SEAL_GROW | F_SEAL_WRITE;

	(void)state;
	make_image();
	for (int i = 0; i < 5; i++) {
		char name[16];
		int fd;

		snprintf(name, sizeof(name), "lacks-%x", seals[i]);
		fd = memfd_create(name, MFD_CLOEXEC | MFD_ALLOW_SEALING);
		assert_int_equal(write(fd, image, image_size), image_size);
		assert_int_equal(fcntl(fd, F_ADD_SEALS, all & ~seals[i]), 0);
		load_from(fd);
		assert_int_equal(is_mapped(name), !seals[i]);
		close(fd);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(written_passes),
		cmocka_unit_test(truncations_are_refused),
		cmocka_unit_test(one_more_byte_is_refused),
		cmocka_unit_test(flipped_bytes_are_refused_or_harmless),
		cmocka_unit_test(bad_fields_are_refused),
		cmocka_unit_test(another_build_is_stale),
		cmocka_unit_test(lists_must_be_runs),
		cmocka_unit_test(a_full_pool_sticks),
		cmocka_unit_test(records_fill_the_pool),
		cmocka_unit_test(no_room_for_the_config_record),
		cmocka_unit_test(long_build_ids_are_refused),
		cmocka_unit_test(loads_files_and_pipes),
		cmocka_unit_test(refuses_a_short_pipe),
		cmocka_unit_test(names_why_there_is_no_plan),
		cmocka_unit_test(maps_only_what_is_sealed),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
