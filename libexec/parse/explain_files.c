/* --explain: what the container sees as its file system. */
#include "explain.h"

#include <linux/mount.h>
#include <string.h>
#include "say.h"

static void say_in(struct say_list *list, const char *prefix, const char *word)
{
	say_next(list);
	say(prefix, word, NULL);
}

/* A new mount has nothing below it. */
static int has_tree(const struct plan_mount *m)
{
	return m->kind == MOUNT_BIND || m->kind == MOUNT_REMOUNT;
}

/* An attribute with the words that set it and take it off, of the mount and of its tree. */
static void say_attribute(struct say_list *list, const struct plan_mount *m, uint64_t bit,
	const char *on, const char *off)
{
	if ((m->attr_set | m->attr_clr) & bit)
		say_in(list, "", m->attr_set & bit ? on : off);
	if (has_tree(m) && (m->rec_attr_set | m->rec_attr_clr) & bit)
		say_in(list, "r", m->rec_attr_set & bit ? on : off);
}

static const char *atime_word(uint64_t set)
{
	return (set & MOUNT_ATTR__ATIME) == MOUNT_ATTR_NOATIME        ? "noatime"
		: (set & MOUNT_ATTR__ATIME) == MOUNT_ATTR_STRICTATIME ? "strictatime"
								      : "relatime";
}

static void say_attributes(struct say_list *list, const struct plan_mount *m)
{
	say_attribute(list, m, MOUNT_ATTR_RDONLY, "ro", "rw");
	say_attribute(list, m, MOUNT_ATTR_NOSUID, "nosuid", "suid");
	say_attribute(list, m, MOUNT_ATTR_NODEV, "nodev", "dev");
	say_attribute(list, m, MOUNT_ATTR_NOEXEC, "noexec", "exec");
	say_attribute(list, m, MOUNT_ATTR_NODIRATIME, "nodiratime", "diratime");
	say_attribute(list, m, MOUNT_ATTR_NOSYMFOLLOW, "nosymfollow", "symfollow");
	if ((m->attr_set | m->attr_clr) & MOUNT_ATTR__ATIME)
		say_in(list, "", atime_word(m->attr_set));
	if (has_tree(m) && (m->rec_attr_set | m->rec_attr_clr) & MOUNT_ATTR__ATIME)
		say_in(list, "r", atime_word(m->rec_attr_set));
}

static void say_mount(const struct plan *plan, const struct plan_mount *m)
{
	const char *type = plan_text(plan, m->type), *source = plan_text(plan, m->source);

	if (m->kind == MOUNT_BIND) {
		say("binds ", NULL);
		say_quoted(source);
		say(m->recursive ? " and all that is mounted below it" : "", NULL);
	} else if (m->kind == MOUNT_CGROUP) {
		say("mounts the container's own part of the cgroup hierarchies", NULL);
	} else if (m->kind == MOUNT_REMOUNT) {
		say("changes what is mounted", NULL);
	} else {
		say("mounts ", NULL);
		say_quoted(type);
	}
	say(" on ", NULL);
	say_quoted(plan_text(plan, m->destination));
	if (m->kind == MOUNT_REMOUNT)
		return;
	if (m->kind != MOUNT_BIND && source && *source && strcmp(source, type) != 0) {
		say(" (source ", NULL);
		say_quoted(source);
		say(")", NULL);
	}
	if (m->kind == MOUNT_BIND && type && *type && strcmp(type, "bind") != 0 &&
		strcmp(type, "none") != 0) {
		say(" (type ", NULL);
		say_quoted(type);
		say(" counts for nothing)", NULL);
	}
}

static void say_ranges(const struct plan *plan, struct plan_list list, const char *what)
{
	for (uint32_t i = 0; i < list.count; i++) {
		const struct plan_idmap *map = plan_idmap_at(plan, list, i);

		say(i ? ", " : what, NULL);
		say_number(map->container);
		say("-", NULL);
		say_number(map->container + map->size - 1);
		say(" = ", NULL);
		say_number(map->host);
		say("-", NULL);
		say_number(map->host + map->size - 1);
	}
}

static void say_flags(struct say_list *list, const struct plan_mount *m)
{
	static const struct name flags[] = {{"begins with a copy of what it covers", MOUNT_COPY_UP},
		{"a symlink is made anew and not mounted", MOUNT_COPY_SYMLINK},
		{"a symlink as source is not followed", MOUNT_SOURCE_NOFOLLOW},
		{"a symlink as destination is not followed", MOUNT_DESTINATION_NOFOLLOW},
		{"options of the file system, too", MOUNT_RECONFIGURE}, {NULL, 0}};

	for (const struct name *flag = flags; flag->word; flag++)
		if (m->flags & flag->value)
			say_in(list, "", flag->word);
}

static void explain_mount(const struct plan *plan, const struct plan_mount *m)
{
	struct say_list words = {": ", 0};

	say_mount(plan, m);
	say_attributes(&words, m);
	for (uint32_t i = 0; i < m->data.count; i++) {
		const struct plan_kv *kv = plan_kv_at(plan, m->data, i);

		say_next(&words);
		say_value(plan_text(plan, kv->key));
		if (kv->value.offset) {
			say("=", NULL);
			say_value(plan_text(plan, kv->value));
		}
	}
	say_flags(&words, m);
	for (uint32_t i = 0; i < m->propagation.count; i++) {
		say_next(&words);
		say("propagation ", NULL);
		say_word(propagation_names, plan_num_at(plan, m->propagation, i)->value);
	}
	if (m->idmap != IDMAP_NONE)
		say_in(&words, "",
			m->idmap == IDMAP_TOP ? "ids mapped" : "ids mapped in all of it");
	if (m->mapping) {
		say_in(&words, "", "ids by mapping ");
		say_number(m->mapping);
		say(m->idmap == IDMAP_RECURSIVE ? ", also of what is mounted below" : "", NULL);
	}
	if (!has_tree(m) && (m->rec_attr_set || m->rec_attr_clr))
		say("; recursive attributes count only for binds", NULL);
	say_done();
}

/* "id mapping 1: uids 0-9 = 1000-1009, gids …": of the file system, of the host. */
static void explain_mapping(const struct plan *plan, uint32_t index)
{
	const struct plan_mapping *mapping = plan_mapping_at(plan, plan->config->mappings, index);

	say("id mapping ", NULL);
	say_number(index + 1);
	say(" of mounts: ", NULL);
	say_ranges(plan, mapping->uid_map, "uids ");
	say_ranges(plan, mapping->gid_map, mapping->uid_map.count ? ", gids " : "gids ");
	if (!mapping->uid_map.count && !mapping->gid_map.count)
		say("that of the joined user namespace", NULL);
	say_done();
}

static void explain_device(const struct plan *plan, const struct plan_device *d)
{
	int binds = plan_namespace(plan, NS_USER, NULL) && d->type != DEVICE_FIFO &&
		(plan->config->rootless || !plan->config->uid_map.count);

	say(binds ? "binds the host's " : "makes the ", NULL);
	say(d->type == DEVICE_FIFO                ? "fifo "
			: d->type == DEVICE_BLOCK ? "block device "
						  : "character device ",
		NULL);
	say_quoted(plan_text(plan, d->path));
	if (d->type != DEVICE_FIFO) {
		say(", ", NULL);
		say_number(d->major);
		say(":", NULL);
		say_number(d->minor);
	}
	say(binds ? "; asked for were mode " : ", mode ", NULL);
	say_octal(d->mode);
	say(", owner ", NULL);
	say_number(d->uid);
	say(":", NULL);
	say_number(d->gid);
	say_done();
}

void explain_sources(const struct plan *plan)
{
	const struct plan_config *c = plan->config;
	struct say_list binds = {"opens what is bound from the host: ", 0};
	struct say_list joined = {"opens the namespaces ", 0};

	say_who(PHASE_CREATE, PROGRAM_SOURCES);
	say("opens the root file system ", NULL);
	say_quoted(plan_text(plan, c->root_path));
	say_done();
	for (uint32_t i = 0; i < c->mounts.count; i++) {
		const struct plan_mount *m = plan_mount_at(plan, c->mounts, i);

		if (m->kind == MOUNT_BIND && m->source.offset) {
			say_next(&binds);
			say_quoted(plan_text(plan, m->source));
		}
	}
	if (binds.count)
		say_done();
	for (uint32_t i = 0; i < c->mappings.count; i++)
		explain_mapping(plan, i);
	for (uint32_t i = 0; i < c->namespaces.count; i++) {
		const struct plan_namespace *ns = plan_namespace_at(plan, c->namespaces, i);

		if (ns->path.offset) {
			say_next(&joined);
			say_quoted(plan_text(plan, ns->path));
		}
	}
	if (joined.count)
		say_done();
}

void explain_mounts(const struct plan *plan)
{
	const struct plan_config *c = plan->config;

	say_who(PHASE_CREATE, PROGRAM_ROOTFS);
	if (c->rootfs_propagation) {
		say(c->rootfs_propagation & MS_PRIVATE ? "makes all mounts rprivate"
						       : "makes all mounts rslave",
			NULL);
		say(", and the root file system at last ", NULL);
		say_word(propagation_names, c->rootfs_propagation);
	} else {
		say("makes all mounts rslave: those of the host reach the container, never back",
			NULL);
	}
	say_done();
	for (uint32_t i = 0; i < c->mounts.count; i++)
		explain_mount(plan, plan_mount_at(plan, c->mounts, i));
	if (c->mount_label.length) {
		say("gives mounts the SELinux label ", NULL);
		say_quoted(plan_text(plan, c->mount_label));
		say_done();
	}
	say("makes /dev/null, zero, full, random, urandom, tty and the links of /dev, unless /dev "
	    "is "
	    "bound from the host",
		NULL);
	say_done();
	for (uint32_t i = 0; i < c->devices.count; i++)
		explain_device(plan, plan_device_at(plan, c->devices, i));
	for (uint32_t i = 0; i < c->sysctl.count; i++) {
		const struct plan_kv *kv = plan_kv_at(plan, c->sysctl, i);

		say("sysctl ", NULL);
		say_value(plan_text(plan, kv->key));
		say(" = ", NULL);
		say_quoted(plan_text(plan, kv->value));
		say_done();
	}
}

static void say_paths(const struct plan *plan, struct plan_list list, const char *what)
{
	for (uint32_t i = 0; i < list.count; i++) {
		say(i ? ", " : what, NULL);
		say_quoted(plan_text(plan, plan_str_at(plan, list, i)->value));
	}
	if (list.count)
		say_done();
}

static void say_name(const struct plan *plan, struct plan_string name, const char *what)
{
	if (!name.length)
		return;
	say(what, NULL);
	say_quoted(plan_text(plan, name));
	say_done();
}

void explain_finish(const struct plan *plan)
{
	const struct plan_config *c = plan->config;

	say_who(PHASE_CREATE, PROGRAM_ROOTFS);
	say(c->no_pivot ? "changes the root with pivot_root, or covers the host's where that fails"
			: "changes the root with pivot_root; the host's mounts are gone",
		NULL);
	say_done();
	if (c->terminal) {
		say("makes a terminal and binds it on /dev/console", NULL);
		say_done();
	}
	if (c->root_readonly) {
		say("makes the root file system read-only", NULL);
		say_done();
	}
	say_name(plan, c->hostname, "host name ");
	say_name(plan, c->domainname, "domain name ");
	say_paths(plan, c->readonly_paths, "read-only, where there: ");
	say_paths(plan, c->masked_paths, "hidden, where there: ");
}
