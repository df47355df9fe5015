#!/bin/sh
# SPDX-License-Identifier: GPL-3.0-or-later
# miust train: what a session holds, and that nothing but the settings decides it.
. tests/cli/common
s=$dir/one
folds=$dir/five/config.yml
five_sessions "$dir/five"

holds() { [ -f "$s/$1" ]; }
header() { [ "$(head -n 1 "$s/$1")" = "$2" ]; }
lines() { [ "$(wc -l <"$s/$1")" -eq "$2" ]; }
quiet() { [ ! -s "$dir/err" ]; }

# One run, looked at from all sides.
run train "$tiny" --session "$s" --set exp.normalize=train
check train_succeeds done_well
check results_on_stdout grep -q '^Test figures, protocol reference, seed 12$' "$dir/out"
check messages_on_stderr [ "$(grep -vc '^miust: ' "$dir/err")" -eq 0 ]
check no_messages_on_stdout [ "$(grep -c '^miust: ' "$dir/out")" -eq 0 ]
# A terminal would get carriage returns.
check no_progress_without_terminal [ "$(tr -dc '\r\033' <"$dir/err" | wc -c)" -eq 0 ]
for f in config.yml commands.log steps.csv epochs.csv results.json fold-0/best.safetensors \
	fold-0/last.safetensors fold-0/state.safetensors fold-0/predictions.csv \
	fold-0/normalize.safetensors fold-0/history.json fold-0/history.bin; do
	check "session_has_$(echo "$f" | tr './-' '___')" holds "$f"
done
check steps_header header steps.csv \
	fold,epoch,step,loss,loss_main,loss_cmd_text,loss_cmd_audio,loss_text,loss_audio,lr,grad_norm
check epochs_header header epochs.csv \
	fold,epoch,train_loss,train_acc,val_loss,val_wa,val_ua,val_wf1,seconds
check predictions_header header fold-0/predictions.csv \
	id,true,pred,p_calm,p_glad,p_cross,pred_text,pred_audio,loss
check steps_rows lines steps.csv 13 # 13 utterances in batches of 4, 3 epochs
check epochs_rows lines epochs.csv 4
check predictions_rows lines fold-0/predictions.csv 7
counts() { awk -F, 'NR > 1 && ($1 != 0 || $3 != NR - 1 || $2 != int((NR + 2) / 4)) { bad = 1 }
	END { exit bad }' "$s/steps.csv"; }
check epoch_and_step_count_from_1 counts
# The loss is the weighted sum of its terms: 0.10, 0.30, 0.30, 0.15, 0.15.
adds_up() { awk -F, 'NR > 1 { d = $4 - 0.10*$5 - 0.30*$6 - 0.30*$7 - 0.15*$8 - 0.15*$9
	if (!(d*d <= 1e-12)) bad = 1 } END { exit bad }' "$s/steps.csv"; }
check loss_is_the_sum adds_up
# base x (1 + cos(pi e / 3)) / 2
rates() { [ "$(cut -d, -f10 "$s/steps.csv" | uniq | tr '\n' ' ')" = 'lr 0.012 0.009 0.003 ' ]; }
check rate_is_the_cosine rates
for key in folds fold best_epoch test_wa test_ua test_wf1 test_macro_f1 confusion mean std pooled \
	protocol optimistic seed version machine; do
	check "results_key_$key" grep -q "\"$key\": " "$s/results.json"
done
check results_seed grep -q '"seed": 12,' "$s/results.json"
check lists_are_not_optimistic grep -q '"optimistic": false' "$s/results.json"
absolute() { [ "$(grep -c '_\(dir\|csv\): /' "$s/config.yml")" -eq 5 ]; }
check config_is_absolute absolute

# The same again, and from the session's own copy of the config.
run train "$tiny" --session "$dir/two" --set exp.normalize=train
check same_settings_same_bytes same "$s" "$dir/two"
run train "$s/config.yml" --session "$dir/copy"
check config_copy_is_the_config same "$s" "$dir/copy"
for n in 1 2 3; do
	run train "$tiny" --session "$dir/threads$n" --set exp.normalize=train --threads $n
	check "threads_$n" same "$s" "$dir/threads$n"
done

# Every utterance in a piece of its own, which is said: the same losses to
# rounding, the same bytes for any number of threads.
run train "$tiny" --session "$dir/pieces" --set exp.normalize=train --set train.memory=1M
check pieces done_well
check pieces_said grep -q 'train.memory: 1M is not enough for the longest utterances of fold 0' "$dir/err"
losses() { cut -d, -f1-4 "$1/steps.csv"; }
near() { losses "$s" >"$dir/losses"; losses "$dir/pieces" | paste -d, "$dir/losses" - | awk -F, \
	'NR > 1 && !(($4 - $8) ^ 2 <= (1e-4 * $4) ^ 2) { bad = 1 } END { exit bad || NR < 13 }'; }
check pieces_near near
run train "$tiny" --session "$dir/pieces3" --set exp.normalize=train --set train.memory=1M \
	--threads 3
check pieces_threads same "$dir/pieces" "$dir/pieces3"
run eval "$dir/pieces/config.yml" --weights "$dir/pieces/fold-0/best.safetensors"
check pieces_eval done_well

# A session is never overwritten.
record "$s" >"$dir/before"
unchanged() { record "$s" >"$dir/after" && cmp -s "$dir/before" "$dir/after"; }
run train "$tiny" --session "$s" --set exp.normalize=train
check session_exists says 1 'already has a session; --resume goes on with it'
check session_untouched unchanged
run train --session "$s" --resume
check resume_complete done_well
check resume_complete_prints grep -q '^Test figures' "$dir/out"
check resume_complete_is_silent quiet
check resume_complete_untouched unchanged
run train "$tiny" --session "$s" --resume
check resume_other_settings says 1 'was started with exp.normalize train'
run train "$tiny" --session "$dir/two-seeds" --seeds 2 --max-steps 14
run train --session "$dir/two-seeds" --resume
check resume_reminds_of_seeds grep -q 'seeds has begun 2 seeds, and this was the first; --seeds 2 goes on with all' "$dir/err"
run train --session "$dir/two-seeds" --resume --seeds 2
run train --session "$dir/two-seeds" --resume
check resume_of_all_seeds_needs_no_word sh -c "! grep -q 'has begun' '$dir/err'"
run train --session "$s" --resume --set train.epoch=9
check resume_set says 2 'a session goes on with the settings it was started with'
run train --resume
check resume_without_config says 2 'CONFIG is missing'
run train "$tiny" --resume
check resume_without_session says 2 'resume needs --session DIR'
run train --session "$dir/nowhere" --resume
check resume_nothing says 1 'nowhere: no session is stored there'
run train "$tiny" --session "$dir/late" --resume --set exp.normalize=train
check resume_starts_a_session same "$s" "$dir/late"
run train "$tiny" --session "$dir/no" --fold 1
check fold_unknown says 2 'fold 1: this corpus has fold 0 only'
run train "$tiny" --session "$dir/no" --set train.epoch=0
check set_out_of_range says 2 'train.epoch: expected'
run train "$tiny" --session "$dir/no" --set train.epok=3
check set_unknown says 2 'did you mean train.epoch?'
check nothing_left [ ! -e "$dir/no" ]

# Stopped after so many steps, within an epoch and at its end, and gone on with.
for n in 1 4 6 11 12; do
	run train "$tiny" --session "$dir/max$n" --set exp.normalize=train --max-steps $n
	check "max_steps_$n" done_well
	run train --session "$dir/max$n" --resume
	check "max_steps_${n}_resumed" same "$s" "$dir/max$n"
done
run train "$tiny" --session "$dir/steps" --max-steps 6
check max_steps_says grep -q 'stopped after 6 steps; go on with --session .*steps --resume$' "$dir/err"
i=0
while [ $i -lt 20 ] && [ ! -f "$dir/steps/results.json" ]; do
	run train --session "$dir/steps" --resume --max-steps 1
	i=$((i + 1))
done
run train "$tiny" --session "$dir/whole"
check one_step_at_a_time same "$dir/whole" "$dir/steps"
for o in train.optimizer.name=adamw train.padding=masked exp.protocol=fixed train.clip=0.1; do
	run train "$tiny" --session "$dir/$o" --set $o
	run train "$tiny" --session "$dir/$o.cut" --set $o --max-steps 7
	run train --session "$dir/$o.cut" --resume
	check "resume_$o" same "$dir/$o" "$dir/$o.cut"
done

# Five folds.
run train "$folds" --session "$dir/all"
check folds_succeed done_well
five() { for f in 1 2 3 4 5; do [ -f "$dir/all/fold-$f/predictions.csv" ] || return 1; done; }
check folds_1_to_5 five
check reference_is_optimistic grep -q '"optimistic": true' "$dir/all/results.json"
check optimistic_is_said grep -q 'its figures are optimistic' "$dir/err"
run train "$folds" --session "$dir/two-folds" --fold 4 --fold 2
two() { cmp -s "$dir/all/fold-2/best.safetensors" "$dir/two-folds/fold-2/best.safetensors" &&
	cmp -s "$dir/all/fold-4/predictions.csv" "$dir/two-folds/fold-4/predictions.csv" &&
	[ ! -d "$dir/two-folds/fold-1" ]; }
check fold_alone_is_the_same two
run train --session "$dir/two-folds" --resume
# The finished folds' rows came first: the same rows in another order.
rows_agree() { LC_ALL=C sort "$1/steps.csv" >"$dir/r1" && LC_ALL=C sort "$2/steps.csv" | cmp -s - "$dir/r1"; }
check other_folds_later rows_agree "$dir/all" "$dir/two-folds"
run train "$folds" --session "$dir/cut" --max-steps 23
check cut_in_third_fold grep -q '^3,' "$dir/cut/steps.csv"
run train --session "$dir/cut" --resume
check folds_resumed same "$dir/all" "$dir/cut"

# Further seeds lie beside.
run train "$tiny" --session "$dir/seeds" --seeds 3
check seeds_succeed done_well
check seeds_on_stdout [ "$(grep -c '^seed 1[234]$' "$dir/out")" -eq 3 ]
run train "$tiny" --session "$dir/thirteen" --set exp.seed=13
check seed_folder_is_that_seed same "$dir/thirteen" "$dir/seeds/seed-13"
check seed_folders [ "$(ls "$dir/seeds" | grep -c seed)" -eq 2 ]
run train "$tiny" --session "$dir/seeds.cut" --seeds 3 --max-steps 18
check seeds_resume_is_named grep -q -e '--resume --seeds 3$' "$dir/err"
run train --session "$dir/seeds.cut" --resume --seeds 3
check seeds_resumed same "$dir/seeds" "$dir/seeds.cut"

# Without --session: sessions/NAME-DATE-TIME below the current folder.
case $MIUST in /*) program=$MIUST ;; *) program=$PWD/$MIUST ;; esac
(cd "$dir" && "$program" train five/config.yml --fold 1 >out 2>err)
named() { ls "$dir/sessions" | grep -q '^config-[0-9]\{8\}-[0-9]\{6\}$'; }
check session_is_named named
(cd "$dir" && "$program" train demo --fold 3 --max-steps 1 >out 2>err)
status=$?
check demo_needs_nothing done_well
