/* The size of a terminal that is handed over. A program may ask for it once, when it starts, and the
 * engine that has the terminal may be later than that. */
#ifndef DAVIT_WINSIZE_H
#define DAVIT_WINSIZE_H

/* Gives TERMINAL, a master or not, the size of the caller's, found at 0 to 2, if it has none yet. 0
 * or -errno. */
int winsize_inherit(int terminal);

/* The same for the terminal of a container's first process, which must be dmz still: the caller holds the
 * fifo. With podman the monitor holds the terminal, and the user's is ours. -EPERM without the right to look
 * into that process. */
int winsize_inherit_first(int pidfd);

#endif
