/*
 * GVariant's text format (GLib, "GVariant Text Format") without "maybe" types, which D-Bus has not.
 * The text becomes a tree, the tree gets a type, by what stands in it as a whole: [1, uint64 2] is
 * an array of uint64. gvariant.c reads, gvariant_type.c finds types, gvariant_put.c writes records.
 */
#ifndef DAVIT_GVARIANT_H
#define DAVIT_GVARIANT_H

#include <stddef.h>
#include <stdint.h>

#define SIGNATURE_SIZE 256 /* with the NUL; D-Bus specification, "Valid Signatures" */
#define DEPTH_MAX      32

enum node_kind {
	NODE_NUMBER,  /* token */
	NODE_TEXT,    /* token: what stands between the quotes */
	NODE_BYTES,   /* the same of b'…' */
	NODE_BOOLEAN, /* number */
	NODE_ARRAY,
	NODE_TUPLE,
	NODE_DICT,  /* its children are entries */
	NODE_ENTRY, /* two children */
	NODE_VARIANT,
	NODE_TYPED /* token: a signature; one child */
};

struct node {
	enum node_kind kind;
	uint64_t number;
	const char *token;
	size_t length;
	struct node *child, *next;
};

/* The whole of TEXT, or NULL and what is wrong. */
const struct node *gvariant_read(const char *text, const char **why);

/* The one type of NODE as a signature. NULL, or what is wrong. */
const char *gvariant_type(const struct node *node, char signature[SIGNATURE_SIZE]);
/* The length of the first complete type of SIGNATURE; 0: there is none. */
size_t gvariant_type_length(const char *signature);

/* Adds NODE, whose type is SIGNATURE, to the current property (bus.h). NULL, or what is wrong. */
const char *gvariant_put(const struct node *node, const char *signature);

/* The number that a token is: of a type with SIZE bits below its sign, up to MAX of either sign. */
const char *gvariant_integer(const struct node *node, char type, uint64_t *bits);
const char *gvariant_double(const struct node *node, double *value);

#endif
