# Id-mapped mounts: owners as they are seen inside, and as they arrive on the host.

load lib/common

setup() {
	setup_bundle
	newer "id-mapped mounts since 1.2"
	chmod 755 "$T" "$BUNDLE" "$ROOTFS"
	mkdir "$T/src"
	local id
	for id in 0 1 5 50; do
		touch "$T/src/f$id"
		chown "$id:$((id + 100))" "$T/src/f$id"
	done
	chmod 777 "$T/src"
}

teardown() {
	umount "$T/src/sub" 2>/dev/null || true
	teardown_bundle
}

# map [CONTAINER HOST SIZE]…: as JSON
map() {
	jq -nc '[$ARGS.positional as $a | range(0; $a | length; 3) as $i |
		{containerID: $a[$i], hostID: $a[$i + 1], size: $a[$i + 2]}]' --jsonargs "$@"
}

# mount_map SOURCE DESTINATION TYPE UIDS GIDS OPTION…: appends to mounts; UIDS and GIDS as map prints them, or null.
mount_map() {
	local source=$1 destination=$2 type=$3 uids=$4 gids=$5
	shift 5
	# The root of a user namespace cannot make it there.
	[ -f "$source" ] || mkdir -p "$ROOTFS$destination"
	edit --arg s "$source" --arg d "$destination" --arg t "$type" --argjson u "$uids" --argjson g "$gids" \
		'.mounts += [{source: $s, destination: $d, type: $t, options: $ARGS.positional, uidMappings: $u, gidMappings: $g}]' \
		--args -- "$@"
}

bind_map() {
	local source=$1 destination=$2
	shift 2
	mount_map "$source" "$destination" bind "$@"
}

# user_namespace MAP: the container gets one with this mapping of users and groups.
user_namespace() {
	edit --argjson m "$1" '.linux.namespaces += [{type: "user"}] | .linux.uidMappings = $m | .linux.gidMappings = $m'
}

# mounted POINT: its options in the container's mountinfo, from $output.
mounted() { awk -v p="$1" '$5 == p { print $6 }' <<<"$output"; }

# runs EXPECTED…: the container, which ends with 0 and prints these lines, in this order and no others.
runs() {
	runc run "$ID" </dev/null >"$T/out" 2>"$T/err" || { cat "$T/err"; return 1; }
	same "$(cat "$T/out")" "$(printf '%s\n' "$@")"
}

@test "idmap: without a user namespace: owners inside, and on the host what is written inside" {
	bind_map "$T/src" /mnt "$(map 0 1000 10 50 7 1)" "$(map 100 2000 10)" bind
	sh_args 'cd /mnt; stat -c "%n %u:%g" *; touch new 2>&1; chown 1003:2004 f1 && stat -c %u:%g f1'
	edit '.process.capabilities[] += ["CAP_CHOWN", "CAP_FOWNER"]'
	# Root itself is no user of this mount: it can make nothing there.
	runs "f0 1000:2000" "f1 1001:2001" "f5 1005:2005" "f50 7:65534" \
		"touch: new: Value too large for defined data type" 1003:2004
	same "$(stat -c %u:%g "$T/src/f1")" 3:104
	same "$(stat -c %u:%g "$T/src/f0")" 0:100
}

@test "idmap: with a user namespace: the container's own mapping; without the word nothing is mapped" {
	user_namespace "$(map 0 100000 1000)"
	bind_map "$T/src" /mnt null null bind idmap
	bind_map "$T/src" /plain null null bind
	sh_args 'cd /mnt; stat -c "%n %u:%g" *; stat -c "%n %u:%g" /plain/*; touch new; umask 0; mkdir dir'
	runs "f0 0:100" "f1 1:101" "f5 5:105" "f50 50:150" \
		"/plain/f0 65534:65534" "/plain/f1 65534:65534" "/plain/f5 65534:65534" "/plain/f50 65534:65534"
	same "$(stat -c %u:%g "$T/src/new" "$T/src/dir")" $'0:0\n0:0'
}

@test "idmap: with a user namespace: a mapping of the mount's own" {
	user_namespace "$(map 0 100000 1000)"
	# Of the mount's mapping only what the container has, too, can be seen in it.
	bind_map "$T/src" /mnt "$(map 5 100000 1 0 100005 2 50 9 1)" "$(map 100 100100 100)" bind
	sh_args 'cd /mnt; stat -c "%n %u:%g" *; chown 6:100 f5'
	edit '.process.capabilities[] += ["CAP_CHOWN", "CAP_FOWNER"]'
	runs "f0 5:100" "f1 6:101" "f5 0:105" "f50 65534:150"
	same "$(stat -c %u:%g "$T/src/f5")" 1:100
}

@test "idmap: in a user namespace that is joined: its mapping" {
	user_namespace "$(map 0 100000 1000)"
	args sleep 100
	detached run -d "$ID-a"
	expect 0
	edit --arg p "/proc/$(pid_of "$ID-a")/ns/user" 'del(.linux.uidMappings, .linux.gidMappings)
		| .linux.namespaces |= map(if .type == "user" then .path = $p else . end)'
	bind_map "$T/src" /mnt null null bind ridmap
	bind_map "$T/src" /own "$(map 1 100000 1)" "$(map 100 100000 100)" bind
	mount_map tmpfs /new tmpfs null null idmap
	sh_args 'stat -c "%n %u:%g" /mnt/f1 /own/f1; touch /mnt/new /new/x; stat -c %u:%g /new/x'
	runs "/mnt/f1 1:101" "/own/f1 0:1" 0:0
	same "$(stat -c %u:%g "$T/src/new")" 0:0
}

@test "idmap: ridmap maps submounts, idmap and mappings alone only the top" {
	mkdir "$T/src/sub"
	mount -t tmpfs none "$T/src/sub"
	touch "$T/src/sub/f"
	chown 5:5 "$T/src/sub/f"
	local m
	m=$(map 0 1000 1000)
	bind_map "$T/src" /a "$m" "$m" rbind ridmap
	bind_map "$T/src" /b "$m" "$m" rbind idmap
	bind_map "$T/src" /c "$m" "$m" rbind
	bind_map "$T/src" /d "$m" "$m" bind ridmap
	sh_args 'for d in a b c; do stat -c "%n %u:%g" /$d/f5 /$d/sub/f; done; stat -c "%n %u:%g" /d/f5; ls /d/sub'
	runs "/a/f5 1005:1105" "/a/sub/f 1005:1005" "/b/f5 1005:1105" "/b/sub/f 5:5" \
		"/c/f5 1005:1105" "/c/sub/f 5:5" "/d/f5 1005:1105"
}

@test "idmap: a single file" {
	bind_map "$T/src/f5" /etc/file "$(map 5 0 1)" "$(map 105 3 1)" bind ro
	sh_args 'stat -c "%n %u:%g" /etc/file; touch /etc/file 2>&1; true'
	runs "/etc/file 0:3" "touch: /etc/file: Read-only file system"
}

@test "idmap: together with ro, nosuid, noexec and rro" {
	local m
	m=$(map 0 1000 1000)
	bind_map "$T/src" /a "$m" "$m" bind ro nosuid noexec
	bind_map "$T/src" /b "$m" "$m" rbind rro rnodev ridmap
	bind_map "$T/src" /c "$m" "$m" bind nosuid
	sh_args 'cat /proc/self/mountinfo; stat -c %u /a/f5 /b/f5 /c/f5; for d in a b c; do touch /$d/f1000 2>&1; done; true'
	run runc run "$ID"
	expect 0 $'1005\n1005\n1005' "/a/f1000: Read-only" "/b/f1000: Read-only" "/c/f1000: Value too large"
	same "$(mounted /a) $(mounted /b) $(mounted /c)" \
		"ro,nosuid,noexec,relatime,idmapped ro,nodev,relatime,idmapped rw,nosuid,relatime,idmapped"
}

@test "idmap: a process that enters later sees the same" {
	user_namespace "$(map 0 100000 1000)"
	bind_map "$T/src" /mnt null null bind idmap
	args sleep 100
	detached run -d "$ID"
	expect 0
	run runc exec "$ID" stat -c %u:%g /mnt/f5
	expect 0
	same "$output" 5:105
	run runc exec --user 5:5 "$ID" touch /mnt/by-5
	expect 0
	same "$(stat -c %u:%g "$T/src/by-5")" 5:5
}

@test "idmap: new file systems: tmpfs with and without a user namespace" {
	mount_map tmpfs /a tmpfs "$(map 0 1000 10)" "$(map 0 2000 10)" ro
	mount_map tmpfs /b tmpfs "$(map 7 0 1 0 7 1)" "$(map 0 0 1)" mode=777
	sh_args 'stat -c "%n %u:%g" /a /b; touch /a/x 2>&1; touch /b/x; stat -c "%n %u:%g %a" /b /b/x; grep -c " /[ab] .*idmapped" /proc/self/mountinfo'
	runs "/a 1000:2000" "/b 7:0" "touch: /a/x: Read-only file system" "/b 7:0 777" "/b/x 0:0 644" 2
	user_namespace "$(map 0 100000 1000)"
	edit 'del(.mounts[-1], .mounts[-2])'
	mount_map tmpfs /a tmpfs null null idmap
	mount_map tmpfs /b tmpfs "$(map 0 100008 10)" "$(map 0 100000 10)" uid=3
	mount_map tmpfs /c tmpfs null null
	sh_args 'for d in a b c; do touch /$d/x 2>&1; stat -c "%n %u:%g" /$d; done; stat -c "%n %u:%g" /a/x /c/x
		grep -c " /[abc] .*idmapped" /proc/self/mountinfo'
	runs "/a 0:0" "touch: /b/x: Value too large for defined data type" "/b 11:0" "/c 0:0" "/a/x 0:0" "/c/x 0:0" 2
}

@test "idmap: many different mappings, of one id and of the 340 ranges that the kernel takes" {
	local i all=() ranges
	for i in $(seq 0 39); do
		bind_map "$T/src" "/m$i" "$(map 5 "$((3000 + i))" 1)" "$(map 105 "$((4000 + i))" 1)" bind
	done
	for i in $(seq 0 339); do all+=("$i" "$((i + 340))" 1); done
	ranges=$(map "${all[@]}")
	bind_map "$T/src" /all "$ranges" "$ranges" bind
	sh_args 'for i in $(seq 0 39); do stat -c %u:%g /m$i/f5; done; stat -c %u:%g /all/f50'
	runs $(for i in $(seq 0 39); do echo "$((3000 + i)):$((4000 + i))"; done) 390:490
	all+=(1000 1000 1)
	edit --argjson m "$(map "${all[@]}")" '.mounts[-1].uidMappings = $m'
	refused 'mounts\[47\].uidMappings\[340\]: more than 340' create "$ID"
}

@test "idmap: hundreds of mounts with few mappings need few files" {
	local m
	m=$(map 0 1000 1000)
	edit --arg s "$T/src" --argjson a "$(map 0 1000 1000)" --argjson b "$(map 0 5000 1000)" '.mounts += [range(600) |
		{source: $s, destination: "/many/\(.)", options: ["bind"], uidMappings: (if . % 2 == 0 then $a else $b end), gidMappings: $a}]'
	sh_args 'for i in $(seq 0 599); do stat -c %u:%g /many/$i/f5; done | sort | uniq -c | sort -n'
	runs_limited() { (ulimit -Sn 512; LIMIT=30 runs "$@"); }
	runs_limited "    300 1005:1105" "    300 5005:1105"
	# One child of ns for each mapping, and none for the rest.
	command -v strace >/dev/null || skip "strace is not installed"
	args true
	timeout -k 2 60 strace -f -o "$T/trace" -e trace=clone3 "$RUNC" --root "$STATE" run "$ID" </dev/null >/dev/null 2>&1 3>&- 4>&-
	same "$(grep -c 'clone3({flags=CLONE_NEWUSER,' "$T/trace")" 2
}

@test "idmap: the inline form of crun, of the host and relative to the container" {
	user_namespace "$(map 0 100000 5 5 200000 100)"
	bind_map "$T/src" /a null null bind "idmap=uids=0-100003-1#5-100000-1;gids=100-200000-50"
	bind_map "$T/src" /b null null bind "ridmap=gids=@100-0-2;uids=@0-3-1#@5-10-5#50-100001-1"
	sh_args 'for d in a b; do stat -c "%n %u:%g" /$d/f*; done'
	runs "/a/f0 3:5" "/a/f1 65534:6" "/a/f5 0:10" "/a/f50 65534:65534" \
		"/b/f0 3:0" "/b/f1 65534:1" "/b/f5 10:65534" "/b/f50 1:65534"
	local word
	for word in uids=0-0-1 'uids=0-0;gids=0-0-1' 'uids=0-0-0;gids=0-0-1' 'uids=0-0-1;uids=0-0-1' 'uids=0-0-1;gids=0-0-1;' \
		'uids=0-0-1,gids=0-0-1' 'uids=@0-4-2;gids=0-0-1' 'uids=0-0-1#0-5-1;gids=0-0-1' '' uids 'x=0-0-1;gids=0-0-1'; do
		edit --arg w "idmap=$word" '.mounts[-1].options = ["bind", $w]'
		refused 'mounts\[8\]' create "$ID" || { echo "$word"; return 1; }
	done
}

@test "idmap: a file system that cannot do it is one error that names the mount" {
	local m keep
	m=$(map 0 1000 1000)
	keep=$(cat config.json)
	bind_map /proc /mnt "$m" "$m" bind
	refused 'mounts\[7\].*\\"/proc\\", mounted on \\"/mnt\\".*support idmap.*invalid argument' create "$ID"
	echo "$keep" >config.json
	mount_map sysfs /mnt sysfs "$m" "$m"
	refused 'mounts\[7\].*\\"sysfs\\", mounted on \\"/mnt\\".*support idmap.*invalid argument' create "$ID"
	user_namespace "$m"
	edit '.mounts[-1] |= (del(.uidMappings, .gidMappings) | .options = ["idmap"])'
	refused 'mounts\[7\].*\\"sysfs\\", mounted on \\"/mnt\\".*support idmap.*invalid argument' create "$ID"
	# The top can, what is mounted below cannot.
	echo "$keep" >config.json
	mkdir "$T/src/sub"
	mount -t proc none "$T/src/sub"
	sort -k 5 /proc/self/mountinfo >"$T/mounts.before"
	bind_map "$T/src" /mnt "$m" "$m" rbind ridmap
	refused 'mounts\[7\].*support idmap.*invalid argument' create "$ID"
	umount "$T/src/sub"
}

@test "idmap: only one mapping, none and no user namespace, bad ranges, a cgroup: refused by name" {
	local m keep
	m=$(map 0 1000 1000)
	keep=$(cat config.json)
	bind_map "$T/src" /mnt "$m" null bind
	refused 'mounts\[7\]: id-mapped mounts must have both uid and gid mappings' create "$ID"
	edit '.mounts[-1] |= (.gidMappings = .uidMappings | .uidMappings = [])'
	refused 'mounts\[7\]: id-mapped mounts must have both uid and gid mappings' create "$ID"
	edit '.mounts[-1] |= (.gidMappings = [] | .options += ["ridmap"])'
	refused 'mounts\[7\]: id-mapped mounts must have both.*nor the container a user namespace' create "$ID"
	edit --argjson m "$(map 0 1000 10 9 2000 10)" '.mounts[-1] |= (.gidMappings = $m | .uidMappings = $m)'
	refused 'mounts\[7\].uidMappings\[1\]: overlaps' create "$ID"
	edit --argjson m "$(map 0 1000 0)" '.mounts[-1] |= (.gidMappings = $m)'
	refused 'mounts\[7\].gidMappings\[0\].size: 0 is out of range' create "$ID"
	echo "$keep" >config.json
	edit --argjson m "$m" '.mounts |= map(if .type == "cgroup" then .uidMappings = $m | .gidMappings = $m else . end)'
	mount_map cgroup /sys/fs/cgroup cgroup "$m" "$m"
	refused 'cgroup file systems cannot be id-mapped' create "$ID"
}

@test "idmap: on the host nothing is mapped, mounts of the container do not reach it" {
	mkdir "$T/src/sub"
	mount --bind "$T/src" "$T/src"
	mount --make-shared "$T/src"
	sort -k 5 /proc/self/mountinfo >"$T/mounts.shared"
	local m
	m=$(map 0 1000 1000)
	bind_map "$T/src" /mnt "$m" "$m" rbind rslave ridmap
	args sleep 100
	detached run -d "$ID"
	expect 0
	nsenter -t "$(pid_of "$ID")" -m mount -t tmpfs none /mnt/sub
	sort -k 5 /proc/self/mountinfo | diff - "$T/mounts.shared"
	same "$(stat -c %u:%g "$T/src/f5")" 5:105
	runc delete --force "$ID"
	umount "$T/src"
}

@test "idmap: by hand, without a conductor" {
	local m
	m=$(map 0 1000 1000)
	bind_map "$T/src" /mnt "$m" "$m" bind
	mount_map tmpfs /new tmpfs "$m" "$m"
	sh_args 'stat -c "%n %u:%g" /mnt/f5 /new'
	"$LIBEXEC/parse" --id "$ID" --bundle "$BUNDLE" <config.json >"$T/plan"
	run timeout 10 "$LIBEXEC/ns" 3<"$T/plan" 12<"$LIBEXEC/dmz" 13<"$LIBEXEC/rootfs" 15<"$LIBEXEC/sources" </dev/null 4>&-
	expect 0
	same "$output" $'/mnt/f5 1005:1105\n/new 1000:1000'
}
