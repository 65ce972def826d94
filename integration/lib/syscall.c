/*
 * Makes the system call of the number given, with the arguments that follow it, numbers or paths, 0 for
 * others, and prints "NUMBER: ERRNO". With "x86:" before the number, on x86_64, it is one of i386, without
 * arguments; "x86: none" if the kernel has none.
 */
#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#ifdef __x86_64__
static void has_none(int signal)
{
	(void)signal;
	_exit(write(1, "x86: none\n", 10) == 10 ? 0 : 1);
}

static long call_x86(long number)
{
	long result;

	signal(SIGSEGV, has_none);
	__asm__ volatile("int $0x80"
			 : "=a"(result)
			 : "a"(number), "b"(0), "c"(0), "d"(0), "S"(0), "D"(0)
			 : "memory", "r8", "r9", "r10", "r11");
	return (int)result;
}
#endif

int main(int argc, char **argv)
{
	const char *text = argc >= 2 ? argv[1] : "";
	long a[6] = {0}, result;

	if (!strncmp(text, "x86:", 4)) {
#ifdef __x86_64__
		result = call_x86(strtol(text + 4, NULL, 10));
		errno = (int)-result;
#else
		puts("x86: none");
		return 0;
#endif
	} else {
		for (int i = 2; i < argc && i < 8; i++)
			a[i - 2] = *argv[i] == '/' ? (long)argv[i] : strtol(argv[i], NULL, 0);
		result = syscall(strtol(text, NULL, 10), a[0], a[1], a[2], a[3], a[4], a[5]);
	}
	printf("%s: %d\n", text, result < 0 ? errno : 0);
	return 0;
}
