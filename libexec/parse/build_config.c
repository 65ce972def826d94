/* config.md: the top of config.json. */
#include "build.h"

#include "names.h"
#include "review.h"

#define HOST_NAME_MAX_BYTES 64 /* sethostname(2) */

static void check_host_name(const char *text)
{
	size_t length = 0;

	while (text[length])
		length++;
	if (length > HOST_NAME_MAX_BYTES)
		refuse("longer than 64 bytes", NULL);
}

static const struct field root_fields[] = {
	{"path", FIELD_STRING, FIELD_REQUIRED, CONFIG(root_path), .check = check_not_empty},
	{"readonly", FIELD_BOOL, FIELD_GUARD, CONFIG(root_readonly)}, {NULL}};

static int has_root;

static void build_root(const struct value *root, void *config)
{
	has_root = 1;
	build_object(root, root_fields, config);
}

static const struct field document_fields[] = {
	{"ociVersion", FIELD_STRING, FIELD_REQUIRED, CONFIG(oci_version), .check = check_version},
	{"root", FIELD_CALL, 0, .call = build_root},
	{"process", FIELD_CALL, FIELD_GUARD, .call = build_process},
	{"hostname", FIELD_STRING, 0, CONFIG(hostname), .check = check_host_name},
	{"domainname", FIELD_STRING, 0, CONFIG(domainname), .check = check_host_name},
	{"mounts", FIELD_RECORDS, FIELD_GUARD, CONFIG(mounts), .record = PLAN_RECORD_mount,
		.fields = mount_fields, .done = finish_mount},
	{"hooks", FIELD_OBJECT, FIELD_GUARD, .fields = hooks_fields},
	{"annotations", FIELD_MAP, 0, CONFIG(annotations)},
	{"linux", FIELD_CALL, FIELD_GUARD, .call = build_linux},
	{"solaris", FIELD_IGNORED, .why = "for Solaris"},
	{"windows", FIELD_IGNORED, .why = "for Windows"},
	{"vm", FIELD_IGNORED, .why = "for runtimes of virtual machines"},
	{"zos", FIELD_IGNORED, .why = "for z/OS"}, {"freebsd", FIELD_IGNORED, .why = "for FreeBSD"},
	{NULL}};

static void require_root(void *context)
{
	(void)context;
	if (!has_root && !faulty("/root"))
		refuse_as("root must be specified", NULL);
}

void build_config(const struct value *document)
{
	struct plan_config *config = plan_config_record();
	int failed;

	if (document->type == VALUE_NULL)
		refuse_as("config cannot be null", NULL);
	failed = build_members(document, document_fields, config);
	failed |= attempt(require_root, NULL);
	/* Empty is none, as with runc. */
	if (!config->hostname.length)
		config->hostname = plan_put(NULL);
	if (!config->domainname.length)
		config->domainname = plan_put(NULL);
	/* The specification lets it be absent until the container is started; `create` does not. */
	if (reviewing && !config->has_process && !faulty("/process"))
		caution_as("process: missing; runc create will refuse this", NULL);
	add_mounts(&config->mounts);
	check_namespaces(config);
	if (failed)
		abandon(); /* before what needs all of it */
	map_mounts(config);
}
