/* helper-keys add NAME: a key of that name to the session keyring; find NAME: says "found" or why not;
 * perm HEX: gives the keyring these permissions; renew NAME: a session keyring of its own for the command that follows. */
#include <errno.h>
#include <linux/keyctl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/syscall.h>
#include <unistd.h>

int main(int argc, char **argv)
{
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
	if (key < 0) {
		puts(errno == ENOKEY ? "not found" : strerror(errno));
		return 1;
	}
	if (argc > 3) {
		execvp(argv[3], argv + 3);
		return 127;
	}
	puts("found");
	return 0;
}
