/*
 * Text in fixed buffers, without stdio: what does not fit is cut, always NUL-terminated, and the
 * cut is remembered. N1: text_to_u64 is the one parser of decimal numbers in the tree.
 */
#ifndef DAVIT_TEXT_H
#define DAVIT_TEXT_H

#include <stddef.h>
#include <stdint.h>

struct text {
	char *data;
	size_t size; /* of the buffer, at least 1 */
	size_t length;
	int cut; /* something did not fit */
};

#define TEXT(array)                                                                                \
	{                                                                                          \
		(array), sizeof(array), 0, 0                                                       \
	}

void text_add(struct text *t, const char *s);
void text_add_bytes(struct text *t, const char *s, size_t length);
void text_add_u64(struct text *t, uint64_t n);
/* N alone, until the next call. */
const char *text_number(uint64_t n);
void text_add_i64(struct text *t, int64_t n);
void text_add_octal(struct text *t, uint64_t n);

/* S fit for a terminal: control characters as \xNN, cut after MAX bytes with "...". */
void text_add_shown(struct text *t, const char *s, size_t max);

/* When something did not fit: "..." as the last three bytes, or as many fewer as it takes not to
 * leave half a character before them. */
void text_mark_cut(struct text *t);

/* Joins the arguments up to NULL into BUFFER. Returns 0, or -ENAMETOOLONG when it was cut. */
int text_join(char *buffer, size_t size, ...) __attribute__((sentinel));

/* True when WORD is one of LIST, which commas separate. */
int text_has_word(const char *list, const char *word);

/* A whole string of 1 to 20 digits, no sign, no blank, no leading zero but "0" itself. 0, -EINVAL,
 * -ERANGE. */
int text_to_u64(const char *s, uint64_t *n);

/* The same with an optional leading '-'; "-0" is refused. */
int text_to_i64(const char *s, int64_t *n);

/* What went wrong, in the words Go programs print and callers of runc look for: "no such file or
 * directory". */
const char *errno_text(int err);

/* "ENOENT", or NULL for a number without a name here. */
const char *errno_name(int err);

#endif
