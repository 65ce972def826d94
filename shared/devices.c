/* The table of devices.h, in runc's order. */
#include "devices.h"

#include <stddef.h>

#define ALL (DEVICE_READ | DEVICE_WRITE | DEVICE_MKNOD)

const struct device_default device_defaults[DEVICE_DEFAULTS] = {
	{NULL, DEVICE_CHAR, -1, -1, DEVICE_MKNOD}, {NULL, DEVICE_BLOCK, -1, -1, DEVICE_MKNOD},
	{"/dev/null", DEVICE_CHAR, 1, 3, ALL}, {"/dev/random", DEVICE_CHAR, 1, 8, ALL},
	{"/dev/full", DEVICE_CHAR, 1, 7, ALL}, {"/dev/tty", DEVICE_CHAR, 5, 0, ALL},
	{"/dev/zero", DEVICE_CHAR, 1, 5, ALL}, {"/dev/urandom", DEVICE_CHAR, 1, 9, ALL},
	{NULL, DEVICE_CHAR, 136, -1, ALL},  /* /dev/pts */
	{NULL, DEVICE_CHAR, 5, 2, ALL},     /* ptmx */
	{NULL, DEVICE_CHAR, 10, 200, ALL}}; /* net/tun */
