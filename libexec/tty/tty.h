/* The parts of tty: the two terminals and their attributes; the shell's job control; the relay. */
#ifndef DAVIT_TTY_H
#define DAVIT_TTY_H

#include <stddef.h>

/*
 * Everything that needs more calls than ioctl: FD_MASTER, fd 0 where it is a terminal and fd 1
 * where it is a terminal or a pipe become non-blocking – the latter two opened anew, because their
 * open file descriptions are the caller's – the caller's terminal is found and its attributes are
 * kept. From here on the signals that end a program restore them first, and SIGWINCH copies the
 * window size.
 */
void terminal_prepare(void);

/* Clears ONLCR on FD_MASTER: the caller's terminal translates newlines. */
void terminal_container(void);

/* Makes the caller's terminal raw, if there is one, and copies its window size. Does nothing more
 * than that in the background: then terminal_background is not 0. */
void terminal_raw(void);

/* The caller's terminal gives its window size to the container's. Async-signal-safe. */
void terminal_copy_size(void);

/* Gives the caller's terminal its attributes back; may be called twice. */
void terminal_restore(void);

/* The caller's terminal, or -1. */
int terminal_caller(void);

/* SIGTTIN or SIGTTOU, when one has come since terminal_raw: we are in the background. */
int terminal_background(void);

/* So many bytes can be written to fd 1, once it is ready, without blocking. */
size_t terminal_piece(void);

/* The container's end-of-file character. */
char terminal_eof(void);

/* Restores the terminal and dies. */
_Noreturn void fail(const char *what, const char *object, int err);

/* Takes the caller's terminal for the first time: returns when we are in its foreground. */
void job_begin(void);

/* Reads one message of the conductor's and does what it says. */
void job_message(void);

/* In the background: has the conductor stop, and returns when it goes on in the foreground. */
void job_check(void);

/* Copies in both directions until the container's side has closed and everything it wrote has been
 * written, or until the caller's terminal has been hung up. */
void relay(void);

#endif
