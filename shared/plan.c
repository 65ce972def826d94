/* The reader of plans: tables made from plan.def, one checker that walks them, and the loader. No
 * malloc. */
#include "plan.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>
#include "sys.h"
#include "text.h"

/* clang-format off */
/* A byte for each field: counts the fields of a record and those before it. */
struct counted {
#define RECORD(n)  struct {
#define STR(f)	   char f;
#define BOOL(f)	   char f;
#define U64(f)	   char f;
#define I64(f)	   char f;
#define U32(f)	   char f;
#define ID(f)	   char f;
#define ENUM(f, m) char f;
#define OPT_U64(f) char f;
#define OPT_I64(f) char f;
#define OPT_ID(f)  char f;
#define LIST(f, r) char f;
#define END(n)	   } n;
#include "plan.def"
#include "plan_undef.h"
};

const struct plan_field plan_fields[] = {
#define RECORD(n)
#define FIELD(f, kind, limit) {kind, limit},
#define STR(f)	   FIELD(f, PLAN_STR, 0)
#define BOOL(f)	   FIELD(f, PLAN_BOOL, 0)
#define U64(f)	   FIELD(f, PLAN_U64, 0)
#define I64(f)	   FIELD(f, PLAN_I64, 0)
#define U32(f)	   FIELD(f, PLAN_U32, 0)
#define ID(f)	   FIELD(f, PLAN_ID, 0)
#define ENUM(f, m) FIELD(f, PLAN_ENUM, m)
#define OPT_U64(f) FIELD(f, PLAN_OPT_U64, 0)
#define OPT_I64(f) FIELD(f, PLAN_OPT_I64, 0)
#define OPT_ID(f)  FIELD(f, PLAN_OPT_ID, 0)
#define LIST(f, r) FIELD(f, PLAN_LIST, PLAN_RECORD_##r)
#define END(n)
#include "plan.def"
#include "plan_undef.h"
#undef FIELD
};

const struct plan_type plan_types[PLAN_RECORD_COUNT] = {
#define RECORD(n) \
	{sizeof(struct plan_##n), offsetof(struct counted, n), sizeof(((struct counted *)0)->n)},
#include "plan_empty.h"
#include "plan.def"
#include "plan_undef.h"
};
/* clang-format on */

uint32_t plan_field_size(enum plan_kind kind)
{
	return kind == PLAN_OPT_U64 || kind == PLAN_OPT_I64 || kind == PLAN_OPT_ID ? 16 : 8;
}

struct image {
	const uint8_t *bytes;
	const struct plan_header *header;
};

static int check_string(const struct image *image, const uint8_t *field)
{
	const char *strings = (const char *)image->bytes + image->header->strings;
	struct plan_string s;

	memcpy(&s, field, sizeof(s));
	if (!s.offset)
		return s.length == 0;
	if (s.offset >= image->header->strings_size ||
		s.length >= image->header->strings_size - s.offset)
		return 0;
	return !strings[s.offset + s.length] && strlen(strings + s.offset) == s.length;
}

static int check_list(const struct image *image, const uint8_t *field, uint32_t record)
{
	uint32_t count = image->header->sections[record].count;
	struct plan_list list;

	memcpy(&list, field, sizeof(list));
	return list.first <= count && list.count <= count - list.first;
}

static int check_field(const struct image *image, const struct plan_field *field, const uint8_t *at)
{
	uint64_t value[2];

	memcpy(value, at, plan_field_size(field->kind));
	switch (field->kind) {
	case PLAN_STR:
		return check_string(image, at);
	case PLAN_BOOL:
		return value[0] <= 1;
	case PLAN_U64:
	case PLAN_I64:
		return 1;
	case PLAN_U32:
		return value[0] <= UINT32_MAX;
	case PLAN_ID:
		return value[0] < UINT32_MAX;
	case PLAN_ENUM:
		return value[0] < field->limit;
	case PLAN_OPT_U64:
	case PLAN_OPT_I64:
		return value[0] == 1 || (value[0] == 0 && value[1] == 0);
	case PLAN_OPT_ID:
		return value[1] < UINT32_MAX && (value[0] == 1 || (value[0] == 0 && value[1] == 0));
	case PLAN_LIST:
		return check_list(image, at, field->limit);
	}
	return 0;
}

static const char malformed[] = "not a plan";
static const char other_build[] = "of another build";

static int check_records(const struct image *image, enum plan_record record, const char **why)
{
	const struct plan_type *type = &plan_types[record];
	const uint8_t *at = image->bytes + image->header->sections[record].offset;

	for (uint32_t i = 0; i < image->header->sections[record].count; i++) {
		for (uint32_t f = 0; f < type->field_count; f++) {
			const struct plan_field *field = &plan_fields[type->first_field + f];

			if (!check_field(image, field, at)) {
				*why = malformed;
				return -EBADMSG;
			}
			at += plan_field_size(field->kind);
		}
	}
	return 0;
}

static int check_header(
	const struct plan_header *header, size_t size, const char *build, const char **why)
{
	*why = malformed;
	if (memcmp(header->magic, PLAN_MAGIC, sizeof(header->magic)) != 0)
		return -EBADMSG;
	*why = other_build;
	if (header->layout != PLAN_LAYOUT)
		return -ESTALE;
	*why = other_build;
	if (header->build[sizeof(header->build) - 1])
		return -EBADMSG;
	if (build && strcmp(header->build, build) != 0)
		return -ESTALE;
	for (size_t i = strlen(header->build); i < sizeof(header->build); i++)
		if (header->build[i])
			return -EBADMSG;
	*why = malformed;
	return header->size == size ? 0 : -EBADMSG;
}

static int check_sections(const struct plan_header *header, const char **why)
{
	uint64_t end = sizeof(*header);

	for (uint32_t r = 0; r < PLAN_RECORD_COUNT; r++) {
		*why = malformed;
		if (header->sections[r].offset != end)
			return -EBADMSG;
		end += (uint64_t)header->sections[r].count * plan_types[r].size;
		if (end > header->size)
			return -EBADMSG;
	}
	*why = malformed;
	if (header->strings != end || !header->strings_size ||
		end + header->strings_size != header->size)
		return -EBADMSG;
	*why = malformed;
	return header->sections[PLAN_RECORD_config].count == 1 ? 0 : -EBADMSG;
}

int plan_check(const void *bytes, size_t size, const char *build, const char **why)
{
	struct image image = {.bytes = bytes, .header = bytes};
	int err;

	*why = malformed;
	if (size < sizeof(struct plan_header) || size > PLAN_SIZE_MAX)
		return -EBADMSG;
	err = check_header(image.header, size, build, why);
	if (!err)
		err = check_sections(image.header, why);
	if (err)
		return err;
	*why = malformed;
	if (image.bytes[image.header->strings] || image.bytes[size - 1])
		return -EBADMSG;
	for (uint32_t r = 0; r < PLAN_RECORD_COUNT; r++) {
		err = check_records(&image, r, why);
		if (err)
			return err;
	}
	*why = NULL;
	return 0;
}

static int map_memory(size_t size, uint8_t **map)
{
	*map = sys_mmap(
		size, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1);
	return *map == MAP_FAILED ? -errno : 0;
}

/* A sealed memfd cannot change under us, so it is mapped; everything else is copied before it is
 * checked. */
static int map_image(int fd, size_t size, const uint8_t **image)
{
	const int sealed = F_SEAL_SEAL | F_SEAL_SHRINK | F_SEAL_GROW | F_SEAL_WRITE;
	int seals = sys_fcntl(fd, F_GET_SEALS, 0);
	uint8_t *map;
	size_t done = 0;
	int err;

	if (seals >= 0 && (seals & sealed) == sealed) {
		map = sys_mmap(size, PROT_READ, MAP_PRIVATE, fd);
		*image = map;
		return map == MAP_FAILED ? -errno : 0;
	}
	err = map_memory(size, &map);
	if (err)
		return err;
	while (done < size) {
		ssize_t n = pread(fd, map + done, size - done, (off_t)done);

		if (n < 0 && errno == EINTR)
			continue;
		if (n <= 0)
			return n ? -errno : -EBADMSG;
		done += (size_t)n;
	}
	*image = map;
	return 0;
}

/* From a pipe: to its end, one byte more than a plan may have so that a longer one is seen. */
static int read_image(int fd, size_t *size, const uint8_t **image)
{
	uint8_t *map;
	int err = map_memory(PLAN_SIZE_MAX + 1, &map);

	if (err)
		return err;
	*image = map;
	for (*size = 0; *size <= PLAN_SIZE_MAX;) {
		ssize_t n = read(fd, map + *size, PLAN_SIZE_MAX + 1 - *size);

		if (n < 0 && errno == EINTR)
			continue;
		if (n <= 0)
			return n ? -errno : 0;
		*size += (size_t)n;
	}
	return -EBADMSG;
}

static int get_image(int fd, struct plan *plan, const char **why)
{
	struct stat st;

	*why = malformed;
	if (sys_fstat(fd, &st) < 0)
		return -errno;
	if (S_ISFIFO(st.st_mode) || S_ISSOCK(st.st_mode))
		return read_image(fd, &plan->size, &plan->image);
	if (!S_ISREG(st.st_mode) || st.st_size < (off_t)sizeof(struct plan_header) ||
		st.st_size > (off_t)PLAN_SIZE_MAX)
		return -EBADMSG;
	plan->size = (size_t)st.st_size;
	return map_image(fd, plan->size, &plan->image);
}

int plan_load(int fd, const char *build, struct plan *plan, const char **why)
{
	int err = get_image(fd, plan, why);

	if (!err)
		return plan_take(plan->image, plan->size, build, plan, why);
	if (err != -EBADMSG)
		*why = errno_text(-err);
	return err;
}

int plan_take(
	const void *image, size_t size, const char *build, struct plan *plan, const char **why)
{
	int err = plan_check(image, size, build, why);

	if (err)
		return err;
	plan->image = image;
	plan->size = size;
	plan->header = (const void *)plan->image;
	plan->config = plan_config_at(plan, (struct plan_list){0, 1}, 0);
	return 0;
}

const char *plan_text(const struct plan *plan, struct plan_string s)
{
	return s.offset ? (const char *)plan->image + plan->header->strings + s.offset : NULL;
}

int plan_namespace(const struct plan *plan, enum namespace_type type, const char **path)
{
	struct plan_list list = plan->config->namespaces;

	for (uint32_t i = 0; i < list.count; i++) {
		const struct plan_namespace *ns = plan_namespace_at(plan, list, i);

		if (ns->type != type)
			continue;
		if (path)
			*path = plan_text(plan, ns->path);
		return 1;
	}
	if (path)
		*path = NULL;
	return 0;
}

int plan_wants_host_sysfs(const struct plan *plan, const struct plan_mount *mount)
{
	const char *type = plan_text(plan, mount->type), *path;

	return mount->kind == MOUNT_FS && type && !strcmp(type, "sysfs") &&
		(!plan_namespace(plan, NS_NET, &path) || path);
}

int plan_wants_host_cgroups(const struct plan *plan, const struct plan_mount *mount)
{
	return mount->kind == MOUNT_CGROUP && !plan_namespace(plan, NS_CGROUP, NULL) &&
		!plan_namespace(plan, NS_USER, NULL);
}

/* What is left of PATH below the directory ABOVE, with its slash; or NULL. */
static const char *below(const char *path, const char *above)
{
	size_t length = strlen(above);

	while (length && above[length - 1] == '/')
		length--;
	return !strncmp(path, above, length) && path[length] == '/' ? path + length : NULL;
}

static const char *without_dots(const char *path)
{
	while (!strncmp(path, "./", 2))
		path += 2;
	return path;
}

/* Either may be relative to the bundle. */
static const char *below_root(const struct plan *plan, const char *source)
{
	const char *root = plan_text(plan, plan->config->root_path);
	const char *bundle = plan_text(plan, plan->config->bundle);

	if (*root == '/' && *source != '/') {
		root = below(root, bundle);
		root = root ? root + 1 : NULL;
	} else if (*root != '/' && *source == '/') {
		source = below(source, bundle);
		source = source ? source + 1 : NULL;
	}
	return root && source ? below(without_dots(source), without_dots(root)) : NULL;
}

const char *plan_source_inside(const struct plan *plan, uint32_t index)
{
	struct plan_list list = plan->config->mounts;
	const char *source = plan_text(plan, plan_mount_at(plan, list, index)->source);
	const char *path = source ? below_root(plan, source) : NULL;

	for (uint32_t i = 0; path && i < index; i++) {
		const struct plan_mount *m = plan_mount_at(plan, list, i);
		const char *covered = plan_text(plan, m->destination);

		if (m->kind != MOUNT_REMOUNT && (!strcmp(path, covered) || below(path, covered)))
			return path;
	}
	return NULL;
}

int plan_is_node(const struct plan *plan, const struct plan_device *device)
{
	return device->type != DEVICE_FIFO &&
		strcmp(plan_text(plan, device->path), "/dev/ptmx") != 0;
}

int plan_waits_after_mounts(const struct plan *plan)
{
	const struct plan_config *config = plan->config;

	return config->hooks_prestart.count || config->hooks_create_runtime.count ||
		config->hooks_create_container.count || config->device_rules.count ||
		config->has_resources || /* runc's default rules */
		config->has_scheduler || config->memory_policy.set;
}
