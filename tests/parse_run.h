/* Running parse as a person does, for the tests of it: config.json in, a plan or one line out. */
#ifndef DAVIT_PARSE_RUN_H
#define DAVIT_PARSE_RUN_H

#include <stddef.h>
#include "plan.h"

#define COUNT(array) (sizeof(array) / sizeof((array)[0]))

/* What the last run wrote to fd 2. */
extern char messages[8192];

/* Returns the exit status, or 128 + signal. The program is build/davit/parse, or $DAVIT_PARSE. */
int run_bytes(const char *text, size_t length, char *const options[]);
int run(const char *text);

/* The same with the option WORD, and what it wrote to fd 1 (at most 256 KiB). */
int run_with(const char *word, const char *text);
const char *written(void);

/* The plan that the last run wrote; fails the test when the checker refuses it. */
void load(struct plan *plan);

/* The exit status of build/davit/witness, or $DAVIT_WITNESS, for the last plan and this config.json (0:
 * they agree); its words are in messages. */
int ask_witness(const char *text, size_t length);

/* What --notify had in the last run, which the witness is asked with, too; NULL: there was none. */
extern const char *notify_path;

/* Writes into the config record of the last plan what no config.json can bring parse to write. */
void forge(size_t offset, const void *bytes, size_t length);

/* The parts of a small config.json that a table may replace. */
enum part { TOP, PROCESS, MOUNTS, LINUX, PARTS };

const char *compose(enum part part, const char *fragment);

#define PROCESS_WITH(members)  "{\"cwd\":\"/\",\"args\":[\"a\"]," members "}"
#define NS_AND(types, members) "{\"namespaces\":[{\"type\":\"mount\"}" types "]," members "}"
#define RESOURCES(members)     "{\"resources\":{" members "}}"
#define SECCOMP(members)       "{\"seccomp\":{\"defaultAction\":\"SCMP_ACT_ALLOW\"," members "}}"

#endif
