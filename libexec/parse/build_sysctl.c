/* config-linux.md, "Sysctl": only keys that belong to a namespace of the container. */
#include "build.h"

#include <string.h>
#include "names.h"

#define KEY_MAX 255

static const char *const ipc_keys[] = {"kernel.msgmax", "kernel.msgmnb", "kernel.msgmni",
	"kernel.sem", "kernel.shmall", "kernel.shmmax", "kernel.shmmni", "kernel.shm_rmid_forced"};

static int is_ipc_key(const char *key)
{
	if (!strncmp(key, "fs.mqueue.", 10))
		return 1;
	for (size_t i = 0; i < sizeof(ipc_keys) / sizeof(ipc_keys[0]); i++)
		if (!strcmp(ipc_keys[i], key))
			return 1;
	return 0;
}

/*
 * The key with dots between its parts. One whose first separator is "/" has the two the other way
 * round (sysctl.d(5)): net/ipv4/conf/eth0.1/x. No part is empty, "." or "..", in either reading.
 */
static const char *dotted(const char *key)
{
	static char buffer[KEY_MAX + 1];
	size_t length = strlen(key), first = strcspn(key, "./");
	int slashes = key[first] == '/';

	if (!length || length > KEY_MAX)
		refuse("not the name of a sysctl", NULL);
	for (size_t i = 0; i <= length; i++) {
		char c = key[i];
		int separator = c == '.' || c == '/';

		if ((separator || !c) && (!i || key[i - 1] == '.' || key[i - 1] == '/'))
			refuse("not the name of a sysctl",
				NULL); /* which leaves no room for ".." */
		if (c && !separator && c != '_' && c != '-' && c != '@' && c != ':' && c != '+' &&
			!(c >= '0' && c <= '9') && !((c | 32) >= 'a' && (c | 32) <= 'z'))
			refuse("not the name of a sysctl", NULL);
		buffer[i] = slashes && separator ? (c == '/' ? '.' : '/') : c;
	}
	return buffer;
}

static void check_key(const char *original)
{
	const char *key = dotted(original), *name = shown(original);

	if (is_ipc_key(key)) {
		if (!namespace_listed(NS_IPC))
			refuse_as("sysctl \"", name, "\" is not allowed in the hosts ipc namespace",
				NULL);
	} else if (!strncmp(key, "net.", 4)) {
		if (!namespace_listed(NS_NET))
			refuse_as("sysctl \"", name, "\" not allowed in host network namespace",
				NULL);
	} else if (!strncmp(key, "user.", 5)) {
		if (!namespace_listed(NS_USER))
			refuse_as("setting ucounts without a user namespace not allowed: ", name,
				NULL);
	} else if (namespace_listed(NS_UTS) && !strcmp(key, "kernel.hostname")) {
		refuse_as("sysctl \"", name,
			"\" is not allowed as it conflicts with the OCI \"hostname\" field", NULL);
	} else if (!namespace_listed(NS_UTS) || strcmp(key, "kernel.domainname") != 0) {
		refuse_as("sysctl \"", name, "\" is not in a separate kernel namespace", NULL);
	}
}

static void check_value(const char *text)
{
	for (const char *c = text; *c; c++)
		if (((unsigned char)*c < ' ' && *c != '\t') || *c == 0x7f)
			refuse("control characters are not allowed: \"", shown(text), "\"", NULL);
}

void build_sysctl(const struct value *value, struct plan_config *config)
{
	static const struct field map = {
		.name = "sysctl", .kind = FIELD_MAP, .check = check_value, .check_key = check_key};

	build_map(value, &config->sysctl, &map);
}
