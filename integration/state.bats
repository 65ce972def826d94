# runc state: what a container is.

load lib/common

@test "state: a created, a running and a stopped container" {
	local bundle
	bundle=$(pwd -P)
	args sleep 100
	detached create "$ID"
	runc state "$ID" >"$T/state.json"
	same "$(jq -r '[keys_unsorted[]] | join(" ")' "$T/state.json")" \
		"ociVersion id pid status bundle rootfs created owner"
	jq -e --arg id "$ID" --arg bundle "$bundle" '.ociVersion == "1.3.0" and .id == $id and .status == "created" and
		.bundle == $bundle and .rootfs == $bundle + "/rootfs" and .owner == "" and .pid > 0 and
		(.created | test("^[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9:]{8}(\\.[0-9]{1,9})?Z$"))' "$T/state.json"
	[ -d "/proc/$(jq .pid "$T/state.json")" ]
	runc start "$ID"
	wait_for 5 is_running "$ID"
	runc kill "$ID" KILL
	wait_for 5 is_stopped "$ID"
	same "$(pid_of "$ID")" 0
	same "$(runc state "$ID" | jq -r .created)" "$(jq -r .created "$T/state.json")"
}

@test "state: two spaces, no last line end, nothing on standard error" {
	args sleep 100
	detached create "$ID"
	runc state "$ID" >"$T/state.json" 2>"$T/state.err"
	printf '%s' "$(jq . "$T/state.json")" | cmp - "$T/state.json"
	[ ! -s "$T/state.err" ]
}

@test "state: annotations, with Go's escapes" {
	args sleep 100
	edit '.annotations = {"org.example/a": "<b> & \"c\"", "empty": ""}'
	detached create "$ID"
	same "$(runc state "$ID" | jq -c .annotations)" "$(jq -c .annotations config.json)"
	contains "$(runc state "$ID")" '\u003cb\u003e \u0026'
}

@test "state: the status does not believe a pid that was given to another process" {
	args sleep 100
	detached create "$ID"
	local pid
	pid=$(pid_of "$ID")
	kill -9 "$pid"
	wait_for 5 is_stopped "$ID"
	runc delete "$ID"
}

@test "state: frozen is paused, and frozen with a dead process, too" {
	in_v2 && skip "the freezer of v1"
	args sleep 100
	detached run -d "$ID"
	local freezer pid
	pid=$(pid_of "$ID")
	freezer=/sys/fs/cgroup/freezer$(sed -n 's/^[0-9]*:freezer://p' "/proc/$pid/cgroup")
	echo FROZEN >"$freezer/freezer.state"
	wait_for 5 grep -q FROZEN "$freezer/freezer.state"
	same "$(status_of "$ID")" paused
	# SIGKILL reaches it: it is thawed.
	runc kill "$ID" KILL
	wait_for 5 is_stopped "$ID"
}

@test "state: unknown containers and broken directories" {
	refused "container does not exist" state nosuch
	newer "runc: does not exist"
	mkdir -p -m 700 "$STATE/$ID"
	run runc state "$ID"
	expect 1 "container $ID: creation unfinished or killed; runc delete --force $ID"
	echo rubbish >"$STATE/$ID/journal"
	run runc state "$ID"
	expect 1 "the journal of container $ID is broken"
	rm -r "${STATE:?}/$ID"
	ln -s /etc "$STATE/$ID"
	run runc state "$ID"
	expect 1 "$STATE/$ID: not a directory"
	rm "$STATE/$ID"
}

@test "state: a plan of another build or a missing one" {
	args sleep 100
	detached create "$ID"
	printf 'another' | dd of="$STATE/$ID/plan" bs=1 seek=16 conv=notrunc 2>"$T/dd"
	same "$(status_of "$ID")" created
	cp "$STATE/$ID/plan" "$T/plan"
	rm "$STATE/$ID/plan"
	same "$(status_of "$ID")" created
	same "$(runc state "$ID" | jq -r .bundle)" ""
	cp "$T/plan" "$STATE/$ID/plan"
}

@test "state: annotations: all of them, also unknown and reserved ones, and empty values" {
	edit '.annotations = {"org.opencontainers.image.os": "linux", "org.opencontainers.image.stopSignal": "SIGINT", "x": "",
		"com.example/π.key": "{\"a\": [1]}"}'
	args sleep 100
	detached create "$ID"
	expect 0
	same "$(runc state "$ID" | jq -S -c .annotations)" "$(jq -S -c .annotations config.json)"
	same "$(runc list -f json | jq -S -c '.[0].annotations')" "$(jq -S -c .annotations config.json)"
}

@test "state: annotations: an empty key, and values that are no strings, are refused" {
	newer "1.1.5 takes an empty key"
	local value
	edit '.annotations = {"": "x"}'
	refused 'annotations.*: a key must not be empty' create "$ID"
	for value in 5 true '{"a": "b"}' '["a"]' null; do
		edit --argjson v "$value" '.annotations = {"org.example": $v}'
		refused 'annotations.*org.example.*: expected a string' create "$ID"
	done
}
