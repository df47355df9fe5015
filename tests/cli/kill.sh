#!/bin/sh
# SPDX-License-Identifier: GPL-3.0-or-later
# A run killed at any instant, or stopped by a signal, and gone on with, leaves
# what the undisturbed run leaves. Instants come from seeded random numbers:
# how far the fold's steps.csv has grown, then how often a loop of this shell has turned.
. tests/cli/common
epochs=120 times=20 # 480 steps
[ "${KIND:-release}" = release ] || epochs=40 times=6 # they are slow
set -- --set train.epoch=$epochs --set exp.normalize=train

run train "$tiny" --session "$dir/whole" "$@"
check undisturbed done_well
total=$(wc -c <"$dir/whole/steps.csv")

# Lines "BYTES TURNS": one instant in each of as many parts of the run; turns spread
# over a step, its evaluation and its checkpoint.
awk -v total="$total" -v n=$times 'BEGIN { srand(7)
	for (i = 0; i < n; i++) print int((i + rand()) / n * total * 0.9), int(rand() * 4000) }' \
	>"$dir/instants"

size() { if [ -f "$1" ]; then wc -c <"$1"; else echo 0; fi; }
# kill_at SESSION BYTES TURNS: start or go on, and kill -9 there.
kill_at() {
	"$MIUST" train "$tiny" --session "$1" --resume $settings >"$dir/out" 2>"$dir/err" &
	pid=$!
	while kill -0 $pid 2>/dev/null && [ "$(size "$1/fold-0/steps.csv")" -lt "$2" ]; do :; done
	turn=0
	while [ $turn -lt "$3" ]; do turn=$((turn + 1)); done
	kill -9 $pid 2>/dev/null
	wait $pid 2>/dev/null
	status=$?
}
settings=$*
kills=0 tries=0
until [ $kills -ge $times ] || [ $tries -ge 10 ]; do # more than once only on a busy machine:
	tries=$((tries + 1))
	while read -r bytes turns && [ $kills -lt $times ]; do
		kill_at "$dir/killed" "$bytes" "$turns"
		if [ $status -eq 137 ]; then
			kills=$((kills + 1))
		else # it was through before the signal came: from the start
			rm -rf "$dir/killed"
		fi
	done <"$dir/instants"
done
echo "# killed $kills times"
check killed_so_often [ $kills -eq $times ]
run train --session "$dir/killed" --resume
check resume_after_kills done_well
for f in steps.csv fold-0/steps.csv fold-0/best.safetensors fold-0/last.safetensors fold-0/state.safetensors \
	fold-0/predictions.csv fold-0/history.bin; do
	check "killed_$(echo $f | tr / _)" cmp -s "$dir/whole/$f" "$dir/killed/$f"
done
check killed_all_files same "$dir/whole" "$dir/killed"
check no_temporary_files [ -z "$(find "$dir/killed" -name '.miust-tmp-*')" ]

# Killed while it starts: by turns alone.
settings='--set train.epoch=2'
run train "$tiny" --session "$dir/short" $settings
awk -v n=$times 'BEGIN { srand(8); for (i = 0; i < n; i++) print int(rand() * rand() * 60000) }' >"$dir/instants"
while read -r turns; do kill_at "$dir/early" 0 "$turns"; done <"$dir/instants"
run train "$tiny" --session "$dir/early" --resume $settings
check resume_after_early_kills done_well
check early_kills_all_files same "$dir/short" "$dir/early"

# Torn last lines, as a power cut leaves them.
run train "$tiny" --session "$dir/torn" $settings --max-steps 6
printf '0,2,7,0.4' >>"$dir/torn/fold-0/steps.csv"
printf '0,2,' >>"$dir/torn/fold-0/epochs.csv"
printf 'at 0 2 7 set train.cl' >>"$dir/torn/fold-0/commands.log"
printf 'half a record' >>"$dir/torn/fold-0/history.bin"
run train --session "$dir/torn" --resume
cp "$dir/err" "$dir/torn.err"
check torn_lines_are_repaired same "$dir/short" "$dir/torn"

# Rows of before the checkpoint that somebody has removed are not lost in silence.
run train "$tiny" --session "$dir/lost" $settings --max-steps 6
sed -i '3,4d' "$dir/lost/fold-0/steps.csv"
sed -i 2d "$dir/lost/fold-0/epochs.csv"
run train --session "$dir/lost" --resume
check lost_rows_go_on done_well
check lost_steps_are_said grep -q '/lost/fold-0/steps.csv: 2 rows of steps before this one are lost;' "$dir/err"
check lost_epochs_are_said grep -q '/lost/fold-0/epochs.csv: 1 row of epochs before this one is lost;' "$dir/err"
check no_rows_are_lost_otherwise eval '! grep -q "before this one" "$dir/torn.err"'

# Without its log what was changed in a fold is not known: it does not go on without that.
run train "$tiny" --session "$dir/unlogged" $settings --max-steps 6
mv "$dir/unlogged/fold-0/commands.log" "$dir/log"
cp -a "$dir/unlogged" "$dir/unlogged-before"
run train --session "$dir/unlogged" --resume
check log_missing says 1 '/unlogged/fold-0/commands.log: is missing, although the fold has begun'
check log_missing_changes_nothing same "$dir/unlogged-before" "$dir/unlogged"
mv "$dir/log" "$dir/unlogged/fold-0/commands.log"
run train --session "$dir/unlogged" --resume
check log_put_back done_well

# A stored state that came after the checkpoint is of steps that are yet to be done.
for n in 5 6; do run train "$tiny" --session "$dir/at$n" --set store.every=1 --max-steps $n; done
check states_of_all_steps [ -s "$dir/at6/fold-0/states/6.state" ]
cp "$dir/at5/fold-0/state.safetensors" "$dir/at6/fold-0/"
run train --session "$dir/at6" --resume --set store.every=0 --max-steps 1
check resume_at_step_5 done_well
check states_to_come_go [ ! -e "$dir/at6/fold-0/states/6.state" ]
check states_of_before_stay [ -s "$dir/at6/fold-0/states/5.state" ]

# A second program keeps out of a session that is written.
"$MIUST" train "$tiny" --session "$dir/locked" --set train.epoch=100000 >"$dir/o" 2>"$dir/e" &
pid=$!
while kill -0 $pid && [ "$(size "$dir/locked/fold-0/steps.csv")" -lt 1000 ]; do :; done
run train --session "$dir/locked" --resume
check locked says 1 "another program is writing this session: fold 0, process $pid on "
kill -9 $pid
wait $pid 2>/dev/null

# Signals: the step is finished, a checkpoint written, the place said. A shell's
# background ignores SIGINT and the program respects that, so the run stands in
# the foreground and the sender behind.
sender() {
	until [ -s "$dir/pid" ]; do :; done
	pid=$(cat "$dir/pid")
	while kill -0 "$pid" 2>/dev/null && [ "$(size "$2/fold-0/steps.csv")" -lt 2500 ]; do :; done
	kill "-$1" "$pid" 2>/dev/null # twice, as timeout and a closed terminal do: one request
	kill "-$1" "$pid" 2>/dev/null
}
# stop_by SIGNAL COMMAND...: in session $dir/SIGNAL.
stop_by() {
	rm -f "$dir/pid" # before the sender looks for it
	sender "$1" "$dir/$1" &
	sh -c "$2"'echo $$ >"$0.new" && mv "$0.new" "$0" && exec "$@"' "$dir/pid" "$MIUST" train \
		"$tiny" --session "$dir/$1" --set train.epoch=$epochs --set exp.normalize=train \
		>"$dir/out" 2>"$dir/err"
	status=$?
	wait
}
for pair in INT:130 HUP:129 TERM:143 USR1:138 USR2:140; do
	s=${pair%:*}
	if sh -c "kill -$s \$\$" 2>/dev/null; then
		echo "skip signal_$s: whoever started the tests ignores it"
		continue
	fi
	stop_by "$s" ''
	check "signal_$s" says "${pair#*:}" \
		"stopped by SIG$s before epoch [1-9][0-9]*, step [1-9][0-9]* of fold 0; go on with"
	next=$(($(wc -l <"$dir/$s/steps.csv"))) # rows and a header
	check "signal_${s}_place" grep -q ", step $next of fold 0" "$dir/err"
	run eval "$dir/$s/config.yml" --weights "$dir/$s/fold-0/last.safetensors"
	check "signal_${s}_last_loads" done_well
	run train --session "$dir/$s" --resume
	check "signal_${s}_goes_on" grep -q "goes on before epoch .*, step $next of fold 0" "$dir/err"
	check "signal_${s}_all_files" same "$dir/whole" "$dir/$s"
done

# nohup: a signal that was ignored stays ignored.
rm -rf "$dir/HUP"
stop_by HUP 'trap "" HUP; '
check nohup_goes_on done_well
check nohup_all_files same "$dir/whole" "$dir/HUP"
