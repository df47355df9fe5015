#!/bin/sh
# SPDX-License-Identifier: GPL-3.0-or-later
# A run that is made to spike goes back by itself (--on 'spike rewind ...'): once, at most so
# often, in folds and seeds, whatever kills it on the way, and wherever the disk is full. Its log
# repeats it without the rule.
. tests/cli/common
rule='spike rewind 1 epoch, lr x0.5' log=$dir/log
# The rate becomes fifty times what it was.
echo 'at 0 4 14 set train.optimizer.lr 0.6' >"$log"
set -- --set train.epoch=4
# replays SESSION: what its log says is what it has, but for the branches of rewinds that failed.
replays() {
	rm -rf "$dir/replayed"
	run train "$tiny" $settings --session "$dir/replayed" --replay "$1/commands.log"
	rm -rf "$dir/one" "$dir/other"
	cp -r "$1" "$dir/one" && cp -r "$dir/replayed" "$dir/other" || return 1
	[ -n "$branches" ] || rm -rf "$dir/one/branches" "$dir/other/branches"
	find "$dir/one" "$dir/other" -name states -prune -exec rm -rf {} +
	done_well && same "$dir/one" "$dir/other"
}
settings=$* branches=yes
run train "$tiny" "$@" --session "$dir/a" --replay "$log" --on "$rule"
check it_comes_back done_well
check it_says_so grep -q '^miust: spike at 4:3 (loss [0-9.]*, [0-9.]* times its median): went back to 3:3, train.optimizer.lr 0.006; 1 of 3; what came after is branch before-rewind-1$' "$dir/err"
logged='at 0 4 14 set train.optimizer.lr 0.6   # was 0.012
at 0 4 16 rewind 3:3 before-rewind-1 spike
at 0 3 12 set train.optimizer.lr 0.006   # was 0.012'
check it_is_logged [ "$(cat "$dir/a/commands.log")" = "$logged" ]
check its_log_repeats_it replays "$dir/a"
check a_replay_says_so grep -q '^miust: rewound to 3:3 after a spike, ' "$dir/err"
run train "$tiny" "$@" --session "$dir/two" --replay "$log" --on "$rule" --threads 2
check two_threads same "$dir/a" "$dir/two"
run train "$tiny" "$@" --session "$dir/plain"
run train "$tiny" "$@" --session "$dir/ruled" --on "$rule"
check no_spike_no_change same "$dir/plain" "$dir/ruled"

# At most so often, however often it is gone on with; the rule is not in the session.
run train "$tiny" "$@" --session "$dir/b" --replay "$log" --on 'spike rewind 1 step, at most 2' --max-steps 17
check goes_back_twice [ "$(grep -c ' spike$' "$dir/b/commands.log")" -eq 2 ]
check then_it_goes_on grep -q 'spike at 4:3 .*: it has gone back 2 times already, the most that its rule allows' "$dir/err"
run train --session "$dir/b" --resume --on 'spike rewind 1 step, at most 2'
check no_more_after_a_resume [ "$(grep -c ' spike$' "$dir/b/commands.log")" -eq 2 ]
check said_after_a_resume grep -q 'spike at 4:3 .*: it has gone back 2 times already' "$dir/err"
check its_log_repeats_that_too replays "$dir/b"
run train "$tiny" "$@" --session "$dir/c" --replay "$log" --max-steps 16
run train --session "$dir/c" --resume
check without_the_rule_none [ "$(grep -c spike "$dir/c/commands.log")" -eq 0 ]

run train "$tiny" "$@" --session "$dir/no" --on 'spike rewind 1 week'
check wrong_rule says 2 'on spike rewind 1 week: expected 1 to 1000000 epochs or steps'
check wrong_rule_no_session [ ! -e "$dir/no" ]

# Each fold, and each seed, counts its own.
five_sessions "$dir/five"
printf 'at %d 3 13 set train.optimizer.lr 0.6\n' 1 2 >"$log.folds"
run train "$dir/five/config.yml" --set train.epoch=3 --fold 1 --fold 2 --session "$dir/f" --replay "$log.folds" --on "$rule, at most 1"
check folds_go_back [ "$(grep -c 'rewind 2:4 before-rewind-[12] spike$' "$dir/f/commands.log")" -eq 2 ]
run train "$dir/five/config.yml" --set train.epoch=3 --fold 1 --fold 2 --session "$dir/g" --replay "$dir/f/commands.log"
for f in steps.csv fold-1/state.safetensors fold-2/state.safetensors fold-2/predictions.csv; do
	check "folds_replay_$(echo $f | tr / _)" cmp -s "$dir/f/$f" "$dir/g/$f"
done
run train "$tiny" "$@" --seeds 2 --session "$dir/s" --replay "$log" --on "$rule"
check seeds_go_back [ "$(cat "$dir/s/commands.log" "$dir/s/seed-13/commands.log" | grep -c ' spike$')" -ge 2 ]
run train "$tiny" "$@" --set exp.seed=13 --session "$dir/s13" --replay "$log" --on "$rule"
rm -rf "$dir/s13/branches" "$dir/s/seed-13/branches" # which name their parent
check each_as_alone same "$dir/s13" "$dir/s/seed-13"

# Given to a run that trains; only the rule is, since hooks start programs.
"$MIUST" train "$tiny" --set train.epoch=100000 --session "$dir/live" >"$dir/live.out" 2>"$dir/live.err" &
pid=$!
until "$MIUST" control "$dir/live" pause >"$dir/out" 2>"$dir/err" || ! kill -0 $pid 2>"$dir/none"; do :; done
answers() { [ "$status" -eq 0 ] && [ "$(cat "$dir/out")" = "$1" ]; }
run control "$dir/live" on
check no_rule_yet answers 'no rule for spikes; on spike rewind 1 epoch, lr x0.5 sets one'
run control "$dir/live" on spike rewind 1 step, lr 1e-4
check rule_is_given answers 'on spike rewind 1 step, train.optimizer.lr 1e-4, at most 3, over 3'
run control "$dir/live" on
check rule_is_told answers 'on spike rewind 1 step, train.optimizer.lr 1e-4, at most 3, over 3'
run control "$dir/live" on spike rewind
check wrong_rule_is_refused says 1 'on spike: expected rewind N epochs|steps'
run control "$dir/live" on end run true
check hooks_are_not_given says 1 'on end run true: of a run that another program trains only the rule'
for epoch in 1 2 3; do # so that there is a median
	run control "$dir/live" step epoch
	run control "$dir/live" wait paused
done
run control "$dir/live" set lr 90
run control "$dir/live" resume
until grep -q ' spike' "$dir/live/fold-0/commands.log" || ! kill -0 $pid 2>"$dir/none"; do :; done
run control "$dir/live" stop
wait $pid
check nobody_asked_for_it [ -z "$(grep -A 1 ' spike$' "$dir/live/fold-0/commands.log" | grep process)" ]
check the_live_run_goes_back grep -q '^miust: spike at .* train.optimizer.lr 1e-4; 1 of 3; ' "$dir/live.err"
check who_gave_it_is_said grep -q '^miust: on spike rewind 1 step, lr 1e-4, asked by process ' "$dir/live.err"

full=$(dirname "${SHIM:-build/release/tests/shim/x}")/full.so
if [ "${KIND:-release}" != release ] || [ ! -e "$full" ]; then
	echo "skip spike: sanitizers do not go with a preloaded library"
	exit 0
fi
full=$(realpath "$full")
# From just before the spike on.
root=$dir/root
mkdir "$root"
run train "$tiny" $settings --session "$dir/before" --replay "$log" --max-steps 14
goes_on() { run train --session "$root/s" --resume --on "$rule" "$@"; }
no_states() { find "$1" -name states -prune -exec rm -rf {} +; }
# fails [VARIABLE=VALUE]... [ARGUMENT]...: likewise, with that.
fails() {
	rm -rf "$root/s"
	cp -r "$dir/before" "$root/s"
	env LD_PRELOAD="$full" FULL_ROOT="$root" "$@" >"$dir/out" 2>"$dir/err"
	status=$?
}
go_on="$MIUST train --session $root/s --resume --on"
# writes ERROR: how many there are until the run is back.
writes() {
	fails FULL_ERROR="$1" FULL_COUNT="$dir/count" $go_on "$rule" --max-steps 1
	cat "$dir/count"
}
no_states "$dir/a"
killed=0 wrong=0 n=1 last=$(writes KILL)
while [ $n -le "$last" ]; do
	fails FULL_ERROR=KILL FULL_AT=$n $go_on "$rule"
	[ $status -eq 137 ] && killed=$((killed + 1))
	goes_on
	no_states "$root/s"
	if [ "$status" -ne 0 ] || ! same "$dir/a" "$root/s"; then
		wrong=$((wrong + 1))
		echo "# killed at write $n: status $status, $(head -n 1 "$dir/err")"
	fi
	n=$((n + 1))
done
echo "# killed $killed times"
check killed_so_often [ "$killed" -gt 60 ]
check every_kill_goes_on_to_the_same_bytes [ "$wrong" -eq 0 ]

# A disk that is full for a moment: said, and what the log says is what there is.
said=0 wrong=0 branches= n=1 last=$(writes ENOSPC)
while [ $n -le "$last" ]; do
	fails FULL_AT=$n $go_on "$rule"
	if [ "$status" -eq 0 ]; then
		grep -q 'spike at 4:3 .*: it cannot go back: .*No space' "$dir/err" && said=$((said + 1))
	else
		goes_on
	fi
	if [ "$status" -ne 0 ] || ! replays "$root/s"; then
		wrong=$((wrong + 1))
		echo "# full at write $n: status $status, $(head -n 1 "$dir/err")"
	fi
	n=$((n + 2))
done
echo "# said $said times"
check a_full_disk_is_said [ "$said" -gt 10 ]
check a_full_disk_leaves_what_the_log_says [ "$wrong" -eq 0 ]
