/* Makes the system call of the number given, with the arguments that follow it, 0 for others, and prints
 * "NUMBER: ERRNO". */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

int main(int argc, char **argv)
{
	long number = argc >= 2 ? strtol(argv[1], NULL, 10) : -1, a[6] = {0}, result;

	for (int i = 2; i < argc && i < 8; i++)
		a[i - 2] = strtol(argv[i], NULL, 0);
	result = syscall(number, a[0], a[1], a[2], a[3], a[4], a[5]);

	printf("%ld: %d\n", number, result < 0 ? errno : 0);
	return 0;
}
