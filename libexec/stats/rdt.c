/* The container's group in the resctrl file system, what the processor can do, and what it counts. */
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include "kernfs.h"
#include "resctrl.h"
#include "stats.h"
#include "text.h"

static void note(struct stats *s, const char *file, int err)
{
	if (s->err)
		return;
	s->err = err;
	text_join(s->problem, sizeof(s->problem), RESCTRL_MOUNT " ", file, NULL);
}

static int read_line(struct stats *s, int dir, const char *file, char *text, size_t size)
{
	ssize_t n = read_file(dir, file, text, size);

	if (n >= 0)
		return 1;
	text[0] = '\0';
	if (n != -ENOENT && n != -ENODEV)
		note(s, file, (int)n);
	return 0;
}

static int read_number(struct stats *s, int dir, const char *file, uint64_t *n)
{
	char text[64];

	if (!read_line(s, dir, file, text, sizeof(text)))
		return 0;
	if (!text_to_u64(text, n))
		return 1;
	/* "Unavailable", "Error": the processor cannot tell now. */
	if (text[0] != 'U' && text[0] != 'E')
		note(s, file, -EBADMSG);
	return 0;
}

static void read_info(struct stats *s, int root)
{
	struct rdt *rdt = &s->rdt;
	char mask[64];

	if (read_line(s, root, "info/L3/cbm_mask", mask, sizeof(mask)) &&
		strspn(mask, "0123456789abcdef") == strlen(mask)) {
		s->have |= HAVE_L3;
		memcpy(rdt->cbm_mask, mask, sizeof(mask));
		(void)read_number(s, root, "info/L3/min_cbm_bits", &rdt->min_cbm_bits);
		(void)read_number(s, root, "info/L3/num_closids", &rdt->l3_closids);
	}
	if (read_number(s, root, "info/MB/bandwidth_gran", &rdt->gran)) {
		s->have |= HAVE_MB;
		(void)read_number(s, root, "info/MB/delay_linear", &rdt->linear);
		(void)read_number(s, root, "info/MB/min_bandwidth", &rdt->min_bandwidth);
		(void)read_number(s, root, "info/MB/num_closids", &rdt->mb_closids);
	}
}

struct reading {
	struct stats *s;
	int data;
};

/* mon_data/mon_L3_00: the kernel alone makes directories there. */
static void read_domain(const char *name, void *arg)
{
	const struct reading *reading = arg;
	struct rdt *rdt = &reading->s->rdt;
	struct monitor *m = &rdt->monitors[rdt->monitor_count];
	struct text t = TEXT(m->name);
	int dir;

	if (rdt->monitor_count == MONITORS_MAX || strncmp(name, "mon_L3_", 7) != 0 ||
		strspn(name + 7, "0123456789") != strlen(name + 7))
		return;
	dir = beneath(reading->data, name, O_RDONLY | O_DIRECTORY);
	if (dir < 0)
		return;
	memset(m, 0, sizeof(*m));
	text_add(&t, name + 7);
	m->has_llc = read_number(reading->s, dir, "llc_occupancy", &m->llc);
	m->has_total = read_number(reading->s, dir, "mbm_total_bytes", &m->total);
	m->has_local = read_number(reading->s, dir, "mbm_local_bytes", &m->local);
	rdt->monitor_count++;
	close_fd(&dir);
}

static int by_domain(const void *a, const void *b)
{
	return strcmp(((const struct monitor *)a)->name, ((const struct monitor *)b)->name);
}

void read_rdt(struct stats *s, int root, int group, int monitor)
{
	struct reading reading = {.s = s};
	int err;

	read_info(s, root);
	(void)read_line(s, root, "schemata", s->rdt.root, sizeof(s->rdt.root));
	(void)read_line(s, group, "schemata", s->rdt.group, sizeof(s->rdt.group));
	reading.data = beneath(monitor, "mon_data", O_RDONLY | O_DIRECTORY);
	if (reading.data < 0)
		return;
	err = each_entry(reading.data, DT_DIR, read_domain, &reading);
	if (err)
		note(s, "mon_data", err);
	close_fd(&reading.data);
	qsort(s->rdt.monitors, s->rdt.monitor_count, sizeof(s->rdt.monitors[0]), by_domain);
}

/* An absolute path of the journal, below ROOT only. */
static int open_group(int root, const char *path)
{
	static const char mount[] = RESCTRL_MOUNT;
	char name[1024];

	if (strncmp(path, mount, sizeof(mount) - 1) != 0 ||
		path_clean(path + sizeof(mount) - 1, name, sizeof(name)))
		return -EBADMSG;
	return beneath(root, name[0] ? name : ".", O_RDONLY | O_DIRECTORY);
}

void read_rdt_of(struct stats *s, const struct journal *journal)
{
	const char *monitor = journal->resctrl.monitor;
	int root, group, monitored;

	if (!journal->resctrl.group)
		return;
	root = resctrl_open_mount();
	if (root < 0)
		return; /* unmounted meanwhile */
	group = open_group(root, journal->resctrl.group);
	monitored = monitor ? open_group(root, monitor) : -1;
	if (group >= 0)
		read_rdt(s, root, group, monitored >= 0 ? monitored : group);
	else if (group != -ENOENT)
		note(s, journal->resctrl.group, group);
	close_fd(&monitored);
	close_fd(&group);
	close_fd(&root);
}
