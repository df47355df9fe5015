#!/bin/sh
# SPDX-License-Identifier: GPL-3.0-or-later
# miust train --replay: a commands.log gives the same run again.
. tests/cli/common
log=$dir/log
five_sessions "$dir/five"
folds=$dir/five/config.yml

# The tiny corpus has 4 steps an epoch, the five folds 5.
cat >"$log" <<'END'
# by hand: comments, blanks and any order of the lines

at 0 2 6 set train.clip 0.1  # later
at 0 1 3 set train.optimizer.lr 0.02
at 0 1 3 pause
at 0 3 9 set train.loss.cmd_text 0.5
at 0 4 13 set train.epoch 6
at 0 4 13 set train.patience 50
END
run train "$tiny" --session "$dir/a" --replay "$log"
check replay_succeeds done_well
logged='at 0 2 6 set train.clip 0.1   # was 0
at 0 1 3 set train.optimizer.lr 0.02   # was 0.012
at 0 1 3 pause
at 0 3 9 set train.loss.cmd_text 0.5   # was 0.30
at 0 4 13 set train.epoch 6   # was 3
at 0 4 13 set train.patience 50   # was 0'
check log_says_what_was [ "$(cat "$dir/a/commands.log")" = "$logged" ]
rate() { [ "$(awk -F, -v s="$2" '$3 == s { print $10 }' "$dir/a/steps.csv")" = "$1" ]; }
check rate_before rate 0.012 2
check rate_after rate 0.02 3
check last_epoch_extends_the_run [ "$(tail -n 1 "$dir/a/epochs.csv" | cut -d, -f2)" -eq 6 ]
run train "$tiny" --session "$dir/b" --replay "$dir/a/commands.log"
check replay_of_the_log_is_the_run same "$dir/a" "$dir/b"
run train "$tiny" --session "$dir/plain"
differs() { ! cmp -s "$dir/plain/fold-0/last.safetensors" "$dir/a/fold-0/last.safetensors"; }
check changes_change_something differs

for n in 1 2 3 6 12 13; do
	run train "$tiny" --session "$dir/cut$n" --replay "$log" --max-steps $n
	run train --session "$dir/cut$n" --resume
	check "replay_cut_at_${n}_goes_on_alone" same "$dir/a" "$dir/cut$n"
	run train "$tiny" --session "$dir/again$n" --replay "$log" --max-steps $n
	run train --session "$dir/again$n" --resume --replay "$log"
	check "replay_cut_at_${n}_named_again" same "$dir/a" "$dir/again$n"
done

# Over folds: what fold 1 was given stays for the others; `fold` ends one.
cat >"$log" <<'END'
at 1 1 4 set train.optimizer.lr 0.003
at 2 2 6 fold
at 3 1 2 fold
at 4 2 6 set train.loss.main 0.2
END
run train "$folds" --session "$dir/f" --replay "$log"
check folds_succeed done_well
first() { [ "$(awk -F, -v f="$1" '$1 == f { print $10; exit }' "$dir/f/steps.csv")" = "$2" ]; }
check fold_1_starts_with_the_config first 1 0.012
check fold_2_keeps_the_change first 2 0.003
check fold_5_keeps_the_change first 5 0.003
check fold_line_ends_the_fold [ "$(grep -c '^2,' "$dir/f/epochs.csv")" -eq 1 ]
check fold_line_too_early_is_said grep -q 'fold 3 has no evaluated epoch yet' "$dir/err"
check fold_line_too_early_is_nothing [ "$(grep -c '^3,' "$dir/f/epochs.csv")" -eq 2 ]
for n in 7 16 19 33; do
	run train "$folds" --session "$dir/f$n" --replay "$log" --max-steps $n
	run train --session "$dir/f$n" --resume
	check "folds_cut_at_$n" same "$dir/f" "$dir/f$n"
done
run train "$folds" --session "$dir/alone" --replay "$log" --fold 4
check fold_alone_knows_the_earlier cmp -s "$dir/f/fold-4/last.safetensors" \
	"$dir/alone/fold-4/last.safetensors"

# Each seed follows the log, and none another's.
echo 'at 0 1 2 set train.optimizer.lr 0.02' >"$log"
run train "$tiny" --session "$dir/seeds" --seeds 2 --replay "$log"
run train "$tiny" --session "$dir/seed13" --set exp.seed=13 --replay "$log"
check seeds_replay same "$dir/seed13" "$dir/seeds/seed-13"
run train "$tiny" --session "$dir/own" --replay "$log"
run train --session "$dir/own" --resume --seeds 2
run train "$tiny" --session "$dir/plain13" --set exp.seed=13
check seeds_do_not_share_logs same "$dir/plain13" "$dir/own/seed-13"

# Wrong lines: file and line, and nothing is made.
refused() { says 1 "$1" && [ ! -e "$dir/no" ]; }
wrong() {
	printf 'at 0 1 1 pause\n%s\n' "$2" >"$log"
	run train "$tiny" --session "$dir/no" --replay "$log"
	check "$1" refused "log:$(wc -l <"$log"): $3"
}
wrong wrong_line 'lr 3' '"at FOLD EPOCH STEP COMMAND" expected'
wrong wrong_key 'at 0 1 2 set train.optimiser.lr 1' 'unknown key .*; did you mean train.optimizer.lr?'
wrong wrong_value 'at 0 1 2 set train.clip -1' 'train.clip: expected'
wrong no_value 'at 0 1 2 set train.clip' '"set train.clip": expected set KEY VALUE'
wrong fixed_key 'at 0 1 2 set train.batch_size 3' 'train.batch_size is fixed during a run'
wrong wrong_word 'at 0 1 2 folt' 'unknown command folt; did you mean fold?'
wrong late_begin 'at 0 1 2 begin' 'begin says what a fold begins with; expected at step 1'
wrong wrong_rewind 'at 0 1 2 rewind back' '"rewind back": expected rewind EPOCH:STEP BRANCH'
wrong wrong_branch 'at 0 1 2 rewind 1:1 ../up' '"rewind 1:1 ../up": expected rewind'
wrong branch_alone 'at 0 2 6 branch' '"branch": expected branch NAME EPOCH:STEP'
wrong branch_nowhere 'at 0 2 6 branch x y' '"branch x y": expected branch NAME EPOCH:STEP'
wrong branch_ahead 'at 0 2 6 branch x 2:2' '"branch x 2:2" leaves at a step to come: its line is before step 6'
wrong branch_of_no_step 'at 0 2 6 branch x 1:5' '"branch x 1:5": an epoch of fold 0 has 4 steps'
wrong rewind_ahead 'at 0 2 6 rewind 2:2' 'rewind 2:2 does not go back: its line is before step 6'
wrong rewind_past_an_epoch 'at 0 3 9 rewind 1:5' 'rewind 1:5: an epoch of fold 0 has 4 steps'
wrong rewind_in_another_epoch 'at 0 2 9 rewind 1:1' 'step 9 of fold 0 is in epoch 3, not 2'
wrong before_a_rewind "at 0 2 6 rewind 1:2
at 0 1 2 set train.clip 1" 'step 2 of fold 0 lies before step 3, which the rewind above this line'
wrong wrong_fold 'at 1 1 2 fold' 'the corpus has no fold 1'
wrong wrong_epoch 'at 0 1 5 fold' 'step 5 of fold 0 is in epoch 2, not 1'
printf 'at 0 1 1 set train.clip 1' >"$log"
run train "$tiny" --session "$dir/no" --replay "$log"
check last_line_without_newline_counts grep -q 'train.clip 1   # was 0' "$dir/no/commands.log"
rm -rf "$dir/no"
run train "$tiny" --session "$dir/no" --replay "$dir/missing"
check missing_log refused 'missing: no such file'

# The same asked of a screen: a run that is queued, and follows the log whoever trains it.
tui=$(realpath "${MIUST_TUI:-build/miust-tui}") miust=$(realpath "$MIUST")
mkdir "$dir/screen"
cp -r "$(dirname "$tiny")" "$dir/screen/tiny"
cat >"$dir/screen/log" <<'END'
at 0 1 3 set train.clip 0.5
at 0 2 6 rewind 1:2 x
at 0 1 4 set train.optimizer.lr 0.02
END
(
	cd "$dir/screen" || exit 1
	"$miust" train tiny/config.yml --session sessions/first --set exp.seed=99
	"$miust" train tiny/config.yml --session want --set exp.seed=99 --replay log
	echo 'replay log' >script
	"$tui" sessions/first --script script
	"$miust" queue run
	sed -i '2s/2 6/2 9/' log
	"$tui" sessions/first --script script
) >"$dir/out" 2>"$dir/err"
check replay_of_a_screen same "$dir/screen/want" "$dir/screen/sessions/first-replay"
check wrong_log_of_a_screen grep -q 'script:1: log:2: step 9 of fold 0 is in epoch 3, not 2' "$dir/err"
check wrong_log_starts_nothing [ ! -e "$dir/screen/sessions/first-replay-2" ]

# A past that was another cannot be changed.
echo 'at 0 1 2 set train.clip 1' >"$log"
run train "$tiny" --session "$dir/begun" --max-steps 3
run train --session "$dir/begun" --resume --replay "$log"
check begun_without says 1 'log:1: .*begun has begun without this change'

# More or fewer epochs in one fold change nothing of what the next ones draw.
run train "$folds" --session "$dir/planned"
echo 'at 1 1 1 set train.epoch 4' >"$log"
run train "$folds" --session "$dir/longer" --replay "$log"
first_loss() { awk -F, -v f="$2" '$1 == f { print $4; exit }' "$dir/$1/steps.csv"; }
draws_alike() { [ "$(first_loss planned "$1")" = "$(first_loss longer "$1")" ]; }
for f in 2 3 4 5; do check "a_live_epoch_leaves_fold_${f}_its_draws" draws_alike $f; done
run train --session "$dir/longer" --resume
check a_live_epoch_ends_well done_well
