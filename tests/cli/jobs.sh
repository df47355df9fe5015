#!/bin/sh
# SPDX-License-Identifier: GPL-3.0-or-later
# train --jobs: folds of a session at once, in one process. The session is that of the sequence.
. tests/cli/common
unset XDG_RUNTIME_DIR
TMPDIR=$dir/tmp
export TMPDIR
mkdir "$TMPDIR"

five_sessions "$dir/five"
config=$dir/five/config.yml
epochs=40
[ "${KIND:-release}" = release ] || epochs=8 # it is slow
long="--set train.epoch=$epochs"
lines() { if [ -f "$1" ]; then wc -l <"$1"; else echo 0; fi; }
# start SESSION OPTION...: in the background, as process $pid.
start() {
	session=$1
	shift
	"$MIUST" train "$config" --session "$session" "$@" >"$dir/out" 2>"$dir/err" &
	pid=$!
}
# until_epoch FOLD N: the process has come so far.
until_epoch() {
	while kill -0 $pid 2>/dev/null && [ "$(lines "$session/fold-$1/epochs.csv")" -le "$2" ]; do :; done
}
ended() {
	wait $pid 2>/dev/null
	status=$?
}
no_leavings() { [ -z "$(find "$1" -name '.miust-tmp-*')" ]; }

# Whatever the number, files and results are those of one fold after the other.
run train "$config" --session "$dir/whole" $long
check sequence done_well
cp "$dir/out" "$dir/whole.out"
for n in 1 2 3 8; do
	run train "$config" --session "$dir/jobs.$n" $long --jobs $n
	check "jobs_$n" done_well
	check "jobs_${n}_prints_the_same" cmp -s "$dir/whole.out" "$dir/out"
	check "jobs_${n}_same_bytes" same "$dir/whole" "$dir/jobs.$n"
	check "jobs_${n}_leave_nothing" no_leavings "$dir/jobs.$n"
done
check each_fold_is_said [ "$(grep -c '^miust: fold [1-5]: best epoch ' "$dir/err")" -eq 5 ]
run train "$config" --session "$dir/threads" $long --jobs 2 --threads 5
check threads_same_bytes same "$dir/whole" "$dir/threads"
# Small runs that begin and end at the same instants.
for round in 1 2 3 4 5 6; do
	run train "$config" --session "$dir/short.$round" --jobs 4
	done_well && { [ "$round" -eq 1 ] || same "$dir/short.1" "$dir/short.$round"; } || break
done
check again_and_again [ "$round" -eq 6 ]

# Seeds too: a place that is free goes on with the next seed; they are printed in order.
run train "$config" --session "$dir/seeds" --seeds 3
cp "$dir/out" "$dir/seeds.out"
run train "$config" --session "$dir/seeds.jobs" --seeds 3 --jobs 4
check seeds done_well
check seeds_print_in_order cmp -s "$dir/seeds.out" "$dir/out"
check seeds_same_bytes same "$dir/seeds" "$dir/seeds.jobs"
check seeds_are_named [ "$(grep -c '^miust: seed 1[234] fold [1-5]: best epoch' "$dir/err")" -eq 15 ]
run train "$config" --session "$dir/some" --fold 2 --fold 4 --jobs 2
run train "$config" --session "$dir/some.sequence" --fold 2 --fold 4
check some_folds same "$dir/some.sequence" "$dir/some"

# Finished already: the results once more, nothing is written.
record "$dir/jobs.2" >"$dir/before"
run train "$config" $long --session "$dir/jobs.2" --resume-or-start --jobs 2
check finished done_well
check finished_is_said_once [ "$(grep -c 'jobs.2 is finished already$' "$dir/err")" -eq 1 ]
check finished_prints cmp -s "$dir/whole.out" "$dir/out"
record "$dir/jobs.2" >"$dir/after"
check finished_untouched cmp -s "$dir/before" "$dir/after"

# A replay: a later fold takes over what earlier ones were given, whichever of them still train.
cat >"$dir/log" <<END
at 2 1 3 set train.optimizer.lr 0.1
at 3 1 1 begin
at 4 1 4 set train.clip 1
at 1 2 6 set train.patience 10
END
run train "$config" --session "$dir/replay" $long --replay "$dir/log"
check replay done_well
for n in 2 5; do
	run train "$config" --session "$dir/replay.$n" $long --replay "$dir/log" --jobs $n
	check "replay_$n" same "$dir/replay" "$dir/replay.$n"
done
run train "$config" --session "$dir/replay.pipe" $long --replay /dev/stdin --jobs 2 <"$dir/log"
check replay_from_a_pipe same "$dir/replay" "$dir/replay.pipe"

# Stopped: each fold stores a checkpoint; gone on with, at once or one after the other.
start "$dir/stopped" $long --jobs 2
until_epoch 1 2
until_epoch 2 2
kill -TERM $pid
ended
check stopped says 143 "^miust: stopped by SIGTERM: fold 1 before epoch [0-9]*, step [0-9]*, fold 2 \
before epoch .*; go on with --session $dir/stopped --resume --jobs 2$"
check stopped_stores [ -s "$dir/stopped/fold-1/state.safetensors" ]
check stopped_stores_both [ -s "$dir/stopped/fold-2/state.safetensors" ]
check stopped_joins [ "$(cut -d, -f1 "$dir/stopped/steps.csv" | sort -u | tr '\n' ' ')" = '1 2 fold ' ]
cp -r "$dir/stopped" "$dir/stopped.1"
run train --session "$dir/stopped" --resume --jobs 3
check stopped_goes_on done_well
check stopped_folds_go_on [ "$(grep -c '^miust: fold [12] goes on before epoch' "$dir/err")" -eq 2 ]
check stopped_prints cmp -s "$dir/whole.out" "$dir/out"
check stopped_same_bytes same "$dir/whole" "$dir/stopped"
run train --session "$dir/stopped.1" --resume
check stopped_sequence_same_bytes same "$dir/whole" "$dir/stopped.1"
# --max-steps are of all folds together.
run train "$config" --session "$dir/steps" $long --jobs 2 --max-steps 13
check max_steps done_well
check max_steps_are_exact grep -q '^miust: stopped after 13 steps; go on with .* --jobs 2$' "$dir/err"
check max_steps_rows [ "$(lines "$dir/steps/steps.csv")" -eq 14 ]
run train --session "$dir/steps" --resume --jobs 2
check max_steps_same_bytes same "$dir/whole" "$dir/steps"

# Killed at any instant, several times, and gone on with.
kills=0 well=0
for instant in 1:1 1:4 2:2 3:1 3:5 5:2; do
	k=$dir/killed.$instant
	start "$k" $long --jobs 3
	until_epoch "${instant%:*}" "${instant#*:}"
	kill -9 $pid 2>/dev/null
	ended
	[ $status -ne 137 ] || kills=$((kills + 1))
	start "$k" $long --jobs 2 --resume-or-start
	until_epoch 4 1
	kill -9 $pid 2>/dev/null
	ended
	case $instant in 3:*) n=1 ;; *) n=3 ;; esac
	run train "$config" $long --session "$k" --resume-or-start --jobs $n
	done_well && same "$dir/whole" "$k" && no_leavings "$k" || break
	well=$((well + 1))
done
echo "# killed $kills times"
check killed_at_any_instant [ $well -eq 6 ]
check killed_some [ $kills -ge 3 ]

# One fold diverges: the others are trained. A bias of a stored state becomes infinite.
run train "$config" --session "$dir/diverges" $long --jobs 2 --max-steps 12
state=$dir/diverges/fold-2/state.safetensors
header=$(od -An -N8 -tu8 "$state" | tr -d ' ')
at=$(head -c $((header + 8)) "$state" | tail -c "$header" | tr '{' '\n' | tr -d ' ' |
	sed -n '/"weights\/c_fc.bias":$/{n;s/.*"data_offsets":\[\([0-9]*\),.*/\1/p;}')
printf '\000\000\200\177' |
	dd of="$state" bs=1 seek=$((8 + header + at)) conv=notrunc 2>/dev/null
run train --session "$dir/diverges" --resume --jobs 2 --on "end run sh -c 'env >>$dir/end'"
check diverges says 3 '^miust: fold 2, epoch [0-9]*, step [0-9]*: [a-z_ ]* is -\{0,1\}\(nan\|inf\)'
check others_are_trained [ "$(ls "$dir"/diverges/fold-[1345]/result.json | wc -l)" -eq 4 ]
check it_is_not [ ! -e "$dir/diverges/fold-2/result.json" ]
check end_is_told_once [ "$(grep -c ^MIUST_STATE= "$dir/end")" -eq 1 ]
check end_is_told_right grep -q ^MIUST_STATE=diverged "$dir/end"
rm -r "$dir/diverges/fold-2"
run train --session "$dir/diverges" --resume --jobs 2 --on "end run sh -c 'env >>$dir/end.2'"
check fold_is_trained_again done_well
check finished_is_told_once [ "$(grep -c ^MIUST_STATE=finished "$dir/end.2")" -eq 1 ]
check finished_same_bytes same "$dir/whole" "$dir/diverges"
# Any other error: those that train go on to their ends, and no fold is begun any more.
run train "$config" --session "$dir/fails" $long --jobs 2 --max-steps 12
: >"$dir/fails/fold-3"
run train --session "$dir/fails" --resume --jobs 2
check fails says 1 "fails/fold-3"
check fails_others_end [ "$(ls "$dir"/fails/fold-[12]/result.json | wc -l)" -eq 2 ]
check fails_none_begins [ ! -e "$dir/fails/fold-5" ]
rm "$dir/fails/fold-3"
run train --session "$dir/fails" --resume --jobs 2
check fails_goes_on same "$dir/whole" "$dir/fails"

# A fold that another process trains is left to it.
start "$dir/held" $long --fold 3
until_epoch 3 1
kill -STOP $pid
other=$pid
run train "$config" --session "$dir/held" $long --resume --jobs 2
check held says 1 "^miust: $dir/held: fold 3 was left to another program, which trains it; miust collect"
check held_is_said grep -q "^miust: fold 3 is left to process $other on .* since .*, which trains it$" "$dir/err"
check held_others_are_trained [ "$(ls "$dir"/held/fold-[1245]/result.json | wc -l)" -eq 4 ]
kill -CONT $other
wait $other
run collect "$dir/held"
check held_is_collected cmp -s "$dir/whole.out" "$dir/out"
check held_same_bytes same "$dir/whole" "$dir/held"

# Two processes with jobs of their own share the folds.
start "$dir/shared" $long --jobs 2 --resume-or-start
other=$pid
run train "$config" --session "$dir/shared" $long --jobs 2 --resume-or-start
wait $other
shared=$?
check shared [ $((status + shared)) -le 1 ]
run collect "$dir/shared"
check shared_prints cmp -s "$dir/whole.out" "$dir/out"
check shared_same_bytes same "$dir/whole" "$dir/shared"

# Asked from outside: a fold is named; stop, pause and resume are for all.
start "$dir/asked" --set train.epoch=100000 --jobs 2
until_epoch 1 0
until "$MIUST" control "$dir/asked" --fold 2 pause >"$dir/said" 2>&1 || ! kill -0 $pid; do :; done
ask() {
	"$MIUST" control "$dir/asked" "$@" >"$dir/said" 2>&1
	asked=$?
}
ask --fold 2 set lr 0.001
check asked_one [ $asked -eq 0 ]
check asked_one_is_logged grep -q '^at 2 [0-9]* [0-9]* set train.optimizer.lr 0.001 ' \
	"$dir/asked/fold-2/commands.log"
check asked_one_alone [ ! -s "$dir/asked/fold-1/commands.log" ]
ask set lr 0.001
check asked_which [ $asked -eq 1 ]
check asked_which_is_said grep -q 'several folds of this session train at once (now 1, 2); say which with --fold N' \
	"$dir/said"
ask --fold 2 snapshot
check asked_snapshot grep -q '"fold": 2,' "$dir/said"
ask --fold 1 get lr
check asked_other_keeps grep -q '^train.optimizer.lr 0.012 ' "$dir/said"
ask --fold 3 get lr
check asked_nobody [ $asked -eq 4 ]
ask pause
ask --fold 1 snapshot
check asked_all_pause grep -q '"state": "paused"' "$dir/said"
ask stop
check asked_all_stop [ $asked -eq 0 ]
ended
check stopped_outside says 1 '^miust: stopped by process [0-9]*: fold 1 before .*, fold 2 before '
check stopped_outside_lock [ ! -s "$dir/asked/fold-2/lock" ]

# What one fold is given no other gets, whenever it begins.
start "$dir/alone" $long --jobs 2
until "$MIUST" control "$dir/alone" --fold 2 pause >"$dir/said" 2>&1 || ! kill -0 $pid; do :; done
"$MIUST" control "$dir/alone" --fold 2 set clip 0.5 >"$dir/said" 2>&1
check alone_is_said grep -q 'set train.clip 0.5 (fold 2 alone, of those trained at once)' "$dir/said"
"$MIUST" control "$dir/alone" resume >"$dir/said" 2>&1
goes_on=$?
check alone_goes_on [ $goes_on -eq 0 ]
[ $goes_on -eq 0 ] || kill -9 $pid
ended
check alone done_well
grep -l clip "$dir"/alone/fold-*/commands.log >"$dir/clipped"
check alone_it_is [ "$(cat "$dir/clipped")" = "$dir/alone/fold-2/commands.log" ]
run train "$config" $long --session "$dir/alone.again" --replay "$dir/alone/commands.log"
find "$dir/alone" "$dir/alone.again" -name commands.log -exec sed -i 's/ *#.*//' {} +
check alone_again same "$dir/alone" "$dir/alone.again"

# Values.
for n in 0 -1 x 65 1.5 ''; do
	run train "$config" --session "$dir/value" --jobs "$n"
	check "refused_$n" says 2 "^miust: train: --jobs: expected an integer, 1 to 64; found '$n'"
done
check refused_makes_nothing [ ! -e "$dir/value" ]
run train "$config" --session "$dir/value" --jobs 2 --fold 9
check refused_fold says 2 'fold 9: this corpus has folds 1 to 5'
check refused_fold_makes_nothing [ ! -e "$dir/value" ]
run train "$config" --session "$dir/value" --jobs 2 --set train.epoch=0
check refused_setting says 2 'train.epoch'

# ---- address space for some of them: it ends, with the session or with a sentence
if [ "${KIND:-release}" != release ]; then
	echo "skip space: a sanitizer reserves terabytes"
else
	for kb in 350000 400000 1000000; do
		(ulimit -v $kb && exec timeout -s KILL 100 "$MIUST" train "$config" --session "$dir/space-$kb" \
			--jobs 4) >"$dir/out" 2>"$dir/err"
		status=$?
		check "space_$kb" eval '[ $status -eq 0 ] || { [ $status -eq 1 ] && grep -q "^miust: " "$dir/err"; }'
	done
fi
