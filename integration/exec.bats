# exec: one more process in a container, as an engine or a person asks for it.

load lib/common
load lib/exec

setup() {
	setup_bundle
	args sleep 1000
}

# ex [FLAG…] ID WORD…: in the foreground, with nothing on stdin; as with `run` in $status, $output and $lines.
ex() { run runc exec "$@" </dev/null; }

# process FILTER: process.json from the container's, changed by jq.
process() { jq ".process | $1" <config.json >"$T/process.json"; }

# field NAME: that line of /proc/self/status in $output.
field() { grep "^$1:" <<<"$output" | cut -f 2-; }

# --- what the process is ---

@test "exec: without flags it is as the container's process" {
	edit '.process.user = {uid: 1000, gid: 1001, additionalGids: [5, 6]} | .process.env += ["A=1"] | .process.cwd = "/tmp"
		| .process.rlimits = [{type: "RLIMIT_NOFILE", soft: 111, hard: 222}]'
	up
	ex "$ID" sh -c 'cat /proc/self/status; pwd; echo A=$A HOME=$HOME; ulimit -S -n; ulimit -H -n'
	expect 0 A=1 HOME=/ $'\n111\n222'
	same "$(field Uid)" $'1000\t1000\t1000\t1000'
	same "$(field Gid)" $'1001\t1001\t1001\t1001'
	same "$(field Groups | tr -d ' ')" 56
	same "$(field NoNewPrivs)" 1
	contains "$output" $'\n/tmp\n'
}

@test "exec: --user, with and without a group, in all four columns (RT-05)" {
	edit '.process.user = {uid: 7, gid: 8, additionalGids: [9]}'
	up
	ex -u 1234:2345 "$ID" cat /proc/self/status
	same "$(field Uid)" $'1234\t1234\t1234\t1234'
	same "$(field Gid)" $'2345\t2345\t2345\t2345'
	same "$(field Groups | tr -d ' ')" 9
	ex -u 0:0 "$ID" cat /proc/self/status
	same "$(field Uid)$(field Gid)" $'0\t0\t0\t00\t0\t0\t0'
	newer "1.1.5 knows no ids above 2^31-1"
	ex --user 4294967294 "$ID" cat /proc/self/status
	same "$(field Uid)" $'4294967294\t4294967294\t4294967294\t4294967294'
	same "$(field Gid)" $'8\t8\t8\t8'
}

@test "exec: --user takes plain numbers and nothing else; nobody reads passwd for names (RT-05)" {
	newer "1.1.5 takes some"
	local id
	for id in -1 -0 +1 ' 1' '1 ' 1x 0x10 1e3 1.0 4294967295 4294967296 18446744073709551616 \
		12345678901234567890123456789012345678901 root; do
		[ -z "$id" ] || echo "$id:x:0:0::/:/bin/sh" >>"$T/passwd"
	done
	cp "$T/passwd" "$ROOTFS/etc/passwd.new"
	mv "$ROOTFS/etc/passwd.new" "$ROOTFS/etc/passwd"
	up
	while IFS=: read -r id _; do
		fails 'bad uid: strconv.Atoi: parsing .*(invalid syntax|value out of range)' "--user=$id" "$ID" id
		fails 'bad gid: strconv.Atoi: parsing .*(invalid syntax|value out of range)' "--user=1:$id" "$ID" id
	done <"$T/passwd"
	ex --user= "$ID" id -u # none
	expect 0
	same "$output" 0
	fails 'bad uid' --user=:1 "$ID" id
	fails 'bad gid' --user=1: "$ID" id
	fails 'additional-gids must be a positive number -1' --additional-gids=-1 "$ID" id
	fails 'bad additional gid|invalid syntax' -g wheel "$ID" id
}

@test "exec: --additional-gids are added to the container's" {
	edit '.process.user.additionalGids = [5]'
	up
	ex -g 10 -g 20 "$ID" cat /proc/self/status
	same "$(field Groups | tr ' ' '\n' | sort -n | xargs)" "5 10 20"
}

@test "exec: a root or a working directory that was deleted on the host is told as such" {
	newer "1.1.5 cannot start itself then"
	mkdir "$T/data"
	edit --arg data "$T/data" '.mounts += [{destination: "/data", source: $data, type: "bind", options: ["bind"]}]'
	up
	rmdir "$T/data"
	fails 'chdir to cwd .*/data.* failed: no such file or directory' --cwd /data "$ID" true
	rm -r "$ROOTFS"
	local what="container process: the container's root directory has been deleted on the host: nothing can be executed there"
	fails "$what" "$ID" true
	fails "$what" --cwd /proc "$ID" true
	fails "$what" --user 1:1 "$ID" true
	run script -qec "$(printf '%q ' "$RUNC" --root "$STATE" exec -t "$ID" true)" /dev/null 3>&- 4>&-
	expect 255 "$what"
	same "$(status_of "$ID")" running
}

@test "exec: --cwd, --env, --no-new-privs" {
	edit '.process.env += ["A=1", "B=2"] | .process.noNewPrivileges = false | .root.readonly = false'
	up
	ex --cwd /etc -e A=3 -e C==x -e 'D=a b
c' -e C=last "$ID" sh -c 'pwd; echo "A=$A B=$B C=$C D=$D"; grep NoNew /proc/self/status'
	expect 0 $'/etc\nA=3 B=2 C=last D=a b\nc' $'NoNewPrivs:\t0'
	ex --no-new-privs "$ID" cat /proc/self/status
	same "$(field NoNewPrivs)" 1
	ex -e A=3 -e A=4 "$ID" env
	same "$(grep -c ^A= <<<"$output")" 1
	contains "$output" A=4
}

@test "exec: a variable without = or without a name is refused" {
	newer "1.1.5 passes it on"
	up
	fails "env: invalid environment variable: missing '='" -e NOEQ "$ID" true
	fails "env: invalid environment variable: name cannot be empty" -e =x "$ID" true
	fails "missing '='" --env= "$ID" true
}

@test "exec: HOME is of the container's passwd and of the new user" {
	{ cat "$ROOTFS/etc/passwd"; echo 'u:x:1234:1:u:/home/u:/bin/sh'; } >"$ROOTFS/etc/new"
	mv "$ROOTFS/etc/new" "$ROOTFS/etc/passwd"
	up
	ex "$ID" sh -c 'echo $HOME'
	same "$output" /root
	ex -u 1234 "$ID" sh -c 'echo $HOME'
	same "$output" /home/u
	ex -u 99 "$ID" sh -c 'echo $HOME'
	same "$output" /
	ex -u 1234 -e HOME=/mine "$ID" sh -c 'echo $HOME'
	same "$output" /mine
}

@test "exec: arguments arrive as they are" {
	newer "1.1.5 passes them through JSON, which changes bytes that are no UTF-8"
	up
	local odd=$'a b\n\t"\x27\\ $(x) * \x01\xff\xc3\xa4'
	runc exec "$ID" printf '%s|' "$odd" '' -t --user -- '--cwd=/x' </dev/null >"$T/out"
	printf '%s|' "$odd" '' -t --user -- '--cwd=/x' | cmp - "$T/out"
}

@test "exec: an argument of 100 KiB and 2,000 variables" {
	up
	local large i flags=()
	large=$(head -c 102400 /dev/zero | tr '\0' y)
	ex "$ID" sh -c 'echo ${#1}' sh "$large"
	same "$output" 102400
	for ((i = 0; i < 2000; i++)); do flags+=(--env "V$i=$i"); done
	ex "${flags[@]}" "$ID" env
	same "$(grep -c '^V[0-9]*=' <<<"$output")" 2000
	contains "$output" V1999=1999
}

# caps: "CapInh CapPrm CapEff CapBnd CapAmb" of $output, without leading zeros.
caps() {
	local set
	for set in CapInh CapPrm CapEff CapBnd CapAmb; do field $set | sed 's/^0*\(.\)/\1/'; done | xargs
}

@test "exec: five capability sets, as root and as somebody else, with and without --cap (RT-06, RT-13)" {
	edit '.process.capabilities = {bounding: ["CAP_KILL", "CAP_NET_RAW"], effective: ["CAP_KILL"], permitted: ["CAP_KILL"]}
		| .process.noNewPrivileges = false'
	up
	ex -u 0 "$ID" cat /proc/self/status
	same "$(caps)" "0 2020 2020 2020 0" # an execve as uid 0 raises both to the bounding set
	ex -u 1000 "$ID" cat /proc/self/status
	same "$(caps)" "0 0 0 2020 0"
	ex -u 0 --cap CAP_NET_ADMIN "$ID" cat /proc/self/status
	same "$(caps)" "0 3020 3020 3020 0"
	newer "1.1.5 raises ambient, or fails to"
	ex -u 1000 --cap CAP_NET_ADMIN --cap CAP_CHOWN "$ID" cat /proc/self/status
	same "$(caps)" "0 0 0 3021 0"
	ex --cap CAP_NET_ADMIN --no-new-privs "$ID" cat /proc/self/status
	same "$(caps)" "0 1020 1020 3020 0" # then it raises nothing
}

@test "exec: what the container has in inheritable and ambient stays; --cap never adds to them (RT-13)" {
	edit '.process.capabilities = {bounding: ["CAP_KILL", "CAP_CHOWN"], effective: ["CAP_KILL"], permitted: ["CAP_KILL"],
		inheritable: ["CAP_KILL"], ambient: ["CAP_KILL"]}'
	up
	ex -u 1000 "$ID" cat /proc/self/status
	same "$(caps)" "20 20 20 21 20"
	ex -u 1000 --cap CAP_NET_RAW "$ID" cat /proc/self/status
	newer "1.1.5 raises ambient"
	same "$(caps)" "20 20 20 2021 20"
}

@test "exec: an unknown capability gives a warning" {
	newer "1.1.5 refuses or words it otherwise"
	up
	ex --cap CAP_MAKE_TEA "$ID" true
	expect 0 "ignoring unknown or unavailable capabilities: [CAP_MAKE_TEA]"
}

@test "exec: umask, oom_score_adj and the session keyring are the container's" {
	newer "1.1.5 knows no oomScoreAdj or umask here"
	edit '.process.user.umask = 39 | .process.oomScoreAdj = 321 | del(.linux.maskedPaths)'
	up
	ex "$ID" sh -c 'umask; cat /proc/self/oom_score_adj'
	expect 0
	same "$output" $'0047\n321'
	ex "$ID" grep -c "_ses.$ID[.0-9]*: " /proc/keys # a second one of that name would have a line of its own
	same "$output" 1
	process '.args = ["sh", "-c", "umask; cat /proc/self/oom_score_adj"] | .user.umask = 0 | .oomScoreAdj = 5'
	ex -p "$T/process.json" "$ID"
	same "$output" $'0047\n321'
}

# --- process.json ---

@test "exec: --process says all, the other flags nothing" {
	edit '.process.env += ["FROM=container"]'
	up
	process '.args = ["sh", "-c", "cat /proc/self/status; env; pwd; ls /proc/self/fd | xargs"] | .env = ["PATH=/bin", "FROM=file"]
		| .user = {uid: 33, gid: 44, additionalGids: [55]} | .cwd = "/etc" | .noNewPrivileges = false
		| .capabilities = {bounding: ["CAP_CHOWN"], permitted: [], effective: []}'
	ex --process "$T/process.json" --user 1:1 -e FROM=flag --cwd /tmp --cap CAP_KILL --no-new-privs -g 9 -t "$ID" false
	expect 0 FROM=file $'\n/etc\n'
	same "$(field Uid)$(field Gid)$(field Groups | tr -d ' ')" $'33\t33\t33\t3344\t44\t44\t4455'
	same "$(caps)" "0 0 0 1 0"
	same "$(field NoNewPrivs)" 0
	same "${lines[-1]}" "0 1 2 3"
	same "$(grep -c '^FROM=' <<<"$output")" 1
}

@test "exec: what process.json leaves out of capabilities and rlimits is the container's" {
	newer "1.1.5 does not take the rlimits"
	edit '.process.rlimits = [{type: "RLIMIT_NOFILE", soft: 111, hard: 222}]
		| .process.capabilities = {bounding: ["CAP_KILL"], effective: [], permitted: []}'
	up
	process '{cwd: "/", env: ["PATH=/bin"], args: ["sh", "-c", "ulimit -S -n; cat /proc/self/status"]}'
	ex -p "$T/process.json" "$ID"
	expect 0
	same "${lines[0]}" 111
	same "$(caps)" "0 20 20 20 0"
}

@test "exec: a process.json with every kind of fault" {
	newer "the words differ"
	up
	local text f=$T/process.json
	for text in '' ' ' '{' '[]' null 5 '"x"' '{}' '{"cwd":"/"}' '{"args":["true"]}' '{"cwd":"/","args":[]}' \
		'{"cwd":"/","args":[""]}' '{"cwd":"/","args":"true"}' '{"cwd":"/","args":["true"]' '{"cwd":5,"args":["true"]}' \
		'{"cwd":"x","args":["true"]}' '{"cwd":"/","cwd":"/","args":["true"]}' '{"cwd":"/","args":["true"],"user":{"uid":-1}}' \
		'{"cwd":"/","args":["true"],"env":["A"]}' $'{"cwd":"/","args":["\xff"]}' '{"cwd":"/","args":["true"]}x'; do
		printf '%s' "$text" >"$f"
		fails 'exec failed: .*(process|Cwd|args|executable file not found)' -p "$f" "$ID" || { echo "with $text"; return 1; }
	done
	{ printf '{"cwd":"/","args":["true"],"x":"'; head -c 17000000 /dev/zero | tr '\0' x; printf '"}'; } >"$f"
	fails 'process.json: larger than 16 MiB' -p "$f" "$ID"
	head -c 1000000 /dev/zero | tr '\0' '[' >"$f"
	fails 'process.json:1:' -p "$f" "$ID"
	fails 'nosuch: no such file or directory' -p "$T/nosuch" "$ID"
	fails 'neither a regular file nor a pipe' -p "$T" "$ID"
	fails 'neither a regular file nor a pipe' -p /dev/zero "$ID"
}

@test "exec: a process.json from a pipe and a FIFO, bounded in size and time" {
	up
	process '.args = ["echo", "from a pipe"]'
	run bash -c 'cat "$1" | timeout 20 "$2" --root "$3" exec -p /dev/stdin "$4"' sh "$T/process.json" "$RUNC" "$STATE" "$ID" 3>&- 4>&-
	expect 0
	same "$output" "from a pipe"
	mkfifo "$T/fifo"
	# In two parts: a pipe that is empty for a moment has not ended.
	{
		head -c 20 "$T/process.json"
		sleep 0.3
		tail -c +21 "$T/process.json"
	} >"$T/fifo" 3>&- 4>&- &
	ex -p "$T/fifo" "$ID"
	expect 0
	same "$output" "from a pipe"
	newer "runc waits for ever, and takes any size"
	status=0
	head -c 17000000 /dev/zero | tr '\0' ' ' | LIMIT=30 runc exec -p /dev/stdin "$ID" 2>"$T/err" || status=$?
	same "$status" 255
	grep -q 'larger than 16 MiB' "$T/err"
	LIMIT=40 fails "read $T/fifo: the pipe was not closed within 10 seconds" -p "$T/fifo" "$ID"
}

# --- how it ends ---

@test "exec: the exit status is the process's, 128 and the signal when one ended it" {
	up
	local n
	for n in 0 1 2 77 127 254 255; do
		ex "$ID" sh -c "exit $n"
		same "$status" "$n"
		same "$output" ""
	done
	for n in 1 2 6 9 11 15; do
		ex "$ID" sh -c "kill -$n \$\$"
		same "$status" "$((128 + n))"
	done
}

@test "exec: signals to a foreground exec go to the process" {
	up
	local n pid
	for n in HUP INT QUIT TERM USR1 USR2 ALRM WINCH; do
		: >"$T/out"
		background exec "$ID" sh -c "trap 'echo got-$n; exit 9' $n; echo ready; while :; do sleep 0.05; done"
		wait_for 5 grep -q ready "$T/out"
		kill -"$n" $!
		if [ "$n" = WINCH ]; then # that is for terminals
			sleep 0.3
			pid=$(pgrep -P $!)
			same "$(wc -w <<<"$pid")" 1
			kill -KILL "$pid"
			status=0
			wait $! || status=$?
			same "$status" 137
			lacks "$(cat "$T/out")" got
		else
			status=0
			wait $! || status=$?
			same "$status" 9
			contains "$(cat "$T/out")" "got-$n"
		fi
	done
}

@test "exec: what cannot be run says why, in runc's words, with status 255" {
	edit '.root.readonly = false'
	up
	touch "$ROOTFS/notexec"
	fails 'unable to start container process: exec: ."nosuch.": executable file not found in \$PATH' "$ID" nosuch
	fails 'unable to start container process: exec: ."/bin/nosuch.": stat /bin/nosuch: no such file or directory' "$ID" /bin/nosuch
	fails 'exec: ."/notexec.": permission denied' "$ID" /notexec
	fails 'exec: ."/etc.": (is a directory|permission denied)' "$ID" /etc
	fails 'executable file not found in \$PATH' -e PATH=/nowhere "$ID" ls
	newer "1.1.5 makes directories and enters them as root"
	fails 'cwd' --cwd /etc/passwd "$ID" true
	fails 'Cwd must be an absolute path' --cwd etc "$ID" true
	fails 'exec args cannot be empty' "$ID"
}

# What docker makes of a message: the exit status that its user sees.
docker_status() {
	case ${1,,} in
	*'executable file not found'* | *'no such file or directory'*) echo 127 ;;
	*'permission denied'* | *'is a directory'*) echo 126 ;;
	*'not a directory'*) echo 127 ;;
	*) echo 128 ;;
	esac
}

# The same for podman; 125 is an error of the runtime.
podman_status() {
	case ${1,,} in
	*'permission denied'* | *'operation not permitted'*) echo 126 ;;
	*'executable file not found in'* | *'no such file or directory'* | *'open executable'*) echo 127 ;;
	*) echo 125 ;;
	esac
}

@test "exec: what docker and podman make of each failure" {
	local docker podman words flags program
	newer "1.1.5 does not say which file it has looked at"
	mkdir -m 755 "$ROOTFS/opt" "$ROOTFS/opt/dir"
	mkdir -m 700 "$ROOTFS/opt/closed"
	cp "$ROOTFS/bin/busybox" "$ROOTFS/opt/closed/true"
	echo x >"$ROOTFS/opt/plain"
	chmod 644 "$ROOTFS/opt/plain"
	ln -s loop "$ROOTFS/opt/loop"
	ln -s /nowhere "$ROOTFS/opt/dangling"
	edit '.process.env = ["PATH=/opt:/bin"]'
	up
	while IFS='|' read -r docker podman words flags program; do
		# shellcheck disable=SC2086 # flags are words
		fails "exec failed: unable to start container process: $words\"?\$" $flags "$ID" "$program"
		same "$(docker_status "$output") $(podman_status "$output") $flags $program" "$docker $podman $flags $program"
	done <<-'END'
		127|127|exec: ."nosuch.": executable file not found in \$PATH||nosuch
		127|127|exec: ."dir.": executable file not found in \$PATH||dir
		127|127|exec: ."plain.": executable file not found in \$PATH||plain
		127|127|exec: ."ls.": executable file not found in \$PATH|-e PATH=/nowhere|ls
		127|127|exec: ."ls.": executable file not found in \$PATH|-e PATH=|ls
		127|127|exec: ."/bin/nosuch.": stat /bin/nosuch: no such file or directory||/bin/nosuch
		127|127|exec: ."./nosuch.": stat ./nosuch: no such file or directory||./nosuch
		127|127|exec: ."/opt/dangling.": stat /opt/dangling: no such file or directory||/opt/dangling
		127|125|exec: ."/etc/passwd/x.": stat /etc/passwd/x: not a directory||/etc/passwd/x
		128|125|exec: ."/opt/loop.": stat /opt/loop: too many levels of symbolic links||/opt/loop
		126|126|exec: ."/opt/dir.": is a directory: permission denied||/opt/dir
		126|126|exec: ."/.": is a directory: permission denied||/
		126|126|exec: ."/opt/plain.": permission denied||/opt/plain
		126|126|exec: ."/dev/null.": permission denied||/dev/null
		126|126|exec: ."/opt/closed/true.": stat /opt/closed/true: permission denied|--user 77:77|/opt/closed/true
	END
}

@test "exec: 1 for a command line that is wrong, 255 for everything else" {
	ex nosuch true
	expect 255 "container does not exist"
	ex
	expect 1 "requires a minimum of 1 argument(s)"
	ex --nonsense "$ID" true
	expect 1 "flag provided but not defined: -nonsense"
	newer "words of 1.5"
	ex ../x true
	expect 255 "invalid container ID format"
	ex --preserve-fds x "$ID" true
	expect 1
}

@test "exec: --log-format json has the error as the last record, the bare message on stderr" {
	run "$RUNC" --root "$STATE" --log "$T/log" --log-format json exec nosuch true 3>&- 4>&-
	expect 255
	contains "$output" "container does not exist"
	lacks "$output" level
	same "$(tail -n 1 "$T/log" | jq -r .level)" error
	same "$(tail -n 1 "$T/log" | jq -r .msg | sed 's/^exec failed: //')" "container does not exist"
	up
	run "$RUNC" --root "$STATE" --log "$T/log" --log-format json exec --cap CAP_X "$ID" nosuch 3>&- 4>&- </dev/null
	expect 255
	same "$(tail -n 1 "$T/log" | jq -r .level)" error
	contains "$(tail -n 1 "$T/log" | jq -r .msg)" 'exec: "nosuch": executable file not found in $PATH'
}

# --- which container ---

@test "exec: in a created container, not in a stopped or unknown one" {
	detached create "$ID"
	ex "$ID" echo in
	expect 0 in
	same "$(status_of "$ID")" created
	runc start "$ID"
	ex "$ID" echo running
	same "$output" running
	runc kill "$ID" KILL
	wait_for 5 is_stopped "$ID"
	fails 'exec failed: cannot exec in a stopped container|container not running' "$ID" true
	runc delete "$ID"
	fails 'container does not exist' "$ID" true
}

@test "exec: a pid that belongs to somebody else by now is no container" {
	newer "1.1.5 keeps the start time elsewhere"
	up
	local pid=$P
	cp "$STATE/$ID/journal" "$T/journal"
	rewrite_journal 'if ($type == 2) { my ($pid, $start) = unpack "QQ", $body; $body = pack "QQ", $pid, $start + 1 }'
	fails 'cannot exec in a stopped container' "$ID" true
	kill -0 "$pid"
	cp "$T/journal" "$STATE/$ID/journal"
	ex "$ID" true
	expect 0
}

@test "exec: a bundle that was edited or deleted since makes no difference" {
	newer "1.1.5 reads the bundle's config.json again"
	edit '.process.env += ["WHO=then"]'
	up
	edit '.process.env += ["WHO=now"] | .process.user.uid = 5'
	ex "$ID" sh -c 'echo $WHO; id -u'
	same "$output" $'then\n0'
	echo '{' >config.json
	ex "$ID" true
	expect 0
	mv "$BUNDLE" "$T/gone"
	ex "$ID" sh -c 'echo $WHO'
	same "$output" then
	mv "$T/gone" "$BUNDLE"
}

@test "exec: not in a paused container, but with --ignore-paused it waits for resume" {
	in_v2 || needs_controller freezer
	up
	runc pause "$ID"
	fails 'cannot exec in a paused container \(use --ignore-paused to override\)|cannot exec a container that has stopped|paused' "$ID" true
	background exec --ignore-paused "$ID" sh -c 'echo thawed; exit 6'
	sleep 0.5
	kill -0 $!
	lacks "$(cat "$T/out")" thawed
	runc resume "$ID"
	status=0
	wait $! || status=$?
	same "$status" 6
	contains "$(cat "$T/out")" thawed
}

# --- namespaces and cgroup ---

# joined PID: all its namespaces are the container's.
joined() {
	local ns
	for ns in cgroup ipc mnt net pid user uts; do
		same "$(readlink "/proc/$1/ns/$ns")" "$(readlink "/proc/$P/ns/$ns")" || { echo "namespace $ns"; return 1; }
	done
}

@test "exec: --detach leaves a process in the container's namespaces and cgroups, with its pid in the file" {
	local pid ns
	edit '.linux.namespaces |= (map(select(.type != "cgroup")) + [{type: "cgroup"}])'
	up
	detached exec -d --pid-file "$T/pid" "$ID" sleep 500
	expect 0
	same "$(cat "$T/out" "$T/err")" ""
	pid=$(cat "$T/pid")
	same "$(od -An -c "$T/pid" | tr -d ' \n')" "$pid"
	same "$(tr '\0' ' ' <"/proc/$pid/cmdline")" "sleep 500 "
	joined "$pid"
	for ns in ipc mnt net pid uts; do [ "$(readlink "/proc/$pid/ns/$ns")" != "$(readlink "/proc/self/ns/$ns")" ]; done
	same "$(readlink "/proc/$pid/ns/user")" "$(readlink /proc/self/ns/user)"
	same "$(cat "/proc/$pid/cgroup")" "$(cat "/proc/$P/cgroup")"
	kill "$pid"
	wait_for 5 test ! -e "/proc/$pid/exe"
	same "$(status_of "$ID")" running
}

@test "exec: namespaces that the container does not have of its own stay the host's" {
	edit 'del(.hostname) | .linux.namespaces |= map(select(.type == "mount" or .type == "uts"))'
	up
	detached exec -d --pid-file "$T/pid" "$ID" sleep 500
	expect 0
	joined "$(cat "$T/pid")"
	local ns
	for ns in ipc net pid user; do same "$(readlink "/proc/$(cat "$T/pid")/ns/$ns")" "$(readlink "/proc/self/ns/$ns")"; done
	runc delete --force "$ID"
	wait_for 5 test ! -d "/proc/$(cat "$T/pid")"
}

@test "exec: in a user namespace" {
	chmod 755 "$ROOTFS"
	edit '.linux.uidMappings = [{containerID: 0, hostID: 100000, size: 2000}] | .linux.gidMappings = .linux.uidMappings
		| .linux.namespaces += [{type: "user"}]'
	up
	ex "$ID" sh -c 'cat /proc/self/status; cat /proc/self/uid_map | tr -s " "'
	expect 0 " 0 100000 2000"
	same "$(field Uid)" $'0\t0\t0\t0'
	detached exec -d -u 1000:1001 --pid-file "$T/pid" "$ID" sleep 500
	expect 0
	joined "$(cat "$T/pid")"
	same "$(awk '/^Uid/ { print $2, $3, $4, $5 }' "/proc/$(cat "$T/pid")/status")" "101000 101000 101000 101000"
	same "$(awk '/^Gid/ { print $2, $3, $4, $5 }' "/proc/$(cat "$T/pid")/status")" "101001 101001 101001 101001"
	newer "the words differ"
	fails 'unable to setup user: cannot set uid to unmapped user in user namespace' -u 2000 "$ID" true
}

@test "exec: without a pid namespace of its own" {
	edit '.linux.namespaces |= map(select(.type != "pid"))'
	up
	ex "$ID" sh -c 'echo $$; exit 3'
	expect 3
	same "$(readlink "/proc/$P/ns/pid")" "$(readlink /proc/self/ns/pid)"
	detached exec -d --pid-file "$T/pid" "$ID" sleep 500
	expect 0
	runc delete --force "$ID"
	wait_for 5 test ! -d "/proc/$(cat "$T/pid")"
}

# --- seccomp ---

@test "exec: the stored filter is in force, with and without noNewPrivileges" {
	"$RUNC" features 2>/dev/null 3>&- | jq -e '.linux.seccomp.enabled == false' >/dev/null && skip "built without libseccomp"
	edit '.root.readonly = false | .linux.seccomp = {defaultAction: "SCMP_ACT_ALLOW", architectures: ["SCMP_ARCH_X86_64"],
		syscalls: [{names: ["mkdir", "mkdirat"], action: "SCMP_ACT_ERRNO", errnoRet: 28}]}'
	local nnp
	for nnp in true false; do
		edit ".process.noNewPrivileges = $nnp"
		up
		[ -n "$CONTROL" ] || edit 'del(.linux.seccomp)'
		ex "$ID" sh -c 'cat /proc/self/status; mkdir /tmp/x'
		expect 1 "No space left on device"
		same "$(field Seccomp)" 2
		same "$(field NoNewPrivs)" $([ $nnp = true ] && echo 1 || echo 0)
		ex -u 1000 "$ID" mkdir /tmp/x
		expect 1 "No space left on device"
		runc delete --force "$ID"
		edit '.linux.seccomp = {defaultAction: "SCMP_ACT_ALLOW", syscalls: [{names: ["mkdir", "mkdirat"], action: "SCMP_ACT_ERRNO", errnoRet: 28}]}'
	done
}

@test "exec: without the stored filter nothing is run" {
	newer "for davit"
	"$RUNC" features 2>/dev/null 3>&- | jq -e '.linux.seccomp.enabled == false' >/dev/null && skip "built without libseccomp"
	edit '.linux.seccomp = {defaultAction: "SCMP_ACT_ALLOW", syscalls: [{names: ["mkdir"], action: "SCMP_ACT_ERRNO"}]}'
	up
	mv "$STATE/$ID/filter.bpf" "$T/filter"
	fails 'seccomp' "$ID" true
	: >"$STATE/$ID/filter.bpf"
	fails 'seccomp' "$ID" true
	head -c 13 "$T/filter" >"$STATE/$ID/filter.bpf"
	fails 'seccomp' "$ID" true
	ln -sf "$T/filter" "$STATE/$ID/filter.bpf"
	fails 'seccomp' "$ID" true
	rm "$STATE/$ID/filter.bpf"
}

@test "exec: a signal that comes before there is a process does not end the command" {
	newer "it is another way from the command to the process"
	command -v strace >/dev/null || skip "strace is not installed"
	up
	# held before the clone: strace writes the call down when it begins
	strace -f -qq -o "$T/trace" -e trace=clone3 -e inject=clone3:delay_enter=3s "$RUNC" --root "$STATE" exec -d \
		--pid-file "$T/pid" "$ID" sleep 1000 </dev/null >/dev/null 2>&1 3>&- 4>&- &
	BACKGROUND=$!
	wait_for 10 grep -q clone3 "$T/trace"
	kill -USR1 "$(pgrep -P "$BACKGROUND")"
	wait_for 10 test -s "$T/pid"
	kill -0 "$(cat "$T/pid")"
	runc delete --force "$ID" # strace waits for all that it traces
	wait "$BACKGROUND"
}
