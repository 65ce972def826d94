/* Reading: characters to a tree. */
#include "gvariant.h"

#include <string.h>

#define NODES_MAX 4096

static struct node nodes[NODES_MAX];
static size_t node_count;
static const char *at, *problem;

static const char too_deep[] = "nested too deeply";
static const char maybe[] = "D-Bus has no maybe types";

static struct node *fail(const char *why)
{
	if (!problem)
		problem = why;
	return NULL;
}

static struct node *new_node(enum node_kind kind)
{
	struct node *node = &nodes[node_count];

	if (node_count == NODES_MAX)
		return fail("too many values");
	node_count++;
	*node = (struct node){.kind = kind};
	return node;
}

static void skip_space(void)
{
	at += strspn(at, " \t\r\n\f\v");
}

static int take(char c)
{
	skip_space();
	if (*at != c)
		return 0;
	at++;
	return 1;
}

static struct node *read_value(unsigned depth);

/* VALUE, VALUE… up to END, as children of NODE. A tuple of one has a comma behind it. */
static struct node *read_list(struct node *node, char end, unsigned depth)
{
	struct node **link = &node->child;

	while (!take(end)) {
		if (node->child && !take(','))
			return fail("a comma or the end of a list is missing");
		if (node->kind == NODE_TUPLE && node->child && !node->child->next && take(end))
			return node;
		*link = read_value(depth);
		if (!*link)
			return NULL;
		link = &(*link)->next;
	}
	if (node->kind == NODE_TUPLE && node->child && !node->child->next)
		return fail("a tuple of one needs a comma");
	return node;
}

/* The value of an entry whose key has been read. */
static struct node *read_entry_value(struct node *entry, unsigned depth)
{
	entry->child->next = read_value(depth);
	return entry->child->next ? entry : NULL;
}

static struct node *read_entry_key(unsigned depth)
{
	struct node *entry = new_node(NODE_ENTRY);

	if (entry)
		entry->child = read_value(depth);
	return entry && entry->child ? entry : NULL;
}

/* {}, {KEY: VALUE, …} or one entry, {KEY, VALUE}. */
static struct node *read_braces(unsigned depth)
{
	struct node *dict = new_node(NODE_DICT), *entry, **link;

	if (!dict || take('}'))
		return dict;
	for (link = &dict->child;; link = &entry->next) {
		entry = read_entry_key(depth);
		if (!entry)
			return NULL;
		if (link == &dict->child && take(',')) {
			dict = read_entry_value(entry, depth);
			break;
		}
		if (!take(':'))
			return fail("a dictionary's key and value must be apart by : or ,");
		*link = read_entry_value(entry, depth);
		if (!*link)
			return NULL;
		if (!take(','))
			break;
	}
	return !dict || take('}') ? dict : fail("a } is missing");
}

/* What stands between two quotes of the kind that AT is at. */
static struct node *read_quoted(enum node_kind kind)
{
	struct node *node = new_node(kind);
	char quote = *at++;

	if (!node)
		return NULL;
	node->token = at;
	while (*at && *at != quote)
		at += *at == '\\' && at[1] ? 2 : 1;
	if (!*at)
		return fail("a string has no end");
	node->length = (size_t)(at++ - node->token);
	return node;
}

static struct node *read_typed(const char *signature, size_t length, unsigned depth)
{
	struct node *node = new_node(NODE_TYPED);

	if (!node)
		return NULL;
	node->token = signature;
	node->length = length;
	node->child = read_value(depth);
	return node->child ? node : NULL;
}

static struct node *read_signature(unsigned depth)
{
	const char *start = ++at;
	size_t length = gvariant_type_length(at);

	if (!length || length >= SIGNATURE_SIZE)
		return fail(*at == 'm' ? maybe : "no type after @");
	at += length;
	return read_typed(start, length, depth);
}

static struct node *read_word(unsigned depth)
{
	static const struct {
		char word[12], type[2];
	} types[] = {{"boolean", "b"}, {"byte", "y"}, {"int16", "n"}, {"uint16", "q"},
		{"int32", "i"}, {"uint32", "u"}, {"int64", "x"}, {"uint64", "t"}, {"double", "d"},
		{"string", "s"}, {"objectpath", "o"}, {"signature", "g"}};
	const char *start = at;
	size_t length = strspn(at, "abcdefghijklmnopqrstuvwxyz0123456789");
	struct node *node;

	at += length;
	for (size_t i = 0; i < sizeof(types) / sizeof(types[0]); i++)
		if (strlen(types[i].word) == length && !memcmp(types[i].word, start, length))
			return read_typed(types[i].type, 1, depth);
	if ((length == 4 && !memcmp(start, "true", 4)) ||
		(length == 5 && !memcmp(start, "false", 5))) {
		node = new_node(NODE_BOOLEAN);
		if (node)
			node->number = length == 4;
		return node;
	}
	if ((length == 3 && !memcmp(start, "inf", 3)) ||
		(length == 3 && !memcmp(start, "nan", 3))) {
		node = new_node(NODE_NUMBER);
		if (node) {
			node->token = start;
			node->length = length;
		}
		return node;
	}
	if ((length == 4 && !memcmp(start, "just", 4)) ||
		(length == 7 && !memcmp(start, "nothing", 7)))
		return fail(maybe);
	if (length == 6 && !memcmp(start, "handle", 6))
		return fail("a handle means nothing here");
	return fail("no value, or a string without quotes");
}

static struct node *read_number(void)
{
	struct node *node = new_node(NODE_NUMBER);

	if (!node)
		return NULL;
	node->token = at;
	at += strspn(at, "0123456789abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ+-.");
	node->length = (size_t)(at - node->token);
	return node;
}

static struct node *read_variant(unsigned depth)
{
	struct node *node = new_node(NODE_VARIANT);

	if (!node)
		return NULL;
	node->child = read_value(depth);
	if (!node->child)
		return NULL;
	return take('>') ? node : fail("a > is missing");
}

static struct node *read_container(unsigned depth)
{
	struct node *node;

	switch (*at++) {
	case '[':
		node = new_node(NODE_ARRAY);
		return node ? read_list(node, ']', depth) : NULL;
	case '(':
		node = new_node(NODE_TUPLE);
		return node ? read_list(node, ')', depth) : NULL;
	case '{':
		return read_braces(depth);
	default:
		return read_variant(depth);
	}
}

static struct node *read_value(unsigned depth)
{
	skip_space();
	if (depth == DEPTH_MAX)
		return fail(too_deep);
	if (*at == '\0')
		return fail("a value is missing");
	if (strchr("[({<", *at))
		return read_container(depth + 1);
	if (*at == '\'' || *at == '"')
		return read_quoted(NODE_TEXT);
	if (*at == 'b' && (at[1] == '\'' || at[1] == '"')) {
		at++;
		return read_quoted(NODE_BYTES);
	}
	if (*at == '@')
		return read_signature(depth + 1);
	if (strchr("0123456789+-.", *at))
		return read_number();
	return read_word(depth + 1);
}

const struct node *gvariant_read(const char *text, const char **why)
{
	struct node *node;

	at = text;
	node_count = 0;
	problem = NULL;
	node = read_value(0);
	skip_space();
	if (node && *at)
		node = fail("something follows the value");
	*why = problem;
	return node;
}
