/* The parts of tty: the two terminals and their attributes; the relay between them. */
#ifndef DAVIT_TTY_H
#define DAVIT_TTY_H

/*
 * Everything that needs more calls than ioctl: FD_MASTER and, where they are terminals, fds 0 and 1
 * become non-blocking – the latter opened anew, because their open file descriptions are the
 * caller's – the caller's terminal is found among fds 0, 2 and 1 and its attributes are kept. From
 * here on the signals that end a program restore them first, and SIGWINCH copies the window size.
 */
void terminal_prepare(void);

/* Clears ONLCR on FD_MASTER, makes the caller's terminal raw, if there is one, and copies its
 * window size. */
void terminal_raw(void);

/* The caller's terminal gives its window size to the container's. Async-signal-safe. */
void terminal_copy_size(void);

/* Gives the caller's terminal its attributes back; may be called twice. Async-signal-safe. */
void terminal_restore(void);

/* The container's end-of-file character. */
char terminal_eof(void);

/* Restores the terminal and dies. */
_Noreturn void fail(const char *what, const char *object, int err);

/* Copies in both directions until the container's side has closed and everything it wrote has been
 * written. */
void relay(void);

#endif
