/* The names of system calls that the libseccomp which davit is built with knows. */
#ifndef DAVIT_SYSCALLS_H
#define DAVIT_SYSCALLS_H

/* Whether it knows NAME, on whichever architecture; always so in a davit without libseccomp. */
int syscall_is_known(const char *name);

/* The known name that NAME most resembles, or NULL. */
const char *syscall_near(const char *name);

#endif
