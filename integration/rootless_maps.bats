# Users with sub-ids, who map more than themselves: newuidmap and newgidmap write the maps. The users and their ranges are
# in a copy of /etc that only this file sees.
# layouts: hybrid

load lib/common

UIDN=31339
OTHER=31340

setup_file() {
	[ -n "$DAVIT_ISOLATED" ] || return 0
	local dir=$BATS_FILE_TMPDIR
	cp -a /etc "$dir/etc"
	cat >>"$dir/etc/passwd" <<-END
		davit-maps:x:$UIDN:$UIDN::/:/bin/sh
		davit-other:x:$OTHER:$OTHER::/:/bin/sh
		davit-none:x:31342:31342::/:/bin/sh
	END
	cat >>"$dir/etc/group" <<-END
		davit-maps:x:$UIDN:
		davit-other:x:$OTHER:
		davit-shared:x:31341:davit-maps
	END
	printf 'davit-maps:200000:65536\n%s:400000:10\n' $OTHER | tee "$dir/etc/subuid" >"$dir/etc/subgid"
	mount --bind "$dir/etc" /etc
}

setup() {
	[ "$(id -u)" = 0 ] && [ -n "$DAVIT_ISOLATED" ] || skip "run by root in a mount namespace of its own (tests/run), as another user"
	command -v newuidmap >/dev/null || skip "newuidmap is not installed"
	setup_bundle
	HOMEDIR=$T/user
	mkdir -m 755 "$HOMEDIR"
	cp -a "$ROOTFS" "$HOMEDIR/rootfs"
	STATE=$HOMEDIR/state
	BUNDLE=$HOMEDIR
	ROOTFS=$HOMEDIR/rootfs
	cd "$HOMEDIR"
	become $UIDN
	as_user test -x "$RUNC" || skip "an ordinary user cannot reach $RUNC"
	as_user "$RUNC" spec --rootless
	edit --arg mark "$MARK" '.process.terminal = false | .process.args = ["true"] | .process.env += [$mark]'
	podman_maps
}

# become UID: whose the test is from now on
become() {
	USERID=$1
	chown -R "$1:$1" "$HOMEDIR"
}

as_user() {
	setpriv --reuid "$USERID" --regid "$USERID" --init-groups env -u XDG_RUNTIME_DIR PATH="${USERPATH:-$PATH}" HOME="$HOMEDIR" "$@" 3>&- 4>&-
}

runc() {
	as_user timeout -k 2 "${LIMIT:-10}" "$RUNC" --root "$STATE" "$@"
}

# maps JSON…: each [container, host, size], for uids and gids
maps() {
	edit --argjson m "[$(IFS=,; echo "$*")]" '.linux.uidMappings = ($m | map({containerID: .[0], hostID: .[1], size: .[2]}))
		| .linux.gidMappings = .linux.uidMappings'
	chown "$USERID:$USERID" config.json
}

# As podman's user namespace: the user is root, the sub-ids follow.
podman_maps() { maps "[0, $UIDN, 1]" "[1, 200000, 65536]"; }

show_maps() { awk '{ print $1, $2, $3 }' "/proc/$1/uid_map" "/proc/$1/gid_map"; }

@test "rootless maps: the user and its sub-ids, all verbs" {
	args sleep 100
	edit '.process.capabilities[] += ["CAP_CHOWN"]'
	detached create "$ID"
	expect 0
	same "$(show_maps "$(pid_of "$ID")" | sort | uniq -c | tr -s ' ')" " 2 0 $UIDN 1
 2 1 200000 65536"
	run runc exec --user 12:34 "$ID" sh -c 'id -u; id -g; id -G'
	expect 0
	same "$(tr '\n' ' ' <<<"$output")" "12 34 34 "
	run runc start "$ID"
	expect 0
	same "$(status_of "$ID")" running
	run runc exec "$ID" sh -c 'touch /dev/shm/x && chown 7:8 /dev/shm/x && stat -c %u:%g /dev/shm/x'
	expect 0
	same "$output" 7:8
	run runc kill "$ID" KILL
	expect 0
	wait_for 5 is_stopped "$ID"
	run runc delete "$ID"
	expect 0
	nothing_left
}

@test "rootless maps: subids as its manual's example runs it" {
	local pid
	as_user "$LIBEXEC/parse" <config.json >"$HOMEDIR/plan"
	setpriv --reuid $UIDN --regid $UIDN --clear-groups unshare -U sleep 100 3>&- 4>&- &
	pid=$!
	BACKGROUND="$BACKGROUND $pid"
	in_userns() { [ "$(readlink "/proc/$pid/ns/user")" != "$(readlink /proc/self/ns/user)" ] && grep -qx sleep "/proc/$pid/comm"; }
	wait_for 5 in_userns
	run as_user sh -c 'exec "$@" 3<plan' - "$LIBEXEC/subids" /usr/bin/newuidmap /usr/bin/newgidmap "$pid"
	expect 0
	same "$output" ""
	same "$(show_maps "$pid" | sort | uniq -c | tr -s ' ')" " 2 0 $UIDN 1
 2 1 200000 65536"
}

@test "rootless maps: keep-id, the user in the middle of three ranges" {
	maps "[0, 200000, 1000]" "[1000, $UIDN, 1]" "[1001, 201000, 64536]"
	edit '.process.user = {uid: 1000, gid: 1000} | .root.readonly = false | del(.process.capabilities)'
	sh_args 'id -u; id -g; touch /tmp/mine; stat -c %u:%g /tmp/mine; cat /proc/self/uid_map | tr -s " "'
	run runc run "$ID"
	expect 0
	same "${lines[0]} ${lines[1]} ${lines[2]}" "1000 1000 1000:1000"
	same "$(stat -c %u:%g "$ROOTFS/tmp/mine")" "$UIDN:$UIDN"
	nothing_left
	args sleep 100
	detached create "$ID"
	expect 0
	run runc exec "$ID" id -u
	expect 0
	same "$output" 1000
	run runc delete --force "$ID"
	expect 0
	nothing_left
}

@test "rootless maps: a part of the user's range, without the user" {
	chmod -R o+rX "$HOMEDIR"
	maps "[0, 200100, 50]"
	args sleep 100
	detached create "$ID"
	expect 0
	same "$(show_maps "$(pid_of "$ID")" | uniq)" "0 200100 50"
	run runc exec "$ID" id -u
	expect 0
	same "$output" 0
	# What a network program or nsenter(1) of the user needs.
	as_user readlink "/proc/$(pid_of "$ID")/ns/net" | grep -q '^net:'
	run runc start "$ID"
	expect 0
	run runc exec --user 49:49 "$ID" id -u
	expect 0
	same "$output" 49
	run runc exec --user 50:49 "$ID" id -u
	expect 255 "cannot set uid to unmapped user in user namespace"
	run runc delete --force "$ID"
	expect 0
	nothing_left
}

@test "rootless maps: another container user, with and without groups" {
	edit '.process.user = {uid: 33, gid: 34, additionalGids: [5, 6]}'
	sh_args 'id -u; id -g; id -G; cat /proc/self/setgroups'
	run runc run "$ID"
	expect 0
	same "$(tr '\n' ' ' <<<"$output")" "33 34 34 5 6 allow "
	edit 'del(.process.user.additionalGids)'
	run runc run "$ID"
	expect 0
	same "$(tr '\n' ' ' <<<"$output")" "33 34 34 allow "
	args sleep 100
	detached run -d "$ID"
	expect 0
	run runc exec -g 7 "$ID" id -G
	expect 0
	same "$output" "34 7"
	runc delete --force "$ID"
	nothing_left
}

@test "rootless maps: uids by newuidmap and only the own gid: no groups, and setgroups stays denied" {
	edit --argjson g $UIDN '.linux.gidMappings = [{containerID: 0, hostID: $g, size: 1}]'
	sh_args 'id -u; cat /proc/self/setgroups /proc/self/uid_map | tr -s " "'
	edit '.process.user.uid = 5'
	run runc run "$ID"
	expect 0
	same "${lines[0]} ${lines[1]}" "5 deny"
	edit '.process.user.additionalGids = [5]'
	refused 'cannot set any additional groups in a rootless container' create "$ID"
	nothing_left
}

@test "rootless maps: twenty ranges" {
	local list=("[0, $UIDN, 1]") i
	for i in {1..20}; do list+=("[$i, $((200000 + 2 * i)), 1]"); done
	maps "${list[@]}"
	args awk 'END { print NR }' /proc/self/uid_map
	run runc run "$ID"
	expect 0
	same "$output" 21
	nothing_left
}

# tools: a directory for $PATH with what as_user needs, and with what the arguments name
tools() {
	USERPATH=$T/tools
	mkdir -p "$USERPATH"
	cp "$(command -v timeout)" "$@" "$USERPATH"
}

@test "rootless maps: ids that are not the user's are refused, with what is" {
	maps "[0, $UIDN, 1]" "[1, 200000, 65537]"
	refused 'linux.uidMappings: newuidmap: uid range \[1-65538\) -> \[200000-265537\) not allowed: /etc/subuid gives davit-maps 200000:65536"$' create "$ID"
	maps "[0, 400000, 10]"
	refused 'linux.uidMappings: newuidmap: uid range .* not allowed: /etc/subuid gives davit-maps 200000:65536"$' create "$ID"
	maps "[0, 0, 1]"
	refused 'linux.uidMappings: newuidmap: .* not allowed: /etc/subuid gives' create "$ID"
	podman_maps
	edit '.linux.gidMappings[1].hostID = 199999'
	refused 'linux.gidMappings: newgidmap: .* not allowed: /etc/subgid gives davit-maps 200000:65536"$' create "$ID"
	maps "[0, 200000, 10]" "[5, 200100, 10]"
	refused 'linux.uidMappings\[1\]: overlaps an earlier mapping' create "$ID"
	maps "[0, 200000, 10]" "[10, 200005, 10]"
	refused 'linux.uidMappings\[1\]: overlaps an earlier mapping' create "$ID"
	become $OTHER
	maps "[0, $OTHER, 1]" "[1, 400000, 11]"
	refused 'not allowed: /etc/subuid gives davit-other 400000:10"$' create "$ID"
	maps "[0, $OTHER, 1]" "[1, 400000, 10]"
	run runc run "$ID"
	expect 0
	become 31342
	maps "[0, 31342, 1]" "[1, 500000, 10]"
	refused 'not allowed: /etc/subuid has no range for davit-none: add a line such as davit-none:100000:65536"$' create "$ID"
	become 31399
	as_user() { setpriv --reuid "$USERID" --regid "$USERID" --clear-groups "$@" 3>&- 4>&-; }
	maps "[0, 31399, 1]" "[1, 500000, 10]"
	refused 'newuidmap: Cannot determine your user name.*: /etc/passwd has no user with uid 31399"$' create "$ID"
	nothing_left
}

@test "rootless maps: without newuidmap, and with one that has no privilege" {
	tools
	refused "linux.uidMappings: other ids than the caller's own need newuidmap, which is not in .PATH: install it" create "$ID"
	tools "$(command -v newuidmap)"
	refused "linux.gidMappings: other ids than the caller's own need newgidmap, which is not in .PATH: install it" create "$ID"
	# cp has not kept the bit.
	tools "$(command -v newgidmap)"
	refused "newuidmap: write to uid_map failed: Operation not permitted: $USERPATH/newuidmap has neither its set-id bit nor a capability: install it again" create "$ID"
	chmod u+s "$USERPATH"/new*
	run runc run "$ID"
	expect 0
	mount -t tmpfs -o nosuid,mode=755 nosuid "$USERPATH"
	sort -k 5 /proc/self/mountinfo >"$T/mounts.before"
	cp "$(command -v timeout)" "$USERPATH"
	cp -p "$(command -v newuidmap)" "$(command -v newgidmap)" "$USERPATH"
	refused 'newuidmap: .*: .*/newuidmap lies on a mount with nosuid: it has no privilege there' create "$ID"
	umount "$USERPATH"
	unset USERPATH
	as_user() { setpriv --reuid "$USERID" --regid "$USERID" --init-groups --no-new-privs "$@" 3>&- 4>&-; }
	refused 'newuidmap: .*: .*/newuidmap has no privilege, because the caller has no_new_privs' create "$ID"
	as_user() { setpriv --reuid "$USERID" --regid 31341 --init-groups "$@" 3>&- 4>&-; }
	refused "newuidmap: .*: the caller's group is not the one that /etc/passwd has for davit-maps" create "$ID"
	nothing_left
}

@test "rootless maps: capabilities instead of the set-id bit do" {
	command -v setcap >/dev/null || skip "setcap is not installed"
	tools "$(command -v newuidmap)" "$(command -v newgidmap)"
	setcap cap_setuid+ep "$USERPATH/newuidmap"
	setcap cap_setgid+ep "$USERPATH/newgidmap"
	args cat /proc/self/uid_map
	run runc run "$ID"
	expect 0
	same "${#lines[@]}" 2
}

@test "rootless maps: a newuidmap that does nothing, that talks, or that writes something else" {
	tools "$(command -v newgidmap)"
	chmod u+s "$USERPATH"/newgidmap
	printf '#!/bin/sh\nexit 0\n' >"$USERPATH/newuidmap"
	chmod 755 "$USERPATH/newuidmap"
	refused 'newuidmap or newgidmap wrote other id maps than config.json has' create "$ID"
	printf '#!/bin/sh\nprintf "a\\033[1mb\\nsecond"; exit 3\n' >"$USERPATH/newuidmap"
	refused 'linux.uidMappings: newuidmap: a.\[1mb: ' create "$ID"
	printf '#!/bin/sh\nexec /usr/bin/newuidmap $1 0 200000 1\n' >"$USERPATH/newuidmap"
	refused 'newuidmap or newgidmap wrote other id maps than config.json has' create "$ID"
	printf '#!/nowhere\n' >"$USERPATH/newuidmap"
	refused 'linux.uidMappings: newuidmap: no such file or directory' create "$ID"
	nothing_left
}

# A file that only group davit-shared may read, in /mnt.
share_file() {
	mkdir -m 755 "$HOMEDIR/shared" "$ROOTFS/mnt"
	echo ours >"$HOMEDIR/shared/file"
	chown 0:31341 "$HOMEDIR/shared/file"
	chmod 640 "$HOMEDIR/shared/file"
	edit --arg s "$HOMEDIR/shared" '.mounts += [{source: $s, destination: "/mnt", type: "bind", options: ["rbind", "ro"]}]'
}

@test "rootless maps: run.oci.keep_original_groups, of the first process and of exec" {
	share_file
	sh_args 'id -G; cat /mnt/file'
	edit '.process.user = {uid: 33, gid: 34, additionalGids: [5]}'
	run runc run "$ID"
	expect 1 "34 5" "can't open '/mnt/file': Permission denied"
	edit '.annotations["run.oci.keep_original_groups"] = "0"'
	run runc run "$ID"
	expect 1 "34 5"
	edit '.annotations["run.oci.keep_original_groups"] = "1"'
	run runc run "$ID"
	expect 0 "34 0 65534" ours
	lacks "$output" " 5"
	args sleep 100
	detached create "$ID"
	expect 0
	run runc exec "$ID" cat /mnt/file
	expect 0 ours
	jq -c '.process | {args: ["cat", "/mnt/file"], cwd, user, env}' config.json >process.json
	run runc exec --process process.json "$ID"
	expect 0 ours
	# Whoever names groups gets these.
	run runc exec -g 7 "$ID" sh -c 'id -G; cat /mnt/file'
	expect 1 "34 5 7" "Permission denied"
	run runc delete --force "$ID"
	expect 0
	nothing_left
}

@test "rootless maps: run.oci.keep_original_groups with the own id alone, with keep-id, and asked for by additional groups" {
	share_file
	edit '.annotations["run.oci.keep_original_groups"] = "1"'
	maps "[0, $UIDN, 1]"
	args cat /mnt/file
	edit '.process.user.additionalGids = [5]'
	run runc run "$ID"
	expect 0 ours
	maps "[0, 200000, 1000]" "[1000, $UIDN, 1]" "[1001, 201000, 64536]"
	edit '.process.user = {uid: 1000, gid: 1000, additionalGids: [1000]}'
	run runc run "$ID"
	expect 0 ours
	run runc spec --explain
	contains "$output" "gid 1000 ($UIDN of the host), keeps the groups of the caller instead of 1000"
	nothing_left
}

@test "rootless maps: a root file system that the container's root cannot enter" {
	local whose='the container.s root needs the right to it, and is uid 200000, gid 200000 of the host"$'
	maps "[0, 200000, 1000]"
	chmod 700 "$HOMEDIR"
	refused "(open the bundle's directory|invalid rootfs: stat $HOMEDIR/rootfs): permission denied: $whose" create "$ID"
	chmod 711 "$HOMEDIR"
	chmod 700 "$ROOTFS"
	refused "create mountpoint: permission denied: $whose" create "$ID"
	chmod 755 "$ROOTFS"
	mkdir -m 700 "$HOMEDIR/data"
	edit --arg s "$HOMEDIR/data/x" '.mounts += [{source: $s, destination: "/mnt", type: "bind", options: ["bind"]}]'
	refused "data/x: permission denied: $whose" create "$ID"
	edit 'del(.mounts[-1])'
	run runc run "$ID"
	expect 0
	maps "[0, $UIDN, 1]"
	chown 0:0 "$ROOTFS"
	chmod 700 "$ROOTFS"
	refused "permission denied: the container.s root needs the right to it, and is uid $UIDN, gid $UIDN of the host" create "$ID"
	nothing_left
}

# keeper: a user namespace with ids of its own, and its root and its user 1000 as callers.
keeper() {
	unshare -U -m sleep 600 </dev/null >/dev/null 2>&1 3>&- &
	KEEPER=$!
	BACKGROUND="$BACKGROUND $KEEPER"
	echo "$KEEPER of the test" >>"$T/processes.before"
	wait_for 5 grep -qx sleep "/proc/$KEEPER/comm"
	echo 0 100000 65536 >"/proc/$KEEPER/uid_map"
	echo 0 100000 65536 >"/proc/$KEEPER/gid_map"
	as_user() { nsenter -t "$KEEPER" -U -m -S 1000 -G 1000 sh -c 'cd "$0" && exec "$@"' "$HOMEDIR" "$@" 3>&- 4>&-; }
	USERID=101000
	chown -R $USERID:$USERID "$HOMEDIR"
	maps "[0, 1000, 1]"
}

@test "rootless maps: a limit of namespaces, in a user namespace of somebody else, is named" {
	local kind
	keeper
	edit '.linux.namespaces += [{type: "network"}, {type: "time"}]'
	for kind in user mnt uts ipc pid net time; do
		nsenter -t "$KEEPER" -U -S 0 -G 0 sh -c 'cat "$0"; echo 0 >"$0"' /proc/sys/user/max_${kind}_namespaces >"$T/limit"
		refused "failed to create namespaces: /proc/sys/user/max_${kind}_namespaces, here or in a user namespace above, allows no more: no space left" create "$ID"
		nsenter -t "$KEEPER" -U -S 0 -G 0 sh -c 'cat >"$0"' /proc/sys/user/max_${kind}_namespaces <"$T/limit"
	done
	args cat /proc/self/uid_map
	run runc run "$ID"
	expect 0
	same "$(tr -s ' ' <<<"$output")" " 0 1000 1"
	maps "[0, 1000, 1]" "[1, 2000, 10]"
	refused 'newuidmap: .*/newuidmap does not belong to root in this user namespace: nobody maps ids by it here' create "$ID"
	nothing_left
}

# The second user namespace is in that of the keeper, whose map has two lines.
@test "rootless maps: a line that is in two lines of the caller's map is refused, two lines are not" {
	keeper
	kill -9 "$KEEPER"
	unshare -U -m sleep 600 </dev/null >/dev/null 2>&1 3>&- &
	KEEPER=$!
	BACKGROUND="$BACKGROUND $KEEPER"
	echo "$KEEPER of the test" >>"$T/processes.before"
	wait_for 5 grep -qx sleep "/proc/$KEEPER/comm"
	printf '0 100000 1000\n1000 300000 1000\n' >"$T/map"
	dd bs=4096 if="$T/map" of="/proc/$KEEPER/uid_map" status=none
	dd bs=4096 if="$T/map" of="/proc/$KEEPER/gid_map" status=none
	as_user() { nsenter -t "$KEEPER" -U -m -S 0 -G 0 sh -c 'cd "$0" && exec "$@"' "$HOMEDIR" "$@" 3>&- 4>&-; }
	become 100000
	maps "[0, 0, 1500]"
	refused "each id mapping must lie within one line of the caller's own: write /proc/[0-9]*/uid_map: operation not permitted" create "$ID"
	maps "[0, 0, 1000]" "[1000, 1000, 500]"
	edit '.process.user = {uid: 1000, gid: 1000, additionalGids: [7]}'
	args id
	run runc run "$ID"
	expect 0 "uid=1000 gid=1000 groups=7"
	nothing_left
}

@test "rootless maps: namespaces joined by path, all of them and the user's alone" {
	args sleep 100
	detached run -d "$ID-a"
	expect 0
	edit --arg p "/proc/$(pid_of "$ID-a")/ns/" 'del(.hostname, .linux.uidMappings, .linux.gidMappings) | .linux.namespaces |=
		map(if .type == "mount" then . else .path = $p + .type end)'
	edit '.process.user = {uid: 33, gid: 34, additionalGids: [5]}'
	sh_args 'id; readlink /proc/self/ns/user; cat /proc/self/uid_map'
	run runc run "$ID-b"
	expect 0 "uid=33 gid=34 groups=5" "$(readlink "/proc/$(pid_of "$ID-a")/ns/user")"
	edit '.linux.namespaces |= map(if .type == "user" then . else del(.path) end)'
	run runc run "$ID-b"
	expect 0 "uid=33 gid=34 groups=5" "$(readlink "/proc/$(pid_of "$ID-a")/ns/user")"
	run runc delete --force "$ID-a"
	expect 0
	nothing_left
}

@test "rootless maps: oomScoreAdj of the first process and of exec, upwards" {
	edit '.process.oomScoreAdj = 500'
	args sleep 100
	detached run -d "$ID"
	expect 0
	same "$(cat "/proc/$(pid_of "$ID")/oom_score_adj")" 500
	run runc exec "$ID" cat /proc/self/oom_score_adj
	expect 0
	same "$output" 500
	runc delete --force "$ID"
	edit '.process.oomScoreAdj = -5'
	refused 'process.oomScoreAdj is below that of the caller, who has no CAP_SYS_RESOURCE: failed to update /proc/self/oom_score_adj: permission denied' create "$ID"
	nothing_left
}

# Who is not dumpable has files in /proc that are of the root of its user namespace and not its own.
@test "rootless maps: no program is dumpable once the ids are mapped" {
	command -v strace >/dev/null || skip "strace is not installed"
	args sleep 100
	edit '.process.user = {uid: 33, gid: 33}'
	detached create "$ID"
	expect 0
	same "$(awk '/^Uid/ { print $2 }' "/proc/$(pid_of "$ID")/status")" 200032
	same "$(stat -c %u "/proc/$(pid_of "$ID")/environ")" $UIDN
	runc start "$ID"
	wait_for 5 grep -qx sleep "/proc/$(pid_of "$ID")/comm"
	same "$(stat -c %u "/proc/$(pid_of "$ID")/environ")" 200032
	runc delete --force "$ID"
	args true
	# After the execve of an image, the first call but those of the C library's start is this one.
	timeout -k 2 30 strace -f -qq -u davit-maps -o "$T/trace" -e trace=execve,execveat,prctl,read,openat,recvmsg,sendmsg,write \
		env -u XDG_RUNTIME_DIR "$RUNC" --root "$STATE" run "$ID" </dev/null >/dev/null 2>&1 3>&- 4>&-
	[ "$(grep -c 'execveat(.*AT_EMPTY_PATH' "$T/trace")" -ge 4 ]
	same "$(awk '/execveat\(.*AT_EMPTY_PATH/ { due[$1]; next } /resumed/ { next }
		$1 in due { if (!/PR_SET_DUMPABLE, SUID_DUMP_DISABLE/) print; delete due[$1] }' "$T/trace")" ""
	# Of ns and of what it has cloned: dumpable for the maps, and not any more when the tools have ended.
	awk '/PR_SET_DUMPABLE, SUID_DUMP_USER/ { at[$1] = NR } /PR_SET_DUMPABLE, SUID_DUMP_DISABLE/ { delete at[$1] } END { exit length(at) }' "$T/trace"
	nothing_left
}

@test "rootless maps: a kernel that forbids user namespaces" {
	command -v strace >/dev/null || skip "strace is not installed"
	run as_user timeout -k 2 20 strace -f --seccomp-bpf -o /dev/null -e trace=clone3,unshare -e inject=clone3,unshare:error=EPERM \
		"$RUNC" --root "$STATE" run "$ID"
	expect 1 "failed to create namespaces: does kernel.unprivileged_userns_clone, AppArmor or a chroot of the caller forbid it? user: operation not permitted"
	nothing_left
}

# mount_options OPTION…: those of a bind of $T/locked in the container, or the error
mount_options() {
	edit --arg s "$T/locked" '.mounts += [{source: $s, destination: "/mnt", type: "bind", options: (["bind"] + $ARGS.positional)}]' --args "$@"
	runc run "$ID" 2>&1
	edit 'del(.mounts[-1])'
}

@test "rootless maps: flags that the host's mount has stay, and cannot be taken off" {
	local option
	mkdir "$T/locked" "$ROOTFS/mnt"
	mount -t tmpfs -o ro,nosuid,nodev,noexec,noatime,mode=755 none "$T/locked"
	sort -k 5 /proc/self/mountinfo >"$T/mounts.before"
	args awk '$5 == "/mnt" { print $6 }' /proc/self/mountinfo
	same "$(mount_options)" ro,nosuid,nodev,noexec,noatime
	same "$(mount_options ro nosuid)" ro,nosuid,nodev,noexec,noatime
	for option in rw exec suid dev relatime; do
		contains "$(mount_options "$option")" 'to rootfs at "/mnt": failed to set user-requested vfs flags: operation not permitted'
	done
	umount "$T/locked"
}

@test "rootless maps: sysfs with and without a network of its own, ids of tmpfs and devpts, overlay, masks" {
	edit '.mounts |= map(if .destination == "/sys" then {destination: "/sys", type: "sysfs", source: "sysfs", options: ["nosuid", "noexec", "nodev", "ro"]}
		elif .destination == "/dev/pts" then .options += ["gid=5"] else . end)'
	sh_args 'ls /sys/class/net | tr "\n" " "; grep -c " /sys sysfs ro," /proc/mounts'
	run runc run "$ID"
	expect 0 "$(ls /sys/class/net | tr '\n' ' ')1"
	edit '.linux.namespaces += [{type: "network"}]'
	sh_args 'ls /sys/class/net | grep -xc lo; grep -o "devpts rw.*gid=200004" /proc/mounts | wc -l; wc -c </proc/timer_list; echo x >/dev/null; ls -n /dev/pts/ptmx /dev/full | wc -l'
	run runc run "$ID"
	expect 0
	same "$(tr '\n' ' ' <<<"$output")" "1 1 0 2 "
	edit '.mounts += [{destination: "/mnt", type: "tmpfs", source: "tmpfs", options: ["uid=5", "gid=6", "mode=700"]}]'
	mkdir "$ROOTFS/mnt"
	args stat -c %u:%g:%a /mnt
	run runc run "$ID"
	expect 0 5:6:700
	edit '.mounts[-1].options = ["uid=70000"]'
	refused 'Invalid uid .*70000' create "$ID"
	mkdir -p "$HOMEDIR"/{lower,upper,work}
	echo below >"$HOMEDIR/lower/file"
	chown -R $UIDN:$UIDN "$HOMEDIR"/{lower,upper,work}
	edit --arg d "$HOMEDIR" '.mounts[-1] = {destination: "/mnt", type: "overlay", source: "overlay",
		options: ["lowerdir=\($d)/lower", "upperdir=\($d)/upper", "workdir=\($d)/work", "userxattr"]}'
	sh_args 'cat /mnt/file; echo above >/mnt/file'
	run runc run "$ID"
	case $output in *overlay*"invalid argument"*) skip "this file system cannot be the upper one of an overlay" ;; esac
	expect 0 below
	same "$(cat "$HOMEDIR/lower/file" "$HOMEDIR/upper/file" | tr '\n' ' ')" "below above "
	nothing_left
}
