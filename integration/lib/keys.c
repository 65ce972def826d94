/*
 * helper-keys, about the session keyring:
 *   add NAME    a key to it              find NAME    says "found" or why not
 *   perm HEX    its permissions          label x      says its label
 *   renew NAME  a new one, or the one of that name
 *   link HEX    a link to the keyring of that serial number in it
 *   revoke x    it is of no use any more
 *   watch TEXT  says each line of /proc/keys that it sees with TEXT in it, for ever
 *   serial x    says its serial number
 * A command that follows is executed then.
 */
#include <errno.h>
#include <fcntl.h>
#include <linux/keyctl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/syscall.h>
#include <unistd.h>

static void watch(const char *name)
{
	static char text[65536];
	int fd = open("/proc/keys", O_RDONLY | O_CLOEXEC);

	puts("watching");
	for (;;) {
		ssize_t length = 0, n;

		fflush(stdout);
		while ((n = pread(fd, text + length, sizeof(text) - 1 - (size_t)length, length)) >
			0)
			length += n;
		text[length] = '\0';
		for (char *line = strtok(text, "\n"); line; line = strtok(NULL, "\n"))
			if (strstr(line, name))
				puts(line);
	}
}

int main(int argc, char **argv)
{
	static char told[256];
	long key = -1;

	if (argc < 3)
		return 2;
	if (!strcmp(argv[1], "watch"))
		watch(argv[2]);
	if (!strcmp(argv[1], "add"))
		key = syscall(__NR_add_key, "user", argv[2], "x", 1, KEY_SPEC_SESSION_KEYRING);
	else if (!strcmp(argv[1], "find"))
		key = syscall(
			__NR_keyctl, KEYCTL_SEARCH, KEY_SPEC_SESSION_KEYRING, "user", argv[2], 0);
	else if (!strcmp(argv[1], "perm"))
		key = syscall(__NR_keyctl, KEYCTL_SETPERM, KEY_SPEC_SESSION_KEYRING,
			strtoul(argv[2], NULL, 16));
	else if (!strcmp(argv[1], "renew"))
		key = syscall(__NR_keyctl, KEYCTL_JOIN_SESSION_KEYRING, argv[2]);
	else if (!strcmp(argv[1], "label"))
		key = syscall(__NR_keyctl, KEYCTL_GET_SECURITY, KEY_SPEC_SESSION_KEYRING, told,
			sizeof(told));
	else if (!strcmp(argv[1], "link"))
		key = syscall(__NR_keyctl, KEYCTL_LINK, strtol(argv[2], NULL, 16),
			KEY_SPEC_SESSION_KEYRING);
	else if (!strcmp(argv[1], "revoke"))
		key = syscall(__NR_keyctl, KEYCTL_REVOKE, KEY_SPEC_SESSION_KEYRING);
	else if (!strcmp(argv[1], "serial"))
		key = syscall(__NR_keyctl, KEYCTL_GET_KEYRING_ID, KEY_SPEC_SESSION_KEYRING, 0);
	if (key < 0) {
		puts(errno == ENOKEY ? "not found" : strerror(errno));
		return 1;
	}
	if (!strcmp(argv[1], "serial"))
		snprintf(told, sizeof(told), "%lx", key);
	if (argc > 3) {
		execvp(argv[3], argv + 3);
		return 127;
	}
	puts(*told ? told : "found");
	return 0;
}
