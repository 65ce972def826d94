/* Profiles for the tests of programs made from them: random ones, and those of a config.json. */
#ifndef DAVIT_PROFILE_MAKE_H
#define DAVIT_PROFILE_MAKE_H

#include <stdint.h>
#include <stdio.h>
#include "profile_model.h"

/* splitmix64: every SEED gives the same numbers everywhere. */
uint64_t random_next(uint64_t *seed);

/* Fills P from SEED, for some of the COUNT architectures of ABIS. */
void profile_random(struct profile *p, uint64_t seed, const enum abi *abis, size_t count);

/* linux.seccomp as JSON. */
void profile_print(const struct profile *p, FILE *out);

/* Fills P from linux.seccomp of the config.json PATH, whose numbers are below 2^53; -1 when it has
 * none, or one that does not fit. */
int profile_read(struct profile *p, const char *path);

/* Fills P from a file in the form that the engines have theirs in (containers/seccomp.json), as
 * for a container with all capabilities or, FEW, with none. */
int profile_expand(struct profile *p, const char *path, int few);

/* Arguments that RULE (or NULL) tells apart: its values, their neighbours, halves and single bits. */
void profile_arguments(const struct profile_rule *rule, uint64_t *seed, __u64 args[6]);

#endif
