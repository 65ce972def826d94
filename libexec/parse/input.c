/* Reading and writing with read(2) and write(2) only. */
#include "input.h"

#include <errno.h>
#include <sys/stat.h>
#include <unistd.h>
#include "scan.h"
#include "step.h"

/* Strings may grow a little on the way: labels of mounts, a "/" before a relative path, the options
 * of parse. */
#define GROWTH (4u << 20)

char input_buffer[SCAN_INPUT_MAX + 2];
char input_strings[SCAN_INPUT_MAX + GROWTH];
const size_t input_strings_size = sizeof(input_strings);

static const char too_large[] = "config.json: larger than 16 MiB";

void input_check_size(int fd)
{
	struct stat st;

	if (!fstat(fd, &st) && S_ISREG(st.st_mode) && st.st_size > (off_t)SCAN_INPUT_MAX)
		die(too_large, NULL, 0);
}

size_t input_read(int fd)
{
	size_t length = 0;

	while (length <= SCAN_INPUT_MAX) {
		ssize_t n = read(fd, input_buffer + length, SCAN_INPUT_MAX + 1 - length);

		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0)
			die("read", "config.json", errno);
		if (n == 0)
			break;
		length += (size_t)n;
	}
	if (length > SCAN_INPUT_MAX)
		die(too_large, NULL, 0);
	input_buffer[length] = '\0';
	return length;
}

int output_write(void *context, const void *bytes, size_t length)
{
	const int *fd = context;
	const char *at = bytes;

	while (length) {
		ssize_t n = write(*fd, at, length);

		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0)
			return -errno;
		at += n;
		length -= (size_t)n;
	}
	return 0;
}
