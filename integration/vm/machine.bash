# Sourced by build and run: one qemu with the image in $image, under the control of files in $work (a directory of the
# caller's that it removes). Software emulation: KVM is rarely there where tests run. qemu comes with the image, of the
# guest's Debian release, and is run through its own dynamic linker: the one of Debian 12 (7.2) corrupts its guests.

words='root=/dev/vda rw console=ttyS0 quiet loglevel=3 nokaslr mitigations=off no_timer_check tsc=reliable panic=-1 psi=1
	systemd.show_status=0 systemd.unified_cgroup_hierarchy=1'

# qemu PROGRAM ARGUMENT…: becomes one of the image's programs.
qemu() {
	local lib=$image/tools/usr/lib/x86_64-linux-gnu program=$image/tools/usr/bin/$1
	shift
	export QEMU_MODULE_DIR=$lib/qemu
	# The machine ends with the script, even when that is killed.
	exec setpriv --pdeathsig KILL "$image/tools/usr/lib64/ld-linux-x86-64.so.2" --library-path "$lib" "$program" "$@"
}

# machine_start DISK-OPTIONS CONSOLE [ARGUMENT…]: $machine is its pid; $work/job.tar is the second disk.
machine_start() {
	local disk=$1 console=$2
	shift 2
	touch "$work/job.tar"
	truncate -s 4G "$work/job.tar" # the disk has the same size as when the state was saved
	mkfifo "$work"/{ctl,mon}.{in,out} "$work"/{out,err}
	# Both ends are open here, so that neither side waits for the other.
	exec {to_guest}<>"$work/ctl.in" {from_guest}<>"$work/ctl.out" {to_qemu}<>"$work/mon.in" {from_qemu}<>"$work/mon.out"
	cat "$work/out" &
	output="$!"
	cat "$work/err" >&2 &
	output="$output $!"
	local args=(
		-name davit -nodefaults -no-user-config -display none -no-reboot
		-L "$image/tools/usr/share/qemu" -L "$image/tools/usr/share/seabios"
		-M q35,usb=off,smbus=off,sata=off,vmport=off,hpet=off,i8042=off
		-accel tcg,thread=multi -cpu max,la57=off -smp 2 -m 1536
		-rtc base=utc,clock=host
		-kernel "$image/vmlinux" -initrd "$image/initrd"
		-drive "if=none,id=root,cache=unsafe,$disk" -device virtio-blk-pci,drive=root
		-drive "if=none,id=job,file=$work/job.tar,format=raw,readonly=on" -device virtio-blk-pci,drive=job
		-device virtio-rng-pci -device virtio-serial-pci
		-chardev "pipe,id=ctl,path=$work/ctl" -device virtserialport,chardev=ctl,name=vm.ctl
		-chardev "file,id=out,path=$work/out" -device virtserialport,chardev=out,name=vm.out
		-chardev "file,id=err,path=$work/err" -device virtserialport,chardev=err,name=vm.err
		-chardev "file,id=res,path=$work/res" -device virtserialport,chardev=res,name=vm.res
		-chardev "pipe,id=mon,path=$work/mon" -mon chardev=mon,mode=readline
		-serial "$console"
	)
	TMPDIR=$work qemu qemu-system-x86_64 "${args[@]}" "$@" >"$work/qemu.log" 2>&1 </dev/null \
		{to_guest}<&- {from_guest}<&- {to_qemu}<&- {from_qemu}<&- &
	machine=$!
}

# machine_says WORD: waits for the agent's line that starts with it -> $line. Ends the script with 125 when the machine
# has ended before, with 124 at $deadline (of $SECONDS).
machine_says() {
	while :; do
		if read -r -t 1 -u "$from_guest" line; then
			line=${line%$'\r'}
			[ "${line%% *}" != "$1" ] || return 0
			continue
		fi
		kill -0 "$machine" 2>/dev/null || {
			cat "$work/qemu.log" >&2
			echo "the virtual machine ended early" >&2
			exit 125
		}
		[ "$SECONDS" -lt "$deadline" ] || {
			echo "the virtual machine was stopped at the time limit" >&2
			exit 124
		}
	done
}

# machine_end: when it has nothing more to say.
machine_end() {
	echo quit >&"$to_qemu"
	wait "$machine" || true
	machine=
	wait $output || true
}

# machine_kill: for the trap of the caller.
machine_kill() {
	[ -z "${machine:-}" ] || kill -9 "$machine" 2>/dev/null || true
	[ -z "${output:-}" ] || kill $output 2>/dev/null || true
	wait 2>/dev/null # bash says who was killed
}
