# Makes build/tests.mk: one rule per tests/test_NAME.c from its "link:" comment (modules without .c, -lLIBRARY), once
# as it is and once sanitized, and from build/deps.mk the sanitized twins of some programs.
function objects(tree, list,  n, i, part, out) {
	n = split(list, part, " ")
	for (i = 1; i <= n; i++) if (part[i] !~ /^-/) out = out " build/" tree "/" part[i] ".o"
	return out
}
function libraries(list,  n, i, part, out) {
	n = split(list, part, " ")
	for (i = 1; i <= n; i++) if (part[i] ~ /^-l/) out = out " " part[i]
	return out
}
function test_rules(  name, glibc, asan) {
	if (source == "") return
	gsub(/[*\/]+$/, "", list)
	name = source; sub(/^tests\//, "", name); sub(/\.c$/, "", name)
	glibc = "build/glibc/tests/" name ".o" objects("glibc", list) " build/glibc/build_id.o"
	asan = "build/asan/tests/" name ".o" objects("asan", list) " build/asan/build_id.o"
	print "UNIT_TESTS += build/tests/" name "\nASAN_TESTS += build/asan/tests/" name
	print "TEST_DEPFILES += $(patsubst %.o,%.d,$(filter %.o," glibc " " asan "))"
	print "build/tests/" name ": " glibc "\n\t@mkdir -p build/tests\n\t@echo \"  LINK  $@\""
	print "\t@$(CC) -pie $(LDFLAGS) -o $@ $(filter %.o,$^)" libraries(list) " -lcmocka"
	print "build/asan/tests/" name ": " asan "\n\t@echo \"  LINK  $@\""
	print "\t@$(CC) -fsanitize=address,undefined -Wl,--gc-sections -o $@ $(filter %.o,$^)" libraries(list) " -lcmocka\n"
	source = ""; list = ""; reading = 0
}
BEGIN { n = split(programs, part, " "); for (i = 1; i <= n; i++) wanted["build/davit/" part[i]] = part[i] }
FNR == 1 && FILENAME ~ /^tests\// { test_rules(); source = FILENAME }
FNR == 1 && FILENAME !~ /^tests\// { test_rules() }
FILENAME ~ /^tests\// {
	if (!reading && match($0, /link:/)) { reading = 1; $0 = substr($0, RSTART + 5) }
	if (!reading) next
	done = index($0, "*/")
	line = done ? substr($0, 1, done - 1) : $0
	gsub(/^[ \t]*\*/, "", line)
	list = list " " line
	if (done) { reading = 2; sub(/.*/, "") }
	if (done) nextfile
	next
}
# build/davit/parse: LIBRARIES := … and build/davit/parse: OBJECTS | build/davit
{ target = $1; sub(/:$/, "", target) }
target in wanted && $2 == "LIBRARIES" { libs[target] = $0; sub(/.*:=/, "", libs[target]); next }
target in wanted && $2 !~ /^(KIND|LIBRARIES)$/ {
	list2 = $0; sub(/^[^:]*:/, "", list2); sub(/\|.*/, "", list2)
	gsub(/build\/(musl|glibc-static|glibc)\//, "build/asan/", list2)
	name = wanted[target]
	print "TEST_DEPFILES += $(patsubst %.o,%.d,$(filter %.o," list2 "))"
	print "build/asan/libexec/" name "/main.o: build/libexec/" name "/priv_table.h"
	print "build/asan/libexec/" name "/main.o: CPPFLAGS += -Ibuild/libexec/" name
	print "build/asan/" name ":" list2 "\n\t@echo \"  LINK  $@\""
	print "\t@$(CC) -fsanitize=address,undefined -Wl,--gc-sections -o $@ $(filter %.o,$^)" libs[target] " -lm\n"
}
END { test_rules() }
