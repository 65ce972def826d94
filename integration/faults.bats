# Every system call of every program may fail, and every program be killed or stopped at it (integration/faults/sweep.bash).
# Here a sample, another one each time; `make faults` for all.
# layouts: hybrid v2

load lib/common
load faults/sweep

setup() { setup_faults; }

# Within three minutes for all of them.
swept() {
	[ "$FAULTS" = all ] || SWEEP_SECONDS=$((14 * SLOW))
	sweep_verb "$1" >"$T/found" || { cat "$T/found"; return 1; }
	echo "# $(tail -n 1 "$T/found")" >&3
}

@test "faults: run" { swept run; }
@test "faults: run -d" { swept detached; }
@test "faults: create" { swept create; }
@test "faults: start" { swept start; }
@test "faults: exec" { swept exec; }
@test "faults: update" { swept update; }
@test "faults: pause" { swept pause; }
@test "faults: resume" { swept resume; }
@test "faults: kill" { swept kill; }
@test "faults: delete" { swept delete; }
@test "faults: delete --force" { swept force; }
