/*
 * The connection: calls that wait for their answers, no longer than the one deadline and not when
 * the conductor is gone. Nothing of the bus is believed but answers to calls, and the signal about a
 * job from whoever answered the call that started it.
 */
#include <errno.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include "fds.h"
#include "kernfs.h"
#include "scope.h"
#include "step.h"
#include "text.h"

#define SECONDS     30 /* as runc */
#define SECONDS_MAX 50 /* before the conductor loses patience */

#define DESTINATION "org.freedesktop.systemd1"
#define OBJECT      "/org/freedesktop/systemd1"

static sd_bus *bus;
static int has_bus; /* there is a bus, not systemd alone, at the other end */
static int64_t end, patience;

static sd_bus_message *answer;
static char job[512], job_sender[256], job_result[64];

int bus_check(int r)
{
	if (r < 0)
		die("sd-bus:", NULL, r);
	return r;
}

void bus_restart_clock(void)
{
	end = now_ms() + patience;
}

/* SYSTEMD_BUS_TIMEOUT of systemd's programs, sd_bus_set_method_call_timeout(3), holds here, too. */
static void choose_patience(void)
{
	uint64_t us;

	patience = SECONDS * 1000;
	if (getenv("SYSTEMD_BUS_TIMEOUT") && sd_bus_get_method_call_timeout(bus, &us) >= 0)
		patience = us < SECONDS_MAX * UINT64_C(1000000) ? (int64_t)(us / 1000)
								: SECONDS_MAX * 1000;
	bus_restart_clock();
}

static int take_answer(sd_bus_message *message, void *context, sd_bus_error *error)
{
	(void)context;
	(void)error;
	answer = sd_bus_message_ref(message);
	return 1;
}

static int same_sender(sd_bus_message *message)
{
	const char *sender = sd_bus_message_get_sender(message);

	return !strcmp(job_sender, sender ? sender : "");
}

/* JobRemoved(u id, o job, s unit, s result) */
static int take_signal(sd_bus_message *message, void *context, sd_bus_error *error)
{
	const char *path, *unit, *result;
	uint32_t id;

	(void)context;
	(void)error;
	if (!*job || sd_bus_message_is_signal(message, MANAGER, "JobRemoved") <= 0 ||
		!same_sender(message) ||
		sd_bus_message_read(message, "uoss", &id, &path, &unit, &result) < 0 ||
		strcmp(path, job) != 0)
		return 0;
	text_join(job_result, sizeof(job_result), result, NULL);
	return 1;
}

/* The signal is for everybody, but only when somebody waits for a job. No answer is needed: the bus
 * does things in their order. */
static void subscribe(void)
{
	static const char rule[] = "type='signal',sender='" DESTINATION "',path='" OBJECT
				   "',interface='" MANAGER "',member='JobRemoved'";

	bus_check(
		sd_bus_call_method_async(bus, NULL, "org.freedesktop.DBus", "/org/freedesktop/DBus",
			"org.freedesktop.DBus", "AddMatch", NULL, NULL, "s", rule));
}

void bus_start(const char *kind)
{
	has_bus = strcmp(kind, "private") != 0;
	bus_check(sd_bus_new(&bus));
	bus_check(sd_bus_set_fd(bus, FD_BUS, FD_BUS));
	bus_check(sd_bus_set_bus_client(bus, has_bus));
	choose_patience();
	bus_check(sd_bus_add_filter(bus, NULL, take_signal, NULL));
	bus_check(sd_bus_start(bus));
	if (has_bus)
		subscribe();
}

static void wait_for_bus(const char *doing)
{
	struct pollfd pollers[2] = {{.fd = FD_CONTROL, .events = POLLIN}, {.fd = FD_BUS}};
	int64_t left = end - now_ms();
	int events = bus_check(sd_bus_get_events(bus)), n;

	if (left <= 0)
		die(doing, NULL, ETIMEDOUT);
	pollers[1].events = (short)events;
	n = poll(pollers, 2, (int)left);
	if (n < 0 && errno != EINTR)
		die("poll:", NULL, errno);
	/* Nothing is to be said while we are at work: the conductor is gone. */
	if (n > 0 && pollers[0].revents)
		_exit(1);
}

/* One thing that has come or can be sent, or waits for one. */
static void step_on(const char *doing)
{
	int r = sd_bus_process(bus, NULL);

	if (r == -ECONNRESET || r == -ENOTCONN || r == -EPIPE)
		die("systemd's bus has closed the connection:", NULL, r);
	if (!bus_check(r))
		wait_for_bus(doing);
}

void bus_ready(void)
{
	while (!bus_check(sd_bus_is_ready(bus)))
		step_on("the bus of systemd does not answer");
}

sd_bus_message *bus_new_call(const char *interface, const char *member)
{
	sd_bus_message *message;

	bus_check(sd_bus_message_new_method_call(
		bus, &message, has_bus ? DESTINATION : NULL, OBJECT, interface, member));
	return message;
}

sd_bus_message *bus_call(sd_bus_message *message, const char *doing, const sd_bus_error **error)
{
	sd_bus_slot *slot;

	answer = NULL;
	*job = *job_result = '\0';
	/* The time is ours to watch: one deadline for all calls. */
	bus_check(sd_bus_call_async(bus, &slot, message, take_answer, NULL, UINT64_MAX));
	sd_bus_message_unref(message);
	while (!answer)
		step_on(doing);
	sd_bus_slot_unref(slot);
	*error = sd_bus_message_get_error(answer);
	return *error ? NULL : answer;
}

const char *bus_wait_job(sd_bus_message *reply, const char *doing)
{
	const char *path, *sender = sd_bus_message_get_sender(reply);

	bus_check(sd_bus_message_read(reply, "o", &path));
	if (text_join(job, sizeof(job), path, NULL) ||
		text_join(job_sender, sizeof(job_sender), sender ? sender : "", NULL))
		die("sd-bus:", path, ENAMETOOLONG);
	sd_bus_message_unref(reply);
	while (!*job_result)
		step_on(doing);
	*job = '\0';
	return job_result;
}
