#!/bin/sh
# SPDX-License-Identifier: GPL-3.0-or-later
# A session of which one fold was trained (--fold N): whoever goes on with it trains that fold.
. "$(dirname "$0")/common"

MIUST=$(realpath "$MIUST")
tui=$(realpath "${MIUST_TUI:-build/miust-tui}")
five_sessions "$dir/five"
cd "$dir" || exit 1
set='--set train.epoch=4'
# part SESSION FOLD: so much of the fold that its second epoch has begun.
part() { run train five/config.yml --session "$1" --fold "$2" --resume-or-start $set --max-steps 7; }
# folds SESSION: of those that have rows, in the order of their number.
folds() { (cd "$1" && for f in fold-*; do [ ! -s "$f/steps.csv" ] || echo "$f"; done | tr '\n' ' '); }
# rows SESSION FOLD
rows() { cat "$1/fold-$2/steps.csv" 2>/dev/null | sed 1d | wc -l; }
only() { [ "$(folds "$1")" = "fold-$2 " ]; }

part s 2
check trained_one done_well
check its_hint_names_the_fold grep -q 'go on with --session s --resume --fold 2$' err

# All folds are asked for: that one comes first, then the others in order.
cp -a s all
run train --session all --resume --max-steps 5
check goes_on_with_it grep -q 'session all goes on before epoch 2, step 8 of fold 2' err
check and_with_no_other only all 2
run train --session all --resume
check then_all_are_trained done_well
order() { [ "$(sed -n 's/^miust: fold \([0-9]\): best .*/\1/p' err | tr '\n' ' ')" = '2 1 3 4 5 ' ]; }
check the_others_in_order order
run train five/config.yml --session straight $set
check order_changes_nothing same straight all

# Of several, the one that was trained last.
part several 4
cp -a several of_two
part of_two 2
run train --session of_two --resume --max-steps 1
check the_last_of_two grep -q 'goes on before epoch 2, step 8 of fold 2' err
run train --session of_two --resume --fold 2
run train --session of_two --resume --max-steps 1
check a_finished_one_is_not_gone_on_with grep -q 'goes on before epoch 2, step 8 of fold 4' err
cp -a s copy
find copy -exec touch -d 2020-01-01 {} +
run train --session copy --resume --max-steps 1
check a_copy_without_times grep -q 'goes on before epoch 2, step 8 of fold 2' err

# Lists say which one that is.
run train --session of_two --resume --fold 1 --max-steps 3
mkdir sessions && cp -a of_two sessions
"$MIUST" sessions list >out 2>err
check in_a_list grep -q '1/5 e0/4.*of_two\|of_two.*1/5 e0/4' out

# Killed, and nothing of it is stored.
"$MIUST" train five/config.yml --session killed --fold 3 --set train.epoch=100000 >/dev/null 2>&1 &
pid=$!
while kill -0 $pid 2>/dev/null && [ "$(rows killed 3)" -lt 2 ]; do :; done
kill -9 $pid
wait $pid 2>/dev/null
rm -f killed/fold-3/state.safetensors
run train --session killed --resume --max-steps 1
check one_that_was_killed only killed 3

# A branch and a duel are of the fold that they leave.
cp -a s parent
run branch parent b 2:1
check branched done_well
run train --session parent/branches/b --resume --max-steps 4
check the_branch_goes_on_there grep -q 'goes on before epoch 2, step [67] of fold 2' err
check the_branch_has_no_other only parent/branches/b 2
cp -a s duelled
run duel duelled lr=1e-3,1e-2 for 1
check duelled done_well
check both_sides_train_it eval 'only duelled/branches/lr-1e-3 2 && only duelled/branches/lr-1e-2 2'
check an_epoch_is_compared grep -q '^epoch 2: .*(look 1 of 1)$' out
hint() { grep -q 'lr-1e-3 goes on with train --session duelled/branches/lr-1e-3 --resume --fold 2$' err; }
check the_hint_after_a_duel hint
run duel duelled main lr-1e-3 for 1
check the_run_itself_too grep -q '^epoch 3: .*(look 1 of 1)$' out
check which_has_no_other only duelled 2
cp -a several two_begun
part two_begun 2
run duel two_begun lr=1e-3,1e-2
check of_which_fold_is_to_be_said says 1 'folds 2, 4 have begun; say which one is to be left: --fold N'
run duel two_begun lr=1e-3,1e-2 for 1 --fold 4
check it_is_of_the_fold_that_is_said only two_begun/branches/lr-1e-3 4
run duel two_begun lr-1e-3 main for 1
check both_train_a_fold_that_both_have_begun grep -q '^epoch 3: .*(look 1 of 1)$' out
went_on() { [ "$(rows two_begun 2)" -eq 7 ] && [ "$(rows two_begun 4)" -gt 12 ]; }
check though_one_was_in_another went_on
run branch of_two past 2:1 --fold 2
run duel of_two past main
check of_two_folds says 1 'past goes on with fold 2 and main with fold [14], and a duel is of one fold'
run duel of_two past main --fold 2
check a_fold_that_is_finished says 1 'fold 2 of main is finished'

# What is kept of a run has the folds before its own: a later one stays where it is.
cp -a s later
run train --session later --resume --fold 2
run train --session later --resume --fold 1 --max-steps 8
echo 'rewind 1:2' >script
"$tui" later --script script >out 2>err
status=$?
check went_back done_well
check kept_without_a_later_fold only later/branches/before-rewind-1 1
check the_later_one_stays [ -s later/fold-2/result.json ]

# In the screen: what is shown is what is trained, or would be.
cp -a s looked
"$tui" looked --readonly --once >out 2>err
check read_only_shows_it grep -q 'f2/5' out
cp -a of_two looked-two
touch -d 2020-01-01 looked-two/fold-*/*
"$tui" looked-two --readonly --once >out 2>err
next=$(run train --session looked-two --resume --max-steps 1; sed -n 's/.* of fold \([0-9]\)$/\1/p' err)
"$tui" of_two --readonly --once >out 2>err
check read_only_shows_where_it_goes_on grep -q "f$next/5" out
printf 'dump head\nstep epoch\ndump after\n' >script
for s in s killed; do
	cp -a $s screen-$s
	"$tui" screen-$s --script script >out 2>err
	status=$?
	check "screen_$s" done_well
	fold=$([ $s = s ] && echo 2 || echo 3)
	cp head out
	check "shown_$s" grep -q "f$fold/5" head
	check "shown_after_$s" grep -q "f$fold/5" after
	check "trained_$s" only screen-$s $fold
done
