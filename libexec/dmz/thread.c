/* See dmz.h. */
#include "dmz.h"

#include <sched.h>

#define STACK_SIZE 16384

static _Alignas(16) char stack[STACK_SIZE];

int start_thread(int (*run)(void *), int flags)
{
	flags |= CLONE_VM | CLONE_FS | CLONE_SIGHAND | CLONE_THREAD | CLONE_SYSVSEM;
	return clone(run, stack + sizeof(stack), flags, NULL) < 0 ? -1 : 0;
}
