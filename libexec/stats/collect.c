/* One reading of everything. */
#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include "kernfs.h"
#include "stats.h"
#include "step.h"

size_t open_leaves(struct host *host)
{
	size_t found = 0;

	for (size_t i = 0; i < host->count; i++) {
		struct hierarchy *h = &host->hierarchies[i];

		/* Without rights not all that the journal names was made. */
		h->leaf = beneath(h->root, h->path[0] ? h->path : ".", O_RDONLY | O_DIRECTORY);
		if (h->leaf >= 0)
			found++;
		else if (h->leaf != -ENOENT)
			die("open", full_path(h, NULL), h->leaf);
	}
	return found;
}

/* A directory that was removed has no files left. */
int leaf_is_there(const struct hierarchy *h)
{
	int file = h->leaf >= 0 ? beneath(h->leaf, "cgroup.procs", O_PATH) : -1;

	if (file < 0)
		return 0;
	close_fd(&file);
	return 1;
}

int leaves_are_there(const struct host *host)
{
	for (size_t i = 0; i < host->count; i++)
		if (leaf_is_there(&host->hierarchies[i]))
			return 1;
	return 0;
}

void stats_clear(struct stats *s)
{
	memset(s, 0, offsetof(struct stats, huge));
	s->rdt.monitor_count = 0;
	s->rdt.cbm_mask[0] = s->rdt.root[0] = s->rdt.group[0] = '\0';
}

int collect(struct stats *s, struct host *host, const struct journal *journal)
{
	stats_clear(s);
	if (host->unified)
		read_v2(s, host_controller(host, ""));
	else
		read_v1(s, host);
	if (journal)
		read_rdt_of(s, journal);
	return s->err;
}
