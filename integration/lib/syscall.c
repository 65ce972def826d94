/* Makes the system call of the number given, without arguments, and prints "NUMBER: ERRNO". */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

int main(int argc, char **argv)
{
	long number = argc == 2 ? strtol(argv[1], NULL, 10) : -1;
	long result = syscall(number, 0, 0, 0, 0, 0, 0);

	printf("%ld: %d\n", number, result < 0 ? errno : 0);
	return 0;
}
