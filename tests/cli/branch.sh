#!/bin/sh
# SPDX-License-Identifier: GPL-3.0-or-later
# Branches from the command line, a script, and a replay.
. "$(dirname "$0")/common"

MIUST=$(realpath "$MIUST")
tui=$(realpath "${MIUST_TUI:-build/miust-tui}")
tiny=$(realpath tests/record/tiny)
cd "$dir" || exit 1

run train "$tiny/config.yml" --session s
check trained done_well

run branch s lr 2:1
check made done_well
named() { [ "$(cat out)" = s/branches/lr ] && grep -qx 'step: 5' s/branches/lr/branch.yml; }
check it_says_where named

# It first does what its parent did, and without a change all that it did.
run train --session s/branches/lr --resume
check resumed done_well
repeated() {
	grep -q 'first repeats 1 step of the run that it left, up to 2:1' err &&
		for f in steps.csv fold-0/state.safetensors fold-0/best.safetensors \
			fold-0/predictions.csv fold-0/history.bin fold-0/test.bin; do
			cmp "s/$f" "s/branches/lr/$f" || return 1
		done
}
check it_is_its_parent_again repeated

run branch s lr 1:1
check a_name_twice says 1 'a branch lr exists; choose another name'
run branch s other 9:1
check a_step_to_come says 1 '9:1 is still to come: fold 0 of s is at 3:4'
run branch s other soon
check no_place says 1 'expected EPOCH:STEP'
run branch s other 1:1 --fold 3
check no_fold says 1 'fold 3 has not begun'
run branch nowhere other 1:1
check no_session says 1 'nowhere: no such session'
run branch s 'two words' 1:1
check a_name_with_a_space says 1 "branch two words 1:1: a branch's name has no spaces"
nothing() { [ "$(ls s/branches)" = lr ]; }
check nothing_was_made nothing
run branch s young 2:1
run branch s/branches/young younger 2:1
check one_that_has_not_repeated_yet says 1 'is at 1:4; it has yet to repeat what its parent did'
rm -r s/branches/young
check nothing_is_left nothing

run compare s s/branches/lr
check compared done_well
parts() { grep -q '1 and 2 are the same up to epoch 3, step 4 of fold 0, where both are now' out; }
check compare_says_so parts

# In a script, on a run that trains; the branch is shown, and hears what follows.
cp -r "$tiny" .
printf 'step epoch\nstep\nbranch here\nset train.optimizer.lr 0.003\nresume\n' >script
"$tui" tiny/config.yml --script script >out 2>err
status=$?
check scripted done_well
parent=$(echo sessions/*)
logged() {
	[ "$(cat "$parent/commands.log")" = 'at 0 2 6 branch here 2:1' ] &&
		[ "$(cat "$parent/branches/here/commands.log")" = \
			'at 0 2 6 set train.optimizer.lr 0.003   # was 0.012' ] &&
		[ -e "$parent/branches/here/results.json" ]
}
check the_log_has_it logged

run train tiny/config.yml --replay "$parent/commands.log" --session again
check replayed done_well
again() { cmp again/branches/here/branch.yml "$parent/branches/here/branch.yml"; }
check replay_makes_it_again again

printf 'step epoch\nbranch there\nstep\nview 7\ndump page\nstop\n' >script
rm -rf sessions
"$tui" tiny/config.yml --script script >out 2>err
check its_row_has_its_own_state grep -q '^ .* there *‖ paused' page

# A branch at the end of the last epoch is there to train longer.
cp -r s longer
run branch longer more 4:0
check at_the_end done_well
printf 'set train.epoch 5\nrun\n' >script
"$tui" longer/branches/more --script script >out 2>err
trained_longer() {
	[ "$(cut -d, -f2 longer/branches/more/epochs.csv | tail -n 1)" = 5 ] &&
		[ "$(cut -d, -f2 longer/epochs.csv | tail -n 1)" = 3 ]
}
check it_trains_longer trained_longer
run branch longer late 4:1
check after_the_end says 1 '4:1 is still to come: fold 0 of longer is at 3:4'

# What a replay has yet to do is in the folds' logs already: it does not count as a fold, and a
# branch that a rewind keeps has nothing of what comes after the rewind.
printf 'at 1 1 3 branch x 1:1\nat 2 1 3 branch y 1:1\nat 3 1 3 set train.clip 2\n' >log
run train demo --session folds --replay log --set train.epoch=1
both() { [ -e folds/branches/x/branch.yml ] && [ -e folds/branches/y/branch.yml ]; }
check branches_of_all_folds both
run train demo --session begun --replay log --set train.epoch=2 --max-steps 12
run branch begun z 1:3 --fold 1
check a_fold_with_changes_to_come done_well
"$tui" begun --once >out 2>err
check the_fold_that_was_begun_is_shown grep -q 'STOPPED *f1/5 e2/2' out
printf 'at 0 2 8 rewind 1:2 before-rewind-1\nat 0 1 4 set train.clip 1\n' >log
run train "$tiny" --session rewound --replay log
kept() { [ -e rewound/branches/before-rewind-1 ] &&
	[ ! -s rewound/branches/before-rewind-1/fold-0/commands.log ]; }
check kept_without_what_comes_after kept
run train --session rewound/branches/before-rewind-1 --resume
check kept_goes_on done_well
