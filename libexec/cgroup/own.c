/*
 * One more Landlock domain, as soon as it is known which cgroups are the container's: from there on
 * nothing is written but their files. What decides about others, as release_agent of v1 or the limits
 * of a cgroup above, is out of reach.
 */
#include <fcntl.h>
#include "cgroup.h"
#include "priv.h"

static struct priv_rule rules[2 * JOURNAL_CGROUPS_MAX];
static size_t rule_count;

static void allow(int directory, uint64_t access)
{
	if (directory >= 0)
		rules[rule_count++] = (struct priv_rule){NULL, directory, access};
}

void write_own_only(const struct host *host, int other)
{
	for (size_t i = 0; i < host->count; i++)
		allow(host->hierarchies[i].leaf, LANDLOCK_ACCESS_FS_WRITE_FILE);
	allow(other, LANDLOCK_ACCESS_FS_WRITE_FILE);
	priv_change_only(rules, rule_count);
}

/* A directory is removed from the one above it, so this must allow that. */
void remove_own_only(struct host *host)
{
	for (size_t i = 0; i < host->count; i++) {
		struct hierarchy *h = &host->hierarchies[i];
		const char *name;

		h->leaf = beneath(h->root, h->path, O_RDONLY | O_DIRECTORY);
		allow(h->leaf, LANDLOCK_ACCESS_FS_WRITE_FILE); /* to thaw */
		allow(open_parent(h->root, h->path, &name), LANDLOCK_ACCESS_FS_REMOVE_DIR);
	}
	priv_change_only(rules, rule_count);
}
