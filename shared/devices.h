/* The rules for devices that runc appends to those of config.json, so that no config can deny them
 * (runc-cli 4.8). */
#ifndef DAVIT_DEVICES_H
#define DAVIT_DEVICES_H

#include "names.h"

#define DEVICE_DEFAULTS 11

struct device_default {
	const char
		*path; /* a device of config.json with this path takes the rule away; NULL: never */
	enum device_type type;
	int major, minor; /* -1: any */
	unsigned access;
};

extern const struct device_default device_defaults[DEVICE_DEFAULTS];

#endif
