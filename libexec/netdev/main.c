/*
 * netdev: moves devices of the host into the container's network namespace and gives each there the
 * addresses that it had (config-linux.md, "Network Devices"). Then it waits with what it remembers
 * until the creation has succeeded, when it is killed, or failed: then it brings all of them back.
 * It touches no device but those.
 */
#include <errno.h>
#include <fcntl.h>
#include <sched.h>
#include <signal.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>
#include "journal.h"
#include "netdev.h"
#include "plan.h"
#include "priv_table.h"
#include "step.h"
#include "text.h"

#define SECONDS    60
#define BY_HAND_FD 0 /* priv_enter leaves only 0-2 open when a person runs us */

static const struct msg_rule rules[] = {
	{MSG_NETSOCK, MSG_ONCE | MSG_FD, 0, 0, PROGRAM_CONDUCTOR},
	{MSG_UNDO, MSG_ONCE, 0, MSG_NETSOCK, PROGRAM_CONDUCTOR},
};

static struct device devices[NET_DEVICES_MAX];
static size_t device_count;
static struct side host, inside;

/* WHAT of DEVICE, for messages, by the member of config.json. */
static const char *said(const struct device *device, const char *what)
{
	static const char plain[] =
		"abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_";
	static char text[MSG_WHAT_MAX];
	const char *name = device->wanted;

	if (!step_conducted())
		text_join(text, sizeof(text), name, ": ", what, NULL);
	else if (name[strspn(name, plain)])
		text_join(text, sizeof(text), "linux.netDevices[\"", name, "\"]: ", what, NULL);
	else
		text_join(text, sizeof(text), "linux.netDevices.", name, ": ", what, NULL);
	return text;
}

/* Back under its old name, with all that the kernel took away from it on the way in. */
static void bring_back_one(struct device *device)
{
	int err = device_return(device, &host, &inside), later;

	if (device->inside) {
		warn(said(device, "the device cannot be brought back to the host:"), NULL, err);
		return;
	}
	if (device->host.master) {
		later = device_join(&host, device->host.index, device->host.master);
		err = err ? err : later;
	}
	later = addresses_restore(&host, device);
	err = err ? err : later;
	later = device->host.flags & IFF_UP ? device_up(&host, device->host.index) : 0;
	err = err ? err : later;
	if (err)
		warn(said(device, "the device is back on the host, but not all as it was:"), NULL,
			err);
}

static void bring_back(void)
{
	for (size_t i = device_count; i--;)
		if (devices[i].inside)
			bring_back_one(&devices[i]);
}

static _Noreturn void give_up(const struct device *device, const char *what, int err)
{
	bring_back();
	die(said(device, what), NULL, err);
}

/* The kernel finds a number that is free. */
static int is_template(const struct device *device)
{
	return device->name && strchr(device->name, '%');
}

/* What can be known before anything is moved. */
static void check(struct device *device)
{
	struct link other;
	int err = device_get(&host, 0, device->wanted, &device->host);
	const char *name = device->name ? device->name : device->host.name;

	if (err == -ENODEV)
		die(said(device, "the host has no such network device"), NULL, 0);
	if (err)
		die(said(device, "looking for the device:"), NULL, err);
	if (device->host.flags & IFF_LOOPBACK)
		die(said(device, "a loopback device cannot be moved"), NULL, 0);
	for (const struct device *d = devices; d < device; d++)
		if (d->host.index == device->host.index)
			die(said(device, "the same device as"), d->wanted, 0);
	if (is_template(device))
		return;
	err = device_get(&inside, 0, name, &other);
	if (!err)
		die(said(device, "the container's network namespace has a device of this name:"),
			name, 0);
	if (err != -ENODEV)
		die(said(device, "looking into the container:"), NULL, err);
}

static void move(struct device *device)
{
	struct link link;
	int err = device_move(device, &host, &inside);

	if (err)
		give_up(device, "moving the device into the container:", err);
	err = device_get(&inside, device->inside, NULL, &link);
	if (err)
		give_up(device, "the device is lost:", err);
	err = addresses_give(&inside, device, link.name);
	if (err)
		give_up(device, "giving the device its addresses:", err);
	err = device_up(&inside, device->inside);
	if (err)
		give_up(device, "setting the device up:", err);
	debug(said(device, "in the container its name is"), link.name);
}

static void move_all(void)
{
	int same = side_equal(&host, &inside), err;

	if (same < 0)
		die("fstat:", "network namespace", same);
	if (same)
		die("linux.netDevices: the container's network namespace is the host's", NULL, 0);
	for (size_t i = 0; i < device_count; i++)
		check(&devices[i]);
	err = addresses_save(&host, devices, device_count);
	if (err)
		die("linux.netDevices: listing the addresses:", NULL, err);
	/* First those that are to have one name and no other. */
	for (size_t i = 0; i < device_count; i++)
		if (!is_template(&devices[i]))
			move(&devices[i]);
	for (size_t i = 0; i < device_count; i++)
		if (is_template(&devices[i]))
			move(&devices[i]);
}

/* Waits for the end of the creation. If the conductor has died the journal knows how it ended. */
static int has_failed(void)
{
	static struct journal journal;
	struct msg msg;

	if (msg_send(&conductor, MSG_DONE, NULL, 0, -1) ||
		msg_await(&conductor, MSG_UNDO, &msg, -1) == -ECONNRESET)
		return journal_read(FD_JOURNAL, &journal) || !journal.is_ready;
	return 1;
}

static void take_plan(void)
{
	static struct plan plan;
	const char *why;
	int err = plan_load(FD_PLAN, build_id, &plan, &why);

	if (err)
		die("plan:", why, 0);
	while (device_count < plan.config->net_devices.count && device_count < NET_DEVICES_MAX) {
		const struct plan_net_device *device =
			plan_net_device_at(&plan, plan.config->net_devices, (uint32_t)device_count);

		devices[device_count].wanted = plan_text(&plan, device->host);
		devices[device_count++].name = plan_text(&plan, device->name);
	}
}

static int open_socket(void)
{
	int fd = socket(AF_NETLINK, SOCK_RAW | SOCK_CLOEXEC, NETLINK_ROUTE);

	if (fd < 0)
		die("opening a netlink socket:", NULL, errno);
	return fd;
}

static void open_side(struct side *side, int socket)
{
	int err = side_open(side, socket);

	if (err)
		die("opening a network namespace:",
			side == &host ? "the host's" : "the container's", err);
}

/* By hand: from here into the namespace that fd 0 is. We stay there; the host is known by a socket. */
static void enter_by_hand(char **argv)
{
	int fd = open_socket();

	if (setns(0, CLONE_NEWNET) < 0)
		die("setns: fd 0 must be a network namespace:", NULL, errno);
	if (dup2(fd, BY_HAND_FD) < 0)
		die("dup2:", NULL, errno);
	devices[0] = (struct device){.wanted = argv[1], .name = argv[2]};
	device_count = 1;
}

int main(int argc, char **argv)
{
	int used = step_start(PROGRAM_NETDEV, argc, argv, rules, sizeof(rules) / sizeof(rules[0]));
	sigset_t all;
	struct msg msg;

	if (used ? argc != 2 : argc < 2 || argc > 3)
		die("usage: netdev DEVICE [NAME] <NAMESPACE", NULL, 0);
	/* A signal to all processes of a terminal or a service is the conductor's to act upon. */
	sigfillset(&all);
	if (sigprocmask(SIG_BLOCK, &all, NULL) < 0)
		die("sigprocmask:", NULL, errno);
	if (!used)
		enter_by_hand(argv);
	priv_enter(&priv, step_conducted());
	open_side(&host, used ? open_socket() : BY_HAND_FD);
	open_side(&inside, used ? await(MSG_NETSOCK, &msg, SECONDS) : open_socket());
	if (used)
		take_plan();
	move_all();
	if (used && has_failed())
		bring_back();
	_exit(0);
}
