# What each word of mounts[].options does, seen from inside the container.

load lib/common

# mount DESTINATION TYPE SOURCE OPTION…: appends to mounts.
mount_of() {
	edit --argjson m "$(jq -nc --arg d "$1" --arg t "$2" --arg s "$3" \
		'{destination: $d, type: $t, source: $s, options: $ARGS.positional}' --args -- "${@:4}")" '.mounts += [$m]'
}
bind() { mount_of "$2" bind "$1" "${@:3}"; }

# all_caps: what mount(8) and chmod of others' files need.
all_caps() {
	edit '.process.capabilities |= map_values(["CAP_SYS_ADMIN", "CAP_DAC_OVERRIDE", "CAP_CHOWN", "CAP_FOWNER"])'
}

# info PATH: the line of $output's mountinfo, the last one for that path.
info() { grep " $1 " <<<"$output" | tail -n 1; }
options_of() { info "$1" | cut -d ' ' -f 6; }
super_of() { info "$1" | sed 's/.* - //' | cut -d ' ' -f 3; }
peers_of() { info "$1" | sed 's/ - .*//' | cut -d ' ' -f 7-; }

has() { [[ ",$1," == *",$2,"* ]] || { echo "no $2 in $1"; return 1; }; }
has_not() { [[ ",$1," != *",$2,"* ]] || { echo "$2 in $1"; return 1; }; }

@test "options: sync, dirsync, lazytime, mand, iversion and their opposites: of a new file system" {
	newer "1.1.5 tells nothing of iversion"
	mount_of /mnt/a tmpfs tmpfs sync dirsync lazytime mand
	mount_of /mnt/b tmpfs tmpfs sync async dirsync lazytime nolazytime mand nomand silent loud
	mount_of /mnt/c tmpfs tmpfs iversion
	args cat /proc/self/mountinfo
	run runc run "$ID"
	expect 0 "iversion"
	local word
	for word in sync dirsync lazytime mand; do has "$(super_of /mnt/a)" $word; done
	for word in sync lazytime mand; do has_not "$(super_of /mnt/b)" $word; done
	has "$(super_of /mnt/b)" dirsync
	[ -n "$(info /mnt/c)" ]
}

@test "options: the same words on a bind change nothing and are no error" {
	mkdir "$T/dir"
	bind "$T/dir" /mnt bind sync dirsync lazytime mand iversion silent noiversion
	args cat /proc/self/mountinfo
	run runc run "$ID"
	expect 0
	same "$(super_of /mnt)" "$(awk -v id="$(stat -c %m "$T/dir")" '$5 == id { l = $0 } END { sub(/.* - /, "", l); split(l, w, " "); print w[3] }' /proc/self/mountinfo)"
}

@test "options: attributes of the mount and what takes them back" {
	newer "1.1.5 has no nosymfollow"
	mount_of /mnt/a tmpfs tmpfs ro nosuid nodev noexec nodiratime nosymfollow noatime
	mount_of /mnt/b tmpfs tmpfs ro rw nosuid suid nodev dev noexec exec nodiratime diratime nosymfollow symfollow noatime atime
	mount_of /mnt/c tmpfs tmpfs strictatime
	mount_of /mnt/d tmpfs tmpfs strictatime nostrictatime norelatime
	args cat /proc/self/mountinfo
	run runc run "$ID"
	expect 0
	same "$(options_of /mnt/a)" ro,nosuid,nodev,noexec,noatime,nodiratime,nosymfollow
	same "$(options_of /mnt/b)" rw,relatime
	same "$(options_of /mnt/c)" rw
	same "$(options_of /mnt/d)" rw,relatime
}

@test "options: nosymfollow holds" {
	newer "not in 1.1.5"
	mkdir "$T/dir"
	echo x >"$T/dir/file"
	ln -s file "$T/dir/link"
	bind "$T/dir" /mnt bind nosymfollow
	sh_args 'cat /mnt/file; readlink /mnt/link; cat /mnt/link'
	run runc run "$ID"
	expect 1 x link "Too many levels of symbolic links"
}

@test "options: every recursive attribute reaches the submounts of a bind, the plain word only the top" {
	newer "since 1.2"
	mkdir -p "$T/dir/sub" "$T/dir2"
	mount -t tmpfs -o strictatime none "$T/dir"
	mkdir "$T/dir/sub"
	mount -t tmpfs -o strictatime none "$T/dir/sub"
	local word want i=0 pairs="rro:ro rnosuid:nosuid rnodev:nodev rnoexec:noexec rnodiratime:nodiratime rnosymfollow:nosymfollow
		rnoatime:noatime rrelatime:relatime"
	for word in $pairs; do
		bind "$T/dir" "/mnt/$i" rbind "${word%:*}"
		i=$((i + 1))
	done
	bind "$T/dir" /mnt/plain rbind ro nosuid nodev noexec nodiratime noatime
	bind "$T/dir" /mnt/back rbind rro rrw rnosuid rsuid rnodev rdev rnoexec rexec rnodiratime rdiratime rnosymfollow rsymfollow rnoatime ratime
	bind "$T/dir" /mnt/strict rbind rnoatime rstrictatime
	bind "$T/dir" /mnt/nostrict rbind rnostrictatime
	args cat /proc/self/mountinfo
	run runc run "$ID"
	umount "$T/dir/sub" "$T/dir"
	expect 0
	i=0
	for word in $pairs; do
		want=${word#*:}
		has "$(options_of "/mnt/$i")" "$want"
		has "$(options_of "/mnt/$i/sub")" "$want"
		i=$((i + 1))
	done
	has "$(options_of /mnt/plain)" nosuid
	same "$(options_of /mnt/plain/sub)" rw
	same "$(options_of /mnt/back)" rw,relatime
	same "$(options_of /mnt/back/sub)" rw,relatime
	same "$(options_of /mnt/strict/sub)" rw
	same "$(options_of /mnt/nostrict/sub)" rw,relatime
}

@test "options: rsuid, rdev, rexec and rrw clear what submounts have" {
	newer "since 1.2"
	mkdir -p "$T/dir"
	mount -t tmpfs -o nosuid,nodev,noexec none "$T/dir"
	mkdir "$T/dir/sub"
	mount -t tmpfs -o ro,nosuid,nodev,noexec,noatime none "$T/dir/sub"
	bind "$T/dir" /mnt/all rbind rsuid rdev rexec rrw ratime
	bind "$T/dir" /mnt/none rbind
	args cat /proc/self/mountinfo
	run runc run "$ID"
	umount "$T/dir/sub" "$T/dir"
	expect 0
	same "$(options_of /mnt/all/sub)" rw,relatime
	same "$(options_of /mnt/none/sub)" ro,nosuid,nodev,noexec,noatime
}

@test "options: a recursive word on a new file system is the plain one" {
	newer "1.1.5 hands it to tmpfs"
	mount_of /mnt tmpfs tmpfs rnosuid rnoexec
	args cat /proc/self/mountinfo
	run runc run "$ID"
	expect 0
	same "$(options_of /mnt)" rw,nosuid,noexec,relatime
}

# limited COMMAND: with $T/dir mounted nosuid,nodev,noexec, a program in it, and a mount below.
limited() {
	mkdir -p "$T/dir"
	run timeout 60 unshare -m --propagation private sh -c "mount -t tmpfs -o nosuid,nodev,noexec,noatime none '$T/dir' &&
		cp '$ROOTFS/bin/busybox' '$T/dir/sh' && mkdir '$T/dir/sub' && mount -t tmpfs -o ro,nosuid,noexec none '$T/dir/sub' && $*" 3>&- 4>&-
}

@test "options: a bind that names an attribute takes off what the source has and the bind does not name" {
	newer "in 1.1.5 rw names none"
	local want words
	sh_args 'cat /proc/self/mountinfo; /mnt/sh -c "echo ran"'
	cp config.json config.keep
	while read -r want words; do
		cp config.keep config.json
		bind "$T/dir" /mnt $words
		limited "'$RUNC' --root '$STATE' run '$ID'"
		echo "of $words:"
		expect 0 ran || return 1
		same "$(options_of /mnt)" "$want" || return 1
		[ "${words%% *}" = bind ] || same "$(options_of /mnt/sub)" ro,nosuid,noexec,relatime || return 1
	done <<-END
		rw,noatime rbind rw
		ro,noatime rbind ro
		rw,nosuid,noatime bind nosuid
		rw,nodev,noatime rbind nodev suid
		rw,noatime rbind exec rprivate
		rw,relatime bind relatime
	END
	for words in rbind bind "rbind rprivate" "bind sync" "rbind rnosuid" "rbind defaults"; do
		cp config.keep config.json
		bind "$T/dir" /mnt $words
		limited "'$RUNC' --root '$STATE' run '$ID'"
		echo "of $words:"
		expect 126 "ermission denied" || return 1
		same "$(options_of /mnt)" rw,nosuid,nodev,noexec,noatime || return 1
	done
}

@test "options: what is locked in the caller's user namespace stays on a bind that does not name it" {
	newer "1.1.5 fails"
	local node
	mkdir "$T/dev"
	edit 'del(.linux.resources, .linux.cgroupsPath) | .mounts |= map(select(.destination == "/proc"))'
	bind "$T/dev" /dev rbind
	bind "$T/dir" /mnt rbind ro
	args cat /proc/self/mountinfo
	cat >"$T/inside" <<-'END'
		for node in null zero full random urandom tty; do touch "$1/$node"; mount --bind /dev/$node "$1/$node"; done
		unshare -U -m sh -c 'until grep -q 65536 /proc/self/gid_map; do sleep 0.05; done; shift; exec "$@"' - "$@" &
		until echo 0 0 65536 >/proc/$!/uid_map; do sleep 0.05; done 2>/dev/null
		echo 0 0 65536 >/proc/$!/gid_map
		wait $!
	END
	limited "timeout 20 bash '$T/inside' '$T/dev' '$RUNC' --root '$STATE' run '$ID'"
	expect 0
	same "$(options_of /mnt)" ro,nosuid,nodev,noexec,noatime
}

@test "options: rw does not make a read-only file system writable, and a warning says so" {
	newer "1.1.5 is silent"
	mkdir "$T/dir"
	bind "$T/dir" /mnt bind rw
	sh_args 'touch /mnt/x'
	run timeout 60 unshare -m --propagation private sh -c "mount -t tmpfs -o ro none '$T/dir' && '$RUNC' --root '$STATE' run '$ID'" 3>&- 4>&-
	expect 1 "level=warning" "to rootfs at \"/mnt\": rw: the file system itself is read-only" "touch: /mnt/x: Read-only"
	edit '.mounts[-1].options = ["rbind", "ro", "rrw"]'
	run timeout 60 unshare -m --propagation private sh -c "mount -t tmpfs -o ro none '$T/dir' && '$RUNC' --root '$STATE' run '$ID'" 3>&- 4>&-
	expect 1 "level=warning" "to rootfs at \"/mnt\": rw: the file system itself is read-only" "touch: /mnt/x: Read-only"
	run timeout 60 unshare -m --propagation private sh -c "mount --bind '$T/dir' '$T/dir' && mount -o remount,bind,ro '$T/dir' && '$RUNC' --root '$STATE' run '$ID'" 3>&- 4>&-
	expect 0
	lacks "$output" level=warning
	[ -e "$T/dir/x" ]
}

@test "options: propagation words are applied one after the other" {
	mkdir "$T/dir"
	mount -t tmpfs none "$T/dir"
	mkdir "$T/dir/sub"
	mount -t tmpfs none "$T/dir/sub"
	mount --make-rshared "$T/dir"
	bind "$T/dir" /mnt/slave rbind rslave
	bind "$T/dir" /mnt/both rbind slave shared
	bind "$T/dir" /mnt/private rbind shared rprivate
	bind "$T/dir" /mnt/unbindable rbind private runbindable
	mount_of /mnt/new tmpfs tmpfs shared
	args cat /proc/self/mountinfo
	run runc run "$ID"
	umount -R "$T/dir"
	expect 0
	[[ $(peers_of /mnt/slave) =~ ^master:[0-9]+$ ]]
	[[ $(peers_of /mnt/both) =~ ^shared:[0-9]+\ master:[0-9]+$ ]]
	[[ $(peers_of /mnt/both/sub) =~ ^master:[0-9]+$ ]]
	same "$(peers_of /mnt/private)" ""
	same "$(peers_of /mnt/private/sub)" ""
	same "$(peers_of /mnt/unbindable)" unbindable
	[[ $(peers_of /mnt/new) =~ ^shared:[0-9]+$ ]]
}

@test "options: remount: attributes of a bind and options of a tmpfs, the rest stays" {
	mkdir "$T/dir"
	bind "$T/dir" /mnt/a bind nosuid
	bind "$T/dir" /mnt/a bind remount ro nodev
	mount_of /mnt/b tmpfs tmpfs size=64k nosuid
	mount_of /mnt/b tmpfs tmpfs remount size=128k noexec
	mount_of /mnt/c tmpfs tmpfs
	mount_of /mnt/c tmpfs tmpfs remount ro
	mount_of /mnt/c/below tmpfs tmpfs
	sh_args 'cat /proc/self/mountinfo; exec 2>&1; touch /mnt/a/x; touch /mnt/c/x'
	run runc run "$ID"
	expect 1 "touch: /mnt/a/x: Read-only" "touch: /mnt/c/x: Read-only"
	has "$(options_of /mnt/a)" ro
	has "$(options_of /mnt/a)" nodev
	[ -n "$CONTROL" ] || has "$(options_of /mnt/a)" nosuid
	has "$(super_of /mnt/b)" size=128k
	has "$(options_of /mnt/b)" noexec
	[ -n "$(info /mnt/c/below)" ]
}

@test "options: remount: a symlink of the image leads to no file system of the host, nor to the root" {
	newer "1.1.5 does it"
	mkdir "$T/vol" "$T/vol/dir"
	ln -s / "$ROOTFS/sroot"
	ln -s /vol "$ROOTFS/svol"
	ln -s /vol/dir "$ROOTFS/slow"
	bind "$T/vol" /vol bind
	local keep in_namespace="unshare -m --propagation private sh -c"
	keep=$(cat config.json)
	for destination in /sroot /svol /slow; do
		for option in ro size=5k; do
			[ "$destination-$option" != /svol-ro ] || continue
			echo "$keep" >config.json
			mount_of "$destination" tmpfs x remount "$option"
			run $in_namespace "mount -t tmpfs x '$T/vol' && mkdir '$T/vol/dir' && '$RUNC' --root '$STATE' run '$ID'; findmnt -n -o OPTIONS '$T/vol'" 3>&-
			contains "$output" "remount: " || return 1
			lacks "${lines[${#lines[@]} - 1]}" size=5k || return 1
			contains "${lines[${#lines[@]} - 1]}" rw || return 1
		done
	done
	# Of a bind mount read-only is a matter of the mount, and that is the container's.
	echo "$keep" >config.json
	mount_of /svol tmpfs x remount ro
	sh_args 'touch /vol/x 2>&1'
	run $in_namespace "mount -t tmpfs x '$T/vol' && '$RUNC' --root '$STATE' run '$ID'; findmnt -n -o OPTIONS '$T/vol'" 3>&-
	contains "$output" "touch: /vol/x: Read-only"
	contains "${lines[${#lines[@]} - 1]}" rw
}

@test "options: remount with a propagation word and recursive attributes" {
	newer "1.1.5 has no rro"
	mkdir "$T/dir"
	bind "$T/dir" /mnt bind
	mount_of /mnt/sub tmpfs tmpfs
	bind "$T/dir" /mnt remount bind rnoexec rshared
	args cat /proc/self/mountinfo
	run runc run "$ID"
	expect 0
	has "$(options_of /mnt/sub)" noexec
	[[ $(peers_of /mnt) =~ ^shared: && $(peers_of /mnt/sub) =~ ^shared: ]]
}

@test "options: remount: what is not a mount, what is not there, what the file system refuses" {
	newer "other words"
	local keep
	keep=$(cat config.json)
	mount_of /etc bind x bind remount ro
	refused '/etc.*remount: nothing is mounted there' create "$ID"
	echo "$keep" >config.json
	mount_of /etc tmpfs x remount size=5k
	refused '/etc.*remount: nothing is mounted there' create "$ID"
	echo "$keep" >config.json
	mount_of /no/such tmpfs x remount ro
	refused '/no/such.*remount: no such file or directory' create "$ID"
	[ ! -e "$ROOTFS/no" ]
	echo "$keep" >config.json
	mount_of /dev/shm tmpfs x remount nosuchoption=3
	refused '/dev/shm.*nosuchoption' create "$ID"
}

# In a user namespace of an ordinary user the flags of the host's mounts are locked.
@test "options: remount in a user namespace keeps locked flags, and says so when one is to be cleared" {
	newer "as root 1.1.5 may clear them"
	[ "$(id -u)" = 0 ] || skip "needs root to mount for the user"
	mkdir "$T/dir"
	mount -t tmpfs -o nosuid,nodev,mode=777 none "$T/dir"
	chmod 711 "$BATS_RUN_TMPDIR"
	mkdir -m 700 "$T/ustate"
	cp -a "$ROOTFS" "$T/uroot"
	chown -R 31338:31338 "$T/uroot" "$T/ustate"
	edit --arg r "$T/uroot" '.root.path = $r | .linux.namespaces += [{type: "user"}] | del(.linux.resources, .linux.cgroupsPath)
		| .linux.uidMappings = [{containerID: 0, hostID: 31338, size: 1}] | .linux.gidMappings = .linux.uidMappings
		| .mounts |= map(select(.destination | startswith("/sys") or startswith("/dev/") | not))'
	bind "$T/dir" /mnt bind
	local keep
	keep=$(cat config.json)
	bind "$T/dir" /mnt bind remount ro
	args cat /proc/self/mountinfo
	user() { setpriv --reuid 31338 --regid 31338 --clear-groups timeout 10 "$RUNC" --root "$T/ustate" "$@" 3>&- 4>&-; }
	user state nosuch 2>/dev/null || [ $? = 1 ] || skip "the user cannot reach the programs"
	setpriv --reuid 31338 --regid 31338 --clear-groups unshare -U true 2>/dev/null || skip "no user namespaces for users"
	run user run "$ID"
	expect 0
	same "$(options_of /mnt)" ro,nosuid,nodev,relatime
	echo "$keep" >config.json
	bind "$T/dir" /mnt bind remount suid
	run user run "$ID"
	umount "$T/dir"
	expect 1 "remount: cannot clear locked flags"
}

@test "options: leftover words are data of a new file system; on a bind, also to remount one, ignored with a warning" {
	mount_of /mnt tmpfs tmpfs size=64k uid=7 gid=8 mode=1700
	sh_args 'stat -c "%u:%g %a" /mnt'
	run runc run "$ID"
	expect 0 "7:8 1700"
	newer "1.1.5 says nothing and knows no such remount"
	bind "$ROOTFS" /mnt/dir rbind nosuid size=1k nosuchword
	bind "$ROOTFS" /mnt/dir remount bind ro,size=2k
	sh_args 'awk "\$5 == \"/mnt/dir\" { print \$6 }" /proc/self/mountinfo'
	run runc run "$ID"
	expect 0 ro,nosuid
	expect 0 'mounts[8]: options: ignored, because a bind mount has no options of a file system: size=1k, nosuchword' \
		'mounts[9]: options: ignored, because a bind mount has no options of a file system: size=2k'
	run runc spec --check
	contains "$output" 'size=1k, nosuchword'
	local word
	for word in nosiud:nosuid r0:ro noexce:noexec; do
		bind "$ROOTFS" /mnt/dir rbind ${word%:*}
		refused "${word%:*}: unknown for a bind mount; did you mean ${word#*:}" create "$ID"
		edit 'del(.mounts[-1])'
	done
}

@test "options: several in one string, as mount(2) takes them" {
	mount_of /mnt/a tmpfs tmpfs mode=750,size=64k
	mount_of /mnt/b tmpfs tmpfs nosuid size=64k,
	mount_of /mnt/c tmpfs tmpfs mpol=prefer:0,size=64k
	edit '(.mounts[] | select(.destination == "/proc")).options = ["hidepid=2,gid=5"]
		| (.mounts[] | select(.destination == "/dev/pts")).options = ["newinstance,ptmxmode=0666", "mode=0620,gid=5"]'
	sh_args 'stat -c %a /mnt/a; cat /proc/self/mountinfo'
	run runc run "$ID"
	expect 0
	same "${lines[0]}" 750
	has "$(super_of /mnt/a)" size=64k
	has "$(super_of /mnt/b)" size=64k
	has "$(super_of /mnt/c)" size=64k
	has "$(super_of /dev/pts)" ptmxmode=666
	has "$(super_of /dev/pts)" gid=5
	has "$(super_of /proc)" gid=5
	grep -Eq ' /proc .*hidepid=(2|invisible)' <<<"$output"
}

@test "options: a whole overlay line; a comma in a path is written with a backslash" {
	mkdir "$T/dir"
	mount -t tmpfs none "$T/dir"
	mkdir "$T/dir/a,b" "$T/dir/c" "$T/dir/up" "$T/dir/work"
	echo comma >"$T/dir/a,b/file"
	mount_of /mnt overlay overlay "lowerdir=$T/dir/a\\,b:$T/dir/c,upperdir=$T/dir/up,workdir=$T/dir/work"
	sh_args 'cat /mnt/file; echo >/mnt/made'
	run runc run "$ID"
	local made=0
	[ -e "$T/dir/up/made" ] || made=1
	umount "$T/dir"
	expect 0 comma
	same $made 0
}

@test "options: an overlay of sixty layers with long paths" {
	newer "mount(2) takes 4096 bytes"
	local i long=layer-of-an-image-whose-name-is-as-long-as-those-of-engines-are-9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822c lower=
	mkdir "$T/dir"
	mount -t tmpfs none "$T/dir"
	for i in {1..60}; do
		mkdir "$T/dir/$long:$i"
		echo $i >"$T/dir/$long:$i/$i"
		echo $i >"$T/dir/$long:$i/all"
		lower=$lower:$T/dir/$long\\:$i
	done
	mkdir "$T/dir/up" "$T/dir/work"
	mount_of /mnt overlay overlay "lowerdir=${lower#:}" "upperdir=$T/dir/up" "workdir=$T/dir/work"
	sh_args 'ls /mnt | wc -l; cat /mnt/all; echo >/mnt/made'
	run runc run "$ID"
	local made=0
	[ -e "$T/dir/up/made" ] || made=1
	umount "$T/dir"
	expect 0
	same "$output" $'61\n1'
	same $made 0
}

@test "options: of an overlay the directory is named that is missing or is none" {
	newer "other words"
	local keep long i
	mkdir "$T/dir"
	mount -t tmpfs none "$T/dir"
	mkdir "$T/dir/a" "$T/dir/b:c" "$T/dir/up" "$T/dir/work"
	echo >"$T/dir/file"
	sort -k 5 /proc/self/mountinfo >"$T/mounts.before"
	keep=$(cat config.json)
	names() {
		mount_of /mnt overlay overlay "${@:2}"
		refused "/mnt.*: $1" create "$ID" || { umount "$T/dir"; return 1; }
		echo "$keep" >config.json
	}
	names "lowerdir $T/dir/missing: no such file or directory" "lowerdir=$T/dir/a:$T/dir/b\\:c:$T/dir/missing:$T/dir/a"
	names "upperdir $T/dir/gone: no such file or directory" "lowerdir=$T/dir/a" "upperdir=$T/dir/gone" "workdir=$T/dir/work"
	names "workdir $T/dir/gone: no such file or directory" "lowerdir=$T/dir/a" "upperdir=$T/dir/up" "workdir=$T/dir/gone"
	names "lowerdir.*$T/dir/file.*(is not a directory|: not a directory)" "lowerdir=$T/dir/a:$T/dir/file"
	for i in {1..30}; do long=$long:$T/dir/b\\:c; done
	names "lowerdir\\+ $T/dir/missing: no such file or directory" "lowerdir=$T/dir/a$long:$T/dir/missing"
	umount "$T/dir"
}

# long_directories: $long, a path of 400 bytes and more in a tmpfs at $T/dir, with the directories lower, b:c,d, up and work.
long_directories() {
	local part
	part=$(printf '%0200d' 0)
	mkdir "$T/dir"
	mount -t tmpfs none "$T/dir"
	long=$T/dir/$part/$part
	mkdir -p "$long/lower" "$long/b:c,d" "$long/up" "$long/work"
	echo low >"$long/lower/file"
	echo other >"$long/b:c,d/other"
	# The container's user, root of a user namespace, too, writes there.
	chmod -R 777 "$T/dir"
	sort -k 5 /proc/self/mountinfo >"$T/mounts.before"
}

@test "options: values that fsconfig(2) does not take: paths of an overlay, a source, a list of layers" {
	local long
	long_directories
	edit --arg s "$(printf '%0300d' 0)" '.mounts += [{destination: "/named", type: "tmpfs", source: $s, options: ["size=64k", "nosuid", "ro", "mpol=bind:0,0"]}]'
	mount_of /mnt overlay overlay "lowerdir=$long/lower:$long/b\\:c\\,d,upperdir=$long/up,workdir=$long/work" noexec nodev
	mount_of /low overlay overlay "lowerdir=$long/b\\:c\\,d:$long/lower"
	sh_args 'cat /mnt/file /mnt/other /low/file; echo >/mnt/made; touch /named/x 2>&1; cat /proc/self/mountinfo'
	run runc run "$ID"
	local made=0 attached
	[ -e "$long/up/made" ] || made=1
	attached=$(grep -c . /proc/self/mountinfo)
	umount "$T/dir"
	expect 0 $'low\nother\nlow' "Read-only file system"
	same $made 0
	same "$attached" "$(wc -l <"$T/mounts.before")"
	same "$(grep -c ' /mnt ' <<<"$output")$(grep -c ' /named ' <<<"$output")" 11
	has "$(options_of /mnt)" noexec
	has "$(options_of /mnt)" nodev
	has_not "$(options_of /mnt)" nosuid
	has "$(options_of /named)" nosuid
	has "$(super_of /named)" size=64k
	grep -q ' /named .* tmpfs 0\{300\} ' <<<"$output"
}

@test "options: such values in a user namespace, and with a mapping of the mount" {
	newer "in user namespaces the host's ids are not changed"
	local long keep mapped
	keep=$(cat config.json)
	edit --arg s "$(printf '%0300d' 0)" '.mounts += [{destination: "/mnt", type: "tmpfs", source: $s,
		uidMappings: [{containerID: 0, hostID: 1000, size: 10}], gidMappings: [{containerID: 0, hostID: 2000, size: 10}]}]'
	sh_args 'stat -c "%u %g %a" /mnt'
	mkdir -m 711 "$ROOTFS/mnt"
	run runc run "$ID"
	expect 0
	same "$output" '1000 2000 711'
	long_directories
	chmod 711 "$T/dir"
	chown -R 100000:100000 "$long"
	echo "$keep" >config.json
	mount_of /mnt overlay overlay "lowerdir=$long/lower,upperdir=$long/up,workdir=$long/work"
	edit '.linux.namespaces += [{type: "user"}] | .linux.uidMappings = [{containerID: 0, hostID: 100000, size: 65536}]
		| .linux.gidMappings = .linux.uidMappings'
	sh_args 'cat /mnt/file; echo >/mnt/made; stat -c %u /mnt/made'
	run runc run "$ID"
	mapped=$output$(stat -c " %u" "$long/up/made" || true)
	umount "$T/dir"
	same "$mapped" $'low\n0 100000'
}

@test "options: what is too long for mount(2), too, or is missing, is named" {
	newer "other words"
	local long
	long_directories
	refused_there() {
		mount_of /mnt "${@:2}"
		refused "$1" create "$ID" || { umount "$T/dir"; return 1; }
		edit 'del(.mounts[-1])'
	}
	refused_there "to rootfs at .*/mnt.*: upperdir $long/gone: no such file or directory" \
		overlay overlay "lowerdir=$long/lower" "upperdir=$long/gone" "workdir=$long/work"
	refused_there "to rootfs at .*/mnt.*: the options are longer than 4095 bytes, which is all that mount\(2\) takes" \
		overlay overlay "lowerdir=$long/lower" "upperdir=$(printf '/%04000d' 0)" "workdir=$long/work"
	refused_there 'mounts.7.: options: upperdir: 4096 bytes, and the kernel takes at most 4095' \
		overlay overlay "lowerdir=$long/lower" "upperdir=$(printf '%04096d' 0)"
	refused_there 'mounts.7.: options: hidepid: 256 bytes, and the kernel takes at most 255' proc proc "hidepid=$(printf '%0256d' 0)"
	refused_there "to rootfs at .*/mnt.*: tmpfs: invalid argument" tmpfs tmpfs "context=$(printf '%0256d' 0)" "nonsense=1"
	umount "$T/dir"
}

@test "options: generic words in such a string are as if listed one by one" {
	newer "1.1.5 hands them to tmpfs"
	mount_of /mnt tmpfs tmpfs nosuid,size=64k,ro
	args cat /proc/self/mountinfo
	run runc run "$ID"
	expect 0
	same "$(options_of /mnt)" ro,nosuid,relatime
	has "$(super_of /mnt)" size=64k
}

@test "options: a relative destination is taken from / and warned of" {
	newer "other words"
	mount_of mnt/rel tmpfs tmpfs
	args grep -q " /mnt/rel " /proc/self/mountinfo
	run runc run "$ID"
	expect 0 "mounts[7].destination: a relative path is deprecated"
}

@test "options: type bind without the option is no bind mount" {
	mkdir "$T/dir"
	mount_of /mnt bind "$T/dir"
	refused 'no such device' create "$ID"
}

@test "options: read-only is told to a file system with a device behind it" {
	[ -n "$(type -P mke2fs)" ] || skip "no mke2fs"
	truncate -s 1M "$T/image"
	mke2fs -q "$T/image"
	local loop
	loop=$(losetup --find --show --read-only "$T/image" 2>/dev/null) || skip "no loop device"
	mount_of /mnt ext2 "$loop" ro
	args cat /proc/self/mountinfo
	run runc run "$ID"
	losetup -d "$loop"
	expect 0
	has "$(super_of /mnt)" ro
	has "$(options_of /mnt)" ro
}
