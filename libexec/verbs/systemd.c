/* The bus is connected to here, by the rights of the caller, whom systemd then knows by the socket;
 * what is said over it is scope's. */
#include "systemd.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/magic.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/vfs.h>
#include <time.h>
#include <unistd.h>
#include "dial.h"
#include "fds.h"
#include "text.h"

#define SYSTEM_BUS  "/run/dbus/system_bus_socket"
#define PRIVATE_BUS "/run/systemd/private"
#define TRIES       8 /* a bus whose queue is full */
#define PAUSE_NS    30000000
#define SECONDS     55   /* scope gives up before */
#define ADDRESS_MAX 4096 /* of a path */

static int fail(char *line, size_t size, const char *text)
{
	text_join(line, size, text, NULL);
	return -1;
}

static int is_unified(void)
{
	struct statfs fs;

	return !statfs("/sys/fs/cgroup", &fs) && fs.f_type == CGROUP2_SUPER_MAGIC;
}

int systemd_check(int rootless, char *line, size_t size)
{
	struct stat st;

	if (lstat("/run/systemd/system", &st) < 0 || !S_ISDIR(st.st_mode))
		return fail(line, size,
			"systemd not running on this host, cannot use systemd cgroups manager");
	if (rootless && !is_unified())
		return fail(line, size, "cannot use rootless systemd cgroups manager on cgroup v1");
	return 0;
}

static int hex_digit(char c)
{
	static const char digits[] = "0123456789abcdef";
	const char *found = c ? strchr(digits, c | 0x20) : NULL;

	return found ? (int)(found - digits) : -1;
}

/* The value at C, up to a comma or semicolon, "%41" for "A", after BEFORE; 0, or -1. */
static int take_value(const char *c, const char *before, char path[ADDRESS_MAX])
{
	struct text t = {path, ADDRESS_MAX, 0, 0};

	text_add(&t, before);
	for (; *c && *c != ',' && *c != ';'; c++) {
		char byte = *c;

		if (byte == '%') {
			int high = hex_digit(c[1]), low = high < 0 ? -1 : hex_digit(c[2]);

			if (low < 0)
				return -1;
			byte = (char)(high << 4 | low);
			c += 2;
		}
		if (!byte)
			return -1;
		text_add_bytes(&t, &byte, 1);
	}
	return t.cut || !t.length ? -1 : 0;
}

/* D-Bus specification, "Server Addresses": the first unix socket of "unix:path=P,guid=G;…". */
static int find_address(const char *list, char path[ADDRESS_MAX])
{
	while (*list) {
		size_t length = strcspn(list, ";");
		const char *c = list + 5;

		if (!strncmp(list, "unix:", 5))
			for (; c < list + length; c += strcspn(c, ",;") + 1) {
				if (!strncmp(c, "path=", 5))
					return take_value(c + 5, "", path);
				if (!strncmp(c, "abstract=", 9))
					return take_value(c + 9, "@", path);
			}
		list += length + (list[length] == ';');
	}
	return -1;
}

static int dial_patiently(const char *path, const char *before, char *line, size_t size)
{
	const struct timespec pause = {0, PAUSE_NS};
	int fd = -1;

	for (int i = 0; i < TRIES; i++) {
		fd = dial(path, SOCK_STREAM, before, line, size);
		if (fd >= 0 || errno != EAGAIN)
			break;
		nanosleep(&pause, NULL);
	}
	return fd;
}

static int dial_user(char *line, size_t size)
{
	static const char before[] =
		"failed to connect to dbus (hint: for rootless containers, maybe you need to "
		"install dbus-user-session package, see "
		"https://rootlesscontaine.rs/getting-started/common/login/): ";
	const char *list = getenv("DBUS_SESSION_BUS_ADDRESS"), *run = getenv("XDG_RUNTIME_DIR");
	char path[ADDRESS_MAX];

	if (list && *list) {
		if (find_address(list, path)) {
			text_join(line, size, before,
				"DBUS_SESSION_BUS_ADDRESS names no unix socket: ", list, NULL);
			return -1;
		}
	} else if (!run || !*run) {
		text_join(line, size, before,
			"neither DBUS_SESSION_BUS_ADDRESS nor XDG_RUNTIME_DIR is set", NULL);
		return -1;
	} else if (text_join(path, sizeof(path), run, "/bus", NULL)) {
		text_join(line, size, before, "XDG_RUNTIME_DIR is too long", NULL);
		return -1;
	}
	return dial_patiently(path, before, line, size);
}

/* systemd itself listens, too, for a root without a bus. */
static int dial_system(const char **kind, char *line, size_t size)
{
	static const char before[] = "failed to connect to dbus: ";
	char other[512];
	int fd = dial_patiently(SYSTEM_BUS, before, line, size);

	if (fd >= 0 || (errno != ENOENT && errno != ECONNREFUSED))
		return fd;
	fd = dial_patiently(PRIVATE_BUS, before, other, sizeof(other));
	if (fd >= 0)
		*kind = "private";
	return fd;
}

struct prepared {
	const char *arguments[4];
	char timeout[64];
	char *environment[2];
	struct spawn_fd fds[3];
	struct spawn spawn;
};

static int prepare(
	struct prepared *p, const struct systemd_request *request, char *line, size_t size)
{
	const char *timeout = getenv("SYSTEMD_BUS_TIMEOUT"), *kind = "bus";
	int bus = request->of_user ? dial_user(line, size) : dial_system(&kind, line, size);

	if (bus < 0)
		return -1;
	*p = (struct prepared){.arguments = {request->mode, is_unified() ? "v2" : "v1", kind, NULL},
		.fds = {{request->plan, FD_PLAN}, {request->journal, FD_JOURNAL}, {bus, FD_BUS}}};
	/* Of the caller's environment it gets what systemd documents for how long to wait. */
	if (timeout &&
		!text_join(p->timeout, sizeof(p->timeout), "SYSTEMD_BUS_TIMEOUT=", timeout, NULL))
		p->environment[0] = p->timeout;
	p->spawn = (struct spawn){.program = PROGRAM_SCOPE,
		.image = -1,
		.arguments = p->arguments,
		.environment = p->environment,
		.fds = p->fds,
		.fd_count = 3};
	return bus;
}

static int explain_start(int err, char *line, size_t size)
{
	if (err == -ENOENT)
		return fail(line, size,
			"the systemd cgroup driver is not supported: davit was built without "
			"libsystemd");
	spawn_error("cannot start ", PROGRAM_SCOPE, -err, line, size);
	return -1;
}

int systemd_start(struct step *step, const struct systemd_request *request,
	const struct msg_rule *rules, size_t rule_count, char *line, size_t size)
{
	struct prepared p;
	int bus = prepare(&p, request, line, size), err;

	if (bus < 0)
		return -1;
	err = step_spawn(step, &p.spawn, rules, rule_count);
	close(bus);
	return err ? explain_start(err, line, size) : 0;
}

int container_unit(
	const struct container *container, const char *mode, int plan, char *line, size_t size)
{
	const struct systemd_request request = {.mode = mode,
		.of_user = container->journal.unit.of_user,
		.plan = plan,
		.journal = state_open_file(container, "journal")};
	struct prepared p;
	int bus, err;

	if (request.journal < 0) {
		text_join(line, size, "journal: ", errno_text(-request.journal), NULL);
		return -ECANCELED;
	}
	bus = prepare(&p, &request, line, size);
	err = bus < 0 ? -ECANCELED : conduct_run(&p.spawn, SECONDS, line, size);
	close(request.journal);
	if (bus >= 0)
		close(bus);
	return err;
}
