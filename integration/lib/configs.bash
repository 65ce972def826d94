# For the tests of whole configurations of engines (configs/README.md). Sourced after common.

# captured NAME [DIRECTORY…]: that config in $BUNDLE. Root, bind sources, cgroup, hooks and joined namespaces are this test's.
# Sources are files, but for these destinations; a hook is $T/hook/NAME, which writes down its arguments and the state.
captured() {
	local file=$TOP/integration/configs/$1.json path
	shift
	mkdir -p "$T/hook"
	for path in $(jq -r '.mounts[] | select(.type == "bind") | .destination' "$file"); do
		case " /srv/data /dev/shm $* " in
		*" $path "*) mkdir -p "$T/host$path" && chmod 1777 "$T/host$path" && echo "source of $path" >"$T/host$path/file" ;;
		*) mkdir -p "$T/host${path%/*}" && echo "source of $path" >"$T/host$path" ;;
		esac
	done
	for path in $(jq -r '.hooks[]?[].path' "$file"); do
		printf '#!/bin/sh\ncat >%s.state\necho "$@" >>%s.args\n' "$T/hook/${path##*/}" "$T/hook/${path##*/}" >"$T/hook/${path##*/}"
		chmod 755 "$T/hook/${path##*/}"
	done
	jq -e 'any(.linux.namespaces[]; .path)' "$file" >/dev/null && namespaces_to_join
	jq --arg root "$ROOTFS" --arg cgroup "/$ID" --arg t "$T" --arg joined "$JOINED" '
		.root.path = $root | .linux.cgroupsPath = $cgroup | (.hooks[]?[]) |= (.path = $t + "/hook/" + (.path | sub(".*/"; ""))) |
		(.mounts[] | select(.type == "bind")) |= (.source = $t + "/host" + .destination) |
		(.linux.namespaces[] | select(.path)) |= (.path = $joined + "/" + (if .type == "network" then "net" else .type end))
		' "$file" >config.json
	has_seccomp || edit 'del(.linux.seccomp)'
}

# namespaces_to_join: below $JOINED are the namespaces of a process of this test, the sandbox of a pod.
namespaces_to_join() {
	unshare --net --ipc --uts sh -c 'hostname sandbox && exec sleep 100' 3>&- 4>&- &
	BACKGROUND="$BACKGROUND $!"
	echo "$! of the test" >>"$T/processes.before"
	JOINED=/proc/$!/ns
	wait_for 5 grep -qx sleep "/proc/$!/comm"
}

# setting FILTER: what the config says.
setting() { jq -r "$1" config.json; }

# started NAME: its container runs; $PID is the image's program.
started() {
	captured "$1"
	runs "sleep 300"
}

# runs COMMAND: config.json is created, without a word, and started; its program is that.
runs() {
	if in_v2; then
		[ "$(setting .linux.resources.pids.limit)" = null ] || needs_controller pids
		[ "$(setting '.linux.resources.cpu.shares // 0')" = 0 ] || needs_controller cpu
		[ "$(setting .linux.resources.memory.limit)" = null ] || needs_controller memory
	fi
	detached create "$ID"
	expect 0
	same "$output" ""
	same "$(status_of "$ID")" created
	runc start "$ID"
	PID=$(pid_of "$ID")
	wait_for 5 eval "[ \"\$(tr '\\0' ' ' </proc/$PID/cmdline)\" = '$1 ' ]" || { cat "$T/out" "$T/err"; return 1; }
}

inside() { runc exec "$ID" "$@"; }

# ended: stopped and deleted; nothing of it is left.
ended() {
	runc kill "$ID" KILL
	wait_for 5 is_stopped "$ID"
	runc delete "$ID"
	nothing_left
}

# status_says FIELD TEXT: of the program and of a process that exec starts.
status_says() {
	same "$1 of the program: $(status_field "$1" <"/proc/$PID/status")" "$1 of the program: $2"
	same "$1 of exec: $(inside cat /proc/self/status | status_field "$1")" "$1 of exec: $2"
}

status_field() {
	sed -n "s/^$1:[[:space:]]*//p" | sed 's/[[:space:]]*$//' | tr '\t' ' '
}

# mount_line DESTINATION: "FLAGS TYPE OPTIONS" of what is mounted there.
mount_line() {
	awk -v at="$1" '$5 == at { for (i = 7; $i != "-"; i++); line = $6 " " $(i + 1) " " $(i + 3) } END { print line }' \
		"/proc/$PID/mountinfo"
}

# mount_is_right DESTINATION TYPE OPTION…
mount_is_right() {
	local at=$1 type=$2 flags fstype super option
	shift 2
	read -r flags fstype super <<<"$(mount_line "$at")"
	[ -n "$flags" ] || { echo "nothing is mounted on $at"; return 1; }
	[ "$type" = bind ] || same "$at $fstype" "$at $type"
	for option; do
		case $option in
		nosuid | noexec | nodev | ro | relatime) contains ",$flags," ",$option," ;;
		rw) lacks ",$flags," ,ro, ;;
		exec) lacks ",$flags," ,noexec, ;;
		strictatime) lacks "$flags" atime ;;
		size=*) contains ",$super," ,size=65536k, ;;
		mode=1777) same "$(inside stat -c %a "$at")" 1777 ;;
		mode=*) contains ",$super," ",$(sed "s/=0*/=/" <<<"$option")," ;;
		# as the host counts
		gid=*) contains ",$super," ",gid=$(awk -v id="${option#*=}" '$1 <= id && id < $1 + $3 { print $2 + id - $1 }' "/proc/$PID/gid_map")," ;;
		ptmxmode=*) contains ",$super," ,ptmxmode=666, ;;
		bind | rbind | private | rprivate | rslave | newinstance | tmpcopyup | lowerdir=* | upperdir=* | workdir=*) ;;
		*) echo "the test does not know the option $option" && return 1 ;;
		esac
	done
	[ "$type" = bind ] && return
	for option in nosuid noexec nodev ro; do
		case " $* " in *" $option "*) ;; *) lacks "$at ,$flags," ",$option," ;; esac
	done
}
