/* Devices: looked up, moved, set up. */
#include "netdev.h"

#include <errno.h>
#include <limits.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/stat.h>
#include <linux/sockios.h>
#include "rtnetlink.h"

int side_open(struct side *side, int socket)
{
	side->socket = socket;
	rtnetlink_check(socket);
	side->namespace = ioctl(socket, SIOCGSKNS);
	return side->namespace < 0 ? -errno : 0;
}

int side_equal(const struct side *one, const struct side *other)
{
	struct stat a, b;

	if (fstat(one->namespace, &a) < 0 || fstat(other->namespace, &b) < 0)
		return -errno;
	return a.st_ino == b.st_ino && a.st_dev == b.st_dev;
}

static int take_link(const struct nlmsghdr *answer, void *data)
{
	const struct ifinfomsg *info = mnl_nlmsg_get_payload(answer);
	struct link *link = data;
	const struct nlattr *attribute;

	if (answer->nlmsg_type != RTM_NEWLINK || mnl_nlmsg_get_payload_len(answer) < sizeof(*info))
		return -EPROTO;
	memset(link, 0, sizeof(*link));
	link->index = info->ifi_index;
	link->flags = info->ifi_flags;
	mnl_attr_for_each(attribute, answer, sizeof(*info))
	{
		uint16_t type = mnl_attr_get_type(attribute);

		if (type == IFLA_IFNAME && !mnl_attr_validate(attribute, MNL_TYPE_NUL_STRING) &&
			mnl_attr_get_payload_len(attribute) <= sizeof(link->name))
			memcpy(link->name, mnl_attr_get_str(attribute),
				mnl_attr_get_payload_len(attribute));
		if (type == IFLA_MASTER && mnl_attr_validate(attribute, MNL_TYPE_U32) >= 0)
			link->master = mnl_attr_get_u32(attribute);
	}
	return link->index > 0 && link->name[0] ? 0 : -EPROTO;
}

int device_get(const struct side *side, int index, const char *name, struct link *link)
{
	const struct ifinfomsg head = {.ifi_index = index};
	struct nlmsghdr *message = request_begin(RTM_GETLINK, NLM_F_ACK, &head, sizeof(head));

	if (!index)
		mnl_attr_put_strz(message, IFLA_IFNAME, name);
	link->index = 0;
	return request_send(side->socket, take_link, link);
}

/* Which index the device will have is settled before: the name may be the kernel's choice. */
static int free_index(const struct side *side, int first, int *index)
{
	struct link link;
	int err = 0;

	for (*index = first; !err && *index < INT_MAX; ++*index) {
		err = device_get(side, *index, NULL, &link);
		if (err == -ENODEV)
			return 0;
	}
	return err ? err : -ENFILE;
}

static int move(
	const struct side *from, int index, const struct side *to, int new_index, const char *name)
{
	const struct ifinfomsg head = {.ifi_index = index};
	struct nlmsghdr *message = request_begin(RTM_SETLINK, NLM_F_ACK, &head, sizeof(head));

	mnl_attr_put_u32(message, IFLA_NET_NS_FD, (uint32_t)to->namespace);
	mnl_attr_put_u32(message, IFLA_NEW_IFINDEX, (uint32_t)new_index); /* Linux 5.13 */
	mnl_attr_put_strz(message, IFLA_IFNAME, name);
	return request_send(from->socket, NULL, NULL);
}

int device_move(struct device *device, const struct side *host, const struct side *inside)
{
	struct link link;
	int index, err = free_index(inside, device->host.index, &index);

	if (err)
		return err;
	err = move(host, device->host.index, inside, index,
		device->name ? device->name : device->host.name);
	/* The kernel moves first and renames then, so an error does not mean that it is where it
	 * was. The index can belong to nobody else: numbers only grow. */
	if (!err || device_get(host, device->host.index, NULL, &link) == -ENODEV)
		device->inside = index;
	return err;
}

int device_return(struct device *device, const struct side *host, const struct side *inside)
{
	int err = move(inside, device->inside, host, device->host.index, device->host.name);
	struct link link;

	/* As above: here, too, it may have come without its name. */
	if (!err || !device_get(host, device->host.index, NULL, &link))
		device->inside = 0;
	return err;
}

int device_join(const struct side *side, int index, uint32_t master)
{
	const struct ifinfomsg head = {.ifi_index = index};
	struct nlmsghdr *message = request_begin(RTM_SETLINK, NLM_F_ACK, &head, sizeof(head));

	mnl_attr_put_u32(message, IFLA_MASTER, master);
	return request_send(side->socket, NULL, NULL);
}

int device_up(const struct side *side, int index)
{
	const struct ifinfomsg head = {
		.ifi_index = index, .ifi_flags = IFF_UP, .ifi_change = IFF_UP};

	request_begin(RTM_SETLINK, NLM_F_ACK, &head, sizeof(head));
	return request_send(side->socket, NULL, NULL);
}
