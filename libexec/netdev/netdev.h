/* netdev: moves devices between two network namespaces, by netlink alone. */
#ifndef DAVIT_NETDEV_H
#define DAVIT_NETDEV_H

#include <libmnl/libmnl.h>
#include <linux/if_link.h>
#include <linux/rtnetlink.h>
#include <net/if.h>
#include <stddef.h>
#include <stdint.h>

/* A network namespace: a NETLINK_ROUTE socket in it, and a descriptor of itself. */
struct side {
	int socket;
	int namespace;
};

/* A device as one side knows it. */
struct link {
	int index;
	unsigned flags;  /* IFF_* */
	uint32_t master; /* index of the bridge or bond it is a port of, 0: none */
	char name[IF_NAMESIZE];
};

/* A device that is moved. */
struct device {
	const char *wanted; /* the host's name of it, or one of its other names */
	const char *name;   /* the name inside, or a template; NULL: the host's name */
	struct link host;   /* as it was before anything was done */
	int inside;         /* its index in the container; 0: it has not been moved */
};

/* request.c. Begins a message of TYPE with the LENGTH bytes of HEAD; there is one at a time. */
struct nlmsghdr *request_begin(uint16_t type, uint16_t flags, const void *head, size_t length);

/*
 * Sends it and reads the answers to the acknowledgement or the end of the dump, each but those to
 * EACH (may be NULL), which returns 0 or -errno. Returns 0 or the first error: the kernel's, that
 * of EACH, -EINTR for a dump that came out torn, -ETIMEDOUT.
 */
int request_send(int socket, int (*each)(const struct nlmsghdr *answer, void *data), void *data);

/* device.c. All return 0 or -errno. The device of INDEX, or with INDEX 0 of NAME. -ENODEV: none. */
int device_get(const struct side *side, int index, const char *name, struct link *link);

/* Its two descriptors from SOCKET; -EPERM without rights over that namespace. */
int side_open(struct side *side, int socket);

/* 1: both are the same namespace. 0, or -errno. */
int side_equal(const struct side *one, const struct side *other);

/* Moves DEVICE inside, where it then has an index that was chosen before, whatever its name became.
 * After an error device->inside tells where it is. */
int device_move(struct device *device, const struct side *host, const struct side *inside);

/* Moves it back, under its old name and index. */
int device_return(struct device *device, const struct side *host, const struct side *inside);

/* Sets the device INDEX up. MASTER 0: leaves that as it is. */
int device_join(const struct side *side, int index, uint32_t master);
int device_up(const struct side *side, int index);

/*
 * address.c: the kernel takes a device's addresses away when it is moved. Remembers all that the
 * COUNT devices have on SIDE. -ENOSPC: too many.
 */
int addresses_save(const struct side *side, const struct device *devices, size_t count);

/* Gives DEVICE what a container is to have of them, under its new NAME (config-linux.md: permanent,
 * of global scope), or what it had. 0 or the first error; all are tried. */
int addresses_give(const struct side *side, const struct device *device, const char *name);
int addresses_restore(const struct side *side, const struct device *device);

#endif
