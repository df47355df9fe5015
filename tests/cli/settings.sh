#!/bin/sh
# SPDX-License-Identifier: GPL-3.0-or-later
# Settings of training from outside: stops, logs of live changes, messages, errors.
. tests/cli/common
log=$dir/log

# Each setting: stopped after some steps and gone on with, and with other threads.
n=0
while read -r steps set; do
	n=$((n + 1))
	sets=
	for s in $set; do sets="$sets --set $s"; done
	# shellcheck disable=SC2086 # words are options
	run train "$tiny" --session "$dir/whole$n" $sets
	check "settings_${n}_train" done_well
	rows=$(($(wc -l <"$dir/whole$n/steps.csv") - 1))
	check "settings_${n}_have_their_steps" [ "$rows" -eq "$steps" ]
	# shellcheck disable=SC2086
	for at in 1 2 $((rows - 1)); do
		run train "$tiny" --session "$dir/part$n-$at" $sets --max-steps "$at" --threads 3
		run train --session "$dir/part$n-$at" --resume --threads 2
		check "settings_${n}_cut_at_$at" same "$dir/whole$n" "$dir/part$n-$at"
	done
done <<'END'
12 train.class_weight=balanced
12 train.class_weight=glad=15,cross=0 train.class_weight_in=all train.padding=masked
6 train.accumulate=2
6 train.accumulate=3 train.class_weight=sqrt
24 train.schedule=plateau train.plateau.factor=0.5 train.plateau.patience=0 train.select=loss train.epoch=6
12 train.schedule=linear train.warmup=1 train.select=macro_f1 train.select_from=2
20 train.schedule=constant train.epoch=30 train.patience=4 train.min_delta=50
END

# Live changes, and the log of them once more; an epoch of accumulate 2 has two steps.
cat >"$log" <<'END'
at 0 1 2 set train.class_weight glad=15, cross=2
at 0 2 4 set train.class_weight_in all
at 0 2 4 set train.class_weight balanced
at 0 3 5 set train.schedule plateau
at 0 3 5 set train.plateau.patience 0
at 0 3 5 set train.warmup 1
at 0 4 8 set train.class_weight none
END
set -- --set train.accumulate=2 --set train.epoch=5 --replay "$log"
run train "$tiny" --session "$dir/live" "$@"
check live_changes_train done_well
check live_changes_say_what_was grep -q 'set train.class_weight balanced   # was glad=15,cross=2' \
	"$dir/live/commands.log"
run train "$tiny" --session "$dir/again" --set train.accumulate=2 --set train.epoch=5 \
	--replay "$dir/live/commands.log"
check their_log_is_the_run same "$dir/live" "$dir/again"
for at in 1 3 5 8 9; do
	run train "$tiny" --session "$dir/live$at" "$@" --max-steps $at
	run train --session "$dir/live$at" --resume
	check "live_changes_cut_at_$at" same "$dir/live" "$dir/live$at"
done
echo 'at 0 1 3 set train.clip 1' >"$log"
run train "$tiny" --session "$dir/no" --set train.accumulate=2 --replay "$log"
check steps_are_counted_in_groups says 1 'step 3 of fold 0 is in epoch 2, not 1: an epoch has 2 steps'

# What is said: weights beside counts, a class nobody has, the figure that selects.
run train "$tiny" --session "$dir/said" --set train.class_weight=balanced
check weights_are_said grep -q \
	'class weights (training utterances): calm 1.08 (4), glad 1.08 (4), cross 0.867 (5)' "$dir/err"
run train "$tiny" --session "$dir/absent" --set train.class_weight=balanced \
	--set 'exp.labels=calm,glad,cross,tired' --set model.num_classes=4
check an_absent_class_weighs_0 grep -q 'tired 0 (0)' "$dir/err"
check an_absent_class_is_said grep -q 'no utterance of the training part has the label tired' \
	"$dir/err"
run train "$tiny" --session "$dir/plain"
silent() { ! grep -q 'class weights' "$dir/err"; }
check without_weights_nothing_is_said silent
run train "$tiny" --session "$dir/halfway" --set train.class_weight=balanced --max-steps 5
run train --session "$dir/halfway" --resume
check a_fold_that_goes_on_says_no_weights silent
kept() { sed -n 's/.*"best_epoch": \([0-9]*\).*/\1/p' "$1/results.json"; }
lowest() { awk -F, 'NR > 1 && (NR == 2 || $5 < x) { x = $5; e = $2 } END { print e }' "$1/epochs.csv"; }
run train "$tiny" --session "$dir/loss" --set train.select=loss
check the_lowest_loss_is_kept [ "$(kept "$dir/loss")" = "$(lowest "$dir/loss")" ]
run train "$tiny" --session "$dir/late" --set train.select_from=3
check none_is_kept_before_select_from [ "$(kept "$dir/late")" -eq 3 ]
echo 'at 0 2 5 fold' >"$log"
run train "$tiny" --session "$dir/early" --set train.select_from=3 --replay "$log"
check an_early_end_is_explained grep -q \
	'no evaluated epoch that train.select_from lets be kept yet' "$dir/err"

# Errors: what is wrong, and nothing is made.
wrong() {
	name=$1 said=$2
	shift 2
	sets=
	for s; do sets="$sets --set $s"; done
	# shellcheck disable=SC2086
	run train "$tiny" --session "$dir/no" $sets
	check "$name" refused "$said"
}
refused() { [ "$status" -ne 0 ] && grep -q "$1" "$dir/err" && [ ! -e "$dir/no" ]; }
wrong unknown_label "'clam' is not one of exp.labels; did you mean calm?" train.class_weight=clam=2
wrong unknown_word "found 'balance'; did you mean balanced?" train.class_weight=balance
wrong negative_weight 'calm: expected a weight, a number from 0' train.class_weight=calm=-1
wrong no_weight_at_all 'all classes weigh 0' train.class_weight=calm=0,glad=0,cross=0
wrong nobody_weighs_anything "no utterance of fold 0's training part has a label that weighs" \
	exp.labels=calm,glad,cross,tired model.num_classes=4 train.class_weight=calm=0,glad=0,cross=0
wrong unknown_figure 'one of wa, ua, wf1, macro_f1, loss' train.select=acc
wrong beyond_the_end 'train.select_from: 4 is beyond the last epoch' train.select_from=4
wrong fixed_selects_nothing 'train.select: exp.protocol: fixed' exp.protocol=fixed train.select=ua
wrong fixed_has_no_plateau 'train.schedule: exp.protocol: fixed' exp.protocol=fixed \
	train.schedule=plateau
wrong no_epoch_after_the_warmup 'train.warmup: 3 leaves no epoch' train.warmup=3
wrong no_batch 'train.accumulate: expected an integer, 1 to' train.accumulate=0
