# State directories that are not as davit left them: another runtime's, or with a broken journal. Nothing is lost.
# layouts: hybrid v2

load lib/common

# other NAME: a container of another runtime, as far as its directory tells: a process and a cgroup beside it.
other() {
	sleep 1000 3>&- 4>&- &
	BACKGROUND="$BACKGROUND $!"
	OTHER=$!
	OTHER_CGROUP=/sys/fs/cgroup/$(in_v2 || echo pids/)$ID
	mkdir "$OTHER_CGROUP"
	echo "$OTHER" >"$OTHER_CGROUP/cgroup.procs"
	mkdir -p -m 700 "$STATE"
	mkdir -m 711 "$STATE/$ID"
	case $1 in
	runc | youki)
		echo "{\"id\":\"$ID\",\"init_process_pid\":$OTHER,\"init_process_start\":$(start_time "$OTHER"),\"cgroup_paths\":{\"pids\":\"$OTHER_CGROUP\"}}" >"$STATE/$ID/state.json"
		;;
	crun)
		echo "{\"pid\": $OTHER, \"cgroup-path\": \"/$ID\"}" >"$STATE/$ID/status"
		cp config.json "$STATE/$ID/config.json"
		;;
	esac
	[ "$1" != youki ] || echo '{}' >"$STATE/$ID/youki_config.json"
	mkfifo "$STATE/$ID/exec.fifo"
	find "$STATE/$ID" | sort >"$T/files"
}

# The process lives, its cgroup and every file are there.
other_is_whole() {
	kill -0 "$OTHER"
	[ -d "$OTHER_CGROUP" ]
	find "$STATE/$ID" | sort | cmp - "$T/files"
}

end_other() {
	kill -9 "$OTHER"
	wait "$OTHER" || true
	BACKGROUND=
	wait_for 5 rmdir "$OTHER_CGROUP"
	rm -r "${STATE:?}/$ID"
}

@test "foreign: no verb takes another runtime's container for a missing one, and none touches it" {
	newer "only for davit"
	local maker verb
	for maker in runc crun youki; do
		other "$maker"
		for verb in state kill delete "delete --force" start pause resume ps "update --pids-limit 5" "events --stats"; do
			run runc $verb "$ID"
			expect 1 "container $ID was made by $maker (no journal)" || { echo "$maker: $verb"; return 1; }
			other_is_whole
		done
		run runc exec "$ID" true
		expect 255 "container $ID was made by $maker (no journal)"
		run runc create "$ID"
		expect 1 "container with given ID already exists: container $ID was made by $maker"
		run runc list
		expect 0 "load container $ID: container $ID was made by $maker (no journal)"
		other_is_whole
		end_other
	done
}

@test "foreign: a container of runc under the same root lives on, and runc can still delete it" {
	newer "only for davit"
	local other=/usr/sbin/runc pid
	[ -x "$other" ] || skip "runc is not installed"
	in_v2 && skip "done on the machine's own layout"
	args sleep 1000
	mkdir -p -m 700 "$STATE"
	timeout 20 "$other" --root "$STATE" run -d "$ID" </dev/null >"$T/out" 2>"$T/err" 3>&- 4>&-
	pid=$(jq .init_process_pid <"$STATE/$ID/state.json")
	run runc delete --force "$ID"
	expect 1 "container $ID was made by runc (no journal)"
	run runc delete "$ID"
	expect 1 "container $ID was made by runc (no journal)"
	kill -0 "$pid"
	timeout 20 "$other" --root "$STATE" list -q | grep -qxF "$ID"
	timeout 20 "$other" --root "$STATE" delete --force "$ID"
	nothing_left
}

@test "foreign: a directory with anything but a journal is nobody's to remove" {
	newer "only for davit"
	mkdir -p -m 700 "$STATE/$ID"
	echo precious >"$STATE/$ID/config.json"
	run runc delete --force "$ID"
	expect 1 "container $ID was made by another runtime (no journal)"
	same "$(cat "$STATE/$ID/config.json")" precious
	rm -r "${STATE:?}/$ID"
}

# damaged WHAT: a running container whose journal then is emptied, cut, garbled or missing.
damaged() {
	local journal=$STATE/$ID/journal
	detached run -d "$ID"
	expect 0
	PID=$(pid_of "$ID")
	case $1 in
	emptied) : >"$journal" ;;
	missing) rm "$journal" ;;
	garbled) head -c 500 /dev/urandom >"$journal" ;;
	rubbish) echo rubbish >"$journal" ;;
	cut) truncate -s 40 "$journal" ;;
	link) ln -sf /etc/passwd "$journal" ;;
	esac
}

@test "journal: emptied, cut, garbled or missing: state and list still tell the truth, and delete is a delete" {
	newer "only for davit"
	args sleep 1000
	local what
	for what in emptied missing garbled rubbish cut; do
		damaged "$what"
		same "$what $(status_of "$ID") $(pid_of "$ID")" "$what running $PID"
		same "$what $(runc list -q)" "$what $ID"
		run runc exec "$ID" true
		expect 255 "the journal of container $ID is broken"
		run runc delete "$ID"
		expect 1 "cannot delete container $ID that is not stopped: running"
		kill -0 "$PID"
		run runc delete --force "$ID"
		expect 0 "the journal of container $ID is broken"
		nothing_left || { echo "$what"; return 1; }
	done
}

@test "journal: kill and delete work without it" {
	newer "only for davit"
	args sleep 1000
	damaged missing
	run runc kill "$ID" KILL
	expect 0
	wait_for 5 is_stopped "$ID"
	run runc delete "$ID"
	expect 0
	nothing_left
}

@test "journal: without state.json, too, nothing is removed and it is told" {
	newer "only for davit"
	args sleep 1000
	local what
	for what in missing rubbish; do
		damaged "$what"
		cp -a "$STATE/$ID/state.json" "$T/state.json"
		echo '{"id":"other","init_process_pid":1,"init_process_start":1}' >"$STATE/$ID/state.json"
		run runc delete --force "$ID"
		expect 1 "the journal of container $ID is broken" "state.json"
		kill -0 "$PID"
		[ -e "$STATE/$ID/plan" ]
		run runc state "$ID"
		expect 1 "the journal of container $ID is broken"
		# Of another container.
		sed "s/\"id\":\"$ID\"/\"id\":\"${ID%?}x\"/" "$T/state.json" >"$STATE/$ID/state.json"
		run runc delete --force "$ID"
		expect 1 "the journal of container $ID is broken"
		# Nor is one believed that is somebody else's, or that others may write.
		cp "$T/state.json" "$STATE/$ID/state.json"
		chmod 602 "$STATE/$ID/state.json"
		run runc delete --force "$ID"
		expect 1 "the journal of container $ID is broken"
		chmod 600 "$STATE/$ID/state.json"
		chown 12345 "$STATE/$ID/state.json"
		run runc delete --force "$ID"
		expect 1 "the journal of container $ID is broken"
		kill -0 "$PID"
		cp -a "$T/state.json" "$STATE/$ID/state.json"
		run runc delete --force "$ID"
		expect 0
		nothing_left
	done
}

@test "journal: a state.json that cannot be read is none that is not there" {
	newer "only for davit"
	args sleep 1000
	local what
	for what in cut rubbish; do
		damaged "$what"
		mv "$STATE/$ID/state.json" "$T/state.json"
		ln -s "$T/state.json" "$STATE/$ID/state.json"
		run runc delete --force "$ID"
		expect 1 "open $STATE/$ID: too many levels of symbolic links"
		kill -0 "$PID"
		rm "$STATE/$ID/state.json"
		cp -a "$T/state.json" "$STATE/$ID/state.json"
		runc delete --force "$ID"
		nothing_left
	done
}

@test "journal: a link is not followed, and nothing is removed" {
	newer "only for davit"
	args sleep 1000
	damaged link
	cp -a /etc/passwd "$T/passwd"
	run runc delete --force "$ID"
	cmp /etc/passwd "$T/passwd"
	[ "$status" = 1 ] || nothing_left
	rm -f "$STATE/$ID/journal"
	runc delete --force "$ID"
	nothing_left
}

@test "journal: with any one byte flipped delete --force removes everything" {
	newer "only for davit"
	args sleep 1000
	detached run -d "$ID"
	expect 0
	local size at step
	size=$(stat -c %s "$STATE/$ID/journal")
	step=$(((size + 23) / 24))
	[ -z "$SWEEP" ] || step=1
	for ((at = 0; at < size; at += step)); do
		perl -e 'open my $f, "+<", $ARGV[0]; seek $f, $ARGV[1], 0; read $f, my $b, 1; seek $f, $ARGV[1], 0; print $f chr(ord($b) ^ 0x11)' \
			"$STATE/$ID/journal" "$at"
		run runc delete --force "$ID"
		expect 0 || { echo "byte $at"; return 1; }
		nothing_left || { echo "byte $at"; return 1; }
		detached run -d "$ID"
		expect 0
	done
}
