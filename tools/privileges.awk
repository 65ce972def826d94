# What libexec/*/priv declares, for readers. Inputs in this order: shared/fds.h libexec/verbs/deps libexec/verbs/drop.c
# libexec/*/deps libexec/*/priv, and then
#   nothing more      writes doc/privileges.md
#   -v page=1 PAGE    writes the man page PAGE with the block between '.\" priv NAME' and '.\" priv end' made anew
function fail(text) { print FILENAME ":" FNR ": " text > "/dev/stderr"; bad = 1; exit 1 }
function program_of(file,  part) { split(file, part, "/"); return part[2] }
function words(first,  i, out) { for (i = first; i <= NF; i++) out = out (i > first ? " " : "") $i; return out }
function add(list, item) { return list == "" ? item : list ", " item }

FILENAME ~ /fds\.h$/ {
	if ($1 ~ /^FD_/ && $2 == "=") {
		n = $3
		sub(/,$/, "", n)
		if (n !~ /^[0-9]+$/) fail("no number behind " $1)
		number[substr($1, 4)] = n
	}
	next
}
FILENAME ~ /verbs\/deps$/ {
	if (verbs_read) next # named twice: *.deps
	sub(/#.*/, "")
	if ($1 == "program") { verb = $2; verbs[++verb_count] = verb }
	if ($1 == "objects" && / spawn\.o/) starts[verb] = 1
	if ($1 == "objects" && / drop\.o/) drops[verb] = 1
	next
}
FILENAME ~ /drop\.c$/ {
	verbs_read = 1
	if (/priv_drop_caps\(/) {
		line = $0
		while (match(line, /DAVIT_CAP_[A-Z_]+/)) {
			conductor_caps = add(conductor_caps, substr(line, RSTART + 6, RLENGTH - 6))
			line = substr(line, RSTART + RLENGTH)
		}
	}
	next
}
FILENAME ~ /\/deps$/ {
	sub(/#.*/, "")
	if ($1 == "link") link[program_of(FILENAME)] = words(2)
	next
}
FILENAME ~ /\/priv$/ && FNR == 1 { p = program_of(FILENAME); programs[++program_count] = p; heading = 1; known[p] = 1 }
FILENAME ~ /\/priv$/ {
	if (heading && /^#/) { about[p] = about[p] substr($0, 2) "\n"; next }
	heading = 0
	sub(/#.*/, "")
	if (NF == 0) next
	if ($1 == "uid") uid[p] = $2
	else if ($1 == "caps") for (i = 2; i <= NF; i++) caps[p] = add(caps[p], $i == "none" || $i == "keep" ? $i : "CAP_" $i)
	else if ($1 == "nnp") nnp[p] = $2
	else if ($1 == "landlock") for (i = 2; i <= NF; i++) take_place($i)
	else if ($1 == "root") root[p] = number[$2] " " tolower($2)
	else if ($1 == "rlimit") limits[p] = add(limits[p], $2 " " $3)
	else if ($1 == "exec") exec[p] = $2
	else if ($1 == "fds") for (i = 2; i <= NF; i++) take_fd($i)
	else if ($1 == "seccomp") take_calls()
	else fail("unknown keyword " $1)
	next
}
page { show_page_line(); next }

# NAME[:kind][+][?]
function take_fd(word,  optional, run, part, kind) {
	optional = sub(/\?$/, "", word)
	kind = split(word, part, ":") == 2 ? part[2] : ""
	run = sub(/\+$/, "", part[1])
	if (!(part[1] in number)) fail("no FD_" part[1] " in fds.h")
	fds[p] = add(fds[p], number[part[1]] (run ? " and up" : "") " " tolower(part[1]) \
		(kind == "" && !optional ? "" : " (" (kind == "regular" ? "file" : kind) (kind != "" && optional ? ", " : "") (optional ? "not always" : "") ")"))
}

# [read|write|make] PATH|NAME…: the word is for what follows it.
function take_place(word) {
	if (word == "read" || word == "write" || word == "make") { degree[p] = word == "make" ? "" : word == "read" ? ", to read" : ", to read and to write what is there"; return }
	if (word ~ /^[A-Z]/) word = number[word] " " tolower(word)
	places[p] = places[p] (places[p] == "" ? "" : last_degree[p] == degree[p] ? " and " : last_degree[p] " and below ") word
	last_degree[p] = degree[p]
}
# [MODE:] CALL…: those of all modes first; what is for other architectures alone has a mark.
function take_calls(  i, mode, word) {
	mode = $2 ~ /:$/ ? $2 : ""
	if (mode != "" && !((p, mode) in mode_calls)) modes[p] = modes[p] " " mode
	for (i = mode == "" ? 2 : 3; i <= NF; i++) {
		word = $i
		sub(/\?$/, "", word)
		if (word == "none") continue
		mode_calls[p, mode] = add(mode_calls[p, mode], word)
		ncalls[p]++
	}
}

# What is said about each item, the same in both forms.
function say_uid(p) { return uid[p] == "reserved" ? "one of the reserved ones, if the caller is root" : "the caller's" }
function say_caps(p) { return caps[p] == "keep" || caps[p] == "" ? "the caller's" : caps[p] == "none" ? "none" : "at most " caps[p] }
function say_nnp(p) { return nnp[p] == "yes" ? "set" : "not set" }
function say_files(p) { return places[p] == "none" ? "none can be opened (Landlock)" : places[p] == "keep" || places[p] == "" ? "not confined" : places[p] == "no-write" ? "any can be read; none is written, made or removed (Landlock)" : "only below " places[p] last_degree[p] " (Landlock)" (p in root ? "; " root[p] " is the root directory" : "") }
function say_calls(p,  i, n, mode, out) {
	if (!ncalls[p]) return "not confined"
	out = mode_calls[p, ""]
	n = split(modes[p], mode, " ")
	for (i = 1; i <= n; i++) out = out "; to " substr(mode[i], 1, length(mode[i]) - 1) " also " mode_calls[p, mode[i]]
	return out
}
function say_limits(p) { return limits[p] == "" ? "the caller's" : limits[p] }
function say_exec(p) { return exec[p] == "yes" ? "yes" : "no" }
function say_fds(p) { return fds[p] == "" ? "none above 2" : fds[p] }

function mdoc_item(name, text) { print ".It " name; print text }
function mdoc(p) {
	if (p in drops || p in starts || is_verb(p)) { mdoc_verb(p); return }
	if (!(p in known)) fail("no program " p)
	print ".Bl -tag -width \"no_new_privs\" -compact"
	mdoc_item("ids", say_uid(p)); mdoc_item("capabilities", say_caps(p)); mdoc_item("no_new_privs", say_nnp(p))
	mdoc_item("files", say_files(p)); mdoc_item("system calls", say_calls(p)); mdoc_item("limits", say_limits(p))
	mdoc_item("descriptors", say_fds(p)); mdoc_item("executes", say_exec(p))
	print ".El"
}
function is_verb(p,  i) { for (i = 1; i <= verb_count; i++) if (verbs[i] == p) return 1; return 0 }
function mdoc_verb(p) {
	if (p in drops) {
		print "The caller's until all programs are started, then " conductor_caps " at most,"
		print "handed down to what is started after that."
	} else if (p in starts) {
		print "The caller's, for itself and for what it starts."
	} else {
		print "The caller's; it starts no other program."
	}
}
function show_page_line() {
	if ($1 == ".\\\"" && $2 == "priv" && $3 == "end") skipping = 0
	if (!skipping) print
	if ($1 == ".\\\"" && $2 == "priv" && $3 != "end") { mdoc($3); skipping = 1 }
}

function row(name, text) { gsub(/\|/, "\\|", text); print "| " name " | " text " |" }
function print_about(text,  n, i, line, at, in_list) {
	n = split(text, lines, "\n")
	for (i = 1; i <= n; i++) {
		line = lines[i]
		if (line ~ /^   /) {
			sub(/^ +/, "", line)
			at = match(line, /  +/)
			if (!in_list++) print ""
			line = at ? "- `" substr(line, 1, at - 1) "`: " substr(line, at + RLENGTH) : "- " line
		} else sub(/^ /, "", line)
		if (line != "" || i < n) print line
	}
}
function print_program(p) {
	print "\n## " p "\n"
	print_about(about[p])
	print "\n| | |\n|---|---|"
	row("uid, gid", say_uid(p)); row("capabilities", say_caps(p)); row("no_new_privs", say_nnp(p))
	row("files", say_files(p)); row("system calls" (ncalls[p] ? " (" ncalls[p] ")" : ""), say_calls(p))
	row("limits", say_limits(p)); row("file descriptors", say_fds(p)); row("executes", say_exec(p)); row("linked", link[p])
}
function print_all(  i, p) {
	print "<!-- Made by `make doc/privileges.md` from libexec/*/priv, libexec/*/deps, shared/fds.h and libexec/verbs/drop.c. -->"
	print "# What each program may do\n"
	print "The tables are made from the files `libexec/NAME/priv`, which the build turns into what each program applies to itself"
	print "before it reads its first input byte (`tools/priv.awk`, `shared/priv.c`). Nothing here is written by hand."
	print "How the parts are applied, and what happens on a kernel that lacks one, is in"
	print "[architecture.md](architecture.md#7-privileges).\n"
	print "\"The caller's\" means: not changed by this program. \"Not confined\" means: no filter of its own."
	print "`NAME(A|B)` in a list of calls: only with one of these values in the argument that says what is done (of ioctl the request,"
	print "of bpf the command …); `NAME(!A|B)`: with none of these flags. Anything else kills the program.\n"
	print "Reserved ids are 2130706432 to 2134900735, or those of `make UID_BASE= UID_COUNT=`: each process has one of its own, uid and gid alike."
	print "Where a user namespace does not map it, it is 65534, and without that the caller's.\n"
	print "No step is dumpable, and none has a file descriptor but 0 to 2 and those listed.\n"
	print "| program | ids | capabilities | no_new_privs | files | system calls | executes | linked |"
	print "|---|---|---|---|---|---|---|---|"
	for (i = 1; i <= program_count; i++) {
		p = programs[i]
		print "| [" p "](#" p ") | " (uid[p] == "reserved" ? "reserved" : "caller's") " | " say_caps(p) " | " say_nnp(p) " | " say_files(p) " | " (ncalls[p] ? ncalls[p] : "not confined") " | " say_exec(p) " | " link[p] " |"
	}
	for (i = 1; i <= program_count; i++) print_program(programs[i])
	print "\n## The conductors\n"
	print "The verbs of `runc` have no `priv` file: they act with what the caller has. `create`, `run` and `exec` give up all capabilities"
	print "but " conductor_caps " once the steps are started (`conduct_drop_privileges` in `libexec/verbs/drop.c`); root without them"
	print "gets nothing back by an execve (SECBIT_NOROOT), and what is started later inherits these by the ambient set. They and"
	print "`events` then set no_new_privs, enter a Landlock domain and refuse themselves a few calls (`conduct_confine`), which"
	print "[architecture.md](architecture.md#7-privileges) lists.\n"
	print "| verb | privileges | starts steps |\n|---|---|---|"
	for (i = 1; i <= verb_count; i++) {
		p = verbs[i]
		print "| " p " | " (p in drops ? "the caller's until the steps are started, then " conductor_caps " at most" : "the caller's") " | " (p in starts ? "yes" : "no") " |"
	}
}
END {
	if (bad) exit 1
	if (conductor_caps == "") { print "privileges.awk: no priv_drop_caps in drop.c" > "/dev/stderr"; exit 1 }
	if (!page) print_all()
}
