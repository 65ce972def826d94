/* What block devices did: the many files of v1, of which a kernel has some, and io.stat of v2. */
#include <string.h>
#include "stats.h"
#include "text.h"

/* Adds an entry; 0 when it has no place. */
static int add_io(struct stats *s, enum io_table table, const uint64_t device[2], const char *op,
	uint64_t value)
{
	struct io *io = &s->io[s->io_count];
	struct text t = TEXT(io->op);

	if (s->io_count == IO_MAX)
		return 0;
	io->table = table;
	io->major = device[0];
	io->minor = device[1];
	io->value = value;
	io->op[0] = '\0';
	text_add(&t, op);
	s->io_count++;
	return !t.cut;
}

/* "8:0" */
static int take_device(char *word, uint64_t device[2])
{
	const char *major = next_word(&word, ":"), *minor = next_word(&word, ":");

	return !major || !minor || text_to_u64(major, &device[0]) || text_to_u64(minor, &device[1]);
}

/* "8:0 Read 4096", or "8:0 4096" in files that count one thing. */
static int take_blkio(struct stats *s, enum io_table table, char *line)
{
	char *name = next_word(&line, " ");
	const char *op = next_word(&line, " "), *value = next_word(&line, " ");
	uint64_t device[2], n;

	if (name && !strcmp(name, "Total"))
		return 1;
	if (!name || !op || take_device(name, device) || text_to_u64(value ? value : op, &n))
		return 0;
	return add_io(s, table, device, value ? op : "", n);
}

/* How many entries PREFIX FILE has. */
static size_t read_table(struct stats *s, const struct hierarchy *h, enum io_table table,
	const char *prefix, const char *file)
{
	size_t before = s->io_count;
	char name[80], *text = scratch, *line;

	if (text_join(name, sizeof(name), prefix, file, NULL) ||
		!read_text(s, h, name, scratch, sizeof(scratch)))
		return 0;
	while ((line = next_line(&text)))
		if (!take_blkio(s, table, line)) {
			malformed(s, h, name);
			break;
		}
	return s->io_count - before;
}

#define X(table, key, file) file,
static const char *const table_files[] = {IO_TABLES(X)};
#undef X

/* The tables in ORDER with PREFIX, until one has nothing. 1 when the first has something. */
static int read_tables(struct stats *s, const struct hierarchy *h, const char *prefix,
	const enum io_table *order, size_t count)
{
	size_t i = 0;

	while (i < count && read_table(s, h, order[i], prefix, table_files[order[i]]))
		i++;
	return i > 0;
}

/* In runc's order: a scheduler that counts everything, BFQ without debugging, CFQ, and what
 * throttling counts, which is there always. The first that has something is taken. */
void read_blkio(struct stats *s, const struct hierarchy *h)
{
	static const enum io_table all[] = {IO_SECTORS, IO_SERVICE_TIME, IO_WAIT_TIME, IO_MERGED,
		IO_QUEUED, IO_TIME, IO_SERVICED, IO_BYTES};
	static const enum io_table two[] = {IO_SERVICED, IO_BYTES};

	if (!h || h->leaf < 0)
		return;
	if (read_tables(s, h, "blkio.bfq.", all, IO_TABLE_COUNT) ||
		read_tables(s, h, "blkio.bfq.", two, 2) ||
		read_tables(s, h, "blkio.", all, IO_TABLE_COUNT) ||
		read_tables(s, h, "blkio.throttle.", two, 2))
		return;
	if (read_table(s, h, IO_SERVICED, "blkio.throttle.", "io_serviced"))
		(void)read_table(s, h, IO_BYTES, "blkio.throttle.", "io_service_bytes");
}

/* "rbytes=4096": the four that v1 has a name for. */
static int take_io(struct stats *s, const uint64_t device[2], const char *word)
{
	static const struct {
		const char *name;
		enum io_table table;
		const char *op;
	} known[] = {{"rbytes=", IO_BYTES, "Read"}, {"wbytes=", IO_BYTES, "Write"},
		{"rios=", IO_SERVICED, "Read"}, {"wios=", IO_SERVICED, "Write"}};

	for (size_t i = 0; i < sizeof(known) / sizeof(known[0]); i++) {
		size_t length = strlen(known[i].name);
		uint64_t n;

		if (!strncmp(word, known[i].name, length))
			return !text_to_u64(word + length, &n) &&
				add_io(s, known[i].table, device, known[i].op, n);
	}
	return 1;
}

void read_io(struct stats *s, const struct hierarchy *h)
{
	char *text = scratch, *line, *word;

	if (!read_text(s, h, "io.stat", scratch, sizeof(scratch)))
		return;
	while ((line = next_line(&text))) {
		uint64_t device[2];

		word = next_word(&line, " ");
		if (!word || take_device(word, device)) {
			malformed(s, h, "io.stat");
			return;
		}
		while ((word = next_word(&line, " ")))
			if (!take_io(s, device, word))
				malformed(s, h, "io.stat");
	}
}
