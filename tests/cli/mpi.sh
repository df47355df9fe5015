#!/bin/sh
# SPDX-License-Identifier: GPL-3.0-or-later
# A sweep over several ranks, as doc/cluster.md has it: mpirun starts `queue run` in each, and the
# queue deals out the runs. Whoever trains them, and whichever rank is killed, the bytes are the same.
command -v mpirun >/dev/null || {
	echo "skip mpi: no mpirun (Debian: openmpi-bin)"
	exit 0
}
. tests/cli/common
MIUST=$(realpath "$MIUST")
cp -r tests/record/tiny "$dir/tiny"
cd "$dir" || exit 1
epochs=60
[ "${KIND:-release}" = release ] || epochs=10 # it is slow

# cells FOLDER: there, and eight runs that wait.
cells() {
	mkdir "$1" && cd "$1" || exit 1
	"$MIUST" sweep ../tiny/config.yml lr=1e-3,2e-3,3e-3,4e-3 exp.seed=1,2 \
		--set train.epoch=$epochs --name study --yes >../out 2>../err
	status=$?
}
finished() { ls sessions/study/*/results.json 2>/dev/null | wc -l; }
# same_cells FOLDER: all are finished, nothing waits, each has the bytes of the one without MPI.
same_cells() {
	[ "$(finished)" -eq 8 ] && [ ! -s sessions/queue ] || return 1
	for cell in ../alone/sessions/study/*/; do
		same "$cell" "sessions/study/$(basename "$cell")" || return 1
	done
}
# What trains them, in N ranks. `isolated`: this machine alone, which needs no ssh.
queue_run="$MIUST queue run --threads 1"
ranks='mpirun --allow-run-as-root --oversubscribe --mca plm isolated --enable-recovery -n'

cells alone
check swept done_well
run queue run --threads 1
check alone done_well
check alone_all [ "$(finished)" -eq 8 ]
for n in 1 2 4; do
	cd "$dir" && cells "ranks-$n"
	$ranks $n $queue_run >out 2>err
	status=$?
	cp out err "$dir"
	check "ranks_$n" done_well
	check "ranks_${n}_same_bytes" same_cells
done

# A rank that is killed costs the others its run, and no bytes.
for at in 1 4; do
	cd "$dir" && cells "killed-$at"
	$ranks 3 $queue_run >out 2>err &
	mpirun=$!
	while [ "$(finished)" -lt $at ]; do kill -0 $mpirun || break; done
	kill -9 "$(pgrep -P $mpirun | sed -n 2p)"
	killed=$?
	wait $mpirun
	cp out err "$dir"
	check "rank_was_there_at_$at" [ $killed -eq 0 ]
	check "rank_killed_at_$at" same_cells
done
