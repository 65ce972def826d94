# docker drives the runtime: what containers are made of.

load docker

@test "docker: the daemon's bridge, names of hosts, --network none and host" {
	run docker "${RUN[@]}" --rm --hostname there --add-host other:10.1.2.3 "$IMAGE" \
		sh -c 'ip addr show eth0; hostname; cat /etc/hosts; cat /etc/hostname'
	expect 0 "inet 10.251.8." "10.1.2.3	other" $'\tthere'
	run docker "${RUN[@]}" --rm --network none "$IMAGE" sh -c 'ls /sys/class/net; ip addr show lo'
	expect 0 "inet 127.0.0.1/8"
	lacks "$output" eth
	run docker "${RUN[@]}" --rm --network host "$IMAGE" ip addr show docker0
	expect 0 "inet 10.251.8.1/24"
	all_gone
}

@test "docker: --read-only, --tmpfs, -v, a named volume" {
	mkdir "$T/source"
	echo content >"$T/source/file"
	run docker "${RUN[@]}" --rm --read-only --tmpfs /root:size=1m,mode=700 -v "$T/source:/rw" -v "$T/source:/ro:ro" \
		-v "$T/source/file:/etc/motd:ro" "$IMAGE" sh -c '
		cat /ro/file /etc/motd
		touch /x 2>/dev/null || echo root-refused
		touch /ro/x 2>/dev/null || echo volume-refused
		touch /rw/y /root/z && echo written
		grep " /root tmpfs " /proc/mounts'
	expect 0 $'content\ncontent' root-refused volume-refused written size=1024k,mode=700
	[ -e "$T/source/y" ]
	docker "${RUN[@]}" --rm -v "$ID:/kept" "$IMAGE" sh -c 'echo kept >/kept/file'
	run docker "${RUN[@]}" --rm --mount "type=volume,source=$ID,target=/kept,readonly" "$IMAGE" cat /kept/file
	expect 0 kept
	docker volume rm "$ID"
	all_gone
}

@test "docker: bind mounts with a propagation" {
	mkdir "$T/source"
	mount -t tmpfs shared "$T/source"
	mount --make-shared "$T/source"
	run docker "${RUN[@]}" --rm -v "$T/source:/slave:rslave" -v "$T/source:/private" "$IMAGE" \
		sh -c 'grep -E " /(slave|private) " /proc/self/mountinfo'
	umount "$T/source"
	expect 0
	grep -q ' /slave .* master:' <<<"$output"
	grep ' /private ' <<<"$output" | { ! grep -E 'master:|shared:'; }
}

@test "docker: --init" {
	[ -n "$(type -P docker-init)" ] || skip "docker-init is not installed"
	run docker "${RUN[@]}" --rm --init "$IMAGE" sh -c 'cat /proc/1/comm; exit 8'
	expect 8 docker-init
	in_background one sleep 100
	docker rm --force one
	docker "${RUN[@]}" -d --init --name one "$IMAGE" sleep 100 >/dev/null
	docker stop --time 10 one
	same "$(exit_code one)" 143
}

@test "docker: capabilities, no new privileges" {
	run docker "${RUN[@]}" --rm --cap-drop all --cap-add chown --security-opt no-new-privileges "$IMAGE" \
		grep -E '^(CapEff|CapBnd|NoNewPrivs):' /proc/self/status
	expect 0 $'CapEff:\t0000000000000001' $'CapBnd:\t0000000000000001' $'NoNewPrivs:\t1'
	run docker "${RUN[@]}" --rm --cap-add NET_ADMIN "$IMAGE" grep -E '^CapEff:' /proc/self/status
	expect 0 $'CapEff:\t00000000a80435fb'
	run docker "${RUN[@]}" --rm --cap-add NET_ADMIN "$IMAGE" ip link add dummy0 type veth
	expect 0
}

@test "docker: --user, --group-add, --workdir, --env, labels, an entrypoint" {
	run docker "${RUN[@]}" --rm --user 1234:4321 --group-add 77 "$IMAGE" sh -c 'echo "$(id -u) $(id -G)"; grep CapEff /proc/self/status'
	expect 0 0000000000000000
	grep -Eq '^1234 (4321 77|77 4321)$' <<<"$output"
	run docker "${RUN[@]}" --rm --workdir /new/dir --env A=1 --label a=b --entrypoint sh "$IMAGE" -c 'echo "$PWD $A"'
	expect 0
	same "$output" "/new/dir 1"
}

@test "docker: its seccomp profile is in force, one of the caller's, and none" {
	run docker "${RUN[@]}" --rm "$IMAGE" grep Seccomp: /proc/self/status
	expect 0 $'Seccomp:\t2'
	jq -n '{defaultAction: "SCMP_ACT_ALLOW", syscalls: [{names: ["mkdir", "mkdirat"], action: "SCMP_ACT_ERRNO"}]}' >"$T/profile"
	run docker "${RUN[@]}" --rm --security-opt "seccomp=$T/profile" "$IMAGE" mkdir /tmp/d
	expect 1 "Operation not permitted"
	run docker "${RUN[@]}" --rm --security-opt seccomp=unconfined "$IMAGE" grep Seccomp: /proc/self/status
	expect 0 $'Seccomp:\t0'
}

@test "docker: --memory, --cpus, --pids-limit, --cpu-shares, --cpuset-cpus" {
	needs_controller memory
	needs_controller pids
	local flags=(--memory 50m --memory-swap 50m --cpus 0.5 --pids-limit 20 --cpu-shares 512 --cpuset-cpus 0)
	run docker "${RUN[@]}" "${flags[@]}" --rm "$IMAGE" sh -c 'cd /sys/fs/cgroup
		cat memory/memory.limit_in_bytes pids/pids.max cpu/cpu.shares cpu/cpu.cfs_quota_us cpu/cpu.cfs_period_us cpuset/cpuset.cpus'
	expect 0
	same "$output" $'52428800\n20\n512\n50000\n100000\n0'
	run docker "${RUN[@]}" --pids-limit 5 --rm "$IMAGE" sh -c 'for i in 1 2 3 4 5 6 7; do sleep 1 & done; wait'
	contains "$output" "can't fork"
	all_gone
}

@test "docker: --ulimit, --sysctl, --shm-size, --oom-score-adj" {
	run docker "${RUN[@]}" --rm --ulimit nofile=123:456 --sysctl kernel.msgmax=9000 --sysctl net.ipv4.ip_forward=1 \
		--shm-size 2m --oom-score-adj 300 "$IMAGE" sh -c 'ulimit -Sn; ulimit -Hn; cat /proc/sys/kernel/msgmax \
		/proc/sys/net/ipv4/ip_forward; grep " /dev/shm " /proc/mounts; cat /proc/self/oom_score_adj'
	expect 0 size=2048k
	same "${lines[*]:0:4} ${lines[5]}" "123 456 9000 1 300"
}

@test "docker: the namespaces of another container, and the host's" {
	in_background one sleep 98765
	run docker "${RUN[@]}" --rm --pid container:one "$IMAGE" ps
	expect 0 "sleep 98765"
	docker "${RUN[@]}" --rm --network container:one "$IMAGE" ip link add here0 type dummy 2>/dev/null || true
	same "$(docker "${RUN[@]}" --rm --network container:one "$IMAGE" ip -o addr show eth0)" "$(docker exec one ip -o addr show eth0)"
	docker "${RUN[@]}" -d --name two --ipc shareable "$IMAGE" sleep 100 >/dev/null
	docker exec two sh -c 'echo shared >/dev/shm/file'
	run docker "${RUN[@]}" --rm --ipc container:two "$IMAGE" cat /dev/shm/file
	expect 0
	same "$output" shared
	same "$(docker "${RUN[@]}" --rm --pid host --uts host --ipc host "$IMAGE" sh -c 'for n in pid uts ipc; do readlink /proc/self/ns/$n; done')" \
		"$(for n in pid uts ipc; do readlink /proc/self/ns/$n; done)"
	docker kill one
	docker rm --force one two
	all_gone
}

@test "docker: devices" {
	run docker "${RUN[@]}" --rm --device /dev/full:/dev/mine "$IMAGE" sh -c 'echo x >/dev/mine'
	contains "$output" "No space left"
	run docker "${RUN[@]}" --rm "$IMAGE" sh -c 'mknod /kmsg c 1 11 && : >/kmsg'
	expect 1 "Operation not permitted"
	run docker "${RUN[@]}" --rm --device-cgroup-rule 'c 1:11 w' "$IMAGE" sh -c 'mknod /kmsg c 1 11 && : >/kmsg'
	expect 0
}

@test "docker: --privileged" {
	local all mask flags=()
	all=$(printf '%016x' $(((1 << ($(cat /proc/sys/kernel/cap_last_cap) + 1)) - 1)))
	mask=$(sed -n 's/^CapBnd:[[:space:]]*//p' /proc/self/status)
	if [ "$mask" != "$all" ]; then
		[ $((0x$mask | 1 << 24)) = $((0x$all)) ] || skip "docker asks for all capabilities, of which this machine lacks some"
		flags=(--runtime trimmed)
	fi
	run docker "${RUN[@]}" "${flags[@]}" --rm --privileged "$IMAGE" sh -c 'grep Seccomp: /proc/self/status
		mount -t tmpfs tmpfs /tmp && : >/dev/kmsg && echo 1 >/proc/sys/net/ipv4/ip_forward
		mknod /kmsg c 1 11 && : >/kmsg && mkdir /sys/fs/cgroup/pids/new && rmdir /sys/fs/cgroup/pids/new && echo done'
	expect 0 $'Seccomp:\t0' done
	all_gone
}

@test "docker: build, copy, commit" {
	printf 'FROM %s\nRUN echo built >/file && mkdir /dir\nUSER 1000\nWORKDIR /dir\nCMD cat /file\n' "$IMAGE" >"$T/Dockerfile"
	DOCKER_BUILDKIT=0 docker build --force-rm --cgroup-parent "/$ID" --tag "$ID:1" - <"$T/Dockerfile" >/dev/null
	run docker "${RUN[@]}" --name one "$ID:1"
	expect 0
	same "$output" built
	docker cp one:/file "$T/copied"
	same "$(cat "$T/copied")" built
	docker rm one
	docker rmi "$ID:1"
	all_gone
}
