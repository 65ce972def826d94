/*
 * The plan: what parse makes of config.json and every other program reads. One flat image: a
 * header, one section per kind of record (plan.def), the strings. Offsets are 32 bits wide and
 * counted from the start of the image or, for strings, of the string section. Nothing is read
 * before plan_check has passed the whole image.
 */
#ifndef DAVIT_PLAN_H
#define DAVIT_PLAN_H

#include <stddef.h>
#include <stdint.h>
#include "names.h"

#define PLAN_MAGIC      "davitpln"
#define PLAN_LAYOUT     11u
#define PLAN_SIZE_MAX   (64u << 20)
#define PLAN_BUILD_SIZE 32

struct plan_string {
	uint32_t offset; /* in the string section; 0: absent */
	uint32_t length; /* without the NUL that follows */
};

struct plan_list {
	uint32_t first; /* index of the first record in its section */
	uint32_t count;
};

struct plan_opt_u64 {
	uint64_t set; /* 0 or 1 */
	uint64_t value;
};

struct plan_opt_i64 {
	uint64_t set;
	int64_t value;
};

#define RECORD(n)  struct plan_##n {
#define STR(f)     struct plan_string f;
#define BOOL(f)    uint64_t f;
#define U64(f)     uint64_t f;
#define I64(f)     int64_t f;
#define U32(f)     uint64_t f;
#define ID(f)      uint64_t f;
#define ENUM(f, m) uint64_t f;
#define OPT_U64(f) struct plan_opt_u64 f;
#define OPT_I64(f) struct plan_opt_i64 f;
#define OPT_ID(f)  struct plan_opt_u64 f;
#define LIST(f, r) struct plan_list f;
#define END(n)                                                                                     \
	}                                                                                          \
	;
#include "plan.def"
#include "plan_undef.h"

/* PLAN_RECORD_str, PLAN_RECORD_num … in the order of plan.def, which is the order of the sections.
 */
enum plan_record {
#define RECORD(n) PLAN_RECORD_##n,
#include "plan_empty.h"
#include "plan.def"
#include "plan_undef.h"
	PLAN_RECORD_COUNT
};

enum plan_kind {
	PLAN_STR,
	PLAN_BOOL,
	PLAN_U64,
	PLAN_I64,
	PLAN_U32,
	PLAN_ID,
	PLAN_ENUM,
	PLAN_OPT_U64,
	PLAN_OPT_I64,
	PLAN_OPT_ID,
	PLAN_LIST
};

struct plan_field {
	uint8_t kind;  /* enum plan_kind */
	uint8_t limit; /* PLAN_ENUM: number of values; PLAN_LIST: the enum plan_record */
};

struct plan_type {
	uint32_t size;        /* of one record, bytes */
	uint16_t first_field; /* in plan_fields */
	uint16_t field_count;
};

/* Bytes one field of KIND takes in its record: 8 or 16. */
uint32_t plan_field_size(enum plan_kind kind);

extern const struct plan_type plan_types[PLAN_RECORD_COUNT];
extern const struct plan_field plan_fields[];

/* plan_names.c: the name of field F of record R is plan_field_names[R][F]. Apart, because only
 * plan-dump needs them. */
extern const char *const *const plan_field_names[PLAN_RECORD_COUNT];
extern const char *const plan_type_names[PLAN_RECORD_COUNT];

struct plan_section {
	uint32_t offset; /* bytes from the start of the image; sections follow each other without a
			    gap */
	uint32_t count;  /* records */
};

struct plan_header {
	char magic[8];
	uint32_t layout;
	uint32_t size; /* of the image, bytes */
	char build[PLAN_BUILD_SIZE];
	struct plan_section sections[PLAN_RECORD_COUNT];
	uint32_t strings;      /* offset of the string section, which is the last */
	uint32_t strings_size; /* its first byte is NUL; every string is followed by one */
};

/* A checked image. The memory belongs to whoever called plan_load and is never released before the
 * process ends. */
struct plan {
	const uint8_t *image;
	size_t size;
	const struct plan_header *header;
	const struct plan_config *config;
};

/*
 * Checks a whole image: magic, layout, build id, size, every section, offset, count, string end,
 * number and enum, nothing trailing. BUILD NULL: any build will do (plan-dump). Returns 0, -ESTALE
 * for another build or layout, -EBADMSG for anything else; *why then names the field.
 */
int plan_check(const void *image, size_t size, const char *build, const char **why);

/*
 * Reads and checks the plan on FD: a sealed memfd is mapped, another file copied, both from their
 * beginning; a pipe is read to its end. Returns 0 or as plan_check, or -errno of fstat, mmap, read;
 * *why says what failed.
 */
int plan_load(int fd, const char *build, struct plan *plan, const char **why);

/* The same for an image in memory, which must live as long as PLAN is used. */
int plan_take(
	const void *image, size_t size, const char *build, struct plan *plan, const char **why);

/* The bytes of S, NUL-terminated, inside the image; NULL when absent. */
const char *plan_text(const struct plan *plan, struct plan_string s);

/* True when the namespace TYPE is listed; *path (may be NULL) gets its path or NULL for a new one.
 */
int plan_namespace(const struct plan *plan, enum namespace_type type, const char **path);

/*
 * True when rootfs must wait between the mounts and pivot_root (MSG_HOOKS_DONE): hooks run there,
 * while device rules are written there are moments in which no device can be opened, and which
 * schedulers and memory nodes a process may have depends on its cgroup. Other limits are applied while it goes on.
 */
int plan_waits_after_mounts(const struct plan *plan);

/* True when dmz loads a filter of system calls: a profile's, a ready-made one, or both. */
static inline int plan_has_filter(const struct plan_config *config)
{
	return config->has_seccomp || config->ready_filter.count;
}

/* Ambient capabilities that the kernel does not raise with the other sets as they are. */
static inline uint64_t plan_caps_not_raised(const struct plan_config *config)
{
	return config->cap_ambient & ~(config->cap_permitted & config->cap_inheritable);
}

/*
 * True for a new sysfs whose network namespace is not a new one. The kernel may refuse it in a user namespace:
 * there sources opens the host's /sys, too.
 */
int plan_wants_host_sysfs(const struct plan *plan, const struct plan_mount *mount);

/*
 * Where in the container's root the source of bind mount INDEX is, if that is below the root file system and an
 * earlier mount of the plan covers it there; else NULL: it is the host's.
 */
const char *plan_source_inside(const struct plan *plan, uint32_t index);

/* False for a FIFO and for /dev/ptmx, which is a link whatever config.json says. */
int plan_is_node(const struct plan *plan, const struct plan_device *device);

/*
 * True for a cgroup mount without a cgroup namespace: the kernel takes the options of a new mount of v2 from
 * the host's namespace for those of the whole machine, so that nsdelegate would be lost (cgroup-v2.rst, "Mounting").
 * Sources then clones /sys/fs/cgroup if it is v2. In a user namespace there are no such mounts.
 */
int plan_wants_host_cgroups(const struct plan *plan, const struct plan_mount *mount);

/* plan_str_at, plan_mount_at …: record I of LIST; I must be below LIST.count. */
#define RECORD(n)                                                                                  \
	static inline const struct plan_##n *plan_##n##_at(                                        \
		const struct plan *plan, struct plan_list list, uint32_t i)                        \
	{                                                                                          \
		return (const struct plan_##n *)(const void *)(plan->image +                       \
			       plan->header->sections[PLAN_RECORD_##n].offset) +                   \
			list.first + i;                                                            \
	}
#include "plan_empty.h"
#include "plan.def"
#include "plan_undef.h"

/* True when MAP is ID and nothing else: then the kernel lets its owner write the map (user_namespaces(7)). */
static inline int plan_maps_only(const struct plan *plan, struct plan_list map, uint64_t id)
{
	return map.count == 1 && plan_idmap_at(plan, map, 0)->size == 1 &&
		plan_idmap_at(plan, map, 0)->host == id;
}

#endif
