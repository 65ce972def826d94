/* What pause and resume share. */
#ifndef DAVIT_PAUSING_H
#define DAVIT_PAUSING_H

struct container;

/* Has the cgroup step do MODE, "freeze" or "thaw"; exits with 1 and runc's words about VERB if it
 * cannot. */
void container_toggle(const struct container *container, const char *mode, const char *verb);

#endif
