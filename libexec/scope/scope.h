/*
 * What the files of this program share. There is one connection and one deadline for all that is
 * asked over it; whatever fails ends the program with one error.
 */
#ifndef DAVIT_SCOPE_H
#define DAVIT_SCOPE_H

#include <systemd/sd-bus.h>
#include "journal.h"
#include "names.h"
#include "plan.h"

#define MANAGER    "org.freedesktop.systemd1.Manager"
#define PROPERTIES "org.freedesktop.DBus.Properties"

/* bus.c */

/* Over the connected socket FD_BUS. KIND: "private", systemd's own socket without a bus behind it,
 * or anything else. The time for all that follows begins. */
void bus_start(const char *kind);
/* Waits until the bus has let us in. */
void bus_ready(void);
/* A call of the manager, to fill. */
sd_bus_message *bus_new_call(const char *interface, const char *member);
/*
 * Sends MESSAGE, which it takes over, and waits for the answer, which is the caller's; on an error
 * of the other side NULL and *ERROR, which stays valid until the next call. DOING, for when no answer
 * comes in time: "Timeout waiting for systemd to create UNIT".
 */
sd_bus_message *bus_call(sd_bus_message *message, const char *doing, const sd_bus_error **error);
/* The result of the job that REPLY, which it releases, names: "done", "failed" … */
const char *bus_wait_job(sd_bus_message *reply, const char *doing);
/* Dies when R, of an sd-bus function, is negative. Returns R. */
int bus_check(int r);
/* The time begins anew, for what an order of the conductor asks for. */
void bus_restart_clock(void);

/* properties.c: an array a(sv) of those properties of PLAN that are for LAYOUT and this systemd. */

enum which { ALL_PROPERTIES, RESOURCES };

/* Asks the manager for its version if any of them depends on it. */
void properties_prepare(const struct plan *plan, enum cgroup_layout layout, enum which which);
/* PID: 0, or of the process that the unit begins with. */
void properties_add(sd_bus_message *message, uint32_t pid);

/* unit.c */

void unit_create(const struct plan *plan, uint32_t pid);
void unit_update(const char *name);
void unit_remove(const struct journal *journal);

#endif
