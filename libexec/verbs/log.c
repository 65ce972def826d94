/*
 * Log records in the form of runc's logger: one write(2) each, appended, so that several programs
 * can share a file. Nothing that ends up in a record can end a line or move a terminal's cursor.
 */
#include "verb.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <poll.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>
#include "json.h"
#include "text.h"

#define MESSAGE_MAX 8192
#define LOG_FD_MIN  512  /* away from what --preserve-fds counts from 3 */
#define WRITE_WAIT  1000 /* milliseconds for a pipe that nobody empties */

static const char *const level_names[] = {"debug", "info", "warning", "error"};

static int log_fd = 2;

/* It is read and judged through one descriptor. */
int open_own_link(const char *path, int flags)
{
	char target[PATH_MAX], whole[2 * PATH_MAX] = "";
	const char *slash = strrchr(path, '/');
	struct text t = TEXT(whole);
	struct stat st;
	ssize_t n = -1;
	int fd, link = open(path, O_PATH | O_NOFOLLOW | O_CLOEXEC), err = 0;

	if (link < 0)
		return -errno;
	if (fstat(link, &st) < 0 || (n = readlinkat(link, "", target, sizeof(target) - 1)) < 0)
		err = -errno;
	else if (st.st_uid != 0 && st.st_uid != geteuid())
		err = -ELOOP;
	close(link);
	if (err)
		return err;
	target[n] = '\0';
	if (*target != '/' && slash)
		text_add_bytes(&t, path, (size_t)(slash - path) + 1);
	text_add(&t, target);
	fd = t.cut ? -1 : open(whole, flags);
	return fd >= 0 ? fd : t.cut ? -ENAMETOOLONG : -errno;
}

int log_open(const char *path)
{
	const int flags = O_WRONLY | O_APPEND | O_SYNC | O_NONBLOCK | O_NOCTTY | O_CLOEXEC;
	int fd = open(path, flags | O_CREAT | O_NOFOLLOW, 0644);
	struct stat st;
	int high;

	if (fd < 0)
		fd = errno == ELOOP ? open_own_link(path, flags) : -errno;
	if (fd < 0)
		return fd;
	if (fstat(fd, &st) < 0 ||
		!(S_ISREG(st.st_mode) || S_ISCHR(st.st_mode) || S_ISFIFO(st.st_mode))) {
		close(fd);
		return -EINVAL;
	}
	high = fcntl(fd, F_DUPFD_CLOEXEC, LOG_FD_MIN);
	if (high >= 0) {
		close(fd);
		fd = high;
	}
	log_fd = fd;
	return 0;
}

static void add_two(struct text *t, int n)
{
	if (n < 10)
		text_add(t, "0");
	text_add_u64(t, (uint64_t)n);
}

/* RFC3339 with whole seconds and the offset of the local zone. */
static void add_time(struct text *t)
{
	time_t now = time(NULL);
	struct tm tm;
	long offset;

	if (!localtime_r(&now, &tm))
		memset(&tm, 0, sizeof(tm));
	text_add_u64(t, (uint64_t)tm.tm_year + 1900);
	text_add(t, "-");
	add_two(t, tm.tm_mon + 1);
	text_add(t, "-");
	add_two(t, tm.tm_mday);
	text_add(t, "T");
	add_two(t, tm.tm_hour);
	text_add(t, ":");
	add_two(t, tm.tm_min);
	text_add(t, ":");
	add_two(t, tm.tm_sec);
	offset = tm.tm_gmtoff / 60;
	if (!offset) {
		text_add(t, "Z");
		return;
	}
	text_add(t, offset < 0 ? "-" : "+");
	offset = offset < 0 ? -offset : offset;
	add_two(t, (int)(offset / 60));
	text_add(t, ":");
	add_two(t, (int)(offset % 60));
}

static int needs_quotes(const char *s)
{
	for (; *s; s++) {
		int letter = (*s >= 'a' && *s <= 'z') || (*s >= 'A' && *s <= 'Z');

		if (!letter && !(*s >= '0' && *s <= '9') && !strchr("-._/@^+", *s))
			return 1;
	}
	return 0;
}

static void add_escape(struct text *t, const char *prefix, unsigned code, int digits)
{
	text_add(t, prefix);
	while (digits-- > 0)
		text_add_bytes(t, &"0123456789abcdef"[code >> (4 * digits) & 15], 1);
}

/* Printable in the sense of Go's %q, as far as it matters: no controls, no invisible or
 * direction-changing marks. */
static int is_printable(unsigned code)
{
	return code >= 0xa0 && code != 0xad && !(code >= 0x200b && code <= 0x200f) &&
		!(code >= 0x2028 && code <= 0x202f) && !(code >= 0x205f && code <= 0x206f) &&
		code != 0xfeff && !(code >= 0xe000 && code <= 0xf8ff) &&
		!(code >= 0xfff0 && code <= 0xfffb);
}

/* Decodes one UTF-8 sequence of at least two bytes. Returns its length or 0. */
static size_t decode(const unsigned char *s, unsigned *code)
{
	size_t length = s[0] < 0xc2 ? 0 : s[0] < 0xe0 ? 2 : s[0] < 0xf0 ? 3 : s[0] < 0xf5 ? 4 : 0;
	static const unsigned least[] = {0, 0, 0x80, 0x800, 0x10000};

	if (!length)
		return 0;
	*code = s[0] & (0x7fu >> length);
	for (size_t i = 1; i < length; i++) {
		if ((s[i] & 0xc0) != 0x80)
			return 0;
		*code = *code << 6 | (s[i] & 0x3f);
	}
	return *code < least[length] || *code > 0x10ffff || (*code >= 0xd800 && *code < 0xe000)
		? 0
		: length;
}

static void add_ascii(struct text *t, unsigned char c)
{
	static const char letters[] = "\"\"\\\\\aa\bb\ff\nn\rr\tt\vv";

	for (const char *l = letters; *l; l += 2)
		if ((unsigned char)*l == c) {
			text_add_bytes(t, (const char[]){'\\', l[1]}, 2);
			return;
		}
	if (c < ' ' || c >= 0x7f)
		add_escape(t, "\\x", c, 2);
	else
		text_add_bytes(t, (const char *)&c, 1);
}

void text_add_quoted(struct text *t, const char *value)
{
	const unsigned char *s = (const unsigned char *)value;

	text_add(t, "\"");
	while (*s) {
		unsigned code = *s;
		size_t length = *s < 0x80 ? 0 : decode(s, &code);

		if (!length)
			add_ascii(t, *s);
		else if (is_printable(code))
			text_add_bytes(t, (const char *)s, length);
		else
			add_escape(t, code > 0xffff ? "\\U" : "\\u", code, code > 0xffff ? 8 : 4);
		s += length ? length : 1;
	}
	text_add(t, "\"");
}

static void make_text(struct text *t, enum log_level level, const char *message)
{
	text_add(t, "time=\"");
	add_time(t);
	text_add(t, "\" level=");
	text_add(t, level_names[level]);
	text_add(t, " msg=");
	if (needs_quotes(message))
		text_add_quoted(t, message);
	else
		text_add(t, message);
	text_add(t, "\n");
}

static void member(struct json *j, const char *key, const char *value)
{
	if (value)
		json_string(j, key, value);
}

/* Keys in alphabetical order, as runc's logger sorts them. */
static void make_json(
	struct text *t, enum log_level level, const char *message, const struct log_fields *fields)
{
	static const struct log_fields none;
	char when[64];
	struct text time_text = TEXT(when);
	struct json j;

	if (!fields)
		fields = &none;
	add_time(&time_text);
	json_start(&j, t->data, t->size - 1, NULL);
	json_object(&j, NULL);
	member(&j, "code", fields->code);
	member(&j, "errno", fields->errno_name);
	json_string(&j, "level", level_names[level]);
	json_string(&j, "msg", message);
	member(&j, "phase", fields->phase);
	json_string(&j, "time", when);
	json_object_end(&j);
	t->length = j.length;
	text_add(t, "\n");
}

/* One write, which a full pipe may delay for a moment but never for ever. Returns 0 or -errno. */
static int write_record(int fd, const char *data, size_t length)
{
	struct pollfd wait = {.fd = fd, .events = POLLOUT};
	ssize_t n = write(fd, data, length);

	if (n < 0 && errno == EAGAIN && poll(&wait, 1, WRITE_WAIT) > 0)
		n = write(fd, data, length);
	return n < 0 ? -errno : 0;
}

static void complain(const char *path, int err)
{
	static int complained;
	char line[4096 + 128];

	if (complained)
		return;
	complained = 1;
	if (!text_join(line, sizeof(line), "Failed to write to log, write ", path, ": ",
		    errno_text(err), "\n", NULL))
		write_record(2, line, strlen(line));
}

/* The bare message on stderr, where the caller or a person looks for it. */
static void repeat(const char *message)
{
	static char line[MESSAGE_MAX + 1];
	struct text t = TEXT(line);

	text_add(&t, message);
	for (size_t i = 0; i < t.length; i++)
		if ((line[i] >= 0 && line[i] < ' ' && line[i] != '\n' && line[i] != '\t') ||
			line[i] == 0x7f)
			line[i] = '?';
	line[t.length] = '\n';
	write_record(2, line, t.length + 1);
}

void log_record(enum log_level level, const char *message, const struct log_fields *fields)
{
	static char buffer[MESSAGE_MAX * 6 + 1024], cut[MESSAGE_MAX];
	struct text t = TEXT(buffer), copy = TEXT(cut);
	int err;

	if (level == LOG_LEVEL_DEBUG && !globals.debug)
		return;
	text_add(&copy, message);
	if (globals.log_format && !strcmp(globals.log_format, "json"))
		make_json(&t, level, cut, fields);
	else
		make_text(&t, level, cut);
	err = write_record(log_fd, t.data, t.length);
	if (log_fd == 2)
		return;
	if (err)
		complain(globals.log, -err);
	if (level == LOG_LEVEL_ERROR)
		repeat(cut);
}

void log_die(int status, const char *prefix, const char *text)
{
	static char message[MESSAGE_MAX];

	text_join(message, sizeof(message), prefix ? prefix : "", prefix ? ": " : "", text, NULL);
	log_record(LOG_LEVEL_ERROR, message, NULL);
	_exit(status);
}
