# Sessions in a real terminal: a tmux server of the test's own, a shell with job control in it, and the runtime in
# its foreground. Everything is waited for on the captured screen.

load lib/common
load lib/tmux

setup() {
	setup_bundle
	edit '.process.terminal = true | .process.env += ["PS1=inside> "]'
	args sh
}

teardown() {
	tmux_stop
	teardown_bundle
}

# begin [SHELL]: `run` in the pane, up to the prompt of the shell inside; what the terminal was before in $BEFORE.
begin() {
	tmux_start "$@"
	BEFORE=$(attributes)
	contains "$BEFORE" " icanon"
	clean_screen
	enter "runc run $ID"
	sees_prompt "inside>"
	becomes_raw
	RUN=$(conductor_pid)
	TTY=$(tty_pid "$RUN")
}

# The shell of the pane has the terminal as it was.
shell_is_back() {
	sees_prompt
	same "$(attributes)" "$BEFORE"
	clean_screen
	enter 'echo typed-$((40+2))'
	sees 'typed-42'
	shows 'echo typed-$((40+2))' || { echo "no echo:"; screen; return 1; }
}

# `fg`, and the shell inside answers.
foreground() {
	clean_screen
	enter fg
	becomes_raw
	answers
}

answers() {
	local number=$RANDOM
	enter "echo answer-\$(($number+0))"
	sees "answer-$number"
}

finish() {
	enter exit
	shell_is_back
	tmux_stop
	nothing_left
}

size_inside() {
	clean_screen
	enter 'stty size'
	sees "$1"
}

@test "tmux: type, see what is printed, exit" {
	begin dash
	enter 'echo $((6*7))-answer; tty'
	sees 42-answer
	sees /dev/pts/0
	enter 'exit 3'
	sees_prompt
	enter 'echo status=$?'
	sees status=3
	shell_is_back
	tmux_stop
	nothing_left
}

@test "tmux: a new size reaches the shell inside, and a full-screen program redraws" {
	begin
	size_inside "24 80"
	tmux_ resize-window -x 100 -y 30
	size_inside "30 100"
	enter 'busybox vi /etc/passwd'
	sees "- /etc/passwd [Readonly] 1/1 100%"
	same "$(screen | sed -n 30p | cut -c 1-13)" "- /etc/passwd"
	tmux_ resize-window -x 90 -y 12
	wait_for 5 eval '[[ $(screen | sed -n 12p) == "- /etc/passwd"* ]]' || { screen; return 1; }
	enter ':q'
	sees_prompt "inside>"
	finish
}

@test "tmux: control-C, control-Z and control-D are for the container" {
	begin
	enter 'sleep 1000; echo interrupted-$?'
	wait_for 5 pgrep -f '^sleep 1000$'
	press C-c
	sees_prompt "inside>"
	enter 'sleep 1001'
	wait_for 5 pgrep -f '^sleep 1001$'
	press C-z
	sees Stopped
	enter 'jobs; echo jobs-$((1+1))'
	sees jobs-2
	clean_screen
	enter 'fg; echo ended-$?'
	sees 'sleep 1001'
	press C-c
	sees_prompt "inside>"
	kill -0 "$RUN"
	press C-d
	shell_is_back
	tmux_stop
	nothing_left
}

@test "tmux: kill -TSTP gives the terminal back, fg takes it again" {
	begin dash
	enter 'trap "echo got-tstp-\$((1+1))" TSTP; trap "echo got-cont-\$((2+2))" CONT'
	sees_prompt "inside>"
	kill -TSTP "$RUN"
	sees Stopped
	shell_is_back
	is_stopped_process "$RUN"
	tmux_ resize-window -x 70 -y 20
	clean_screen
	enter fg
	becomes_raw
	press Enter
	sees got-tstp-2
	sees got-cont-4
	size_inside "20 70"
	finish
}

@test "tmux: signals to the whole process group: stopped once, and not ended" {
	begin dash
	kill -TSTP -- "-$RUN"
	sees Stopped
	shell_is_back
	foreground
	enter 'trap "echo got-int-\$((1+1))" INT; trap "echo got-term-\$((2+2))" TERM'
	sees_prompt "inside>"
	kill -INT -- "-$RUN"
	kill -TERM -- "-$RUN"
	press Enter
	sees got-int-2
	sees got-term-4
	answers
	is_raw
	finish
}

@test "tmux: SIGSTOP, of the conductor and of the whole group: fg makes the terminal raw again and copies the size" {
	local target
	begin
	for target in "$RUN" "-$RUN"; do
		clean_screen
		kill -STOP -- "$target"
		sees Stopped
		shell_is_back
		tmux_ resize-window -x 7${#target} -y 20
		foreground
		size_inside "20 7${#target}"
	done
	finish
}

@test "tmux: started in the background it stops before it touches the terminal, like any job" {
	tmux_start 'busybox sh'
	BEFORE=$(attributes)
	clean_screen
	enter "runc run $ID &"
	wait_for 5 eval 'RUN=$(conductor_pid); [ -n "$RUN" ] && is_stopped_process "$RUN"'
	same "$(status_of "$ID")" created
	shell_is_back
	enter 'jobs -l'
	sees 'Stopped (tty output)'
	clean_screen
	enter bg
	wait_for 5 is_stopped_process "$RUN"
	shell_is_back
	foreground
	finish
}

@test "tmux: a job that was stopped in the background can be killed" {
	tmux_start
	BEFORE=$(attributes)
	enter "runc run $ID &"
	wait_for 5 eval 'RUN=$(conductor_pid); [ -n "$RUN" ] && is_stopped_process "$RUN"'
	enter 'kill %1'
	wait_for 5 eval '! kill -0 $RUN'
	clean_screen
	shell_is_back
	tmux_stop
	nothing_left
}

@test "tmux: SIGTTIN stops it as tty input" {
	begin
	kill -TTIN -- "-$RUN"
	sees Stopped
	clean_screen
	enter 'jobs -l'
	sees 'Stopped (tty input)'
	shell_is_back
	foreground
	finish
}

@test "tmux: a process group that nobody could continue is not stopped, and leaves the terminal alone" {
	args sleep 1000
	tmux_start
	BEFORE=$(attributes)
	clean_screen
	enter "( runc run $ID <$PANE_TTY & )"
	wait_for 5 is_running "$ID"
	RUN=$(conductor_pid)
	TTY=$(tty_pid "$RUN")
	shell_is_back
	kill -TSTP "$RUN"
	# The answer of tty is behind the conductor when it has taken two more turns.
	kill -WINCH "$RUN"
	runc kill "$ID" KILL
	wait_for 5 test ! -e "/proc/$RUN"
	shell_is_back
	tmux_stop
	nothing_left
}

@test "tmux: the runtime is killed: the shell has its terminal, the container can be deleted" {
	begin dash
	enter 'trap "" HUP; sleep 1002'
	wait_for 5 pgrep -f '^sleep 1002$'
	kill -KILL "$RUN"
	shell_is_back
	wait_for 5 test ! -e "/proc/$TTY"
	clean_screen
	enter "runc delete -f $ID; echo deleted-\$?"
	sees deleted-0
	tmux_stop
	nothing_left
}

@test "tmux: tty is killed: the terminal comes back, the container is hung up, and run waits for its end" {
	edit '.root.readonly = false'
	args sh -c 'trap "echo hung-up >/hup" HUP; echo waiting; while :; do sleep 0.1; done'
	tmux_start dash
	BEFORE=$(attributes)
	enter "runc run $ID; echo status=\$?"
	sees waiting
	becomes_raw
	RUN=$(conductor_pid)
	kill -KILL "$(tty_pid "$RUN")"
	sees "tty was killed by signal"
	same "$(attributes_now)" "$BEFORE"
	wait_for 5 grep -q hung-up "$ROOTFS/hup"
	kill -0 "$RUN"
	is_running "$ID"
	runc kill "$ID" KILL
	sees status=137
	shell_is_back
	tmux_stop
	nothing_left
}

@test "tmux: the terminal goes away: a hang-up for the container, and nothing is left" {
	begin
	tmux_stop
	wait_for 5 test ! -e "/proc/$RUN"
	nothing_left
}

@test "tmux: the terminal goes away, the container stays: run waits without using the processor" {
	args sh -c 'trap "" HUP; echo waiting; while :; do sleep 1000; done'
	tmux_start
	enter "runc run $ID"
	sees waiting
	becomes_raw
	RUN=$(conductor_pid)
	TTY=$(tty_pid "$RUN")
	tmux_stop
	wait_for 5 test ! -e "/proc/$TTY"
	wait_for 5 idle "$RUN"
	before=$(cpu_ticks "$RUN")
	sleep 1
	same "$(cpu_ticks "$RUN")" "$before"
	runc kill "$ID" KILL
	wait_for 5 test ! -e "/proc/$RUN"
	nothing_left
}

# begin_exec [SHELL]: `exec -t` of a shell in a container that sleeps.
begin_exec() {
	edit '.process.terminal = false'
	args sleep 1000
	detached run -d "$ID"
	expect 0
	tmux_start "$@"
	BEFORE=$(attributes)
	clean_screen
	enter "runc exec -t $ID sh"
	sees_prompt "inside>"
	becomes_raw
	RUN=$(conductor_pid exec)
	TTY=$(tty_pid "$RUN")
}

@test "tmux: exec -t: type, a new size, control-C, control-Z, stop and fg, exit" {
	begin_exec dash
	answers
	tmux_ resize-window -x 100 -y 30
	size_inside "30 100"
	enter 'sleep 1004; echo interrupted-$?'
	wait_for 5 pgrep -f '^sleep 1004$'
	press C-c
	sees_prompt "inside>"
	enter 'sleep 1005'
	wait_for 5 pgrep -f '^sleep 1005$'
	press C-z
	sees Stopped
	clean_screen
	enter fg
	sees 'sleep 1005'
	press C-c
	sees_prompt "inside>"
	kill -TSTP "$RUN"
	sees Stopped
	shell_is_back
	foreground
	enter 'exit 3'
	sees_prompt
	enter 'echo status=$?'
	sees status=3
	shell_is_back
	is_running "$ID"
}

@test "tmux: exec -t is killed: the shell has its terminal, the process is hung up, the container goes on" {
	begin_exec dash
	local inside
	inside=$(pgrep -P "$RUN" | grep -vx "$TTY")
	kill -KILL "$RUN"
	shell_is_back
	wait_for 5 test ! -e "/proc/$TTY"
	wait_for 5 test ! -e "/proc/$inside"
	is_running "$ID"
	clean_screen
	enter "runc delete -f $ID; echo deleted-\$?"
	sees deleted-0
	tmux_stop
	nothing_left
}

@test "tmux: the tty of exec is killed: the terminal comes back, the process is hung up, exec ends" {
	begin_exec dash
	kill -KILL "$TTY"
	sees "tty was killed by signal"
	wait_for 5 test ! -e "/proc/$RUN"
	shell_is_back
	is_running "$ID"
}
