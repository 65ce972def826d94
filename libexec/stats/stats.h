/*
 * What the files of this program share: one reading of a container's statistics, who fills it in
 * and who prints it. All of it comes from the kernel. What a container can name, cgroups below its
 * own, is never read; where a directory is listed, only regular files of known form count, and
 * those only the kernel makes.
 */
#ifndef DAVIT_STATS_H
#define DAVIT_STATS_H

#include <stddef.h>
#include <stdint.h>
#include "cgroups.h"
#include "journal.h"
#include "json.h"

#define CPUS_MAX     8192
#define NODES_MAX    1024
#define RAW_MAX      512
#define IO_MAX       8192
#define HUGE_MAX     16
#define MONITORS_MAX 256
#define OUTPUT_MAX   (2u << 20)

/* Which numbers the host has; those that it has not are 0. */
enum {
	HAVE_CPU = 1 << 0,
	HAVE_CPU_MODES = 1 << 1,
	HAVE_THROTTLING = 1 << 2,
	HAVE_MEMORY = 1 << 3,
	HAVE_SWAP = 1 << 4,
	HAVE_KERNEL = 1 << 5,
	HAVE_OOM = 1 << 6,
	HAVE_PIDS = 1 << 7,
	HAVE_L3 = 1 << 8,
	HAVE_MB = 1 << 9,
};

/* X(key of runc's JSON), each v1's cpuset.KEY */
#define CPUSET_FLAGS(X)                                                                            \
	X(cpu_exclusive)                                                                           \
	X(mem_hardwall)                                                                            \
	X(mem_exclusive)                                                                           \
	X(memory_migrate)                                                                          \
	X(memory_spread_page)                                                                      \
	X(memory_spread_slab)                                                                      \
	X(memory_pressure)                                                                         \
	X(sched_load_balance)

struct usage {
	uint64_t limit; /* as the kernel tells it; v2's "max" is UINT64_MAX */
	uint64_t usage;
	uint64_t max;
	uint64_t failcnt;
};

struct raw {
	const char *name; /* points into raw_text */
	uint64_t value;
};

/* X(table, key of runc's JSON, file of v1 after "blkio." and "blkio.bfq.") */
#define IO_TABLES(X)                                                                               \
	X(IO_BYTES, "ioServiceBytesRecursive", "io_service_bytes_recursive")                       \
	X(IO_SERVICED, "ioServicedRecursive", "io_serviced_recursive")                             \
	X(IO_QUEUED, "ioQueueRecursive", "io_queued_recursive")                                    \
	X(IO_SERVICE_TIME, "ioServiceTimeRecursive", "io_service_time_recursive")                  \
	X(IO_WAIT_TIME, "ioWaitTimeRecursive", "io_wait_time_recursive")                           \
	X(IO_MERGED, "ioMergedRecursive", "io_merged_recursive")                                   \
	X(IO_TIME, "ioTimeRecursive", "time_recursive")                                            \
	X(IO_SECTORS, "sectorsRecursive", "sectors_recursive")

#define X(table, key, file) table,
enum io_table { IO_TABLES(X) IO_TABLE_COUNT };
#undef X

struct io {
	enum io_table table;
	uint64_t major, minor, value;
	char op[16]; /* "Read", "Write", "Sync" …; "" for a file without */
};

struct pressure_line {
	int present;
	char average[3][16]; /* of 10, 60, 300 seconds: the digits, fit for JSON */
	uint64_t total;      /* microseconds */
};

struct pressure {
	struct pressure_line some, full;
};

enum resource { RESOURCE_CPU, RESOURCE_MEMORY, RESOURCE_IO, RESOURCE_COUNT };

struct huge {
	char size[16]; /* "2MB" */
	uint64_t usage, max, failcnt;
};

struct monitor { /* of one domain, "mon_L3_00" */
	char name[32];
	int has_llc, has_total, has_local;
	uint64_t llc, total, local;
};

struct rdt {
	uint64_t min_cbm_bits, l3_closids;
	uint64_t gran, linear, min_bandwidth, mb_closids;
	size_t monitor_count;
	char cbm_mask[64];
	char root[8192], group[8192]; /* the schemata files */
	struct monitor monitors[MONITORS_MAX];
};

struct stats {
	unsigned have;
	uint64_t cpu_total, cpu_user, cpu_kernel; /* ns */
	size_t percpu_count, percpu_mode_count;
	uint64_t periods, throttled_periods, throttled_time; /* ns */
	size_t cpu_count, node_count;
#define X(name) uint64_t name;
	CPUSET_FLAGS(X)
#undef X
	int64_t relax_domain_level;
	uint64_t cache, working_set, rss, oom_kills;
	struct usage memory, swap, kernel, kernel_tcp;
	size_t raw_count;
	uint64_t pids, pids_limit;
	size_t io_count;
	size_t huge_count;
	struct pressure pressure[RESOURCE_COUNT];
	int err; /* -errno of the first file that could not be read, or 0 */
	char problem[512];

	/* From here on nothing counts but as far as the counts above say: stats_clear leaves it, so
	 * that memory is used only for what there is. */
	struct huge huge[HUGE_MAX]; /* sorted by size as text, as in runc's JSON */
	uint16_t cpus[CPUS_MAX], nodes[NODES_MAX];
	uint64_t percpu[CPUS_MAX], percpu_user[CPUS_MAX], percpu_kernel[CPUS_MAX];
	struct raw raw[RAW_MAX]; /* sorted by name */
	char raw_text[32768];
	struct io io[IO_MAX];
	struct rdt rdt;
};

extern char scratch[1 << 20]; /* for a file that is cut up at once */

/* collect.c */

/* Opens the directories that are there of those in HOST; how many. Dies on anything but ENOENT. */
size_t open_leaves(struct host *host);
/* True as long as it is. */
int leaf_is_there(const struct hierarchy *h);
/* True as long as one of them is. */
int leaves_are_there(const struct host *host);
void stats_clear(struct stats *s);
/* A whole reading. JOURNAL: NULL by hand. 0, or the -errno of what s->problem names. */
int collect(struct stats *s, struct host *host, const struct journal *journal);

/* read.c. A file that is not there is no problem: 0 and nothing; one that has no place is kept in
 * s->err. H may be NULL, and without a directory: nothing is there. */

/* The file's text without its last newline, in TEXT; 1 when it is there. */
int read_text(
	struct stats *s, const struct hierarchy *h, const char *file, char *text, size_t size);
int read_u64(struct stats *s, const struct hierarchy *h, const char *file, uint64_t *n);
/* The same, "max" is UINT64_MAX. */
int read_limit(struct stats *s, const struct hierarchy *h, const char *file, uint64_t *n);
/* "NAME NUMBER" in each line of FILE: the numbers of NAMES (to the first NULL) to TO; 1 when it is
 * there. */
int read_fields(struct stats *s, const struct hierarchy *h, const char *file,
	const char *const *names, uint64_t *const *to);
/* Notes that FILE is not what it should be. */
void malformed(struct stats *s, const struct hierarchy *h, const char *file);
/* Cuts the next line off *TEXT; NULL at the end. */
char *next_line(char **text);
/* Cuts the next word off *LINE, which any of SEPARATORS end; NULL at the end. */
char *next_word(char **line, const char *separators);
/* memory.stat to s->raw. */
void read_raw(struct stats *s, const struct hierarchy *h);
/* The number with that name there, or 0. */
uint64_t raw_value(const struct stats *s, const char *name);
/* "0-3,7" to LIST; how many. */
size_t read_list(
	struct stats *s, const struct hierarchy *h, const char *file, uint16_t *list, size_t size);
void read_pressure(
	struct stats *s, const struct hierarchy *h, const char *file, struct pressure *p);

/* read1.c, read2.c, blkio.c, hugetlb.c, rdt.c */

void read_v1(struct stats *s, struct host *host);
void read_v2(struct stats *s, const struct hierarchy *h);
void read_blkio(struct stats *s, const struct hierarchy *h);
void read_io(struct stats *s, const struct hierarchy *h);
void read_hugetlb(struct stats *s, const struct hierarchy *h);
/* GROUP and MONITOR: directories of the file system ROOT. */
void read_rdt(struct stats *s, int root, int group, int monitor);
void read_rdt_of(struct stats *s, const struct journal *journal);
/* Calls VISIT for the name of each entry of TYPE in DIR. 0 or -errno. */
int each_entry(int dir, unsigned char type, void (*visit)(const char *name, void *arg), void *arg);

/* watch.c */

/* Prints statistics every INTERVAL (ms) and each OOM as it comes, until the cgroup is gone. */
void watch(struct host *host, const struct journal *journal, const char *id, int64_t interval);

/* print.c */

/* All of it on fd 1, in pieces that a pipe takes whole, so that we never wait for its reader alone:
 * exits when the conductor or the reader is gone. 0 or -errno. */
int print(const char *data, size_t length);

/* print_json.c, print_metrics.c: one object and a newline, or a whole exposition. 0, -E2BIG. */

int print_stats(const struct stats *s, const char *id);
int print_oom(const char *id);
/* CREATED: of the container, seconds since the epoch; 0: not known. */
int print_metrics(const struct stats *s, const char *id, uint64_t created);
extern char output[OUTPUT_MAX];

#endif
