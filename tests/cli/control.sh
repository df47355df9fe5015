#!/bin/sh
# SPDX-License-Identifier: GPL-3.0-or-later
# miust control: a run that trains is asked, steered and followed from outside.
. tests/cli/common
s=$dir/s
unset XDG_RUNTIME_DIR
TMPDIR=$dir/tmp
export TMPDIR
mkdir "$TMPDIR"

# trains SESSION ARGUMENT...: in the background, as process $pid; until it can be asked.
trains() {
	session=$1
	shift
	"$MIUST" train "$@" --session "$session" >"$session.out" 2>"$session.err" &
	pid=$!
	until "$MIUST" control "$session" pause >"$dir/out" 2>"$dir/err" || ! kill -0 $pid 2>"$dir/none"; do :; done
}
ended() { wait "$pid"; status=$?; }
answers() { [ "$status" -eq 0 ] && [ "$(cat "$dir/out")" = "$1" ]; }
has() { grep -q -e "$1" "$dir/out"; }

trains "$s" "$tiny" --set train.epoch=100000
check pauses [ "$(cat "$dir/out")" = paused ]
run control "$s" set lr x0.5
check sets answers 'set train.optimizer.lr 0.006'
check logged grep -q 'set train.optimizer.lr 0.006   # was 0.012, asked by process [0-9]*$' \
	"$s/fold-0/commands.log"
run control "$s" get lr
check gets has '^train.optimizer.lr 0.006   number above 0'
run control "$s" set train.batch_size 5
check next_run_key says 1 'train.batch_size is fixed during a run'
run control "$s" -- set train.clip -1
check bad_value says 1 'train.clip: expected'
run control "$s" pause
check paused_already says 1 'pause: it is paused already'
run control "$s" puse
check unknown says 1 'unknown command puse; did you mean pause? help lists all'
run control "$s" step three
check bad_argument says 1 'step \[epoch\]: expected nothing or epoch, found three'
run control "$s" help
check help_lists_all [ "$(grep -c '^[a-z]' "$dir/out")" -ge 20 ]
check help_has_snapshot has '^snapshot  *The state as JSON'
check help_has_events has '^events \[FROM\]  *What happens, a line each'
run control "$s" break when 'grad_norm > 1000'
check breaks answers 'break when grad_norm > 1000, tested after each step'
run control "$s" break
check breaks_are_listed has 'grad_norm > 1000'
run control "$s" try train.clip 0.001
check tries has '^clip 0 → 0.001, step [0-9]*:[0-9]*$'
check tries_all_rows [ "$(grep -cE '^(main|cmd text|cmd audio|text|audio|loss|gradient|update) ' "$dir/out")" -eq 8 ]
run control "$s" try 'lr=x0.5,loss.text=0' for 3
check tries_several has '^optimizer.lr 0.006 → 0.003, loss.text 0.15 → 0.00, 3 steps from'
run control "$s" try lr 1e-4..1/5 for 2
check tries_a_sweep [ "$(grep -cE '^  (1e-4|0.001|0.01|0.1|1) ' "$dir/out")" -eq 5 ]
check sweep_marks_what_is has '^▸ 0.006 '
run control "$s" --json try lr 1e-4..1/5 for 2
check tries_as_json has '"tried":{"epoch":[0-9]*,"step":[0-9]*,"steps":2,"sweep":true,"log":true,"of":5,'
run control "$s" try train.batch_size 3
check tries_what_is_live says 1 'fixed during a run'
run control "$s" try off
check nothing_is_tried says 1 'nothing is being tried'
"$MIUST" control "$s" try lr 1e-4..1/50 for 1000 >"$dir/long" 2>&1 &
long=$!
until "$MIUST" control "$s" snapshot >"$dir/out" && grep -q '"trying": [1-9]' "$dir/out" ||
	! kill -0 $long 2>"$dir/none"; do :; done
check trying_shows_progress has '"trying_of": 51000'
run control "$s" try off
check off_is_answered done_well
wait $long
check off_ends_it grep -qE 'was ended after [0-9]+ of (50 values|51000 steps)' "$dir/long"
run control "$s" snapshot
check nothing_is_tried_any_more has '"trying_of": 0'
"$MIUST" control "$s" try lr 1e-4..1/50 for 1000 >"$dir/long" 2>&1 &
long=$!
until "$MIUST" control "$s" snapshot >"$dir/out" && grep -q '"trying": [1-9]' "$dir/out" ||
	! kill -0 $long 2>"$dir/none"; do :; done
kill -TERM $long
wait $long
status=$?
check a_signal_ends_a_try [ "$status" -eq 143 ]
check its_answer_is_shown grep -qE 'was ended after [0-9]+ of (50 values|51000 steps)' "$dir/long"
run control "$s" snapshot
check the_try_has_ended has '"trying": 0'
epoch_now() { "$MIUST" control "$s" snapshot | sed -n 's/.*"epoch": \([0-9]*\).*/\1/p'; }
before=$(epoch_now)
for i in 1 2 3; do
	run control "$s" step epoch
	check step_is_answered_$i answers 'to the end of the epoch, then a pause'
	run control "$s" wait paused
	check waits_$i done_well
	check waited_long_enough_$i [ "$(epoch_now)" -ge $((before + i - 1)) ]
	run control "$s" snapshot
	check waited_until_it_paused_$i has '"state": "paused"'
done
run control "$s" wait paused
check paused_already_is_no_wait answers ''
run control "$s" wait
check wait_needs_a_word says 2 'wait paused|ended: expected one of them'
run control "$s" note 'what a run'
check notes answers noted
check note_says_who grep -q 'what a run (asked by process [0-9]*)$' "$s/notes.txt"
run control "$s" notes
check notes_are_listed has '^fold 0, epoch .*what a run'
run control "$s" tag baseline
check tags grep -qx baseline "$s/tags.txt"
run control "$s" untag baseline
check untags [ ! -s "$s/tags.txt" ]
run control "$s" eval
check evaluates has '^validation now: WA'
run control "$s" save
check saves answers saved
run control "$s" save here
run control "$s" states
check states_are_listed has '^[0-9]*:[0-9]* .* here'
whole=$(realpath "$s")
run control "$s" --json undo
check whole_answer has "^{\"ok\":true,\"run\":\"$whole\",\"fold\":0,\"epoch\":[0-9]*,\"step\":[0-9]*,\"text\":\"set train.optimizer.lr 0.012 from here on; rewind [0-9]*:[0-9]* goes back to before the change, [0-9]* steps ago\"}\$"
run control "$s" --json puse
check whole_refusal has '^{"ok":false,.*"text":"unknown command puse'
check refusal_exits_1 [ "$status" -eq 1 ]
run control "$s" snapshot
check snapshot has '^  "state": "paused",$'
check snapshot_has_settings has '^    "train.optimizer.lr": "0.012",$'
printf 'get clip\n# a remark\n\nset clip 0.5\nset nothing 1\nundo\n' >"$dir/lines"
"$MIUST" control "$s" - <"$dir/lines" >"$dir/out" 2>"$dir/err"
status=$?
check lines_are_answered_in_order [ "$(cut -d' ' -f1-3 "$dir/out" | tr '\n' ,)" = \
	'train.clip 0 ,set train.clip 0.5,set train.clip 0,' ]
check a_refused_line_exits_1 [ "$status" -eq 1 ]
check a_refused_line_is_said grep -q 'unknown key nothing' "$dir/err"

run control "$s" rewind 1:2
# What it undoes of the settings is named, if the first pause came before 1:2.
check goes_back has '^rewound to 1:2, [0-9]* steps* replayed in [0-9.]* s;\( train.optimizer.lr 0.012 is 0.006 again;\)\{0,1\} what came after is branch before-rewind-1$'
check its_future_is_kept [ -f "$s/branches/before-rewind-1/fold-0/state.safetensors" ]
check the_log_says_who grep -q ' rewind 1:2 before-rewind-1   # asked by process [0-9]*$' "$s/fold-0/commands.log"
check its_rows_are_cut [ "$(wc -l <"$s/fold-0/steps.csv")" -eq 3 ]
run control "$s" snapshot
check it_is_there has '^  "step": 2,$'
check it_waits_there has '^  "state": "paused",$'
run control "$s" rewind 1:2
check it_is_there_already says 1 'it is there; the run is at 1:2'
run control "$s" rewind back to 1
check no_such_place says 1 'name'

# Events: each once, or a gap that is said; they end with the run.
"$MIUST" control "$s" events 1 >"$dir/events" 2>"$dir/events.err" &
events=$!
run control "$s" resume
check resumes answers 'it goes on'
until "$MIUST" control "$s" fold >"$dir/out" 2>"$dir/err" || # once an epoch is evaluated
	! kill -0 $pid 2>"$dir/none"; do :; done
check folds [ "$(cat "$dir/out")" = 'the fold ends: its kept checkpoint is tested' ]
ended
check all_folds_tested done_well
wait $events
check events_end [ $? -eq 0 ]
gapless() { sed 's/^{"gap":\[\([0-9]*\),\([0-9]*\)\].*/gap \1 \2/; s/^{"event":\([0-9]*\),"kind":"\([a-z]*\)".*/\1 \2/' \
	"$dir/events" | awk '$1 == "gap" { bad += $2 != last + 1; last = $3; next }
	{ bad += $1 != last + 1; last = $1 } END { exit bad || $2 != "ended" || NR < 5 }'; }
check events_are_gapless gapless
for kind in state result ended; do
	check "event_$kind" grep -q "\"kind\":\"$kind\",\"run\":\"$whole\"" "$dir/events"
done
ours() { grep -q "^miust: set train.optimizer.lr x0.5, asked by process [0-9]*$" "$s.err" ||
	grep -q "^miust: set train.optimizer.lr 0.006, asked by process [0-9]*$" "$s.err"; }
check trainer_says_who_asked ours
check socket_is_gone [ -z "$(ls "$TMPDIR"/miust-*)" ]
rm "$s/notes.txt" "$s/tags.txt"
run train "$tiny" --session "$dir/replayed" --set train.epoch=100000 --replay "$s/commands.log"
changes() { sed 's/   #.*//' "$1/commands.log"; }
replayed() { changes "$s" >"$dir/c1" && changes "$dir/replayed" | cmp -s - "$dir/c1" &&
	for f in steps.csv fold-0/predictions.csv fold-0/best.safetensors; do
		cmp -s "$s/$f" "$dir/replayed/$f" || return 1
	done; }
check replay_makes_the_same_bytes replayed

run control "$s" pause
check nobody_trains says 4 "nobody trains it"
run control "$dir/none" pause
check no_session says 1 'no session is stored there'
run control "$s"
check no_command says 2 'an argument is missing'

# A stop is a checkpoint, and no success. A break is announced where the run trains.
trains "$dir/stopped" "$tiny" --set train.epoch=100000
run control "$dir/stopped" break when 'epoch > 0'
run control "$dir/stopped" resume
until grep -q 'the break' "$dir/stopped.err" || ! kill -0 $pid 2>"$dir/none"; do :; done
check break_is_announced grep -q "^miust: paused at the break: epoch [0-9]* > 0; go on with miust control \
$dir/stopped resume\$" "$dir/stopped.err"
run control "$dir/stopped" break off
run control "$dir/stopped" resume
check goes_on_after_a_break answers 'it goes on'
"$MIUST" control "$dir/stopped" wait paused >"$dir/waited" 2>&1 &
pauses=$!
"$MIUST" control "$dir/stopped" wait ended >"$dir/waited.end" 2>&1 &
ends=$!
run control "$dir/stopped" stop
check stops answers 'finishing the step, then a checkpoint'
ended
wait $pauses
check a_wait_for_a_pause_fails [ $? -ne 0 ]
wait $ends
ended_wait=$? # 4: it had not looked yet
check a_wait_for_the_end test $ended_wait -eq 0 -o $ended_wait -eq 4
check stopped_is_no_success [ "$status" -eq 1 ]
check stopped_says_how_to_go_on grep -q \
	'^miust: stopped by process [1-9][0-9]* before epoch .* go on with --session .* --resume$' \
	"$dir/stopped.err"
check checkpoint_is_there [ -f "$dir/stopped/fold-0/state.safetensors" ]

# Two programs, a fold each.
five_sessions "$dir/five"
trains "$dir/folds" "$dir/five/config.yml" --set train.epoch=100000 --fold 1
first=$pid
"$MIUST" train --session "$dir/folds" --resume --fold 2 >"$dir/second.out" 2>"$dir/second.err" &
second=$!
until "$MIUST" control "$dir/folds" --fold 2 pause >"$dir/out" 2>"$dir/err" || ! kill -0 $second 2>"$dir/none"; do :; done
run control "$dir/folds" snapshot
check several_programs says 2 'several programs train it (fold . by process .*say which with --fold N'
run control "$dir/folds" --fold 1 --json set clip 0.5
check fold_1_is_asked has '"fold":1,'
run control "$dir/folds" --fold 2 --json get clip
check fold_2_is_untouched has '"fold":2,.*train.clip 0 '
run control "$dir/folds" --fold 3 pause
check fold_3_is_nobodys says 4 "nobody trains fold 3 now; trained are fold 1 by process $first on \
.*, fold 2 by process $second on "
run control "$dir/folds" --fold 1 stop
run control "$dir/folds" --fold 2 stop
wait $first
wait $second

# Without a place for a socket it trains all the same.
run train "$tiny" --session "$dir/plain"
rm -r "$TMPDIR/miust-$(id -u)"
: >"$TMPDIR/miust-$(id -u)" # a file where the folder belongs
"$MIUST" train "$tiny" --session "$dir/deaf" >"$dir/out" 2>"$dir/err"
status=$?
check deaf_trains done_well
check deaf_says_so grep -q 'nobody can ask this run while it trains: ' "$dir/err"
check deaf_same_bytes same "$dir/plain" "$dir/deaf"
"$MIUST" train "$tiny" --session "$dir/unheard" --set train.epoch=100000 >"$dir/none" 2>&1 &
pid=$!
until [ -s "$dir/unheard/fold-0/steps.csv" ] || ! kill -0 $pid 2>"$dir/none"; do :; done
run control "$dir/unheard" pause
kill $pid
wait $pid
check deaf_is_not_asked says 1 "process $pid on .* trains it, but does not listen (an older version, or no"
