/* Unix sockets of the caller: connecting to one, and sending a file descriptor through it. */
#ifndef DAVIT_DIAL_H
#define DAVIT_DIAL_H

#include <stddef.h>
#include <sys/types.h>

/*
 * A socket of TYPE (SOCK_STREAM, SOCK_DGRAM) connected to PATH; "@name" is abstract, unix(7).
 * BEFORE goes in front of "dial unix PATH: …" or "dial unixgram PATH: …". An fd, or -1, errno and LINE.
 */
int dial(const char *path, int type, const char *before, char *line, size_t size);

/* TEXT with FD, without waiting: of a stream as much as it takes. Returns how many bytes, or -errno. */
ssize_t dial_send_fd(int socket, const char *text, size_t length, int fd);

#endif
