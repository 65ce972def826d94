/* The forms in which cgroup files tell numbers. The kernel wrote them, and still all is checked. */
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include "kernfs.h"
#include "stats.h"
#include "text.h"

char scratch[1 << 20];

static void note(struct stats *s, const struct hierarchy *h, const char *file, int err)
{
	if (s->err)
		return;
	s->err = err;
	text_join(s->problem, sizeof(s->problem), full_path(h, file), NULL);
}

void malformed(struct stats *s, const struct hierarchy *h, const char *file)
{
	note(s, h, file, -EBADMSG);
}

/* A controller that is not enabled has no files; those of a cgroup that is being removed are gone
 * while we read (ENODEV), and of PSI it may be that it is switched off (EOPNOTSUPP). */
static int is_missing(ssize_t err)
{
	return err == -ENOENT || err == -ENODEV || err == -EOPNOTSUPP;
}

int read_text(struct stats *s, const struct hierarchy *h, const char *file, char *text, size_t size)
{
	ssize_t n = h && h->leaf >= 0 ? read_file(h->leaf, file, text, size) : -ENOENT;

	if (n >= 0)
		return 1;
	text[0] = '\0';
	if (!is_missing(n))
		note(s, h, file, (int)n);
	return 0;
}

int read_u64(struct stats *s, const struct hierarchy *h, const char *file, uint64_t *n)
{
	char text[64];

	if (!read_text(s, h, file, text, sizeof(text)))
		return 0;
	if (!text_to_u64(text, n))
		return 1;
	malformed(s, h, file);
	return 0;
}

int read_limit(struct stats *s, const struct hierarchy *h, const char *file, uint64_t *n)
{
	char text[64];

	if (!read_text(s, h, file, text, sizeof(text)))
		return 0;
	if (!strcmp(text, "max")) {
		*n = UINT64_MAX;
		return 1;
	}
	if (!text_to_u64(text, n))
		return 1;
	malformed(s, h, file);
	return 0;
}

char *next_line(char **text)
{
	char *line = *text, *end = line + strcspn(line, "\n");

	if (!*line)
		return NULL;
	*text = end + (*end != '\0');
	*end = '\0';
	return line;
}

char *next_word(char **line, const char *separators)
{
	char *word = *line + strspn(*line, separators), *end = word + strcspn(word, separators);

	*line = end + (*end != '\0');
	*end = '\0';
	return *word ? word : NULL;
}

int read_fields(struct stats *s, const struct hierarchy *h, const char *file,
	const char *const *names, uint64_t *const *to)
{
	char *text = scratch, *line;

	if (!read_text(s, h, file, scratch, sizeof(scratch)))
		return 0;
	while ((line = next_line(&text))) {
		const char *name = next_word(&line, " "), *value = next_word(&line, " ");

		for (size_t i = 0; name && names[i]; i++)
			if (!strcmp(name, names[i]) && (!value || text_to_u64(value, to[i])))
				malformed(s, h, file);
	}
	return 1;
}

static int by_name(const void *a, const void *b)
{
	return strcmp(((const struct raw *)a)->name, ((const struct raw *)b)->name);
}

void read_raw(struct stats *s, const struct hierarchy *h)
{
	static const char file[] = "memory.stat";
	char *text = s->raw_text, *line;

	if (!read_text(s, h, file, s->raw_text, sizeof(s->raw_text)))
		return;
	while ((line = next_line(&text))) {
		const char *name = next_word(&line, " "), *value = next_word(&line, " ");

		if (s->raw_count == RAW_MAX || !name || !value ||
			text_to_u64(value, &s->raw[s->raw_count].value)) {
			malformed(s, h, file);
			return;
		}
		s->raw[s->raw_count++].name = name;
	}
	/* In the order in which Go prints a map. */
	qsort(s->raw, s->raw_count, sizeof(s->raw[0]), by_name);
}

uint64_t raw_value(const struct stats *s, const char *name)
{
	const struct raw key = {name, 0};
	const struct raw *found = bsearch(&key, s->raw, s->raw_count, sizeof(s->raw[0]), by_name);

	return found ? found->value : 0;
}

/* Adds FIRST to LAST to LIST. The new count, or SIZE + 1 when that is no range or has no place. */
static size_t add_range(
	const char *first, const char *last, uint16_t *list, size_t count, size_t size)
{
	uint64_t from, to;

	if (text_to_u64(first, &from) || text_to_u64(last ? last : first, &to) || to < from ||
		to > UINT16_MAX || to - from >= size - count)
		return size + 1;
	for (; from <= to; from++)
		list[count++] = (uint16_t)from;
	return count;
}

size_t read_list(
	struct stats *s, const struct hierarchy *h, const char *file, uint16_t *list, size_t size)
{
	char *text = scratch, *range;
	size_t count = 0;

	if (!read_text(s, h, file, scratch, sizeof(scratch)))
		return 0;
	while (count <= size && (range = next_word(&text, ","))) {
		const char *first = next_word(&range, "-"), *last = next_word(&range, "-");

		count = add_range(first ? first : "", last, list, count, size);
	}
	if (count <= size)
		return count;
	malformed(s, h, file);
	return 0;
}

/* "1.50" → "1.5", "0.00" → "0", as Go prints a float. Anything but digits and one point: -EBADMSG. */
static int shorten(const char *digits, char *out, size_t size)
{
	size_t whole = strspn(digits, "0123456789"), rest;
	struct text t = {out, size, 0, 0};

	out[0] = '\0';
	if (!whole || (whole > 1 && digits[0] == '0'))
		return -EBADMSG;
	rest = digits[whole] == '.' ? strspn(digits + whole + 1, "0123456789") : 0;
	if (digits[whole + (rest ? rest + 1 : 0)])
		return -EBADMSG;
	while (rest && digits[whole + rest] == '0')
		rest--;
	text_add_bytes(&t, digits, whole + (rest ? rest + 1 : 0));
	return t.cut ? -EBADMSG : 0;
}

/* "some avg10=0.00 avg60=0.00 avg300=0.00 total=0" without its first word. */
static int take_pressure(char *line, struct pressure_line *p)
{
	static const char *const names[] = {"avg10=", "avg60=", "avg300="};
	const char *word;

	for (size_t i = 0; i < 3; i++) {
		size_t length = strlen(names[i]);

		word = next_word(&line, " ");
		if (!word || strncmp(word, names[i], length) != 0 ||
			shorten(word + length, p->average[i], sizeof(p->average[i])))
			return -EBADMSG;
	}
	word = next_word(&line, " ");
	if (!word || strncmp(word, "total=", 6) != 0 || text_to_u64(word + 6, &p->total))
		return -EBADMSG;
	p->present = 1;
	return 0;
}

void read_pressure(struct stats *s, const struct hierarchy *h, const char *file, struct pressure *p)
{
	char buffer[512], *text = buffer, *line;

	if (!read_text(s, h, file, buffer, sizeof(buffer)))
		return;
	while ((line = next_line(&text))) {
		const char *word = next_word(&line, " ");

		if (word && !strcmp(word, "some") && !take_pressure(line, &p->some))
			continue;
		if (word && !strcmp(word, "full") && !take_pressure(line, &p->full))
			continue;
		malformed(s, h, file);
	}
}
