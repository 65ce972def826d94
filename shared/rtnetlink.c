/* See rtnetlink.h. */
#include "rtnetlink.h"

#include <errno.h>
#include <linux/netlink.h>
#include <sys/socket.h>
#include "step.h"

void rtnetlink_check(int fd)
{
	int domain = 0, protocol = -1;
	socklen_t size = sizeof(int);

	if (getsockopt(fd, SOL_SOCKET, SO_DOMAIN, &domain, &size) < 0 ||
		getsockopt(fd, SOL_SOCKET, SO_PROTOCOL, &protocol, &size) < 0)
		die("getsockopt:", NULL, errno);
	if (domain != AF_NETLINK || protocol != NETLINK_ROUTE)
		die("this is not a route netlink socket", NULL, 0);
}
