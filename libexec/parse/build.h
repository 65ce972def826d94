/* From the tree to the plan: one file for each part of config.json, each a table and the checks
 * it cannot say. */
#ifndef DAVIT_BUILD_H
#define DAVIT_BUILD_H

#include "fields.h"

/* Fills the config record from the whole document. */
void build_config(const struct value *document);
/* A pids limit of 0 in LIMIT means none in a config.json of before 1.3.0. */
void read_pids_limit(const struct plan_config *config, struct plan_opt_i64 *limit);

/* build_caller.c: what the caller's environment adds, taken from the command line of parse. */
struct options;
void take_caller(const struct options *options);
int is_from_caller(const char *string); /* of process.env: it gives way to the caller's */
void add_environment(struct plan_list *strings);
void add_mounts(struct plan_list *mounts); /* last: nothing of config.json hides them */

extern const struct field mount_fields[];
void finish_mount(void *mount);

extern const struct field hooks_fields[];

#define ID_MAX (UINT32_MAX - 1) /* of a user or group; the highest means "none" */

/* build_process.c, also for the process of exec */
void build_process(const struct value *process, void *config);
void check_process(struct plan_config *config); /* what a table cannot say */
void check_argument(const char *text);
/* process.env: each variable in its order, then those that count: the last of each name. */
void start_environment(void);
void take_variable(const char *text); /* refuses what is none; TEXT must live on */
void finish_environment(struct plan_list *strings);
uint64_t capability_bit(const char *word); /* 0 for an unknown one, which warn_unknown_caps tells */
void warn_unknown_caps(void);

void build_linux(const struct value *value, void *config);
void build_resources(const struct value *resources, void *config);
void check_rules(
	const struct value *rules, void *nothing); /* of devices, for an update: looks only */
/* build_io.c */
#define BLOCK_WEIGHT_MIN 10 /* of the kernel, and of the conversion to io.weight */
#define BLOCK_WEIGHT_MAX 1000
extern const struct field block_fields[], network_fields[];
void build_rdma(const struct value *value, void *list);
void check_memory(void *config); /* what members of one object mean together */
void check_cpu(void *config);
extern const struct field memory_fields[], cpu_fields[], pids_fields[], hugepage_fields[];
void check_unified_key(const char *key);
void build_rdt(const struct value *rdt, void *config);
void check_l3_schema(const char *text);
void check_memory_schema(const char *text);

/*
 * build_update.c: `runc update`. What the container's linux.resources and linux.intelRdt are by now
 * is in a text of its own: leave_changed, before build_config, lets it pass over them, and
 * build_changed takes them from there. build_update merges the request (NULL: the settings of
 * OPTIONS) into that by runc's rules (runc-cli.md 1.19).
 */
void leave_changed(void);
int is_changed(void);
void build_changed(const struct value *changed);
void build_update(const struct options *options, const struct value *request);

/*
 * join_lists.c: the lists of limits that a request may give an element of become whole ones: what is
 * stored with what is given in its place, else behind it and marked as given. A list that is not
 * given stays empty.
 */
void join_lists(const struct plan_config *stored, struct plan_config *given);

/*
 * sizes.c: the values of its flags, refused in the words of Go's strconv and of go-units, after
 * "invalid value for NAME: ".
 */
uint64_t read_unsigned(const char *name, const char *text);
int64_t read_signed(const char *name, const char *text);
int64_t read_bytes(const char *name, const char *text); /* "1.5g"; "-1": unlimited */

void build_seccomp(const struct value *seccomp, void *config);
/* seccomp_whole.c: what needs all of config.json. 0, or -1 as build_members. */
int build_seccomp_whole(struct plan_config *config);
/* The process of `exec` may need a call under the filter that the container's own did not. */
void check_exec_filter(const struct plan *kept, const struct plan_config *config);

/* build_landlock.c: the annotations org.davit.landlock.*, of the config record at hand. */
void build_landlock(void *config);

/* With --systemd-cgroup, once all of CONFIG is known: build_systemd.c, build_unit.c, unit_devices.c */
void build_systemd(struct plan_config *config);
void build_unit_resources(struct plan_config *config);
void build_unit_devices(const struct plan_config *config);

/* build_scheduling.c: members of process; each replaces what an earlier process object gave. */
void build_scheduler(const struct value *scheduler, void *config);
void build_io_priority(const struct value *priority, void *config);
void build_exec_affinity(const struct value *affinity, void *config);

void build_memory_policy(const struct value *policy, void *config);

/* Checks that need the whole of linux: sysctl keys by namespace (value NULL: none). */
void build_sysctl(const struct value *sysctl, struct plan_config *config);

/* build_net.c: the object netDevices into the list; what needs the whole of linux. */
void build_net_devices(const struct value *devices, void *list);
void check_net_devices(void *config);

/* namespaces.c: reads the array; true when TYPE is listed; the checks between namespaces and other
 * members. */
void build_namespaces(const struct value *namespaces, void *list);
void build_time_offsets(const struct value *offsets, void *config);
int namespace_listed(enum namespace_type type);
void check_namespaces(struct plan_config *config);
int namespace_joined(enum namespace_type type); /* by path */
int user_namespace_joined(void);
extern const struct field idmap_fields[];
void check_id_map(struct plan_list map, const char *member);

/*
 * id_maps.c: mounts[].uidMappings, "idmap" and what crun lets follow it: "idmap=uids=0-1-10;gids=…".
 * keep_inline_map returns 0 for any other word; take_inline_map puts what was kept into the mount
 * when all its members are there, map_mounts numbers the mappings when linux is known.
 */
int keep_inline_map(const char *word, struct plan_mount *mount);
void forget_inline_map(void); /* in a review: of a mount that was given up */
void take_inline_map(struct plan_mount *mount);
void map_mounts(struct plan_config *config);

/* mount_options.c: mounts[].options into the mount record. */
void build_mount_options(const struct value *options, void *mount);
/* Once the type is known, too: what of the words belongs to the file system. */
void finish_mount_options(struct plan_mount *mount, const char *type);
#define FS_STRING_MAX 255  /* fsconfig(2) */
#define FS_TEXT_MAX   4095 /* mount(2): all options */
/* Refuses a VALUE that is too long for the kernel, which takes MAX bytes; NAME may be "". */
void check_fs_string(const char *name, const char *value, size_t max);

/* check.c: forms of text. Each refuses the value at hand. */
void check_not_empty(const char *text);
void check_printable(const char *text);      /* no control characters */
void check_label(const char *text);          /* SELinux */
void check_version(const char *text);        /* ociVersion */
void check_absolute_clean(const char *text); /* absolute, without ".." */
void check_no_climbing(const char *text);    /* no ".." component */
void check_cpu_list(const char *text);       /* "0-3,7" */
void check_page_size(const char *text);      /* "2MB" */
void check_device_name(const char *name);    /* of a network device */

/*
 * Reads "3" or "0-3" at C. Returns what follows, or NULL when that is no range. A number that is
 * not below CPU_COUNT comes as some other such number.
 */
#define CPU_COUNT 8192u /* the largest NR_CPUS of any kernel */
const char *read_cpu_range(const char *c, unsigned *first, unsigned *last);

/*
 * number_list.c: adds the numbers of TEXT ("0-3, 7"), all below COUNT (at most CPU_COUNT), to the
 * empty LIST, 64 bits in each record. As runc: blanks around the elements, and empty elements, are
 * nothing. Returns NULL, or what is wrong with *OBJECT.
 */
const char *read_list(
	const char *text, unsigned count, struct plan_list *list, const char **object);

/*
 * The absolute path PATH names lexically, "." and ".." resolved and clamped at "/", in BUFFER of
 * 4096 bytes. Refuses what no kernel would take: 4096 bytes or more, a component above 255.
 */
void clean_path(const char *path, char *buffer);

#endif
