/*
 * helper-keys, about the session keyring:
 *   add NAME    a key to it              find NAME    says "found" or why not
 *   perm HEX    its permissions          label x      says its label
 *   renew NAME  a new one
 * A command that follows is executed then.
 */
#include <errno.h>
#include <linux/keyctl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/syscall.h>
#include <unistd.h>

int main(int argc, char **argv)
{
	static char label[256];
	long key = -1;

	if (argc < 3)
		return 2;
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
		key = syscall(__NR_keyctl, KEYCTL_GET_SECURITY, KEY_SPEC_SESSION_KEYRING, label,
			sizeof(label));
	if (key < 0) {
		puts(errno == ENOKEY ? "not found" : strerror(errno));
		return 1;
	}
	if (argc > 3) {
		execvp(argv[3], argv + 3);
		return 127;
	}
	puts(*label ? label : "found");
	return 0;
}
