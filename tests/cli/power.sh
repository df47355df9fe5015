#!/bin/sh
# SPDX-License-Identifier: GPL-3.0-or-later
# A power loss at every call that makes something durable (tests/shim/power.c):
# what may be left goes on to the bytes of an undisturbed run, and what the
# program has said is stored is on the disk when it ends.
. tests/cli/common
shim=${SHIM:-build/release/tests/shim/power.so}
if [ "${KIND:-release}" != release ] || [ ! -e "$shim" ]; then
	echo "skip power: sanitizers do not go with a preloaded library"
	exit 0
fi
shim=$(realpath "$shim")
export POWER_ROOT="$dir/root" POWER_OUT="$dir/cuts"
mkdir "$POWER_ROOT" "$POWER_OUT"
log=$dir/log
cat >"$log" <<'END'
at 0 1 2 set train.clip 1
at 0 2 6 set train.optimizer.lr 0.005
END
settings='--set train.epoch=2 --set exp.normalize=train --set train.health=2'
train() { run train "$tiny" $settings --replay "$log" "$@"; }
preloaded() {
	LD_PRELOAD=$shim "$MIUST" "$@" >"$dir/out" 2>"$dir/err"
	status=$?
}

train --session "$dir/want"
check undisturbed done_well
preloaded train "$tiny" $settings --replay "$log" --session "$POWER_ROOT/s"
check recorded done_well
check recorded_run_is_the_same same "$dir/want" "$POWER_ROOT/s"

# The last cut is the program's end.
durable() {
	last=$(find "$POWER_OUT" -name '*.synced' | LC_ALL=C sort | tail -n 1)
	diff -r "$POWER_ROOT" "$last" >"$dir/out"
}
check all_is_on_the_disk_at_the_end durable

# go_on CUT: of equal ones only the first is tried.
tried=0 wrong=0
go_on() {
	sum=$(cd "$1" && find . -type f -exec cksum {} + | LC_ALL=C sort | cksum)
	case " $sums " in *" $sum,"*) return ;; esac
	sums="$sums $sum,"
	tried=$((tried + 1))
	train --session "$1/s" --resume
	if [ "$status" -ne 0 ] || ! same "$dir/want" "$1/s"; then
		wrong=$((wrong + 1))
		echo "# $(basename "$1"): status $status, $(head -n 1 "$dir/err")"
	fi
}
sums=
for cut in "$POWER_OUT"/*; do go_on "$cut"; done
echo "# $tried cuts"
check cuts_there_are [ "$tried" -gt 40 ]
check every_cut_goes_on_to_the_same_bytes [ "$wrong" -eq 0 ]

# Two runs in one: what an interrupted one has stored is there for the next.
rm -rf "$POWER_ROOT" "$POWER_OUT"
mkdir "$POWER_ROOT" "$POWER_OUT"
preloaded train "$tiny" $settings --replay "$log" --session "$POWER_ROOT/s" --max-steps 6
check interrupted done_well
check all_is_on_the_disk_after_a_stop durable

# A change made by hand is on the disk before it is in force.
rm -rf "$POWER_ROOT" "$POWER_OUT"
mkdir "$POWER_ROOT" "$POWER_OUT"
cp -r "$(dirname "$tiny")" "$POWER_ROOT/tiny"
printf 'step\nset train.clip 1\nstep\n' >"$dir/script"
tui=$(realpath "${MIUST_TUI:-build/miust-tui}")
(cd "$POWER_ROOT" && LD_PRELOAD=$shim "$tui" tiny/config.yml --script "$dir/script") \
	>"$dir/out" 2>"$dir/err"
status=$?
check steered done_well
logged() { cmp "$POWER_ROOT"/sessions/*/fold-0/commands.log "$1"/sessions/*/fold-0/commands.log >"$dir/out" 2>&1; }
last=$(find "$POWER_OUT" -name '*.synced' | LC_ALL=C sort | tail -n 1)
check change_is_on_the_disk logged "$last"
