# For the tests with docker: a daemon of its own for each file, whose containerd and shim drive the runtime. Containers
# are on the daemon's bridge unless a test says otherwise, so that docker's prestart hook runs.

load lib

setup_file() {
	private_machine && [ -n "$(type -P dockerd)" ] || return 0
	make_rootfs
	# --privileged asks for all capabilities; this one leaves out one that containers without it cannot give.
	cat >"$BATS_FILE_TMPDIR/trimmed" <<-END
		#!/bin/sh
		case " \$* " in
		*" create "*) jq '.process.capabilities |= map_values(. - ["CAP_SYS_RESOURCE"])' config.json >trimmed.json &&
			mv trimmed.json config.json || exit 1 ;;
		esac
		exec $RUNC "\$@"
	END
	chmod 755 "$BATS_FILE_TMPDIR/trimmed"
	unshare --net dockerd --data-root "$BATS_FILE_TMPDIR/root" --exec-root /run/docker --pidfile /run/docker.pid \
		--host unix:///run/docker.sock --storage-driver vfs --exec-opt native.cgroupdriver=cgroupfs \
		--add-runtime "davit=$RUNC" --add-runtime "trimmed=$BATS_FILE_TMPDIR/trimmed" --default-runtime davit \
		--iptables=false --bip 10.251.8.1/24 \
		>"$BATS_FILE_TMPDIR/dockerd.log" 2>&1 3>&- 4>&- &
	echo $! >"$BATS_FILE_TMPDIR/dockerd.pid"
	wait_for 20 docker version >/dev/null
	tar -C "$BATS_FILE_TMPDIR/rootfs" --numeric-owner --owner 0 --group 0 -c . |
		docker import --change 'ENV PATH=/bin' - "$IMAGE" >/dev/null
	# Leaves a mount that stays, /run/docker/netns/default, which no test is to take for a leftover.
	docker run --rm --network host --cgroup-parent / "$IMAGE" true || true
}

teardown_file() {
	local pid
	[ -e "$BATS_FILE_TMPDIR/dockerd.pid" ] || return 0
	pid=$(cat "$BATS_FILE_TMPDIR/dockerd.pid")
	kill "$pid"
	wait_for 15 gone "$pid" || kill -9 "$pid"
	find /sys/fs/cgroup -depth -maxdepth 2 -type d -name docker -exec rmdir {} + 2>/dev/null || true
}

gone() { ! kill -0 "$1"; }

setup() {
	needs_client dockerd docker
	needs_seccomp # the engine asks for its own profile
	setup_bundle
	STATE=/run/docker/runtime-runc/moby
	RUN=(run --cgroup-parent "/$ID")
}

teardown() {
	local names
	names=$(docker ps -aq)
	[ -z "$names" ] || docker rm --force --volumes $names >/dev/null || true
	end_engine_test || { tail -n 20 "$BATS_FILE_TMPDIR/dockerd.log"; return 1; }
}

docker() {
	DOCKER_CONFIG=$BATS_FILE_TMPDIR/client timeout --foreground -s KILL "${LIMIT:-30}" docker "$@" 3>&- 4>&- 8>&-
}

# on_terminal READY TEXT ARGUMENT…: docker's arguments.
on_terminal() {
	local ready=$1 text=$2
	shift 2
	export -f docker
	export BATS_FILE_TMPDIR
	typed "$ready" "$text" bash -c 'docker "$@"' bash "$@"
}

# in_background NAME COMMAND…: a detached container that runs it.
in_background() {
	local name=$1
	shift
	docker "${RUN[@]}" -d --name "$name" "$IMAGE" "$@" >/dev/null
}

container_is() { [ "$(docker inspect --format '{{.State.Status}}' "$1")" = "$2" ]; }

# sees WORD COMMAND…: its output has the word.
sees() {
	local word=$1
	shift
	[[ $("$@") == *"$word"* ]]
}

exit_code() { docker inspect --format '{{.State.ExitCode}}' "$1"; }

needs_verb() {
	"$RUNC" --help | grep -Eq "^ +$1(,| )" || skip "the runtime has no $1 yet"
}
