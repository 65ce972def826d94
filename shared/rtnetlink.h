/* The route netlink socket that a step is handed. */
#ifndef DAVIT_RTNETLINK_H
#define DAVIT_RTNETLINK_H

/* Dies when FD is not what was promised, a NETLINK_ROUTE socket. */
void rtnetlink_check(int fd);

#endif
