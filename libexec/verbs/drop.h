/* The end of a conductor's privileges. */
#ifndef DAVIT_DROP_H
#define DAVIT_DROP_H

#include <stddef.h>
#include "priv.h"

/*
 * KILL to end what was started; DAC_OVERRIDE because the root of a cgroup hierarchy has mode 0555,
 * so that without it nothing below could be removed again, and because the pid file may go to a
 * directory of somebody else. 0, or -1 and LINE.
 */
int conduct_drop_privileges(char *line, size_t size);

/*
 * After that: no file is changed any more but below what RULES name, none's mode or owner is, none is
 * executed but sealed memfds, no socket is connected, and no execve gives anything. Also for what is
 * started later, so each program that may be must do with the same. 0, or -1 and LINE.
 */
int conduct_confine(const struct priv_rule *rules, size_t count, char *line, size_t size);

#endif
