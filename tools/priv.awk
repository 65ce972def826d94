# Turns libexec/NAME/priv into priv_table.h; the first file has the numbers of the system calls, as cc -dM writes them. Lines: KEYWORD WORDS…; "#" begins a comment. Keywords:
#   uid reserved|keep · caps none|keep|NAME… · nnp yes|no · rlimit NAME N · root NUMBER-NAME
#   landlock none|keep|no-write|[read|write|make] PATH|NUMBER-NAME…
#   fds NUMBER-NAME[:kind][?]…  (names of shared/fds.h) · seccomp none | [MODE:] CALL… (may be repeated) · exec yes|no (told, not applied)
# CALL is NAME, NAME(A|B): only with one of these values in the argument that known() names, or NAME(!A|B): with none of
# these flags in it. A "?" behind it marks a call of x86_64 that others do not have. After MODE: stand calls which only the
# filter of that mode lets through, besides the common ones; main.c takes it by priv_mode().
function fail(text) { print FILENAME ":" FNR ": " text > "/dev/stderr"; bad = 1; exit 1 }
# Of NAME(…): the index of the argument, how many bits of it the kernel takes, and the headers of its constants.
function known(name, argument, bits, headers) { at[name] = argument; width[name] = bits; header[name] = headers }
# One word of a list for MODE ("": all). What the compiler cannot check is checked here.
function take_call(mode, word,  name, values, marked, i, part) {
	marked = sub(/\?$/, "", word)
	name = word; values = ""
	if (word ~ /\(/) {
		if (word !~ /^[a-z0-9_]+\(!?[A-Z0-9_]+(\|[A-Z0-9_]+)*\)$/) fail("not a list of arguments: " word)
		name = substr(word, 1, index(word, "(") - 1)
		values = substr(word, length(name) + 2, length(word) - length(name) - 2)
		if (!(name in at)) fail("no argument of " name " is known to tools/priv.awk")
	}
	if (!(name in number)) {
		if (marked && !x86) return
		fail("no system call " name)
	}
	if ((mode, name) in taken || ("", name) in taken) fail(name " is named twice")
	taken[mode, name] = 1
	if (mode != "" && !(mode in modes)) { modes[mode] = 1; mode_name[++nmodes] = mode }
	list[mode] = list[mode] " " name
	allowed[mode, name] = values
	if (values != "") for (i = split(header[name], part); i >= 1; i--) headers[part[i]] = 1
}
# The calls of MODE and the common ones into call[], by number: the kernel walks the program once for every system call
# there is when it is loaded, so it is a search tree.
function sort_calls(mode,  i, j, word) {
	calls = split(list[""] (mode == "" ? "" : list[mode]), call)
	for (i = 1; i <= calls; i++) argument[call[i]] = (("", call[i]) in allowed) ? allowed["", call[i]] : allowed[mode, call[i]]
	for (i = 2; i <= calls; i++) {
		word = call[i]
		for (j = i - 1; j >= 1 && number[call[j]] > number[word]; j--) call[j + 1] = call[j]
		call[j + 1] = word
	}
}
function jump(test, value, yes, no) { print "\tBPF_JUMP(BPF_JMP | " test " | BPF_K, " value ", " yes ", " no ")," }
function load(offset) { print "\tBPF_STMT(BPF_LD | BPF_W | BPF_ABS, " offset ")," }
# What stands between the number of a call and the two ends: the argument's lower half (the machines are little-endian) is
# one of the values, or has none of the flags; the upper half of an argument of 64 bits is 0.
function leaf_length(name,  values, part) {
	values = argument[name]
	if (values == "") return 3
	if (values ~ /^!/) return 5
	return 4 + (width[name] == 64 ? 2 : 0) + split(values, part, "|")
}
function leaf(name,  n, i, value, offset) {
	offset = "offsetof(struct seccomp_data, args[" at[name] "])"
	jump("BPF_JEQ", "__NR_" name, 0, leaf_length(name) - 2)
	if (argument[name] ~ /^!/) {
		load(offset)
		jump("BPF_JSET", "(uint32_t)(" substr(argument[name], 2) ")", 1, 0)
	} else if (argument[name] != "") {
		if (width[name] == 64) {
			load(offset " + 4")
			jump("BPF_JEQ", 0, 0, leaf_length(name) - 4)
		}
		load(offset)
		n = split(argument[name], value, "|")
		for (i = 1; i <= n; i++) jump("BPF_JEQ", "(uint32_t)(" value[i] ")", n - i, i == n ? 1 : 0)
	}
	print "\tBPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW),\n\tBPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_KILL_PROCESS),"
}
function tree_length(first, last,  middle) {
	if (first == last) return leaf_length(call[first])
	middle = int((first + last + 1) / 2)
	return 1 + tree_length(first, middle - 1) + tree_length(middle, last)
}
function tree(first, last,  middle) {
	if (first == last) { leaf(call[first]); return }
	middle = int((first + last + 1) / 2)
	if (tree_length(first, middle - 1) > 255) fail("the filter is too long for one jump")
	jump("BPF_JGE", "__NR_" call[middle], tree_length(first, middle - 1), 0)
	tree(first, middle - 1)
	tree(middle, last)
}
function filter(mode) {
	print "static const struct sock_filter priv_filter" (mode == "" ? "" : "_" mode) "[] = {"
	load("offsetof(struct seccomp_data, arch)")
	jump("BPF_JEQ", "PRIV_ARCH", 1, 0)
	print "\tBPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_KILL_PROCESS),"
	load("offsetof(struct seccomp_data, nr)")
	sort_calls(mode)
	tree(1, calls)
	print "};\n"
}
function one_of(words) { if (index(" " words " ", " " $2 " ") == 0 || NF != 2) fail($1 " is none of: " words); return $2 }
FILENAME == syscalls {
	if ($2 == "__x86_64__") x86 = 1
	else if ($1 == "#define" && sub(/^__NR_/, "", $2)) number[$2] = $3 + 0
	next
}
BEGIN {
	split("ANY REGULAR SOCKET DIRECTORY FIFO TERMINAL", kinds)
	caps = "PRIV_CAPS_KEEP"; nnp = 0; ids = "NULL"; landlock = "NULL"; confined = "PRIV_ALL"; access = "PRIV_MAKE"; root = -1; filters = 0
	known("bpf", 0, 32, "linux/bpf.h")
	known("fcntl", 1, 32, "fcntl.h")
	known("getsockopt", 1, 32, "sys/socket.h linux/netlink.h")
	known("ioctl", 1, 32, "sys/ioctl.h linux/nsfs.h linux/sockios.h")
	known("memfd_create", 1, 32, "linux/memfd.h")
	known("mmap", 2, 64, "sys/mman.h")
	known("open", 1, 32, "fcntl.h")
	known("openat", 2, 32, "fcntl.h")
	known("pidfd_send_signal", 1, 32, "signal.h")
	known("setsockopt", 1, 32, "sys/socket.h linux/netlink.h")
	known("socket", 0, 32, "sys/socket.h")
	known("unlinkat", 2, 32, "fcntl.h")
}
{ sub(/#.*/, "") }
NF == 0 { next }
$1 == "uid" { ids = one_of("reserved keep") == "reserved" ? "priv_reserved_ids" : "NULL"; next }
$1 == "nnp" { nnp = one_of("yes no") == "yes"; next }
$1 == "exec" { one_of("yes no"); next }
$1 == "caps" {
	if ($2 == "keep") next
	caps = "0"
	for (i = 2; i <= NF; i++) if ($i != "none") caps = caps " | UINT64_C(1) << CAP_" $i
	next
}
$1 == "landlock" {
	if ($2 == "keep") next
	landlock = "priv_landlock"
	if ($2 == "no-write") confined = "PRIV_CHANGE"
	if ($2 == "none" || $2 == "no-write") { one_of("none no-write"); next }
	for (i = 2; i <= NF; i++) {
		if ($i == "read" || $i == "write" || $i == "make") access = "PRIV_" toupper($i)
		else if ($i ~ /^\//) rules = rules "\t{\"" $i "\", -1, " access "},\n"
		else if ($i ~ /^[A-Z_]+$/) rules = rules "\t{NULL, FD_" $i ", " access "},\n"
		else fail("neither a path nor a descriptor: " $i)
		nrules += $i ~ /^[\/A-Z]/
	}
	next
}
$1 == "root" { root = "FD_" $2; next }
$1 == "rlimit" { limits = limits "\t{RLIMIT_" $2 ", " $3 "},\n"; nlimits++; next }
$1 == "fds" {
	for (i = 2; i <= NF; i++) {
		word = $i; optional = sub(/\?$/, "", word); kind = "ANY"
		if (split(word, part, ":") == 2) kind = toupper(part[2])
		last = part[1]; first = part[1]
		if (sub(/\+$/, "", first)) last = "FD_FREE - 1"; 
		fds = fds "\t{FD_" first ", PRIV_FD_" kind ", " (optional ? 1 : 0) ", " (last == first ? "FD_" first : last) "},\n"; nfds++
		told = told "\t{FD_" first ", \"" first (last == first ? "" : " and above") (kind == "ANY" ? "" : ", " tolower(kind)) (optional ? ", not always" : "") "\"},\n"
	}
	next
}
$1 == "seccomp" {
	if ($2 == "none") next
	filters = 1
	mode = $2 ~ /:$/ ? substr($2, 1, length($2) - 1) : ""
	for (i = mode == "" ? 2 : 3; i <= NF; i++) take_call(mode, $i)
	next
}
{ fail("unknown keyword " $1) }
END {
	if (bad) exit 1
	if (root != -1 && landlock == "NULL") fail("root without landlock")
	print "/* Made by tools/priv.awk from libexec/" name "/priv. */"
	print "#include <linux/audit.h>\n#include <linux/capability.h>\n#include <linux/seccomp.h>\n#include <stddef.h>\n#include <sys/resource.h>\n#include <sys/syscall.h>"
	for (file in headers) print "#include <" file ">" | "sort"
	close("sort")
	print "#include \"fds.h\"\n#include \"priv.h\"\n"
	if (nrules) print "static const struct priv_rule priv_rules[] = {\n" rules "};\n"
	if (landlock != "NULL") print "static const struct priv_files priv_files = {" confined ", " (nrules ? "priv_rules" : "NULL") ", " nrules + 0 ", " root "};\n"
	if (nlimits) print "static const struct priv_limit priv_limits[] = {\n" limits "};\n"
	if (nfds) print "static const struct priv_fd priv_fds[] = {\n" fds "};\n"
	if (filters) {
		print "#if defined(__x86_64__)\n#define PRIV_ARCH AUDIT_ARCH_X86_64\n#elif defined(__aarch64__)\n#define PRIV_ARCH AUDIT_ARCH_AARCH64\n#else\n#error \"add this architecture to tools/priv.awk\"\n#endif\n"
		filter("")
		for (i = 1; i <= nmodes; i++) filter(mode_name[i])
		if (nmodes) {
			print "static const struct priv_mode priv_modes[] = {"
			for (i = 1; i <= nmodes; i++) print "\t{\"" mode_name[i] "\", priv_filter_" mode_name[i] ", sizeof(priv_filter_" mode_name[i] ") / sizeof(priv_filter[0])},"
			print "};\n"
		}
	}
	if (name != "dmz") # which has no room for it
		print "#include \"step.h\"\nconst struct step_fd step_fds[] = {\n" told "\t{-1, NULL},\n};\n"
	print "static const struct priv priv = {"
	print "\t.program = \"" name "\",\n\t.ids = " ids ",\n\t.caps = " caps ",\n\t.no_new_privs = " nnp + 0 ",\n\t.landlock = " landlock ","
	if (landlock != "NULL") print "\t.files = &priv_files,"
	if (nlimits) print "\t.limits = priv_limits,\n\t.limit_count = sizeof(priv_limits) / sizeof(priv_limits[0]),"
	if (nfds) print "\t.fds = priv_fds,\n\t.fd_count = sizeof(priv_fds) / sizeof(priv_fds[0]),"
	if (filters) print "\t.filter = priv_filter,\n\t.filter_length = sizeof(priv_filter) / sizeof(priv_filter[0]),"
	print "};"
}
