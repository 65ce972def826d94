/* Addresses: as the kernel listed them, and given again in a way that leaves the same list. */
#include "netdev.h"

#include <errno.h>
#include <linux/if_addr.h>
#include <string.h>
#include <sys/socket.h>

#define ADDRESSES_MAX 16384
#define ROOM          192 /* for the attributes of one */
#define DUMP_TRIES    20

/* What a request may say; the rest is the kernel's to know. */
#define FLAGS_GIVEN                                                                                \
	(IFA_F_NODAD | IFA_F_HOMEADDRESS | IFA_F_MANAGETEMPADDR | IFA_F_NOPREFIXROUTE |            \
		IFA_F_MCAUTOJOIN)

struct address {
	const struct device *device;
	struct ifaddrmsg head;
	uint32_t flags;
	char label[IF_NAMESIZE];
	struct ifa_cacheinfo lifetimes;
	size_t length;
	char attributes[ROOM]; /* those that are given again as they came */
};

static struct address addresses[ADDRESSES_MAX];
static size_t address_count;

static int is_kept(uint16_t type)
{
	return type == IFA_ADDRESS || type == IFA_LOCAL || type == IFA_BROADCAST ||
		type == IFA_RT_PRIORITY || type == IFA_PROTO;
}

static int take_attribute(struct address *address, const struct nlattr *attribute)
{
	uint16_t type = mnl_attr_get_type(attribute);
	size_t length = MNL_ALIGN(attribute->nla_len);

	if (type == IFA_FLAGS && mnl_attr_validate(attribute, MNL_TYPE_U32) >= 0)
		address->flags = mnl_attr_get_u32(attribute);
	if (type == IFA_LABEL && mnl_attr_validate(attribute, MNL_TYPE_NUL_STRING) >= 0 &&
		mnl_attr_get_payload_len(attribute) <= sizeof(address->label))
		memcpy(address->label, mnl_attr_get_str(attribute),
			mnl_attr_get_payload_len(attribute));
	if (type == IFA_CACHEINFO &&
		mnl_attr_get_payload_len(attribute) >= sizeof(address->lifetimes))
		memcpy(&address->lifetimes, mnl_attr_get_payload(attribute),
			sizeof(address->lifetimes));
	if (!is_kept(type))
		return 0;
	if (length > sizeof(address->attributes) - address->length)
		return -EMSGSIZE;
	memcpy(address->attributes + address->length, attribute, length);
	address->length += length;
	return 0;
}

struct search {
	const struct device *devices;
	size_t count;
};

static int take_address(const struct nlmsghdr *answer, void *data)
{
	const struct ifaddrmsg *head = mnl_nlmsg_get_payload(answer);
	const struct search *search = data;
	const struct nlattr *attribute;
	struct address *address;
	size_t i = 0;
	int err = 0;

	if (answer->nlmsg_type != RTM_NEWADDR || mnl_nlmsg_get_payload_len(answer) < sizeof(*head))
		return -EPROTO;
	while (i < search->count && search->devices[i].host.index != (int)head->ifa_index)
		i++;
	if (i == search->count)
		return 0;
	if (address_count == ADDRESSES_MAX)
		return -ENOSPC;
	address = &addresses[address_count++];
	memset(address, 0, sizeof(*address));
	address->device = &search->devices[i];
	address->head = *head;
	address->flags = head->ifa_flags;
	mnl_attr_for_each(attribute, answer, sizeof(*head))
	{
		if (!err)
			err = take_attribute(address, attribute);
	}
	return err;
}

int addresses_save(const struct side *side, const struct device *devices, size_t count)
{
	const struct ifaddrmsg all = {.ifa_family = AF_UNSPEC};
	struct search search = {devices, count};
	int err, tries = DUMP_TRIES;

	do {
		address_count = 0;
		request_begin(RTM_GETADDR, NLM_F_DUMP, &all, sizeof(all));
		err = request_send(side->socket, take_address, &search);
	} while (err == -EINTR && --tries);
	return err;
}

/* A label begins with the device's name ("eth0:web"), so it changes with that. The kernel does the
 * same to a device that it renames; what does not fit is the new name alone. */
static void put_label(
	struct nlmsghdr *message, const char *label, const char *old, const char *name)
{
	size_t length = strlen(old);
	char changed[IF_NAMESIZE + IF_NAMESIZE];

	if (!*label)
		return;
	if (strncmp(label, old, length) != 0 || (label[length] && label[length] != ':')) {
		mnl_attr_put_strz(message, IFA_LABEL, label);
		return;
	}
	strncpy(changed, name, IF_NAMESIZE);
	changed[IF_NAMESIZE] = '\0';
	strncat(changed, label + length, IF_NAMESIZE - 1);
	mnl_attr_put_strz(message, IFA_LABEL, strlen(changed) < IF_NAMESIZE ? changed : name);
}

/* Of an IPv4 address that is for ever the kernel does not list that it is deprecated. */
static void put_lifetimes(struct nlmsghdr *message, const struct address *address)
{
	struct ifa_cacheinfo lifetimes = address->lifetimes;

	if (!lifetimes.ifa_valid)
		return; /* this family has none */
	if (address->flags & IFA_F_DEPRECATED)
		lifetimes.ifa_prefered = 0;
	mnl_attr_put(message, IFA_CACHEINFO, sizeof(lifetimes), &lifetimes);
}

static int give(const struct side *side, const struct address *address, int index, uint32_t flags,
	const char *name)
{
	struct ifaddrmsg head = address->head;
	const struct nlattr *attribute;
	struct nlmsghdr *message;

	head.ifa_index = (uint32_t)index;
	head.ifa_flags = 0;
	message = request_begin(
		RTM_NEWADDR, NLM_F_ACK | NLM_F_CREATE | NLM_F_EXCL, &head, sizeof(head));
	for (size_t at = 0; at < address->length; at += MNL_ALIGN(attribute->nla_len)) {
		attribute = (const struct nlattr *)(const void *)(address->attributes + at);
		mnl_attr_put(message, mnl_attr_get_type(attribute),
			mnl_attr_get_payload_len(attribute), mnl_attr_get_payload(attribute));
	}
	put_lifetimes(message, address);
	put_label(message, address->label, address->device->host.name, name);
	mnl_attr_put_u32(message, IFA_FLAGS, flags);
	return request_send(side->socket, NULL, NULL);
}

/* What a container is to have: config-linux.md, "Network Devices". */
static int give_inside(const struct side *side, const struct address *address, const char *name)
{
	uint32_t flags = address->flags & FLAGS_GIVEN;

	if (!(address->flags & IFA_F_PERMANENT) || address->head.ifa_scope != RT_SCOPE_UNIVERSE)
		return 0;
	/* It was the host's, so nobody else has it, and a program is to find it usable at once. */
	if (address->head.ifa_family == AF_INET6 && !(address->flags & IFA_F_DADFAILED))
		flags |= IFA_F_NODAD;
	return give(side, address, address->device->inside, flags, name);
}

static int restore(const struct side *side, const struct address *address)
{
	const struct link *host = &address->device->host;
	uint32_t flags = address->flags & FLAGS_GIVEN;
	int err;

	/* Those are the kernel's own, made anew from another address of the device. */
	if (address->head.ifa_family == AF_INET6 && (address->flags & IFA_F_TEMPORARY))
		return 0;
	if (address->head.ifa_family == AF_INET6 &&
		!(address->flags & (IFA_F_DADFAILED | IFA_F_TENTATIVE)))
		flags |= IFA_F_NODAD;
	err = give(side, address, host->index, flags, host->name);
	return err == -EEXIST ? 0 : err; /* the kernel makes link-local ones by itself */
}

static int give_one(const struct side *side, const struct address *address,
	const struct device *device, const char *name)
{
	if (address->device != device)
		return 0;
	return name ? give_inside(side, address, name) : restore(side, address);
}

/* The kernel keeps IPv4's in the order in which they were given, the first of a network its
 * primary; of IPv6 the newest comes first. */
static int give_all(const struct side *side, const struct device *device, const char *name)
{
	int first = 0, err;

	for (size_t i = 0; i < address_count; i++) {
		if (addresses[i].head.ifa_family == AF_INET6)
			continue;
		err = give_one(side, &addresses[i], device, name);
		first = first ? first : err;
	}
	for (size_t i = address_count; i--;) {
		if (addresses[i].head.ifa_family != AF_INET6)
			continue;
		err = give_one(side, &addresses[i], device, name);
		first = first ? first : err;
	}
	return first;
}

int addresses_give(const struct side *side, const struct device *device, const char *name)
{
	return give_all(side, device, name);
}

int addresses_restore(const struct side *side, const struct device *device)
{
	return give_all(side, device, NULL);
}
