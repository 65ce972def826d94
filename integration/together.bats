# Everything at once on one container: exec, kill, state, list, delete. Nothing hangs, lies or leaves anything.

load lib/common

setup() {
	setup_bundle
	mkdir "$T/out.d"
}

up() {
	sh_args 'trap "" USR1; while :; do sleep 1000 & wait $!; done'
	detached run -d "$ID"
	expect 0
}

# each NAME VERB…: a hundred of them, ten at a time; status and output of each in $T/out.d/NAME-N.
each() {
	local name=$1 i
	shift
	for ((i = 0; i < 100; i++)); do
		{
			local code=0
			timeout -k 2 "${LIMIT:-30}" "$RUNC" --root "$STATE" "$@" </dev/null >"$T/out.d/$name-$i" 2>&1 3>&- 4>&- || code=$?
			echo "status=$code" >>"$T/out.d/$name-$i"
		} &
		[ $((i % 10)) != 9 ] || wait
	done
	wait
}

# together: 100 exec, 100 kill 0, 100 state, 100 list in parallel.
together() {
	local jobs=()
	each exec exec "$ID" sh -c 'echo in-$((40 + 2)); exit 7' &
	jobs+=($!)
	each kill kill "$ID" "${ZERO:-0}" &
	jobs+=($!)
	each state state "$ID" &
	jobs+=($!)
	each list list -f json &
	wait "${jobs[@]}" $!
}

# answers NAME PATTERN: how many of the hundred are exactly that; the others are shown.
answers() {
	local f n=0
	for f in "$T/out.d/$1"-*; do
		if [[ $(cat "$f") =~ ^($2)$ ]]; then n=$((n + 1)); else
			echo "$f:"
			cat "$f"
		fi
	done >"$T/strange"
	[ "$n" = 100 ] || { echo "$n of 100 $1 as expected; others:"; head -n 20 "$T/strange"; return 1; }
}

# parses: state.json, whenever it is there, is whole.
parses() {
	local text
	while [ ! -e "$T/enough" ]; do
		text=$(cat "$STATE/$ID/state.json" 2>/dev/null) || continue
		jq -e .id <<<"$text" >/dev/null 2>&1 || echo "broken: $text" >>"$T/broken"
		sleep 0.02
	done
}

no_pid_namespace() { edit '.linux.namespaces |= map(select(.type != "pid"))'; }

all_succeed() {
	up
	parses 3>&- 4>&- &
	BACKGROUND="$BACKGROUND $!"
	together
	: >"$T/enough"
	answers exec $'in-42\nstatus=7'
	answers kill 'status=0'
	answers state $'\\{.*"id": "'"$ID"$'",.*"status": "running",.*\}status=0'
	answers list $'\\[\\{.*"id":"'"$ID"$'",.*"status":"running",.*\\}\\]\nstatus=0'
	[ ! -e "$T/broken" ] || { cat "$T/broken"; return 1; }
	same "$(runc list -q)" "$ID"
	same "$(find /sys/fs/cgroup -name "*$ID*" -type d -exec cat {}/cgroup.procs \; 2>/dev/null | sort -u | wc -l)" 2
	runc delete --force "$ID"
	nothing_left
}

@test "together: 100 exec, 100 kill 0, 100 state, 100 list" {
	ZERO=$([ -z "$CONTROL" ] && echo 0 || echo USR1) # 1.1.5 takes 0 for no signal
	all_succeed
}

@test "together: the same without a pid namespace of its own" {
	ZERO=$([ -z "$CONTROL" ] && echo 0 || echo USR1)
	no_pid_namespace
	all_succeed
}

# What a command may say when the container is being deleted.
GONE='container does not exist|creation unfinished or killed|cannot exec in a stopped container|container not running'

with_delete() {
	local i deleter gone=$'time=[^\n]* level=error msg="(exec failed: )?('"$GONE"$')"\nstatus=' pid
	newer "1.1.5 says other things"
	for i in 1 2 3 4 5; do
		rm -f "$T/out.d"/* "$T/enough"
		up
		parses 3>&- 4>&- &
		pid=$!
		BACKGROUND="$BACKGROUND $pid"
		{
			wait_for 20 test -e "$T/out.d/exec-$((i * 15))"
			LIMIT=30 runc delete --force "$ID" >"$T/delete" 2>&1 && echo status=0 >>"$T/delete"
		} &
		deleter=$!
		together
		: >"$T/enough"
		wait "$pid" "$deleter"
		same "$(cat "$T/delete")" status=0
		# 137: it ran, and was killed with the container
		answers exec $'in-42\nstatus=7|(in-42\n)?status=137|'"${gone}255"
		answers kill "status=0|${gone}1"
		answers state $'\\{.*"id": "'"$ID"$'",.*"status": "(running|stopped)",.*\}status=0|'"${gone}1"
		answers list $'(\\[\\{.*"id":"'"$ID"$'",.*"status":"(running|stopped)",.*\\}\\]|null|\\[\\])\nstatus=0'
		[ ! -e "$T/broken" ] || { cat "$T/broken"; return 1; }
		nothing_left
	done
}

@test "together: the same with a delete --force in the middle, five times" {
	with_delete
}

@test "together: with a delete --force in the middle, without a pid namespace of its own, five times" {
	no_pid_namespace
	with_delete
}

@test "together: ten delete --force of one container: it is gone, and each knows" {
	newer "1.1.5 says other things"
	local i jobs=()
	up
	for i in {1..10}; do
		{ runc delete --force "$ID" && echo status=0 || echo "status=$?"; } >"$T/out.d/delete-$i" 2>&1 &
		jobs+=($!)
	done
	wait "${jobs[@]}"
	same "$(cat "$T/out.d"/delete-* | sort -u)" status=0
	nothing_left
}

@test "together: state and list can be read during create, exec and pause" {
	newer "1.1.5 fails while it creates"
	in_v2 || needs_controller freezer
	local i f reader
	mkdir -m 700 "$STATE"
	sh_args 'while :; do sleep 1000; done'
	{
		for i in {1..60}; do
			{ runc list -f json && echo status=0 || echo status=$?; } >"$T/out.d/list-$i" 2>"$T/list.err"
			{ runc state "$ID" && echo status=0 || echo status=$?; } >"$T/out.d/state-$i" 2>&1
		done
	} &
	reader=$!
	parses 3>&- 4>&- &
	BACKGROUND="$BACKGROUND $!"
	until [ -e "$T/out.d/state-60" ]; do
		detached create "$ID"
		expect 0
		runc start "$ID"
		for i in 1 2 3; do
			runc exec "$ID" true </dev/null
			runc pause "$ID"
			runc resume "$ID"
		done
		runc delete --force "$ID"
	done
	: >"$T/enough"
	wait "$reader"
	for f in "$T/out.d"/list-*; do
		[[ $(cat "$f") =~ ^(null|\[\]|\[.*\"status\":\"(creating|broken|created|running|paused|stopped)\".*\])$'\nstatus=0'$ ]] || { cat "$f"; return 1; }
	done
	for f in "$T/out.d"/state-*; do
		[[ $(cat "$f") =~ \"status\":\ \"(created|running|paused|stopped)\".*\}status=0$ ||
			$(cat "$f") =~ msg=\"container\ (does\ not\ exist|$ID:\ creation\ unfinished\ or\ killed.*)\"$'\nstatus=1'$ ]] || { cat "$f"; return 1; }
	done
	[ ! -e "$T/broken" ] || { cat "$T/broken"; return 1; }
	nothing_left
}
