#!/bin/sh
# SPDX-License-Identifier: GPL-3.0-or-later
# miust-mpi: one run whose batches several ranks compute. The session is that of one process.
mpi=build/${KIND:-release}/miust-mpi
[ -x "$mpi" ] && command -v mpirun >/dev/null || {
	echo "skip ranks: no $mpi or no mpirun (Debian: libopenmpi-dev, openmpi-bin; make mpi)"
	exit 0
}
. tests/cli/common
MIUST=$(realpath "$MIUST")
mpi=$(realpath "$mpi")
cp -r tests/record/tiny "$dir/tiny"
here=$PWD
cd "$dir" || exit 1
# `isolated`: this machine alone, which needs no ssh.
ranks() { mpirun --allow-run-as-root --oversubscribe --mca plm isolated -n "$@" >out 2>err; }
# with N ARGUMENT...: miust-mpi train in N ranks.
with() {
	n=$1
	shift
	ranks "$n" "$mpi" train "$@" --threads 1
	status=$?
}
config="tiny/config.yml --set train.microbatches=4 --set train.epoch=6"

run train $config --session one
check one done_well
mv out results
for n in 1 2 3 4; do
	with $n $config --session "ranks-$n"
	check "trained_by_$n" done_well
	check "same_by_$n" same one "ranks-$n"
	with $n $config --session "ranks-$n" --resume
	check "printed_by_$n" cmp results out
done

# The last digits are those of the number of microbatches, whoever computes them.
run train tiny/config.yml --set train.epoch=6 --session whole
check whole done_well
with 2 tiny/config.yml --set train.epoch=6 --session whole --resume
check finished_by_too_many done_well
check finished_by_too_many_prints grep -q 'Test figures' out
check other_digits [ "$(cksum <one/fold-0/steps.csv)" != "$(cksum <whole/fold-0/steps.csv)" ]

# Normalised features, accumulated batches, reference padding, health.
more="--set train.padding=reference --set exp.normalize=train --set train.accumulate=2 --set train.health=3"
run train $config $more --session more
check more done_well
with 3 $config $more --session more-3
check more_by_3 done_well
check more_same_by_3 same more more-3

# Folds and seeds, one after the other.
(cd "$here" && iemocap "$dir/five" 2)
five="five/config.yml --seeds 2 --set train.microbatches=3 --set train.epoch=2"
run train $five --session seeds
check seeds done_well
with 3 $five --session seeds-3
check seeds_by_3 done_well
check seeds_same_by_3 same seeds seeds-3

# A row that was left out when the session began is left out by all, also once it is mended.
cp -r tiny faulty
mv faulty/data/text/train/dia0_utt0.npy away.npy
faulty="faulty/config.yml --set train.microbatches=2 --set train.epoch=2"
run train $faulty --skip-bad --session left
check left done_well
with 2 $faulty --skip-bad --session left-2 --max-steps 3
check left_begun done_well
mv away.npy faulty/data/text/train/dia0_utt0.npy
with 2 --session left-2 --resume
check left_goes_on done_well
check left_same same left left-2

# Interrupted, then with another number of ranks.
with 2 $config --session apart --max-steps 5
check apart_2 done_well
with 3 --session apart --resume --max-steps 4
check apart_3 done_well
run train --session apart --resume
check apart_1 done_well
check apart_same same one apart

# A signal to mpirun reaches rank 0, which stores a checkpoint; so nothing is lost.
long="tiny/config.yml --set train.microbatches=2 --set train.epoch=400"
run train $long --session long-one
check long_one done_well
mpirun --allow-run-as-root --oversubscribe --mca plm isolated -n 2 "$mpi" train $long \
	--session long --threads 1 >out 2>err &
started=$!
while [ "$(wc -l 2>/dev/null <long/fold-0/epochs.csv || echo 0)" -lt 4 ]; do
	kill -0 $started || break
done
kill -USR1 $started
wait $started
check stored grep -q 'stopped by SIGUSR1 .*go on with --session long --resume' err
# A rank that is killed ends the others; the run goes on from its last checkpoint.
mpirun --allow-run-as-root --oversubscribe --mca plm isolated -n 2 "$mpi" train \
	--session long --resume --threads 1 >out 2>err &
started=$!
before=$(wc -l <long/fold-0/epochs.csv)
while [ "$(wc -l <long/fold-0/epochs.csv)" -lt $((before + 3)) ]; do kill -0 $started || break; done
ranks_now=$(pgrep -P $started)
check two_ranks [ "$(echo "$ranks_now" | wc -l)" -eq 2 ]
kill -9 "$(echo "$ranks_now" | sed -n 2p)"
check killed_one [ $? -eq 0 ]
wait $started
check killed_ends_all [ $? -ne 0 ]
for pid in $ranks_now; do check nobody_is_left timeout 60 tail --pid="$pid" -f /dev/null; done
with 2 --session long --resume
check goes_on done_well
check killed_same same long-one long

# ---- refused ----

# refused NAME STATUS PATTERN: it said so, and left nothing.
refused() { check "$1" [ "$status" -eq "$2" ] && check "$1_says" grep -q "$3" err; }
with 3 tiny/config.yml --session none
refused too_few 1 'train.microbatches is 1, and 3 ranks share a batch.s microbatches, one each at least; give it'
check too_few_leaves_nothing [ ! -e none ]
run train tiny/config.yml --session begun --max-steps 3
with 3 --session begun --resume
refused too_few_stored 1 'train.microbatches is 1, .*the session was begun so: go on with fewer ranks'
with 2 $config --session none --jobs 2
refused jobs 2 'jobs 2: folds at once are for one process'
with 2 nothing.yml --session none
refused no_config 1 'nothing.yml'
ranks 2 "$mpi" config train.microbatches
check other_commands_are_each_ranks [ "$(grep -c train.microbatches out)" -eq \
	$((2 * $("$MIUST" config train.microbatches | grep -c train.microbatches))) ]
