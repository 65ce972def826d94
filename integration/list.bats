# runc list: all containers of a state root.

load lib/common

@test "list: no container" {
	mkdir -p -m 700 "$STATE"
	run runc list
	expect 0
	same "$output" "ID          PID         STATUS      BUNDLE      CREATED     OWNER"
	run runc list --format json
	expect 0
	same "$output" null
	run runc list -q
	expect 0
	same "$output" ""
}

@test "list: table, json and ids, sorted" {
	args sleep 100
	detached create "$ID-b"
	detached create "$ID-a"
	detached run -d "$ID-c"
	runc list -q >"$T/ids"
	printf '%s\n' "$ID-a" "$ID-b" "$ID-c" | cmp - "$T/ids"
	runc list -f json >"$T/json"
	same "$(wc -l <"$T/json")" 1
	same "$(jq -r 'map(.id + " " + .status) | join(" ")' "$T/json")" "$ID-a created $ID-b created $ID-c running"
	same "$(jq -r '.[0].owner' "$T/json")" "$(id -un)"
	same "$(jq -c '.[0] | .owner = ""' "$T/json")" "$(runc state "$ID-a" | jq -c .)"
	runc list >"$T/table"
	same "$(wc -l <"$T/table")" 4
	same "$(awk 'NR > 1 { print $1, $3, $4, $6 }' "$T/table" | tail -n 1)" "$ID-c running $(pwd -P) $(id -un)"
	# Columns: the longest plus three, the same in every line.
	local column
	column=$(awk 'NR == 1 { print index($0, "STATUS") }' "$T/table")
	same "$(cut -c "$column"- "$T/table" | awk '{ print $1 }' | tr '\n' ' ')" "STATUS created created running "
}

@test "list: what is broken costs a line and nothing else" {
	args sleep 100
	detached create "$ID"
	newer "runc: does not exist"
	mkdir "$STATE/half" "$STATE/.bpf"
	echo "rubbish all over" >"$STATE/half/journal"
	echo x >"$STATE/file"
	ln -s / "$STATE/link"
	status=0
	runc list -q >"$T/out" 2>"$T/err" || status=$?
	same "$status" 0
	same "$(cat "$T/out")" "$ID"
	contains "$(cat "$T/err")" "load container half: the journal of container half is broken"
	same "$(wc -l <"$T/err")" 1
	rm -r "$STATE/half" "$STATE/.bpf" "$STATE/file" "$STATE/link"
}

@test "list: nothing of a container reaches the terminal as it is" {
	newer "runc prints what there is"
	local bundle=$T/$'red\033[31m\177'
	mv "$BUNDLE" "$bundle"
	args true <"$bundle/config.json"
	detached create --bundle "$bundle" "$ID"
	expect 0
	run runc list
	expect 0 'red\x1b[31m\x7f '
	same "$(tr -d ' -~\n' <<<"$output")" ""
	runc delete --force "$ID"
}

@test "list: the pid of a creation that was not finished is that of a process that lives" {
	newer "only for davit"
	args sleep 100
	detached run -d "$ID"
	expect 0
	local pid
	pid=$(pid_of "$ID")
	rewrite_journal 'undef $body if $type == 3'
	rm "$STATE/$ID/state.json"
	same "$(runc list -f json | jq '.[0].pid')" "$pid"
	kill -9 "$pid"
	wait_for 5 eval "! kill -0 $pid"
	same "$(runc list | awk 'NR == 2 { print $2 }')" 0
	runc delete --force "$ID"
}

@test "list: formats" {
	mkdir -p -m 700 "$STATE"
	run runc list --format yaml
	expect 1 "invalid format option"
	run runc list --format yaml --quiet
	expect 0
}

@test "list: a missing state root" {
	run runc list
	expect 1 "open $STATE: no such file or directory"
}

@test "list: root looks at the containers of another user with list and state, and with nothing else" {
	for_root "the caller is to be root"
	newer "runc asks for no owner"
	args sleep 1000
	detached run -d "$ID"
	expect 0
	local verb
	chown -R 1234:1234 "$STATE"
	run runc list
	expect 0 "$ID" running "#1234"
	run runc state "$ID"
	expect 0 '"status": "running"'
	for verb in pause resume ps kill delete 'delete --force' start; do
		run runc $verb "$ID"
		expect 1 "must belong to uid 0"
	done
	run runc exec "$ID" true
	expect 255 "must belong to uid 0"
	refused_too() {
		run runc list
		expect 1 "must belong to"
		run runc state "$ID"
		expect 1 "must belong to"
	}
	chmod 777 "$STATE"
	refused_too
	chmod 700 "$STATE"
	# A directory in it of a third user is nobody's that counts.
	chown 4321 "$STATE/$ID"
	run runc state "$ID"
	expect 1 "operation not permitted"
	run runc list
	expect 0
	contains "$output" "load container $ID"
	chown -R 0:0 "$STATE"
}
