#!/bin/sh
# SPDX-License-Identifier: GPL-3.0-or-later
# The queue without a screen. Runs trained through it, at whatever instant its programs are
# stopped or killed, leave what `miust train` leaves, each once.
# QUEUE_INSTANTS=50 tests/cli/queue.sh tries so many instants; QUEUE_SEED=N others.
MIUST=$(realpath "${MIUST:-build/miust}")
. tests/cli/common
tiny=$(realpath $tiny)
five_sessions "$dir/five"
cd "$dir" || exit 1

# four COMMAND...: once for each of four runs, with its session's name and arguments.
four() {
	"$@" a "$tiny" --set train.epoch=12 &&
		"$@" b "$tiny" --set train.epoch=8 --set exp.normalize=train --seeds 2 &&
		"$@" c five/config.yml --set train.epoch=1 &&
		"$@" d "$tiny" --set train.epoch=10 --set train.optimizer.name=adamw
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
check trained_alone four train_one
# all_same: the four sessions of the queue are those trained alone.
all_same() {
	for s in a b c d; do same "alone/$s" "sessions/$s" || return 1; done
}
# says_so: says, after a table.
says_so() { [ "$status" -eq "$1" ] && grep -q "$2" err; }

# What waits, and its order.
check queued four queue_one
check waits_as_train_stores_it [ "$(ls -A sessions/a)" = "config.yml
data.csv
lock" ]
printf 'a\nseeds 2 b\nc\nd\n' >want
check the_file cmp -s want sessions/queue
run queue list
check list_states [ "$(grep -c '  waits   ' out)" -eq 4 ]
check list_what grep -q '^   2  b     waits     1 fold, 8 epochs, 2 seeds$' out
check list_folds grep -q '^   3  c     waits     5 folds, 1 epoch$' out
run queue move c first
check moved done_well
run queue move sessions/a down
run queue move d up
printf 'c\nseeds 2 b\nd\na\n' >want
check moved_order cmp -s want sessions/queue
run queue move d sideways
check move_refused says 2 "expected up, down, first or last; found 'sideways'"
run queue remove d
check removed done_well
run queue remove d
check remove_refused says 1 'd is not in the queue'
run queue add --session "$dir/sessions/d" --resume
check queued_again grep -q '^miust: queued as number 4 of 4$' err
run queue add --session sessions/d --resume
check queued_twice says 1 'sessions/d: is in the queue already (line 4)'

run queue run --jobs 1
check one_job done_well
check one_job_says grep -q '^miust: 4 runs finished$' err
check one_job_results [ "$(grep -c ': seed [0-9]*: test WA ' out)" -eq 5 ]
check one_job_empty [ ! -s sessions/queue ]
check one_job_same all_same
run queue run
check nothing_left done_well

rm -rf sessions
four queue_one
run queue run --jobs 2 --threads 3 --on "end run mkdir $dir/hooked"
check two_jobs done_well
check two_jobs_hook [ -d hooked ]
check two_jobs_empty [ ! -s sessions/queue ]
check two_jobs_same all_same

# A stale line trains nothing; a line of a session that is gone is said and stays.
printf 'seeds 2 b\ngone\nb\n' >sessions/queue
rm sessions/b/results.json # as a kill just before it leaves it
run queue run b
check stale_is_joined all_same
printf 'seeds 2 b\ngone\nb\n' >sessions/queue
stat -c '%n %i %y' $(find sessions/b -type f ! -name lock) >before
run queue run
check stale done_well
check stale_said grep -q '^miust: b: sessions/b is finished already' err
check stale_trains_nothing sh -c "stat -c '%n %i %y' \$(find sessions/b -type f ! -name lock) | cmp -s - before"
check gone_said grep -q '^miust: sessions/queue:2: gone: no session is there' err
printf 'gone\n' >want
check gone_stays cmp -s want sessions/queue
run queue remove gone
check gone_removed [ ! -s sessions/queue ]

# Refused: no session is left, and no line.
rm -rf sessions
run queue add "$tiny" --set train.batch_size=0
check refused_value says 2 "train.batch_size: expected an integer, 1 to 1000000; found '0'"
run queue add "$tiny" --set exp.audio_dir="$dir/nowhere"
check refused_data [ "$status" -eq 1 ]
run queue add
check refused_usage says 2 'CONFIG is missing'
run queue add "$tiny" --session alone/a
check refused_session says 1 'already has a session'
check refused_leaves_nothing [ ! -e sessions ]

# Killed while it queues a run: there is no line without its session, and asking again works.
awk 'BEGIN { srand(5); for (i = 0; i < 12; i++) print i, int(rand() * rand() * 20000) }' >turns
while read -r i turns; do
	"$MIUST" queue add "$tiny" --set train.epoch=1 --session sessions/k$i >out 2>err &
	pid=$!
	turn=0
	while [ $turn -lt "$turns" ]; do turn=$((turn + 1)); done
	kill -9 $pid 2>/dev/null
	wait $pid 2>/dev/null
done <turns
run queue list
check killed_adds_leave_no_fault [ "$(grep -vc 'the queue is empty' err)" -eq 0 ]
for i in 0 1 2 3 4 5 6 7 8 9 10 11; do
	grep -qsx k$i sessions/queue && continue
	[ -e sessions/k$i/config.yml ] && again=--resume || again=$tiny
	run queue add $again --session sessions/k$i
	done_well || break
done
check killed_adds_again done_well
check killed_adds_all [ "$(sort -u sessions/queue | grep -c '^k[0-9]*$')" -eq 12 ]
check killed_adds_temporary_files [ -z "$(find sessions -name queue.new)" ]
rm -rf sessions

# One that fails, one that diverges, and one that is well.
cp -r "$(dirname "$tiny")" own
run queue add own/config.yml --session sessions/away
run queue add "$tiny" --set train.epoch=2 --session sessions/well
mv own elsewhere
run queue run
check failed_status [ "$status" -eq 1 ]
check failed_said grep -q '^miust: sessions/away: failed: .*not there; if the data has moved' err
check failed_count grep -q '^miust: 1 run failed, 1 finished; what is still in the queue is tried again' err
printf 'away\n' >want
check failed_stays cmp -s want sessions/queue
mv elsewhere own
run queue run
check failed_goes_on done_well
# One that is stopped from outside has not failed; the others go on, and it does not begin again.
rm -rf sessions own
run queue add "$tiny" --set train.epoch=100000 --session sessions/long
run queue add "$tiny" --set train.epoch=2 --session sessions/well
"$MIUST" queue run --jobs 1 >o 2>e &
pid=$!
until "$MIUST" control sessions/long stop >out 2>err || ! kill -0 $pid; do :; done
wait $pid
status=$?
cp e err
check outside_status [ $status -eq 1 ]
check outside_said grep -q '^miust: sessions/long: stopped by process [0-9]* before epoch .*go on with' err
check outside_is_no_failure sh -c '! grep -q failed err'
check outside_count grep -q '^miust: 1 run was stopped from outside, 1 finished; the next miust queue run goes' err
printf 'long\n' >want
check outside_stays cmp -s want sessions/queue
"$MIUST" queue run long >o 2>e &
pid=$!
until "$MIUST" control sessions/long stop >out 2>err || ! kill -0 $pid; do :; done
wait $pid
status=$?
check outside_alone [ $status -eq 5 ]
run queue remove long
# No setting overflows float32 in a moment: a bias of the stored state becomes infinite.
run train "$tiny" --session sessions/wild --max-steps 6
state=sessions/wild/fold-0/state.safetensors
header=$(od -An -N8 -tu8 "$state" | tr -d ' ')
at=$(head -c $((header + 8)) "$state" | tail -c "$header" | tr '{' '\n' | tr -d ' ' |
	sed -n '/"weights\/c_fc.bias":$/{n;s/.*"data_offsets":\[\([0-9]*\),.*/\1/p;}')
printf '\000\000\200\177' |
	dd of="$state" bs=1 seek=$((8 + header + at)) conv=notrunc 2>/dev/null
run queue add --session sessions/wild --resume
run queue run
check diverged_status [ "$status" -eq 3 ]
check diverged_said grep -q '^miust: 1 run diverged, 0 finished$' err
check diverged_leaves [ ! -s sessions/queue ]

# A run that another program trains is left to it; one that is queued meanwhile is not.
rm -rf sessions
run queue add "$tiny" --set train.epoch=100000 --session sessions/busy
"$MIUST" train --session sessions/busy --resume >o 2>e &
pid=$!
until [ -s sessions/busy/fold-0/steps.csv ] || ! kill -0 $pid; do :; done
run queue add "$tiny" --session sessions/free
run queue list
check list_elsewhere grep -q "^   1  busy  trains: process $pid on .* since " out
run queue run busy
check busy_alone done_well
check busy_alone_says grep -q "another program is writing this session" err
export MIUST_DISPATCHED=1 # as dispatch starts it: it is offered the next run
run queue run busy
check busy_dispatched_is_no_news sh -c "[ $status -eq 0 ] && [ ! -s err ]"
run queue run gone
check gone_dispatched_is_no_news sh -c "[ $status -eq 1 ] && [ ! -s err ]"
unset MIUST_DISPATCHED
run queue run
check busy_is_left done_well
check busy_is_said grep -q '^miust: 1 run left to other programs$' err
printf 'busy\n' >want
check busy_stays cmp -s want sessions/queue
kill -9 $pid
wait $pid 2>/dev/null
"$MIUST" queue run --jobs 2 >o 2>e & # what is queued now starts beside the one that trains
pid=$!
until grep -q 'busy: fold 0  epoch' e || ! kill -0 $pid; do :; done
"$MIUST" queue add "$tiny" --session sessions/late >out 2>err
while grep -q late sessions/queue && kill -0 $pid; do :; done
check queued_meanwhile kill -0 $pid
kill -TERM $pid
wait $pid
status=$?
check stopped_status [ $status -eq 143 ]
check stopped_said grep -q '^miust: stopped by SIGTERM; 1 run in the queue; go on with miust queue run$' e
check stopped_busy grep -q 'busy: stopped by SIGTERM before epoch' e
cmp -s want sessions/queue
check stopped_line [ $? -eq 0 ]
run queue list
check list_begun grep -q '^   1  busy  begun' out
rm -rf sessions

# Programs that mpirun starts together begin with different runs; what is left follows in order.
for n in 1 2 3; do run queue add "$tiny" --set train.epoch=1 --session sessions/t$n; done
OMPI_COMM_WORLD_SIZE=5 OMPI_COMM_WORLD_RANK=4 "$MIUST" queue run >out 2>err
sed -n 's/: session .*//p' err >o
printf 'miust: t%s\n' 2 1 3 >want
check together_in_order cmp -s want o
rm -rf sessions

# Sweeps: the table first, all checked before anything is made.
run sweep "$tiny" lr=1e-3,3e-4 batch_size=4,8 --seeds 2 --dry-run
check dry_run done_well
check dry_run_table [ "$(grep -c '^lr=.*,batch_size=[48]  *2 ' out)" -eq 4 ]
check dry_run_unknown grep -q '^miust: 8 runs (4 variants x 2 seeds); how long is not known' err
check dry_run_makes_nothing [ ! -e sessions ]
run train "$tiny" --set train.epoch=2 --session sessions/like
run sweep "$tiny" lr=1e-3,3e-4 epoch=2,4 --name study
check sweep done_well
check sweep_cost grep -q '^miust: 4 runs (4 variants x 1 seed), about .*[kM]B, by sessions/like$' err
printf '%s\n' study/lr=0.001,epoch=2 study/lr=0.001,epoch=4 study/lr=3e-4,epoch=2 \
	study/lr=3e-4,epoch=4 >want
check sweep_queued cmp -s want sessions/queue
run queue run --jobs 2
check sweep_trained done_well
check sweep_names grep -q '^miust: lr=3e-4,epoch=4: session sessions/study/lr=3e-4,epoch=4$' err
run train "$tiny" --set train.optimizer.lr=3e-4 --set train.epoch=4 --session alone.4
check sweep_same same alone.4 sessions/study/lr=3e-4,epoch=4
run sweep "$tiny" lr=1e-4,3e-4 epoch=4 --name study
check sweep_taken says_so 1 'sessions/study/lr=3e-4,epoch=4: already has a session'
check sweep_taken_back [ ! -e sessions/study/lr=1e-4,epoch=4 ]
check sweep_taken_not_queued [ ! -s sessions/queue ]
run sweep "$tiny" lr=1e-4,-3
check sweep_value says 2 "train.optimizer.lr: expected a number above 0, at most 100; found '-3'"
run sweep "$tiny" hidden_size1=4,8 hidden_size2=8
check sweep_cell says 1 'hidden_size1=4,hidden_size2=8: .*model.hidden_size2: 8 differs from'
run sweep "$tiny" lr=1,2 --set nope=3
check sweep_set says 2 '^miust: --set: unknown key nope'
run sweep "$tiny"
check sweep_usage says 2 'expected KEY=V1,V2,... to sweep over, or --seeds N'
run sweep "$tiny" epoch=1,2 --name like
check sweep_name says_so 1 'sessions/like: is a session; choose another name'
run sweep "$tiny" seed=1,2 --seeds 2
check sweep_seeds says 2 'exp.seed: --seeds says the seeds already'
run sweep "$tiny" --seeds 3 --set train.epoch=1
check sweep_of_seeds grep -q '^seeds 3 config-[0-9-]*$' sessions/queue
rm -rf sessions

# Random instants. A program that works on the queue is stopped (TERM), killed alone (its
# runs then end in order by themselves), or killed with all it has started, as in a power
# cut; the next one begins at once. Every third time a second program works beside it.
[ "${KIND:-release}" = release ] || QUEUE_INSTANTS=${QUEUE_INSTANTS:-3} # it is slow
instants=${QUEUE_INSTANTS:-8} seed=${QUEUE_SEED:-1}
echo "# $instants instants, seed $seed"
total=$(cat alone/*/fold-*/steps.csv alone/*/seed-*/fold-*/steps.csv | wc -c)
grown() { cat sessions/*/fold-*/steps.csv sessions/*/seed-*/fold-*/steps.csv 2>/dev/null | wc -c; }
# finished: every file of a finished fold, its inode and time.
finished() {
	find sessions -name result.json | LC_ALL=C sort | while read -r f; do
		stat -c '%n %i %y' "$f" "$(dirname "$f")/state.safetensors" "$(dirname "$f")/steps.csv"
	done
}
fresh() {
	rm -rf sessions finished
	: >finished
	four queue_one
}
# drained: the queue is empty; is it all as it should be?
drained() {
	cycles=$((cycles + 1))
	check "instants_${cycles}_same" all_same
	check "instants_${cycles}_no_temporary_files" [ -z "$(find sessions -name '.miust-tmp-*')" ]
	fresh
}
# once: no fold that was finished has been touched since.
once() {
	finished >now
	while read -r line; do
		grep -qxF "$line" now || echo "$line"
	done <finished >out
	cp now finished
	[ ! -s out ]
}
awk -v seed="$seed" -v n="$instants" -v total="$total" 'BEGIN { srand(seed)
	for (i = 0; i < n; i++) print int(rand() * total * 0.3), int(rand() * 3000), int(rand() * 3),
		1 + int(rand() * 2) }' >instants
cycles=0 struck=0 again=0
fresh
while read -r bytes turns kind jobs <&3; do
	tries=0
	while :; do
		[ -s sessions/queue ] || drained
		"$MIUST" queue run --jobs "$jobs" --threads 2 >o 2>e &
		pid=$!
		other=
		if [ $((struck % 3)) -eq 2 ]; then
			"$MIUST" queue run --threads 1 >o2 2>e2 &
			other=$!
		fi
		until=$(($(grown) + bytes))
		while kill -0 $pid 2>/dev/null && [ "$(grown)" -lt $until ]; do :; done
		turn=0
		while [ $turn -lt "$turns" ]; do turn=$((turn + 1)); done
		case $kind in
		0) kill -TERM $pid 2>/dev/null ;;
		1) kill -KILL $pid 2>/dev/null ;;
		2) # its runs first: they would begin to store
			kill -STOP $pid 2>/dev/null
			kill -KILL $(pgrep -P $pid) $pid 2>/dev/null ;;
		esac
		wait $pid 2>/dev/null
		status=$?
		[ -z "$other" ] || wait $other 2>/dev/null || again=$((again + $? * 1000))
		once || again=$((again + 1))
		# It was through before: another time, with less.
		[ $status -gt 128 ] && break
		tries=$((tries + 1)) bytes=$((bytes / 2))
		[ $tries -lt 20 ] || break
	done
	[ $status -gt 128 ] && struck=$((struck + 1))
done 3<instants
check "instants_$instants" [ $struck -eq "$instants" ]
check none_trained_twice [ $again -eq 0 ]
# What is left; runs of a killed program may still be storing their last checkpoint.
while [ -s sessions/queue ] && [ $again -eq 0 ]; do
	"$MIUST" queue run --jobs 2 >out 2>err || again=1
done
once || again=1
check the_rest_is_trained_once [ $again -eq 0 ]
drained
