/* --explain: what the annotations org.davit.landlock.* leave to the container's processes. */
#include "explain.h"

#include "say.h"

static void say_paths(const struct plan *plan, enum landlock_list which, const char *what)
{
	struct plan_list list = plan->config->landlock_paths;
	struct say_list paths = {what, 0};

	for (uint32_t i = 0; i < list.count; i++) {
		const struct plan_landlock_path *path = plan_landlock_path_at(plan, list, i);

		if (path->list != which)
			continue;
		say_next(&paths);
		say_quoted(plan_text(plan, path->path));
	}
	if (paths.count)
		say_done();
}

static void say_ports(
	const struct plan *plan, enum landlock_list which, const char *none, const char *what)
{
	struct plan_list list = plan->config->landlock_ports;
	struct say_list ports = {what, 0};

	for (uint32_t i = 0; i < list.count; i++) {
		const struct plan_landlock_port *port = plan_landlock_port_at(plan, list, i);

		if (port->list != which)
			continue;
		say_next(&ports);
		say_number(port->port);
	}
	if (!ports.count && !(plan->config->landlock >> which & 1))
		return;
	say(ports.count ? "" : none, NULL);
	say_done();
}

static void say_scopes(const struct plan_config *c)
{
	struct say_list scopes = {"Landlock: nothing outside is reached by its ", 0};

	for (const struct name *scope = landlock_scopes; scope->word; scope++) {
		if (!(c->landlock_scopes & scope->value))
			continue;
		say_next(&scopes);
		say(scope->word, NULL);
	}
	if (scopes.count)
		say_done();
}

void explain_landlock(const struct plan *plan)
{
	const struct plan_config *c = plan->config;
	struct say_list lists = {"makes Landlock rules as the annotations say: ", 0};

	if (!c->landlock)
		return;
	say_who(PHASE_CREATE, PROGRAM_FENCE);
	for (const struct name *list = landlock_lists; list->word; list++) {
		if (!(c->landlock >> list->value & 1))
			continue;
		say_next(&lists);
		say(LANDLOCK_PREFIX, list->word, NULL);
	}
	say_done();
	if (c->landlock & LANDLOCK_FILES) {
		say("Landlock: no file may be opened, changed or executed but as follows", NULL);
		say_done();
	}
	say_paths(plan, LANDLOCK_READ, "Landlock: may be read: ");
	say_paths(plan, LANDLOCK_WRITE, "Landlock: may be read and changed: ");
	say_paths(plan, LANDLOCK_EXECUTE, "Landlock: may be read and executed: ");
	say_ports(plan, LANDLOCK_BIND, "Landlock: no TCP port may be bound",
		"Landlock: only these TCP ports may be bound: ");
	say_ports(plan, LANDLOCK_CONNECT, "Landlock: no TCP connection may be made",
		"Landlock: TCP connections only to the ports ");
	say_scopes(c);
	say("puts these rules in force as the last but the filter", NULL);
	say(c->no_new_privileges ? "" : ", for which it keeps CAP_SYS_ADMIN until then", NULL);
	say_done();
}
