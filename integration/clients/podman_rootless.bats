# layouts: hybrid v2
# podman of an ordinary user: it makes the user namespace itself, with newuidmap, and config.json has none.
# That user is in a copy of /etc which only this file sees.

load lib

UIDN=31338

setup_file() {
	private_machine && [ -n "$(type -P podman)" ] && [ -n "$(type -P newuidmap)" ] || return 0
	make_rootfs
	local dir=$BATS_FILE_TMPDIR home=$BATS_FILE_TMPDIR/home
	cp -a /etc "$dir/etc"
	echo "davit-test:x:$UIDN:$UIDN::$home:/bin/sh" >>"$dir/etc/passwd"
	echo "davit-test:x:$UIDN:" >>"$dir/etc/group"
	echo davit-test:200000:65536 | tee "$dir/etc/subuid" >"$dir/etc/subgid"
	mount --bind "$dir/etc" /etc
	chmod 1777 /dev/shm
	chmod a+x "$BATS_RUN_TMPDIR" "$BATS_RUN_TMPDIR/file" "$dir"
	mkdir -p "$home/.config/containers" "$home/xdg"
	cat >"$home/.config/containers/containers.conf" <<-END
		[containers]
		default_ulimits = ["nofile=1024:1024", "nproc=1024:1024"]
	END
	chown -R $UIDN:$UIDN "$home"
	# Its pause process stays for all tests and ends with this file's pid namespace.
	tar -C "$dir/rootfs" --numeric-owner --owner 0 --group 0 -c . | podman import --change ENV=PATH=/bin - "$IMAGE" >/dev/null
}

setup() {
	needs_client podman conmon newuidmap
	needs_seccomp # the engine asks for its own profile
	as_user test -x "$RUNC" || skip "an ordinary user cannot reach $RUNC"
	setup_bundle
	STATE=$BATS_FILE_TMPDIR/home/xdg/runc
	RUN=(run --network none)
}

teardown() {
	[ -z "$ID" ] || podman rm --force --all --time 0 >/dev/null || true
	end_engine_test
}

as_user() {
	setpriv --reuid $UIDN --regid $UIDN --init-groups env -i PATH="$PATH" HOME="$BATS_FILE_TMPDIR/home" \
		XDG_RUNTIME_DIR="$BATS_FILE_TMPDIR/home/xdg" "$@"
}

podman() {
	cd "$BATS_FILE_TMPDIR/home" || return 1
	as_user timeout --foreground -s KILL "${LIMIT:-30}" podman --storage-driver vfs --runtime "$RUNC" \
		--cgroup-manager cgroupfs --events-backend file "$@" 3>&- 4>&- 8>&-
}

@test "rootless podman: run, exit code, user" {
	run podman "${RUN[@]}" --rm "$IMAGE" id -u
	expect 0
	same "$output" 0
	run podman "${RUN[@]}" --rm "$IMAGE" sh -c 'exit 7'
	expect 7
	run podman "${RUN[@]}" --rm --user 33:34 "$IMAGE" sh -c 'id -u; id -g'
	expect 0
	same "$output" "$(printf '33\n34')"
	run podman "${RUN[@]}" --rm "$IMAGE" /no/such
	expect 127 "no such file or directory"
	nothing_left
}

@test "rootless podman: ids are the user's range, and with keep-id the user's own" {
	run podman "${RUN[@]}" --rm "$IMAGE" awk '{ print $1, $2, $3 }' /proc/self/uid_map
	expect 0
	same "$output" "$(printf '0 %s 1\n1 200000 65536' $UIDN)"
	run podman "${RUN[@]}" --rm --userns keep-id "$IMAGE" sh -c 'id -u; id -g'
	expect 0
	same "$output" "$(printf '%s\n%s' $UIDN $UIDN)"
	nothing_left
}

@test "rootless podman: detached, exec, top, logs, stop, rm" {
	podman "${RUN[@]}" -d --name "$ID" "$IMAGE" sh -c 'trap "exit 0" TERM; echo up; while :; do sleep 0.1; done' >/dev/null
	run podman exec "$ID" sh -c 'echo x >/dev/null; cat /proc/1/comm'
	expect 0
	same "$output" sh
	run podman top "$ID" comm
	expect 0 sh
	wait_for 5 sees up
	run podman stop --time 10 "$ID"
	expect 0
	lacks "$output" "resorting to SIGKILL"
	same "$(podman inspect --format '{{.State.ExitCode}}' "$ID")" 0
	podman rm "$ID" >/dev/null
	nothing_left
}

sees() { [[ $(podman logs "$ID") == *"$1"* ]]; }

@test "rootless podman: volumes, tmpfs, a read-only root, privileged, init, the host's network and pids" {
	mkdir "$BATS_FILE_TMPDIR/home/volume"
	echo content >"$BATS_FILE_TMPDIR/home/volume/file"
	run podman "${RUN[@]}" --rm -v "$BATS_FILE_TMPDIR/home/volume:/v:ro" "$IMAGE" sh -c 'cat /v/file; ! touch /v/new 2>/dev/null && echo read-only'
	expect 0
	same "$output" "$(printf 'content\nread-only')"
	rm -r "$BATS_FILE_TMPDIR/home/volume"
	run podman "${RUN[@]}" --rm --read-only --tmpfs /t:size=64k "$IMAGE" sh -c 'touch /t/x && ! touch /x 2>/dev/null && echo good'
	expect 0
	same "$output" good
	run podman "${RUN[@]}" --rm --privileged "$IMAGE" sh -c 'test -c /dev/null && echo good'
	expect 0
	same "$output" good
	run podman "${RUN[@]}" --rm --init "$IMAGE" cat /proc/1/comm
	expect 0
	same "$output" podman-init
	run podman run --network host --rm "$IMAGE" ls /sys/class/net
	expect 0 lo
	run podman "${RUN[@]}" --rm --pid host "$IMAGE" true
	expect 0
	nothing_left
}
