/* Skipping a cmocka test with the reason, which tests/run prints. */
#ifndef DAVIT_SKIP_H
#define DAVIT_SKIP_H

#include <stdio.h>

#define SKIP(reason)                                                                               \
	do {                                                                                       \
		printf("# why: %s\n", reason);                                                     \
		fflush(stdout);                                                                    \
		skip();                                                                            \
	} while (0)

#endif
