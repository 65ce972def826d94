#!/usr/bin/env bats
# doc/pipelines.md, run line by line.

setup() {
	cd "$BATS_TEST_DIRNAME/.." || return
	B=$BATS_TEST_TMPDIR/bundle
	export B
}

@test "every command of doc/pipelines.md works and the container says hello" {
	awk '/^```sh$/ { on = 1; next } /^```$/ { on = 0 } on' doc/pipelines.md > "$BATS_TEST_TMPDIR/page.sh"
	[ "$(wc -l < "$BATS_TEST_TMPDIR/page.sh")" -gt 15 ]
	run timeout 60 bash -euo pipefail "$BATS_TEST_TMPDIR/page.sh" 3>&-
	echo "$output"
	[ "$status" -eq 0 ]
	[[ "$output" == *"hello from runc, process 1"* ]]
	[[ "$output" == *"uid=0 gid=0"* ]]
	[[ "$output" == *"can't create directory '/dev/shm/x': Operation not permitted"* ]]
	[[ "$output" == *"hostname: \"runc\""* ]]
}
