/*
 * Prints the names of all system calls that libseccomp knows, of any architecture, one a line as
 * a C string: parse, which is not linked with libseccomp, has them as a table.
 */
#include <errno.h>
#include <seccomp.h>
#include <stdio.h>
#include <stdlib.h>

/* Numbers of all architectures, and the negative ones of names that this architecture lacks. */
static const int ranges[][2] = {{-20000, 10000}, {0x0f0000, 0x0f0100}};

int main(void)
{
	for (size_t r = 0; r < sizeof(ranges) / sizeof(ranges[0]); r++)
		for (int number = ranges[r][0]; number < ranges[r][1]; number++) {
			char *name = seccomp_syscall_resolve_num_arch(SCMP_ARCH_NATIVE, number);

			if (name)
				printf("\"%s\",\n", name);
			free(name);
		}
	return fflush(stdout) || ferror(stdout) ? errno : 0;
}
