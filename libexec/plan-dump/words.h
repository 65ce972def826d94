/* Which numbers of a plan stand for words, and how. */
#ifndef DAVIT_DUMP_WORDS_H
#define DAVIT_DUMP_WORDS_H

#include "plan.h"

struct words {
	const char *record, *field;
	enum {
		WORD,
		BITS,
		BIT_NUMBERS, /* of the table: bit 1 << number */
		IO_PRIORITY, /* a class and, in the low bits, a number */
		MEMORY_MODE  /* and memory_flags */
	} how;
	const struct name *table;
};

/* The words of the numbers of FIELD of RECORD, or of a list of numbers; NULL: they mean nothing else. */
const struct words *words_find(enum plan_record record, uint32_t field);

#endif
