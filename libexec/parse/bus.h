/*
 * Properties of a systemd unit as values of D-Bus messages, flat: a container is its kind with the
 * types inside, what it holds, BUS_END. scope puts them into a message as they stand.
 */
#ifndef DAVIT_BUS_H
#define DAVIT_BUS_H

#include "plan_write.h"

/* What input_reserve is to add for them: half of the records of VALUES_MAX, and their texts. */
#define VALUES_MAX 32768u
#define BUS_ROOM   (VALUES_MAX * sizeof(struct plan_bus_value) + (256u << 10))

/* A property without values; the next ones added are its. */
struct plan_unit_property *bus_property(
	const char *name, const char *signature, enum cgroup_layout layout);

void bus_number(enum bus_kind kind, uint64_t bits);
void bus_text(enum bus_kind kind, const char *text); /* a string, or a container to fill */
void bus_end(void);

/* The current property is for this layout alone. */
void bus_layout(enum cgroup_layout layout);

/* A property of one value. */
void bus_bool(const char *name, int value);
void bus_string(const char *name, const char *value);

/* By the type code of a signature; BUS_END for none. */
enum bus_kind bus_kind_of(char code);

/* gvariant.c: adds a property whose value TEXT gives in GVariant's text format, in microseconds
 * when SECONDS. NULL, or what is wrong with it. */
const char *bus_parse(const char *name, const char *text, int seconds);

#endif
