/* Sentences of --explain, put together from pieces: what comes from config.json is made fit for a
 * terminal, numbers come with their unit, and nothing is longer than a line of SAY_MAX bytes. */
#ifndef DAVIT_SAY_H
#define DAVIT_SAY_H

#include "explain.h"
#include "names.h"

#define SAY_MAX 8192

/* Who does what follows, and when. */
void say_begin(explain_sink *sink);
void say_who(enum explain_phase phase, enum program program);

/* Adds strings, the last is NULL; then one from config.json, a number, a list's separator. */
void say(const char *text, ...) __attribute__((sentinel));
void say_value(const char *value);       /* NULL: "" */
void say_quoted(const char *value);      /* in quotes where a shell would need them */
void say_variable(const char *variable); /* its name; the value may be a secret, but for PATH */
void say_number(uint64_t n);
void say_signed(int64_t n);
void say_octal(uint64_t n);
void say_bits(uint64_t n);                               /* hexadecimal when it is large */
void say_size(uint64_t bytes);                           /* "512 MiB (536870912 bytes)" */
void say_micros(uint64_t us);                            /* "100 ms (100000 µs)" */
void say_word(const struct name *table, uint64_t value); /* the table's word, or the number */

/* Separators of a list: FIRST before its first member, ", " before the others. */
struct say_list {
	const char *first;
	uint32_t count;
};
void say_next(struct say_list *list);

/* Hands the sentence to the sink, once it is complete. */
void say_done(void);

#endif
