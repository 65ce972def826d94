/*
 * A table as ps prints it, read in pieces of any size. Of a line no more is kept than it takes to
 * find the pid in it: the rest, which may be as long as a process likes, is passed on or dropped.
 */
#include "pstable.h"

#include <errno.h>
#include <string.h>
#include <unistd.h>
#include "step.h"
#include "text.h"

#define PID_LIMIT (1 << 22) /* no kernel has higher ones */
#define LINE_SIZE 65536     /* the pid stands in the beginning of a line */
#define HELD_SIZE (1 << 20)

static uint64_t wanted[PID_LIMIT / 64 + 1];
static char line[LINE_SIZE];
static size_t line_length;
static enum { COLLECT, PASS, DROP } mode;
static size_t column; /* of the pids */
static int have_header, flushed;
static char problem[256];              /* nothing is printed after it */
static char beginning[MSG_OBJECT_MAX]; /* of the output, for ps's own words when it fails */
static size_t beginning_length;
static char held[HELD_SIZE];
static size_t held_length;

void table_want(uint64_t pid)
{
	if (pid <= PID_LIMIT)
		wanted[pid / 64] |= UINT64_C(1) << (pid % 64);
}

static void print(const char *bytes, size_t length)
{
	while (length) {
		ssize_t n = write(1, bytes, length);

		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0)
			die("write /dev/stdout:", NULL, errno);
		bytes += n;
		length -= (size_t)n;
	}
}

static void flush(void)
{
	print(held, held_length);
	held_length = 0;
	flushed = 1;
}

static void emit(const char *bytes, size_t length)
{
	if (length > sizeof(held) - held_length)
		flush();
	if (flushed) {
		print(bytes, length);
		return;
	}
	memcpy(held + held_length, bytes, length);
	held_length += length;
}

static int is_blank(char c)
{
	return c == ' ' || (c >= '\t' && c <= '\r');
}

/* The next word of the line at or after *AT, which is moved behind it. Its length; 0: none. */
static size_t next_word(size_t *at, const char **word)
{
	size_t start = *at, end;

	while (start < line_length && is_blank(line[start]))
		start++;
	for (end = start; end < line_length && !is_blank(line[end]); end++)
		;
	*word = line + start;
	*at = end;
	return end - start;
}

static int find_column(void)
{
	const char *word;
	size_t at = 0, length;

	for (column = 0; (length = next_word(&at, &word)); column++)
		if (length == 3 && !memcmp(word, "PID", 3))
			return 1;
	return 0;
}

static void complain_of(const char *word, size_t length)
{
	struct text t = TEXT(problem);

	text_add(&t, "unable to parse pid: strconv.Atoi: parsing \"");
	for (size_t i = 0; i < length && i < 64; i++)
		text_add_bytes(&t, word[i] > ' ' && word[i] <= '~' ? word + i : "?", 1);
	text_add(&t, "\": invalid syntax");
}

/* Whether the line is about a process that is wanted; sets PROBLEM. */
static int is_wanted(void)
{
	char digits[24];
	const char *word = line;
	size_t at = 0, length = 0;
	uint64_t pid;

	for (size_t i = 0; i <= column; i++)
		length = next_word(&at, &word);
	memcpy(digits, word, length < sizeof(digits) ? length : 0);
	digits[length < sizeof(digits) ? length : 0] = '\0';
	/* A word that reaches the end of the buffer may not be whole. */
	if (text_to_u64(digits, &pid) || at == sizeof(line)) {
		complain_of(word, length);
		return 0;
	}
	return pid <= PID_LIMIT && (wanted[pid / 64] >> (pid % 64) & 1);
}

/* The line is whole, or as long as it may be. */
static void decide(void)
{
	int keep;

	if (!have_header) {
		have_header = keep = find_column();
		if (!keep)
			text_join(problem, sizeof(problem), "couldn't find PID field in ps output",
				NULL);
	} else {
		keep = is_wanted();
	}
	if (keep)
		emit(line, line_length);
	mode = keep ? PASS : DROP;
	line_length = 0;
}

static void end_line(void)
{
	if (mode == COLLECT && (line_length || !have_header))
		decide();
	if (mode == PASS)
		emit("\n", 1);
	mode = COLLECT;
}

/* Of one line, without its end. */
static void take(const char *bytes, size_t length)
{
	if (mode == COLLECT) {
		size_t room = sizeof(line) - line_length, n = length < room ? length : room;

		memcpy(line + line_length, bytes, n);
		line_length += n;
		bytes += n;
		length -= n;
		if (length)
			decide();
	}
	if (mode == PASS)
		emit(bytes, length);
}

static void remember(const char *bytes, size_t length)
{
	for (size_t i = 0; i < length && beginning_length < sizeof(beginning) - 1; i++) {
		unsigned char c = (unsigned char)bytes[i];
		int shown = c == '\n' || c == '\t' || (c >= ' ' && c != 0x7f);

		beginning[beginning_length++] = shown ? bytes[i] : '?';
	}
}

void table_feed(const char *bytes, size_t length)
{
	remember(bytes, length);
	while (length && !problem[0]) {
		const char *end = memchr(bytes, '\n', length);
		size_t n = end ? (size_t)(end - bytes) : length;

		take(bytes, n);
		if (end && !problem[0])
			end_line();
		n += end != NULL;
		bytes += n;
		length -= n;
	}
}

void table_end(const char *status)
{
	if (*status)
		die(status, beginning, 0);
	if (!problem[0] && (mode != COLLECT || line_length || !have_header))
		end_line();
	flush();
	if (problem[0])
		die(problem, NULL, 0);
}
