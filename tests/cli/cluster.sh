#!/bin/sh
# SPDX-License-Identifier: GPL-3.0-or-later
# One session, trained by an array of processes: started at once, killed, started again.
. tests/cli/common

five_sessions "$dir/five"
config=$dir/five/config.yml
folds='1 2 3 4 5'
# How much of it: epochs of the long runs, rounds, instants; the epochs at which signals come.
epochs=40 shorter=20 queued=40 rounds=4 instants=4 early=5 late=15
[ "${KIND:-release}" = release ] || # it is slow
	epochs=8 shorter=4 queued=6 rounds=2 instants=2 early=2 late=4
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
cp "$dir/out" "$dir/whole.out"
for round in $(seq $rounds); do
	array "$dir/array.$round"
	all_well && same "$dir/whole" "$dir/array.$round" || break
done
check at_once all_well
check at_once_same_bytes same "$dir/whole" "$dir/array.$rounds"
check no_temporary_files [ -z "$(find "$dir" -name '.miust-tmp-*')" ]

# Seeds too: each process makes the folder of a seed, or finds it.
run train "$config" --session "$dir/seeds" --seeds 3
cp "$dir/out" "$dir/seeds.out"
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
check other_settings says 2 "^miust: $dir/whole was started with exp.seed 12, --set says 5; \
train.epoch 2, not 7; resume with the same settings, or start a new session$"
sed 's/epoch: 2/epoch: 7/' "$config" >"$dir/longer.yml"
run train "$dir/longer.yml" --session "$dir/whole" --resume-or-start
check other_settings_of_the_file says 2 "train.epoch 2, $dir/longer.yml says 7; resume"
# mpirun starts any program as often as is asked for.
export OMPI_COMM_WORLD_SIZE=3 OMPI_COMM_WORLD_RANK=2
run train "$config" --session "$dir/whole"
check mpirun_is_explained says 1 'already has a session; .* (3 of these programs were started together; one run on several ranks is what miust-mpi trains)$'
export OMPI_COMM_WORLD_SIZE=3 OMPI_COMM_WORLD_RANK=0
program=$(realpath "$MIUST")
(cd "$dir" && "$program" train "$config" --max-steps 1) >"$dir/out" 2>"$dir/err"
check mpirun_is_no_sharing grep -q '3 of these programs were started together, and each trains all of it' "$dir/err"
run train "$config" --fold 1 --max-steps 1 --session "$dir/of-array"
check mpirun_of_folds_is_none sh -c "! grep -q together '$dir/err'"
unset OMPI_COMM_WORLD_SIZE OMPI_COMM_WORLD_RANK
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
	2) grep -q "either was started with exp.seed [1-5], --set says $f; resume" \
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

# collect prints what one process would have printed.
run collect "$dir/array.1"
check collect done_well
check collect_prints_as_train cmp -s "$dir/whole.out" "$dir/out"
check collect_is_silent [ ! -s "$dir/err" ]
run collect "$dir/seeds.array"
check collect_seeds done_well
check collect_seeds_as_train cmp -s "$dir/seeds.out" "$dir/out"
run collect "$dir/seeds.array" --seeds 4
check collect_seed_missing grep -q "^miust: $dir/seeds.array: 5 of 20 folds are missing: \
seed 15 fold 1 (no epoch is trained), .* seed 15 fold 5 (no epoch is trained)$" "$dir/err"
check collect_seed_missing_status [ "$status" -eq 1 ]
check collect_seed_is_not_made [ ! -e "$dir/seeds.array/seed-15" ]

# It brings the joined files up to date.
rm "$dir/array.1/results.json"
sed -i 2d "$dir/array.1/steps.csv"
run collect "$dir/array.1"
check collect_old_join done_well
check collect_joins same "$dir/whole" "$dir/array.1"

# Folds that were given a live change are said, unless all were: later ones take it over.
changed() { # FOLD: it is given one; the sentence that collect says
	echo "at $1 1 2 set train.clip 1" >"$dir/log"
	run train "$config" --session "$dir/changed.$1" --replay "$dir/log"
	run collect "$dir/changed.$1"
	done_well && [ "$(cat "$dir/err")" = "$2" ]
}
said="trained with changed settings: train.clip; see commands.log"
check collect_changed_fold changed 5 "miust: $dir/changed.5: fold 5 was $said"
check collect_changed_folds changed 4 "miust: $dir/changed.4: folds 4, 5 were $said"
check collect_changed_all changed 1 ''

# damage NAME PATTERN COMMAND...: what does not fit together is named.
damage() {
	name=$1 pattern=$2
	shift 2
	rm -rf "$dir/bad"
	cp -r "$dir/seeds.array" "$dir/bad"
	(cd "$dir/bad" && "$@")
	run collect "$dir/bad"
	check "collect_$name" says 1 "$pattern"
}
damage lost_row 'bad/fold-3/steps.csv: fold 3: step 2 expected, 3 found: rows were lost or doubled' \
	sed -i 3d fold-3/steps.csv
damage doubled_epoch 'bad/seed-13/fold-2/epochs.csv: fold 2: epoch 3 expected, 2 found' \
	sed -i '$p' seed-13/fold-2/epochs.csv
damage lost_epochs 'bad/fold-1/epochs.csv: fold 1: epoch 2 expected, 0 found' \
	sed -i 2,3d fold-1/epochs.csv
damage figures 'bad/fold-2/result.json: does not have the figures of test.bin beside it' \
	cp fold-1/test.bin fold-1/test.json fold-2
damage weights 'bad/fold-4/best.safetensors: is missing, although the fold is finished' \
	rm fold-4/best.safetensors
damage empty_weights 'bad/fold-4/best.safetensors: is empty, although the fold is finished' \
	sh -c ': >fold-4/best.safetensors'
damage cut_weights 'bad/fold-4/best.safetensors: ' truncate -s -4 fold-4/best.safetensors
damage other_fold "bad/fold-4/best.safetensors: has the weights of another run: fold 3; train" \
	cp fold-3/best.safetensors fold-4
damage other_epoch 'bad/fold-1/best.safetensors: has .*: epoch 1, where result.json says 2' \
	sed -i 's/"epoch":"2"/"epoch":"1"/' fold-1/best.safetensors
damage other_seed 'bad/fold-1/best.safetensors: has .*: exp.seed 13 (here 12)' \
	sed -i 's/"seed":"12"/"seed":"13"/' fold-1/best.safetensors
damage cut_epochs 'bad/fold-5/epochs.csv: fold 5: epoch 2 expected, 1 found' \
	sed -i '$d' fold-5/epochs.csv
damage cut_steps 'bad/fold-5/steps.csv: fold 5: step 10 expected, 9 found' \
	sed -i '$d' fold-5/steps.csv
# What `sessions prune` leaves says less: each epoch has steps.
damage cut_pruned 'bad/fold-5/steps.csv: fold 5: epoch 2 expected, 1 found' \
	sh -c 'rm fold-5/state.safetensors && sed -i 7,\$d fold-5/steps.csv'
rm "$dir"/bad/fold-*/state.safetensors "$dir"/bad/fold-*/last.safetensors
cp "$dir/seeds.array/fold-5/steps.csv" "$dir/bad/fold-5"
run collect "$dir/bad"
check collect_pruned done_well
damage no_history 'bad/fold-2/history.bin: is missing' rm fold-2/history.bin
damage empty_history 'bad/fold-2/history.bin: is empty' sh -c ': >fold-2/history.bin'
damage cut_history 'bad/fold-2/history.bin: fold 2: epoch 2 expected, 1 found' \
	truncate -s -4 fold-2/history.bin
damage no_predictions 'bad/fold-2/predictions.csv: is missing' rm fold-2/predictions.csv
damage empty_predictions 'bad/fold-2/predictions.csv: is empty' sh -c ': >fold-2/predictions.csv'
damage no_test 'bad/fold-2/test.bin: is missing' rm fold-2/test.bin
damage log 'bad/fold-3/commands.log:1: "at FOLD EPOCH STEP COMMAND" expected' \
	sh -c 'echo rubbish >fold-3/commands.log'
damage data 'bad/data.csv: is not what config.yml says' sed -i '$d' data.csv
damage settings "bad/seed-13: train.epoch is 9 in its config.yml, and 2 in the session's" \
	sed -i 's/epoch: 2/epoch: 9/' seed-13/config.yml
damage result 'bad/fold-5/result.json:' sh -c 'echo {} >fold-5/result.json'
# A folder that may not be read is not an empty one. To root no folder is closed.
as_user() {
	if [ "$(id -u)" -eq 0 ]; then
		setpriv --reuid=65534 --regid=65534 --clear-groups "$@"
	else
		"$@"
	fi
}
rm -rf "$dir/bad"
cp -r "$dir/seeds.array" "$dir/bad"
cp "$MIUST" "$dir/miust"
chmod 755 "$dir"
[ "$(id -u)" -ne 0 ] || chown -R 65534:65534 "$dir/bad"
run_as_user() {
	as_user "$dir/miust" collect "$dir/bad" >"$dir/out" 2>"$dir/err"
	status=$?
}
run_as_user
check collect_as_user done_well
# Who may only read a finished session has its figures.
chmod a-w "$dir/whole/lock"
as_user "$dir/miust" train --session "$dir/whole" --resume >"$dir/out" 2>"$dir/err"
status=$?
check closed_finished done_well
check closed_says grep -q 'cannot lock the session: Permission denied' "$dir/err"
check closed_prints grep -q 'Test figures' "$dir/out"
chmod 000 "$dir/bad/seed-13/fold-3"
record "$dir/bad" >"$dir/before"
run_as_user
check collect_closed says 1 "bad/seed-13/fold-3: cannot be read: Permission denied"
record "$dir/bad" >"$dir/after"
check collect_closed_changes_nothing cmp -s "$dir/before" "$dir/after"
chmod 755 "$dir/bad/seed-13/fold-3"
chmod 000 "$dir/bad/fold-2/best.safetensors"
run_as_user
check collect_closed_file says 1 "bad/fold-2/best.safetensors: .*: Permission denied"
run collect "$dir/none"
check collect_nothing says 1 'none: no such session'

# Folds that are missing, and why.
long="--set train.epoch=$epochs"
part=$dir/part
lines() { if [ -f "$1" ]; then wc -l <"$1"; else echo 0; fi; }
run train "$config" --session "$part" --fold 1 $long
run train "$config" --session "$part" --fold 2 --resume $long --max-steps 25
task "$part" 4 $long
killed=$!
while kill -0 $killed && [ "$(lines "$part/fold-4/epochs.csv")" -lt 3 ]; do :; done
kill -9 $killed
wait $killed 2>/dev/null
run collect "$part"
check collect_missing_status [ $status -eq 1 ]
check collect_prints_what_there_is grep -q '^    1  *[0-9]' "$dir/out"
check collect_missing grep -q "^miust: $part: 4 of 5 folds are missing: \
fold 2 (stopped after [0-9]* epochs), fold 3 (no epoch is trained), \
fold 4 (broken off after [0-9]* epochs*), fold 5 (no epoch is trained)$" "$dir/err"

# While a process trains one of them it is named, and who joins the files.
task "$part" 3 $long
pid=$!
while kill -0 $pid && [ ! -s "$part/fold-3/lock" ]; do :; done
kill -STOP $pid
record "$part" >"$dir/before"
run collect "$part"
check collect_beside_status [ $status -eq 1 ]
check collect_beside grep -q "4 of 5 folds are missing: .*, fold 3 (process $pid on [^ ]* since \
[-0-9T:]*Z trains it), fold 4" "$dir/err"
check collect_beside_joins_later grep -q "^miust: $part: it is still trained; the joined files \
are brought up to date when that ends$" "$dir/err"
record "$part" >"$dir/after"
check collect_beside_changes_nothing cmp -s "$dir/before" "$dir/after"
kill -CONT $pid
for f in 2 4 5; do
	task "$part" $f $long
	pid="$pid $!"
done
# Asked all the time while they train it refuses nothing else, and ends with all of them.
asked=0
until run collect "$part"; [ $status -eq 0 ]; do
	asked=$((asked + 1))
	grep -q 'folds* \(is\|are\) missing: ' "$dir/err" || break
done
echo "# asked $asked times"
check collect_meanwhile done_well
wait
run collect "$part"
run train "$config" --session "$dir/long" $long
check collect_meanwhile_same_bytes same "$dir/long" "$part"

# Any of them killed at any instant, while they start too, and all started again: instants are
# how often a loop of this shell has turned.
some="--seeds 2 --set train.epoch=$shorter"
run train "$config" --session "$dir/seeds.some" $some
awk -v n=$instants 'BEGIN { srand(3); for (i = 0; i < n; i++) print i, 1 + int(rand() * 5),
	int(rand() * rand() * 30000), 1 + int(rand() * 5), int(rand() * 30000) }' >"$dir/instants"
turns() {
	turn=0
	while [ $turn -lt "$1" ]; do turn=$((turn + 1)); done
}
kills=0 well=0
while read -r i first soon second later; do
	killed=$dir/killed.$i
	for f in $folds; do
		task "$killed" "$f" $some
		eval "pid$f=$!"
	done
	turns "$soon"
	eval "kill -9 \$pid$first" 2>/dev/null
	turns "$later"
	eval "kill -9 \$pid$second" 2>/dev/null
	for f in $folds; do
		eval "wait \$pid$f" 2>/dev/null
		[ $? -ne 137 ] || kills=$((kills + 1))
	done
	array "$killed" $some
	all_well && run collect "$killed" && done_well && same "$dir/seeds.some" "$killed" || break
	[ -z "$(find "$killed" -name '.miust-tmp-*')" ] || break
	well=$((well + 1))
	rm -rf "$killed"
done <"$dir/instants"
echo "# killed $kills times"
check killed_at_any_instant [ $well -eq $instants ]
check killed_some [ $kills -ge $((instants / 2)) ]

# A fold's results name the machine and the version that have trained it, not those of the
# folds that were there before.
run train "$config" --session "$dir/machines" --fold 1
sed -i -e 's/"machine": ".*"/"machine": "another"/' -e 's/"version": ".*"/"version": "0.0"/' \
	"$dir/machines/fold-1/result.json"
run train "$config" --session "$dir/machines" --fold 2 --resume
check machine_of_a_fold [ "$(grep -c '"machine": "another"\|"version": "0.0"' \
	"$dir/machines/fold-2/result.json")" -eq 0 ]

# Equal bytes are promised on one kind of machine: a process on another says so, once.
check machine_is_recorded grep -q ', kernels .*, BLAS .* OpenBLAS ' "$dir/machines/machine"
run train "$config" --session "$dir/machines" --fold 3 --resume
check same_machine_is_silent [ "$(grep -c 'kind of machine' "$dir/err")" -eq 0 ]
echo 'VAX-11/780, kernels portable, BLAS reference' >"$dir/machines/machine"
run train "$config" --session "$dir/machines" --fold 4 --fold 5 --seeds 2 --resume-or-start
check other_machine done_well
check other_machine_is_said [ "$(grep -c "^miust: $dir/machines was first trained on another kind of \
machine, so figures may differ in their last digits .*: VAX-11/780, .*; this one has .* OpenBLAS" \
	"$dir/err")" -eq 1 ]
check first_machine_stays grep -q VAX "$dir/machines/machine"

# `queue run` hands the signals of a cluster on, and ends as its runs do.
queue=$dir/queue miust=$(realpath "$MIUST")
mkdir "$queue"
(cd "$queue" && "$miust" queue add "$config" --session sessions/one --set train.epoch=$queued) \
	>/dev/null 2>&1
for pair in USR1:138:$early USR2:140:$late; do
	s=${pair%%:*} code=${pair#*:}
	# in place of the shell, so that $! is its process
	(cd "$queue" && exec "$miust" queue run) >"$dir/out" 2>"$dir/err" &
	pid=$!
	# its run says that it has begun, too: the one before may have come as far as that
	while kill -0 $pid && { ! grep -q 'one: session' "$dir/err" ||
		[ "$(lines "$queue/sessions/one/fold-1/epochs.csv")" -lt "${code#*:}" ]; }; do :; done
	kill -$s $pid
	wait $pid
	check "queue_run_$s" [ $? -eq "${code%:*}" ]
	check "queue_run_${s}_is_said" grep -q "^miust: stopped by SIG$s; 1 run in the queue" "$dir/err"
	check "queue_run_${s}_stores" grep -q "^miust: one: stopped by SIG$s before epoch" "$dir/err"
done
(cd "$queue" && "$miust" queue run) >"$dir/out" 2>"$dir/err"
run train "$config" --session "$dir/queued" --set train.epoch=$queued
check queue_run_same_bytes same "$dir/queued" "$queue/sessions/one"
