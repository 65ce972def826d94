# Turns libexec/*/deps and bin/deps into make rules. Lines: "program NAME", then "link musl|glibc|glibc-static [LIB…]",
# "objects FILE.o…" (beside the deps file) and "shared MODULE…". Several programs may stand in one file.
function flush_program(  objs, i, n, part, deps) {
	if (program == "") return
	if (nolib) { print "SKIPPED += " program; return }
	n = split(objects, part, " ")
	for (i = 1; i <= n; i++) objs = objs " build/" kind "/" dir "/" part[i]
	n = split(shared, part, " ")
	for (i = 1; i <= n; i++) objs = objs " build/" kind "/shared/" part[i] ".o"
	objs = objs " build/" kind "/build_id.o"
	print "PROGRAMS += build/davit/" program
	print "DEPFILES += $(patsubst %.o,%.d,$(filter %.o," objs "))"
	print "build/davit/" program ": KIND := " kind
	print "build/davit/" program ": LIBRARIES := " libraries
	print "build/davit/" program ":" objs " | build/davit\n\t$(link)\n"
	if (privs) print "build/" kind "/" dir "/main.o: build/" dir "/priv_table.h\nbuild/" kind "/" dir "/main.o: CPPFLAGS += -Ibuild/" dir "\n"
}
function reset() { program = ""; objects = ""; shared = ""; libraries = ""; kind = "musl"; nolib = 0 }
FNR == 1 { flush_program(); reset(); dir = FILENAME; sub(/\/deps$/, "", dir); privs = (getline line < (dir "/priv")) > 0; close(dir "/priv") }
{ sub(/#.*/, "") }
$1 == "program" { flush_program(); reset(); program = $2 }
$1 == "link" { kind = $2; for (i = 3; i <= NF; i++) { libraries = libraries " -l" $i; if (index(" " without " ", " " $i " ")) nolib = 1 } }
$1 == "objects" { for (i = 2; i <= NF; i++) objects = objects " " $i }
$1 == "shared" { for (i = 2; i <= NF; i++) shared = shared " " $i }
END { flush_program() }
