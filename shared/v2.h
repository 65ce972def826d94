/* Limits of config.json, which have the form of cgroup v1, as numbers for v2 (runc-cli 5.4). */
#ifndef DAVIT_V2_H
#define DAVIT_V2_H

#include <stdint.h>

/* cpu.shares 2 … 262144 to cpu.weight 1 … 10000, 1024 to 100, on a curve that keeps small shares
 * apart. */
uint64_t v2_weight(uint64_t shares);

/* OCI's swap is memory plus swap, v2's is swap alone. Returns NULL and what memory.swap.max gets,
 * -1: max; *SET: anything at all; or what is wrong. */
const char *v2_swap(int64_t limit, int64_t swap, int64_t *value, int *set);

#endif
