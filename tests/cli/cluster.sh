#!/bin/sh
# SPDX-License-Identifier: GPL-3.0-or-later
# One session, trained by an array of processes: started at once, killed, started again.
. tests/cli/common

five_sessions "$dir/five"
config=$dir/five/config.yml
folds='1 2 3 4 5'
# task SESSION FOLD OPTION...: one of the array; its process is $!.
task() {
	session=$1 fold=$2
	shift 2
	"$MIUST" train "$config" --session "$session" --fold "$fold" --resume-or-start --threads 1 \
		"$@" >"$dir/out.$fold" 2>"$dir/err.$fold" &
}
# array SESSION OPTION...: all folds at once; $statuses has what each ended with.
array() {
	pids='' statuses=''
	for f in $folds; do
		s=$1
		shift
		task "$s" "$f" "$@"
		pids="$pids $!"
		set -- "$s" "$@"
	done
	for pid in $pids; do
		wait "$pid"
		statuses="$statuses $?"
	done
	cat "$dir"/err.[1-5] >"$dir/err"
}
all_well() { [ "$statuses" = ' 0 0 0 0 0' ]; }

# Whichever process makes the session, the bytes are those of one that trains all folds.
run train "$config" --session "$dir/whole"
check whole done_well
for round in $(seq 10); do
	array "$dir/array.$round"
	all_well && same "$dir/whole" "$dir/array.$round" || break
done
check at_once all_well
check at_once_same_bytes same "$dir/whole" "$dir/array.10"
check no_temporary_files [ -z "$(find "$dir" -name '.miust-tmp-*')" ]

# Seeds too: each process makes the folder of a seed, or finds it.
run train "$config" --session "$dir/seeds" --seeds 3
array "$dir/seeds.array" --seeds 3
check seeds_at_once all_well
check seeds_same_bytes same "$dir/seeds" "$dir/seeds.array"

# A task that is started again after its end has nothing to do.
record "$dir/whole" >"$dir/before"
run train "$config" --session "$dir/whole" --fold 3 --resume-or-start
check finished done_well
check finished_is_said grep -q "^miust: $dir/whole: fold 3 is finished already$" "$dir/err"
run train "$config" --session "$dir/whole" --resume-or-start
check all_finished_is_said grep -q "^miust: $dir/whole is finished already$" "$dir/err"
record "$dir/whole" >"$dir/after"
check finished_untouched cmp -s "$dir/before" "$dir/after"

# Other settings: all keys that differ.
run train "$config" --session "$dir/whole" --resume-or-start --set exp.seed=5 --set train.epoch=7
check other_settings says 2 "^miust: $dir/whole was started with exp.seed 12, $config says 5; \
train.epoch 2, not 7; resume with the same settings, or start a new session$"
run train "$config" --session "$dir/new" --resume-or-start --resume
check one_way_to_resume says 2 '^miust: --resume and --resume-or-start: give one of them'
run train "$config" --resume-or-start
check needs_session says 2 'resume-or-start needs --session DIR'
run train --session "$dir/whole" --resume-or-start
check needs_config says 2 'CONFIG is missing'
check nothing_was_made [ ! -e "$dir/new" ]

# At the same instant with other settings: one kind of them is trained, the others are told.
for f in $folds; do
	task "$dir/either" "$f" --set "exp.seed=$f" --max-steps 1
	eval "pid$f=$!"
done
well=0 refused=0
for f in $folds; do
	eval "wait \$pid$f"
	case $? in
	0) well=$((well + 1)) ;;
	2) grep -q "either was started with exp.seed [1-5], $config says $f; resume" \
		"$dir/err.$f" && refused=$((refused + 1)) ;;
	esac
done
check one_of_five_settings [ "$well $refused" = '1 4' ]

# Plain --resume twice at once, of a session that is not there yet: both have it, one the
# fold; the other is told who trains it.
for i in 1 2; do
	"$MIUST" train "$config" --session "$dir/twice" --resume --set train.epoch=100000 \
		>"$dir/out.$i" 2>"$dir/err.$i" &
	eval "pid$i=$!"
done
while kill -0 $pid1 2>/dev/null && kill -0 $pid2 2>/dev/null; do :; done
kill -0 $pid1 2>/dev/null && pid=$pid1 || pid=$pid2
cat "$dir"/err.[12] >"$dir/err"
check resume_twice grep -q \
	"twice: another program is writing this session: fold 1.*; wait for it, stop it" "$dir/err"

# A fold is trained by one process, which is named; also to one that may start it.
while kill -0 $pid && ! grep -q '^1,1,3,' "$dir/twice/fold-1/steps.csv" 2>/dev/null; do :; done
run train "$config" --session "$dir/twice" --fold 1 --resume-or-start --set train.epoch=100000
check held says 1 "is writing this session: fold 1, process $pid on .* since .*; wait for it"
kill $pid
wait $pid 2>/dev/null
check held_until_it_ends [ $? -eq 143 ]
