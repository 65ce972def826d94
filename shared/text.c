/* Text in fixed buffers; numbers to and from text; errno in runc's words. */
#include "text.h"

#include <errno.h>
#include <stdarg.h>
#include <string.h>

void text_add_bytes(struct text *t, const char *s, size_t length)
{
	size_t room = t->size - 1 - t->length;

	if (length > room) {
		length = room;
		t->cut = 1;
	}
	memcpy(t->data + t->length, s, length);
	t->length += length;
	t->data[t->length] = '\0';
}

void text_add(struct text *t, const char *s)
{
	text_add_bytes(t, s, strlen(s));
}

static void add_digits(struct text *t, uint64_t n, unsigned base)
{
	char digits[22];
	size_t i = sizeof(digits);

	do {
		digits[--i] = (char)('0' + n % base);
		n /= base;
	} while (n);
	text_add_bytes(t, digits + i, sizeof(digits) - i);
}

void text_add_u64(struct text *t, uint64_t n)
{
	add_digits(t, n, 10);
}

const char *text_number(uint64_t n)
{
	static char number[24];
	struct text t = TEXT(number);

	text_add_u64(&t, n);
	return number;
}

void text_add_i64(struct text *t, int64_t n)
{
	if (n < 0)
		text_add(t, "-");
	add_digits(t, n < 0 ? 0 - (uint64_t)n : (uint64_t)n, 10);
}

void text_add_octal(struct text *t, uint64_t n)
{
	add_digits(t, n, 8);
}

void text_add_shown(struct text *t, const char *s, size_t max)
{
	static const char digits[] = "0123456789abcdef";
	size_t length = strlen(s), end = length;

	if (end > max)
		for (end = max; end && (s[end] & 0xc0) == 0x80; end--)
			continue; /* never inside a character */
	for (size_t i = 0; i < end; i++) {
		unsigned char c = (unsigned char)s[i];
		char escaped[5] = {'\\', 'x', digits[c >> 4], digits[c & 15], '\0'};
		/* U+0080 to U+009F are control characters too: c2 80 to c2 9f */
		int control = c < 0x20 || c == 0x7f ||
			(c == 0xc2 && (unsigned char)s[i + 1] < 0xa0) ||
			(i && c >= 0x80 && c < 0xa0 && (unsigned char)s[i - 1] == 0xc2);

		if (control)
			text_add(t, escaped);
		else
			text_add_bytes(t, s + i, 1);
	}
	if (end < length)
		text_add(t, "...");
}

void text_mark_cut(struct text *t)
{
	size_t end = t->length < 3 ? 0 : t->length - 3;

	if (!t->cut || t->size < 4)
		return;
	while (end && (t->data[end] & 0xc0) == 0x80)
		end--;
	memcpy(t->data + end, "...", 4);
	t->length = end + 3;
}

int text_join(char *buffer, size_t size, ...)
{
	struct text t = {buffer, size, 0, 0};
	const char *s;
	va_list ap;

	buffer[0] = '\0';
	va_start(ap, size);
	while ((s = va_arg(ap, const char *)))
		text_add(&t, s);
	va_end(ap);
	return t.cut ? -ENAMETOOLONG : 0;
}

int text_has_word(const char *list, const char *word)
{
	size_t length = strlen(word);

	while (*list) {
		size_t n = strcspn(list, ",");

		if (n == length && !memcmp(list, word, n))
			return 1;
		list += n + (list[n] == ',');
	}
	return 0;
}

int text_to_u64(const char *s, uint64_t *n)
{
	uint64_t value = 0;

	if (!*s || (s[0] == '0' && s[1]))
		return -EINVAL;
	for (; *s; s++) {
		unsigned digit = (unsigned)(*s - '0');

		if (digit > 9)
			return -EINVAL;
		if (value > (UINT64_MAX - digit) / 10)
			return -ERANGE;
		value = value * 10 + digit;
	}
	*n = value;
	return 0;
}

int text_to_i64(const char *s, int64_t *n)
{
	int negative = *s == '-';
	uint64_t value;
	int err = text_to_u64(s + negative, &value);

	if (err)
		return err;
	if (negative && !value)
		return -EINVAL;
	if (value > (uint64_t)INT64_MAX + (unsigned)negative)
		return -ERANGE;
	*n = negative ? (int64_t)(0 - value) : (int64_t)value;
	return 0;
}

#define ERRNOS(X)                                                                                  \
	X(EPERM, "operation not permitted")                                                        \
	X(ENOENT, "no such file or directory")                                                     \
	X(ESRCH, "no such process")                                                                \
	X(EINTR, "interrupted system call")                                                        \
	X(EIO, "input/output error")                                                               \
	X(ENXIO, "no such device or address")                                                      \
	X(E2BIG, "argument list too long")                                                         \
	X(ENOEXEC, "exec format error")                                                            \
	X(EBADF, "bad file descriptor")                                                            \
	X(ECHILD, "no child processes")                                                            \
	X(EAGAIN, "resource temporarily unavailable")                                              \
	X(ENOMEM, "cannot allocate memory")                                                        \
	X(EACCES, "permission denied")                                                             \
	X(EFAULT, "bad address")                                                                   \
	X(ENOTBLK, "block device required")                                                        \
	X(EBUSY, "device or resource busy")                                                        \
	X(EEXIST, "file exists")                                                                   \
	X(EXDEV, "invalid cross-device link")                                                      \
	X(ENODEV, "no such device")                                                                \
	X(ENOTDIR, "not a directory")                                                              \
	X(EISDIR, "is a directory")                                                                \
	X(EINVAL, "invalid argument")                                                              \
	X(ENFILE, "too many open files in system")                                                 \
	X(EMFILE, "too many open files")                                                           \
	X(ENOTTY, "inappropriate ioctl for device")                                                \
	X(ETXTBSY, "text file busy")                                                               \
	X(EFBIG, "file too large")                                                                 \
	X(ENOSPC, "no space left on device")                                                       \
	X(ESPIPE, "illegal seek")                                                                  \
	X(EROFS, "read-only file system")                                                          \
	X(EMLINK, "too many links")                                                                \
	X(EPIPE, "broken pipe")                                                                    \
	X(ERANGE, "numerical result out of range")                                                 \
	X(EDEADLK, "resource deadlock avoided")                                                    \
	X(ENAMETOOLONG, "file name too long")                                                      \
	X(ENOLCK, "no locks available")                                                            \
	X(ENOSYS, "function not implemented")                                                      \
	X(ENOTEMPTY, "directory not empty")                                                        \
	X(ELOOP, "too many levels of symbolic links")                                              \
	X(EPROTO, "protocol error")                                                                \
	X(EOVERFLOW, "value too large for defined data type")                                      \
	X(EBADMSG, "bad message")                                                                  \
	X(EUSERS, "too many users")                                                                \
	X(ENOTSOCK, "socket operation on non-socket")                                              \
	X(EMSGSIZE, "message too long")                                                            \
	X(EPROTOTYPE, "protocol wrong type for socket")                                            \
	X(EOPNOTSUPP, "operation not supported")                                                   \
	X(EADDRINUSE, "address already in use")                                                    \
	X(ECONNRESET, "connection reset by peer")                                                  \
	X(ECONNREFUSED, "connection refused")                                                      \
	X(ETIMEDOUT, "connection timed out")                                                       \
	X(ETOOMANYREFS, "too many references: cannot splice")                                      \
	X(ESTALE, "stale file handle")                                                             \
	X(EDQUOT, "disk quota exceeded")                                                           \
	X(ECANCELED, "operation canceled")                                                         \
	X(ENOKEY, "required key not available")

/* All the words one after the other and where each begins: a table without pointers, for the small
 * static programs. */
static const struct {
#define X(name, words) char name##_words[sizeof(words)];
	ERRNOS(X)
#undef X
} errno_words = {
#define X(name, words) words,
	ERRNOS(X)
#undef X
};

static const struct {
	uint16_t err, offset;
} errno_index[] = {
#define X(name, words) {name, offsetof(__typeof__(errno_words), name##_words)},
	ERRNOS(X)
#undef X
};

const char *errno_text(int err)
{
	for (size_t i = 0; i < sizeof(errno_index) / sizeof(errno_index[0]); i++)
		if (errno_index[i].err == err)
			return (const char *)&errno_words + errno_index[i].offset;
	return "unknown error";
}

const char *errno_name(int err)
{
	switch (err) {
#define X(name, words)                                                                             \
	case name:                                                                                 \
		return #name;
		ERRNOS(X)
#undef X
	default:
		return NULL;
	}
}
