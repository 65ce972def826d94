/* Id-mapped mounts: config.md, "uidMappings" and "idmap"; crun(1), "ID mapped mounts". */
#include "build.h"

#include <string.h>
#include "review.h"
#include "text.h"

/* In a host id until linux.uidMappings is known: the id is one of the container. No plan passes
 * with it. */
#define RELATIVE (UINT64_C(1) << 32)

static const char *inline_map; /* what follows "idmap=" in the options of the mount at hand */

void forget_inline_map(void)
{
	inline_map = NULL;
}

int keep_inline_map(const char *word, struct plan_mount *m)
{
	if (strncmp(word, "idmap=", 6) != 0 && strncmp(word, "ridmap=", 7) != 0)
		return 0;
	if (inline_map)
		refuse("a second mapping", NULL);
	m->idmap = *word == 'r' ? IDMAP_RECURSIVE : IDMAP_TOP;
	inline_map = strchr(word, '=') + 1;
	return 1;
}

_Noreturn static void refuse_inline(void)
{
	refuse("options: \"", shown(inline_map),
		"\" is not a mapping like uids=0-1000-10#10-2000-1;gids=0-1000-10", NULL);
}

static const char *read_number(const char *c, uint64_t min, uint64_t max, uint64_t *number)
{
	char digits[12] = "";
	size_t length = strspn(c, "0123456789");

	if (length >= sizeof(digits))
		refuse_inline();
	memcpy(digits, c, length);
	if (text_to_u64(digits, number) || *number < min || *number > max)
		refuse_inline();
	return c + length;
}

static const char *skip(const char *c, char expected)
{
	if (*c != expected)
		refuse_inline();
	return c + 1;
}

/* "0-1000-10#10-2000-1": id of the file system, id of the host, count; "@": an id of the container
 * instead of the host. */
static const char *add_ranges(const char *c, struct plan_list *list)
{
	for (;; c++) {
		struct plan_idmap *map = plan_add(PLAN_RECORD_idmap, list);
		uint64_t relative = *c == '@' ? RELATIVE : 0;

		c = read_number(relative ? c + 1 : c, 0, UINT32_MAX - 1, &map->container);
		c = read_number(skip(c, '-'), 0, UINT32_MAX - 1, &map->host);
		c = read_number(skip(c, '-'), 1, UINT32_MAX, &map->size);
		map->host |= relative;
		if (*c != '#')
			return c;
	}
}

void take_inline_map(struct plan_mount *m)
{
	const char *c = inline_map;

	if (c && (m->uid_map.count || m->gid_map.count))
		refuse("options: a second mapping beside uidMappings and gidMappings", NULL);
	while (c) {
		int uids = !strncmp(c, "uids=", 5);
		struct plan_list *list = uids ? &m->uid_map : &m->gid_map;

		if (list->count || (!uids && strncmp(c, "gids=", 5) != 0))
			refuse_inline();
		c = add_ranges(c + 5, list);
		if (!*c)
			break;
		c = skip(c, ';');
	}
	inline_map = NULL;
}

/* From an id of the container to one of the host, by the one range that must hold all of MAP. */
static void make_absolute(struct plan_idmap *map, struct plan_list of)
{
	uint64_t first = map->host & ~RELATIVE;

	if (!(map->host & RELATIVE))
		return;
	for (uint32_t i = 0; i < of.count; i++) {
		const struct plan_idmap *range = plan_added(PLAN_RECORD_idmap, of, i);

		if (first < range->container || first + map->size > range->container + range->size)
			continue;
		map->host = range->host + (first - range->container);
		return;
	}
	refuse("options: no range of the container's user namespace has the ids of \"@",
		shown_number(map->container, 0), "-", shown_number(first, 0), "-",
		shown_number(map->size, 0), "\"", NULL);
}

static void make_all_absolute(struct plan_list map, struct plan_list of)
{
	for (uint32_t i = 0; i < map.count; i++)
		make_absolute(plan_added(PLAN_RECORD_idmap, map, i), of);
}

static int equal_maps(struct plan_list a, struct plan_list b)
{
	if (a.count != b.count)
		return 0;
	for (uint32_t i = 0; a.first != b.first && i < a.count; i++)
		if (memcmp(plan_added(PLAN_RECORD_idmap, a, i), plan_added(PLAN_RECORD_idmap, b, i),
			    sizeof(struct plan_idmap)) != 0)
			return 0;
	return 1;
}

/* Hundreds of mounts have one or two mappings between them. */
static uint64_t mapping_number(
	struct plan_config *config, struct plan_list uid_map, struct plan_list gid_map)
{
	struct plan_list *all = &config->mappings;
	struct plan_mapping *mapping;

	for (uint32_t i = 0; i < all->count; i++) {
		mapping = plan_added(PLAN_RECORD_mapping, *all, i);
		if (equal_maps(mapping->uid_map, uid_map) && equal_maps(mapping->gid_map, gid_map))
			return i + 1;
	}
	if (all->count == ID_MAPPINGS_MAX)
		refuse("the mounts have more than 256 different mappings", NULL);
	mapping = plan_add(PLAN_RECORD_mapping, all);
	mapping->uid_map = uid_map;
	mapping->gid_map = gid_map;
	return all->count;
}

static void check_own_map(const struct plan_config *config, struct plan_mount *m)
{
	if (!m->uid_map.count || !m->gid_map.count)
		refuse("id-mapped mounts must have both uid and gid mappings specified", NULL);
	make_all_absolute(m->uid_map, config->uid_map);
	make_all_absolute(m->gid_map, config->gid_map);
	check_id_map(m->uid_map, "uidMappings");
	check_id_map(m->gid_map, "gidMappings");
}

/*
 * Without a mapping of its own a mount has that of the container. What is newly mounted in a joined
 * user namespace is mapped by that already, and the kernel refuses to do it twice.
 */
static void map_mount(struct plan_config *config, struct plan_mount *m)
{
	const struct plan_list none = {0, 0};
	int own = m->uid_map.count || m->gid_map.count, joined = user_namespace_joined();

	if (!own && !namespace_listed(NS_USER))
		refuse("id-mapped mounts must have both uid and gid mappings specified: neither "
		       "the "
		       "mount has any nor the container a user namespace",
			NULL);
	if (m->kind == MOUNT_CGROUP)
		refuse("cgroup file systems cannot be id-mapped", NULL);
	if (m->kind == MOUNT_REMOUNT)
		refuse("options: remount cannot change the ids of a mount", NULL);
	if (own)
		check_own_map(config, m);
	if (!m->idmap)
		m->idmap = IDMAP_TOP;
	if (!own && joined && m->kind == MOUNT_FS)
		return;
	if (own)
		m->mapping = mapping_number(config, m->uid_map, m->gid_map);
	else
		m->mapping = mapping_number(
			config, joined ? none : config->uid_map, joined ? none : config->gid_map);
	config->maps_new_mounts |= m->kind == MOUNT_FS;
}

/* What map_mount is attempted with. */
struct mapped {
	struct plan_config *config;
	struct plan_mount *mount;
};

static void map_one(void *context)
{
	const struct mapped *m = context;

	map_mount(m->config, m->mount);
}

void map_mounts(struct plan_config *config)
{
	struct mapped m = {config, NULL};

	if (plan_error())
		return; /* records are missing; plan_emit tells */
	path_member("mounts");
	for (uint32_t i = 0; i < config->mounts.count; i++) {
		m.mount = plan_added(PLAN_RECORD_mount, config->mounts, i);
		path_element(i);
		if (m.mount->idmap || m.mount->uid_map.count || m.mount->gid_map.count)
			(void)attempt(map_one, &m);
		path_leave();
	}
	path_leave();
}
