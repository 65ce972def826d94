/* What systemd is asked for: one transient unit made, changed, taken away. */
#include <errno.h>
#include <string.h>
#include "scope.h"
#include "step.h"
#include "text.h"

#define NAME_SIZE 256

static char doing[NAME_SIZE + 64];

static const char *about(const char *text, const char *name)
{
	text_join(doing, sizeof(doing), text, name, NULL);
	return doing;
}

static int is_error(const sd_bus_error *error, const char *name)
{
	return error && error->name && !strcmp(error->name, name);
}

static int is_slice(const char *name)
{
	size_t length = strlen(name);

	return length > 6 && !strcmp(name + length - 6, ".slice");
}

static int is_scope(const char *name)
{
	size_t length = strlen(name);

	return length > 6 && !strcmp(name + length - 6, ".scope");
}

/* A call with the name of a unit alone, whose failure is the caller's to judge. */
static sd_bus_message *call_about(
	const char *member, const char *name, const char *text, const sd_bus_error **error)
{
	sd_bus_message *call = bus_new_call(MANAGER, member);

	bus_check(sd_bus_message_append(call, "s", name));
	return bus_call(call, about(text, name), error);
}

/* Forgets that the unit has failed; most have not. */
static void reset_failed(const char *name)
{
	const sd_bus_error *error;
	sd_bus_message *reply = call_about(
		"ResetFailedUnit", name, "Timeout waiting for systemd to reset ", &error);

	if (reply)
		sd_bus_message_unref(reply);
}

static sd_bus_message *start(const char *name, uint32_t pid, const sd_bus_error **error)
{
	sd_bus_message *call = bus_new_call(MANAGER, "StartTransientUnit");

	bus_check(sd_bus_message_append(call, "ss", name, "replace"));
	properties_add(call, pid);
	bus_check(sd_bus_message_append(call, "a(sa(sv))", 0));
	return bus_call(call, about("Timeout waiting for systemd to create ", name), error);
}

static void stop(const char *name)
{
	const sd_bus_error *error;
	sd_bus_message *call = bus_new_call(MANAGER, "StopUnit"), *reply;
	const char *result;

	bus_check(sd_bus_message_append(call, "ss", name, "replace"));
	reply = bus_call(call, about("Timeout waiting for systemd to stop ", name), &error);
	if (is_error(error, "org.freedesktop.systemd1.NoSuchUnit"))
		return; /* it went with its last process */
	if (!reply)
		die(about("unable to stop unit ", name), error->message, 0);
	result = bus_wait_job(reply, doing);
	if (strcmp(result, "done") != 0)
		warn(about("systemd has not stopped ", name), result, 0);
}

void unit_create(const struct plan *plan, uint32_t pid)
{
	const char *name = plan_text(plan, plan->config->systemd_unit), *result;
	char what[NAME_SIZE + 64], last[64];
	const sd_bus_error *error;
	sd_bus_message *reply;

	if (!name)
		die("plan:", "it names no unit", 0);
	/* A service would be started by systemd itself, outside of every container. */
	if (!is_slice(name) && !is_scope(name))
		die("plan: neither a scope nor a slice:", name, EBADMSG);
	if (is_slice(name))
		pid = 0; /* none can be in one from the beginning; cgroup moves it there */
	reply = start(name, pid, &error);
	if (is_error(error, "org.freedesktop.systemd1.UnitExists")) {
		reset_failed(name);
		reply = start(name, pid, &error);
	}
	if (!reply) {
		text_join(what, sizeof(what), "unable to start unit \"", name, "\":", NULL);
		die(what, error->message, 0);
	}
	result = bus_wait_job(reply, doing);
	if (!strcmp(result, "done"))
		return;
	text_join(last, sizeof(last), result, NULL);
	stop(name);
	reset_failed(name);
	text_join(what, sizeof(what), "error creating systemd unit `", name, "`: got `", last, "`",
		NULL);
	die(what, NULL, 0);
}

void unit_update(const char *name)
{
	sd_bus_message *call = bus_new_call(MANAGER, "SetUnitProperties"), *reply;
	const sd_bus_error *error;
	char what[NAME_SIZE + 64];

	bus_check(sd_bus_message_append(call, "sb", name, 1));
	properties_add(call, 0);
	reply = bus_call(call, about("Timeout waiting for systemd to change ", name), &error);
	if (reply)
		return;
	text_join(what, sizeof(what), "unable to set unit properties of \"", name, "\":", NULL);
	die(what, error->message, 0);
}

/*
 * True when a unit of this name may be somebody else's: a creation was killed before systemd had
 * answered. Of ours nothing but the first process can be in it then, and that is dead; a slice has no
 * processes to tell by.
 */
static int may_be_foreign(const struct journal *journal)
{
	const sd_bus_error *error;
	sd_bus_message *reply;
	int is_empty;

	if (journal->is_ready || journal->cgroup_count)
		return 0;
	if (is_slice(journal->unit.name))
		return 1;
	reply = call_about("GetUnitProcesses", journal->unit.name,
		"Timeout waiting for systemd to look into ", &error);
	if (!reply)
		return 0; /* there is none */
	bus_check(sd_bus_message_enter_container(reply, 'a', "(sus)"));
	is_empty = bus_check(sd_bus_message_at_end(reply, 0));
	sd_bus_message_unref(reply);
	return !is_empty;
}

void unit_remove(const struct journal *journal)
{
	if (may_be_foreign(journal))
		return;
	stop(journal->unit.name);
	reset_failed(journal->unit.name);
}
