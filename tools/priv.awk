# Turns libexec/NAME/priv into priv_table.h; the first file has the numbers of the system calls, as cc -dM writes them. Lines: KEYWORD WORDS…; "#" begins a comment. Keywords:
#   uid nobody|keep · caps none|keep|NAME… · nnp yes|no · landlock none|keep|[read|write] PATH… · rlimit NAME N
#   fds NUMBER-NAME[:kind][?]…  (names of shared/fds.h) · seccomp none | CALL… (may be repeated) · exec yes|no (told, not applied)
function fail(text) { print FILENAME ":" FNR ": " text > "/dev/stderr"; bad = 1; exit 1 }
# The kernel walks the program once for every system call there is when it is loaded, so it is a search tree.
function sort_calls(  i, j, word, kept) {
	for (i = 1; i <= calls; i++) if (call[i] in number) call[++kept] = call[i]
	calls = kept
	for (i = 2; i <= calls; i++) {
		word = call[i]
		for (j = i - 1; j >= 1 && number[call[j]] > number[word]; j--) call[j + 1] = call[j]
		call[j + 1] = word
	}
}
function tree_length(first, last,  middle) {
	if (first == last) return 3
	middle = int((first + last + 1) / 2)
	return 1 + tree_length(first, middle - 1) + tree_length(middle, last)
}
function tree(first, last,  middle) {
	if (first == last) {
		print "\tBPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, __NR_" call[first] ", 0, 1),"
		print "\tBPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW),\n\tBPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_KILL_PROCESS),"
		return
	}
	middle = int((first + last + 1) / 2)
	print "\tBPF_JUMP(BPF_JMP | BPF_JGE | BPF_K, __NR_" call[middle] ", " tree_length(first, middle - 1) ", 0),"
	tree(first, middle - 1)
	tree(middle, last)
}
FILENAME == syscalls { if ($1 == "#define" && sub(/^__NR_/, "", $2)) number[$2] = $3 + 0; next }
BEGIN {
	split("ANY REGULAR SOCKET DIRECTORY FIFO TERMINAL", kinds)
	caps = "PRIV_CAPS_KEEP"; nnp = 0; nobody = 0; landlock = "NULL"; paths = ""; access = "PRIV_ALL"; calls = 0; filter = 0
}
{ sub(/#.*/, "") }
NF == 0 { next }
$1 == "uid" { nobody = $2 == "nobody"; next }
$1 == "nnp" { nnp = $2 == "yes"; next }
$1 == "exec" { next }
$1 == "caps" {
	if ($2 == "keep") next
	caps = "0"
	for (i = 2; i <= NF; i++) if ($i != "none") caps = caps " | UINT64_C(1) << CAP_" $i
	next
}
$1 == "landlock" {
	if ($2 == "keep") next
	landlock = "priv_landlock"
	if ($2 == "none") next
	for (i = 2; i <= NF; i++) {
		if ($i == "read" || $i == "write") access = "PRIV_" toupper($i)
		else paths = paths "\"" $i "\", "
	}
	next
}
$1 == "rlimit" { limits = limits "\t{RLIMIT_" $2 ", " $3 "},\n"; nlimits++; next }
$1 == "fds" {
	for (i = 2; i <= NF; i++) {
		word = $i; optional = sub(/\?$/, "", word); kind = "ANY"
		if (split(word, part, ":") == 2) kind = toupper(part[2])
		last = part[1]; first = part[1]
		if (sub(/\+$/, "", first)) last = "FD_FREE - 1"; 
		fds = fds "\t{FD_" first ", PRIV_FD_" kind ", " (optional ? 1 : 0) ", " (last == first ? "FD_" first : last) "},\n"; nfds++
	}
	next
}
$1 == "seccomp" {
	if ($2 == "none") next
	filter = 1
	for (i = 2; i <= NF; i++) if (!($i in seen)) { seen[$i] = 1; call[++calls] = $i }
	next
}
{ fail("unknown keyword " $1) }
END {
	if (bad) exit 1
	print "/* Made by tools/priv.awk from libexec/" name "/priv. */"
	print "#include <linux/audit.h>\n#include <linux/capability.h>\n#include <linux/seccomp.h>\n#include <stddef.h>\n#include <sys/resource.h>\n#include <sys/syscall.h>\n#include \"fds.h\"\n#include \"priv.h\"\n"
	if (paths != "") print "static const char *const priv_paths[] = {" paths "NULL};\n"
	if (nlimits) print "static const struct priv_limit priv_limits[] = {\n" limits "};\n"
	if (nfds) print "static const struct priv_fd priv_fds[] = {\n" fds "};\n"
	if (filter) {
		print "#if defined(__x86_64__)\n#define PRIV_ARCH AUDIT_ARCH_X86_64\n#elif defined(__aarch64__)\n#define PRIV_ARCH AUDIT_ARCH_AARCH64\n#else\n#error \"add this architecture to tools/priv.awk\"\n#endif\n"
		print "static const struct sock_filter priv_filter[] = {"
		print "\tBPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(struct seccomp_data, arch)),"
		print "\tBPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, PRIV_ARCH, 1, 0),"
		print "\tBPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_KILL_PROCESS),"
		print "\tBPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(struct seccomp_data, nr)),"
		sort_calls()
		tree(1, calls)
		print "};\n"
	}
	print "static const struct priv priv = {"
	print "\t.program = \"" name "\",\n\t.nobody = " nobody + 0 ",\n\t.caps = " caps ",\n\t.no_new_privs = " nnp + 0 ",\n\t.landlock = " landlock ",\n\t.landlock_paths = " (paths == "" ? "NULL" : "priv_paths") ",\n\t.landlock_access = " access ","
	if (nlimits) print "\t.limits = priv_limits,\n\t.limit_count = sizeof(priv_limits) / sizeof(priv_limits[0]),"
	if (nfds) print "\t.fds = priv_fds,\n\t.fd_count = sizeof(priv_fds) / sizeof(priv_fds[0]),"
	if (filter) print "\t.filter = priv_filter,\n\t.filter_length = sizeof(priv_filter) / sizeof(priv_filter[0]),"
	print "};"
}
