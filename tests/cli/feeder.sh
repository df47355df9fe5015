#!/bin/sh
# SPDX-License-Identifier: GPL-3.0-or-later
# The queue in the screen: runs that it trains, at whatever instant it is killed, leave what
# `miust train` leaves, each once.
MIUST=$(realpath "${MIUST:-build/miust}")
MIUST_TUI=$(realpath "${MIUST_TUI:-build/miust-tui}")
. tests/cli/common
tiny=$(realpath "$tiny")
cd "$dir" || exit 1
export LC_ALL=C.UTF-8 XDG_CONFIG_HOME="$dir/config" XDG_STATE_HOME="$dir/state"

epochs=30
[ "${KIND:-release}" = release ] || epochs=12 # it is slow
# three COMMAND...: once for each of three runs, with its session's name and arguments.
three() {
	"$@" a "$tiny" --set train.epoch=$epochs &&
		"$@" b "$tiny" --set train.epoch=$((epochs * 2 / 3)) --seeds 2 &&
		"$@" c "$tiny" --set train.epoch=$((epochs - 5)) --set train.optimizer.name=adamw
}
train_one() (
	name=$1
	shift
	"$MIUST" train "$@" --session "alone/$name" >out 2>err
)
queue_one() (
	name=$1
	shift
	"$MIUST" queue add "$@" --session "sessions/$name" >out 2>err
)
all_same() {
	for s in a b c; do same "alone/$s" "sessions/$s" || return 1; done
}
is_empty() { [ ! -s sessions/queue ]; }
# What a user of the screen looks at meanwhile; nothing trains in it.
"$MIUST" train "$tiny" --set train.epoch=1 --session looked >out 2>err
check trained_alone three train_one

# screen JOBS: feeds until the queue is empty, or it is killed.
screen() {
	printf 'jobs %s\nqueue go\n' "$1" >script
	"$MIUST_TUI" looked --threads 2 --script script >out 2>err
}

# Nothing begins by itself.
three queue_one
cp sessions/queue want
echo 'view 7' >script
"$MIUST_TUI" looked --script script >out 2>err
check never_by_itself cmp -s want sessions/queue
check nothing_trained [ ! -e sessions/a/fold-0 ]
"$MIUST_TUI" looked --readonly --script script >out 2>err
check readonly_never cmp -s want sessions/queue

for jobs in 1 2; do
	rm -rf sessions
	three queue_one
	check "fed_$jobs" screen $jobs
	check "fed_${jobs}_all" is_empty
	check "fed_${jobs}_same" all_same
done

# Killed again and again, each time after some more rows: the disk tells how far it is.
rows() { cat sessions/*/fold-0/steps.csv sessions/b/seed-*/fold-0/steps.csv 2>/dev/null | wc -l; }
killed_all() { # JOBS: the queue to its end
	rm -rf sessions
	three queue_one
	until is_empty || [ $kills -eq 60 ]; do
		before=$(rows) tries=0
		screen $1 &
		pid=$!
		while kill -0 $pid 2>/dev/null && [ $(($(rows) - before)) -lt $((epochs * 25 / 30)) ] && [ $tries -lt 20000 ]; do
			tries=$((tries + 1))
		done
		tui=$(ps -o pid= --ppid $pid 2>/dev/null | tr -d ' ')
		kill -9 ${tui:-$pid} 2>/dev/null && kills=$((kills + 1))
		wait $pid 2>/dev/null
	done
	is_empty && all_same
}
for jobs in 1 2; do
	kills=0 queues=0 # about ten times; on a busy machine it may be through before: another one
	until [ $kills -gt 2 ] || [ $queues -eq 5 ]; do
		queues=$((queues + 1))
		killed_all $jobs || break
	done
	check "killed_$jobs" [ $kills -gt 2 ]
	check "killed_${jobs}_all" is_empty
	check "killed_${jobs}_same" all_same
done
