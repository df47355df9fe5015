#!/bin/sh
# SPDX-License-Identifier: GPL-3.0-or-later
# Two branches that are trained in turn: their bytes are those of two runs alone.
. "$(dirname "$0")/common"

MIUST=$(realpath "$MIUST")
tui=$(realpath "${MIUST_TUI:-build/miust-tui}")
tiny=$(realpath tests/record/tiny)
cd "$dir" || exit 1

# parent SESSION EPOCHS: a run that has stopped at 2:2.
parent() {
	run train "$tiny/config.yml" --session "$1" --set train.epoch="$2" --max-steps 6
}
# alone SESSION VALUE THREADS: what the duel makes and trains, by hand.
alone() {
	run branch "$1" "lr-$2" 2:2
	echo "at 0 2 7 set train.optimizer.lr $2   # was 0.012" >>"$1/branches/lr-$2/fold-0/commands.log"
	run train --session "$1/branches/lr-$2" --resume --threads "$3"
}
both_same() {
	for branch in lr-1e-3 lr-0.05; do
		same "$1/branches/$branch" "$2/branches/$branch" || return 1
	done
}

for threads in 1 2; do
	s=s$threads
	parent $s 5
	cp -r $s alone$threads
	run duel $s lr=1e-3,0.05 --threads $threads
	check duelled_$threads done_well
	alone alone$threads 1e-3 $((3 - threads))
	alone alone$threads 0.05 $((3 - threads))
	check the_bytes_of_two_runs_alone_$threads both_same $s alone$threads
done

parent s 5
run duel s lr=1e-3,0.05
printed() {
	[ "$(wc -l <out)" -eq 6 ] && sed -n 1p out | grep -qx 'lr-1e-3 : lr-0.05, on the validation part' &&
		sed -n 2p out | grep -q '^epoch 2: WA 0\.[0-9]* : 0\.[0-9]*, Δ [-+]0\.[0-9]*; McNemar [0-9]* : [0-9]*, p [0-9.e-]*, clear at p < 8.9e-05 (look 1 of 4)$' &&
		sed -n 5p out | grep -q '^epoch 5: .* (look 4 of 4)$' &&
		sed -n 6p out | grep -q '(look 4 of 4 needs p < 0.026). The duel is over: all its epochs are done.$'
}
check a_line_an_epoch_and_a_sentence printed
run duel s lr-1e-3 lr-0.05
check one_that_is_finished says 1 'lr-1e-3 is finished'

# From a step of the past, for some epochs: each does first what its parent did, stops after a
# checkpoint, and goes on.
run duel s lr=1e-3,x2 at 1:3 for 2
check for_two_epochs done_well
ends() {
	grep -q '^epoch 1: .* (look 1 of 2)$' out && grep -q '^epoch 2: .* (look 2 of 2)$' out &&
		[ "$(wc -l <out)" -eq 4 ] &&
		grep -q 'lr-x2 goes on with train --session s/branches/lr-x2 --resume' err
}
check it_ends_there ends
named() { [ "$(ls s/branches | tr '\n' ' ')" = 'lr-0.05 lr-1e-3 lr-1e-3-1 lr-x2 ' ]; }
check a_name_that_is_taken_gets_a_number named
factor() { grep -qx 'at 0 1 4 set train.optimizer.lr 0.024   # was 0.012' s/branches/lr-x2/commands.log; }
check a_factor_is_a_value_in_the_log factor

# The run itself against a branch; what takes effect at an epoch's end.
run duel s main lr-x2 for 1
check the_run_itself_is_main grep -q '^main .* lr-x2\|^lr-x2 .* main\|^main and lr-x2' out
run duel s warmup=0,2 at 2:1 for 1
at_the_end() { grep -qx 'at 0 3 9 set train.warmup 2   # was 0' s/branches/warmup-2/commands.log; }
check at_an_epochs_end at_the_end
check the_value_it_has_is_no_change [ ! -s s/branches/warmup-0/fold-0/commands.log ]
run duel s warmup=0,1 at 1:1
check in_the_first_epoch_it_is_known_too done_well

# Mistakes, before anything is made.
ls -R s >before
refused() {
	run duel s "$@"
	says 1 "$why" && ls -R s >after && cmp -s before after
}
mistake() {
	name=$1 why=$2
	shift 2
	check "$name" refused "$@"
}
mistake no_branch 's has no branch foo' foo bar
mistake same_run 'main and main are the same run' main main
mistake same_values 'the two values are the same, 1' lr=1,1
mistake same_number 'the two values are the same, 1e-3' lr=1e-3,0.001
mistake three_values 'expected two values, lr=V1,V2' lr=1,2,3
mistake one_value 'expected two values' lr=1
mistake wrong_value "found '-1'" lr=1,-1
mistake for_the_next_run 'batch_size is fixed during a run' batch_size=1,2
mistake no_setting 'nosuch' nosuch=1,2
mistake one_run 'expected two runs' main
mistake no_number 'for soon: expected how many epochs' main lr-x2 for soon
mistake no_place 'at soon: expected EPOCH:STEP' lr=1,2 at soon
mistake a_place_of_two_runs 'did not expect at' main lr-x2 at 1:1
mistake a_step_to_come '9:1 is still to come' lr=1,2 at 9:1
run train "$tiny/config.yml" --session done --set train.epoch=1
run duel done lr=1,2
check a_finished_run says 1 'fold 0 of done is finished; at EPOCH:STEP begins the duel at a step of its past'
run duel done lr=1,2 at 2:0
check its_end_is_named says 1 '2:0 is the end of fold 0 of done, which is finished: nothing is left to train there; name an earlier step'
check nothing_is_made_of_it [ ! -e done/branches ]
for sides in 'lr=1,2' 'a b'; do
	run duel nowhere $sides
	check "no_session_$sides" says 1 'nowhere: no such session'
done
run branch done x=1 1:2
run branch done x=2 1:2
run duel done x=1 x=2
check names_with_a_sign done_well
run duel done lr=1,2 x=2
check two_values_are_no_name says 1 'did not expect x=2'
rm -r done/branches
run duel done lr=1,2 at 1:2
check but_of_its_past done_well
run train "$tiny/config.yml" --session other --set train.batch_size=3 --max-steps 2
mistake other_batches 'main has train.batch_size 4 and other has 3' main other
run train "$tiny/config.yml" --session fresh --set train.epoch=5 --max-steps 2
run duel fresh lr=1,2 --fold 3
check no_fold says 1 'fold 3 has not begun'

hints() { grep -q "$1 goes on with train" err && ! grep -q "$2 goes on with train" err; }

# By hand, and killed: each goes on alone, and is what it would have been.
mkfifo lines
# in_the_middle SESSION SIGNAL: a duel that gets the signal after epoch 4; its rest in out.
in_the_middle() {
	parent "$1" 150
	cp -r "$1" "$1-alone"
	"$MIUST" duel "$1" lr=1e-3,0.05 >lines 2>err &
	duel=$!
	exec 3<lines
	while read -r line <&3; do
		case $line in
		"epoch 4"*) break ;;
		esac
	done
	[ "$2" = KILL ] && { run duel "$1" lr-1e-3 lr-0.05; cp err busy; }
	kill -s "$2" $duel
	cat <&3 >out
	wait $duel
	status=$?
	exec 3<&-
}
go_on() {
	for value in 1e-3 0.05; do
		run train --session "$1/branches/lr-$value" --resume
		alone "$1-alone" $value 2
	done
	both_same "$1" "$1-alone"
}
in_the_middle hand TERM
by_hand() {
	[ "$status" -eq 143 ] && tail -n 1 out | grep -q 'The duel is over: it was ended by hand.$' &&
		grep -q 'stopped by SIGTERM' err
}
check by_hand by_hand
check after_that_the_bytes_are_those_of_two_runs go_on hand
in_the_middle killed KILL
check killed [ "$status" -eq 137 ]
check two_duels_of_the_same_runs grep -q 'another program trains lr-1e-3' busy
check after_a_kill_the_bytes_are_those_of_two_runs go_on killed

# From outside: what trains has a socket.
parent asked 150
"$MIUST" duel asked lr=1e-3,0.05 >lines 2>err &
duel=$!
exec 3<lines
read -r line <&3
run control asked/branches/lr-0.05 stop
cat <&3 >out
wait $duel
status=$?
exec 3<&-
check stopped_from_outside grep -q 'The duel is over: lr-0.05 was stopped.$' out
check that_is_no_error done_well

parent asked-off 150
"$MIUST" duel asked-off lr=1e-3,0.05 >lines 2>err &
duel=$!
exec 3<lines
read -r line <&3
run control asked-off/branches/lr-0.05 duel
cp out stands
run control asked-off/branches/lr-0.05 duel lr=1,2
cp err refused
run control asked-off/branches/lr-1e-3 duel off
cat <&3 >out
wait $duel
status=$?
exec 3<&-
check it_says_how_it_stands grep -q 'The duel goes on.$' stands
check one_at_a_time grep -q 'a duel is running already; duel off ends it' refused
check ended_from_outside grep -q 'The duel is over: it was ended by hand.$' out
check which_is_no_error done_well

# One that is deleted meanwhile: nothing goes on with it.
parent gone 150
"$MIUST" duel gone lr=1e-3,0.05 >lines 2>err &
duel=$!
exec 3<lines
read -r line <&3
rm -rf gone/branches/lr-0.05
cat <&3 >out
wait $duel
status=$?
exec 3<&-
check one_is_deleted grep -q 'The duel is over: lr-0.05 failed: ' out
check only_the_other_goes_on hints lr-1e-3 lr-0.05

# One that diverges: the other is whole.
parent bad 5
run duel bad lr=1e-3,0.05 for 1
state=bad/branches/lr-0.05/fold-0/state.safetensors
header=$(od -An -N8 -tu8 "$state" | tr -d ' ')
at=$(head -c $((header + 8)) "$state" | tail -c "$header" | tr '{' '\n' | tr -d ' ' |
	sed -n '/"weights\/c_fc.bias":$/{n;s/.*"data_offsets":\[\([0-9]*\),.*/\1/p;}')
printf '\000\000\200\177' |
	dd of="$state" bs=1 seek=$((8 + header + at)) conv=notrunc 2>/dev/null
run duel bad lr-1e-3 lr-0.05
check diverges_with_3 [ "$status" -eq 3 ]
diverged() { grep -q 'The duel is over: lr-0.05 diverged: fold 0, epoch 3, step 9: ' out; }
check it_says_who_diverged diverged
check and_only_the_other_goes_on hints lr-1e-3 lr-0.05
run train --session bad/branches/lr-1e-3 --resume
check the_other_goes_on done_well

# In a script: the run that trains stops, its two branches begin, and the line lasts until the duel
# is over; both are drawn.
cp -r "$tiny" .
sed -i 's/epoch: 3/epoch: 5/' tiny/config.yml
printf 'step epoch\nstep\nduel lr=1e-3,0.05\ndump page\nduel\nview 7\ndump list\n' >script
"$tui" tiny/config.yml --script script >out 2>err
status=$?
check scripted done_well
session=$(echo sessions/*)
by_script() {
	for value in 1e-3 0.05; do
		[ -e "$session/branches/lr-$value/results.json" ] &&
			grep -qx "at 0 2 6 set train.optimizer.lr $value   # was 0.012" \
				"$session/branches/lr-$value/commands.log" || return 1
	done
	[ ! -e "$session/results.json" ] && [ ! -s "$session/commands.log" ]
}
check the_run_has_stopped_and_its_branches_are_trained by_script
cp page out
check both_are_drawn grep -q 'lr-0.05  [0-9.]* *[0-9.]*' page
check its_end_is_said grep -q 'leads lr-[01][.e].*McNemar' page
cp list out
in_the_list() { [ "$(grep -c 'lr-.* finished' list)" -eq 2 ] && grep -q 'stopped' list; }
check all_three_are_in_the_list in_the_list
printf 'step epoch\nduel lr=1,-1\n' >script
rm -rf wrong && mkdir wrong && cp -r tiny wrong
(cd wrong && "$tui" tiny/config.yml --script ../script >../out 2>&1)
check a_wrong_value_in_a_script grep -q "found '-1'" out
check for_which_nothing_is_made [ ! -e wrong/sessions/*/branches ]
printf 'duel\nduel lr-1e-3 lr-0.05\n' >script
"$tui" "$session" --script script >out 2>err
status=$?
cat err >>out
check a_mistake_in_a_script grep -q 'lr-1e-3 is finished' out
