#!/bin/sh
# SPDX-License-Identifier: GPL-3.0-or-later
# miust-tui without a terminal: --script, --dump, --once, and what a session
# driven so has in common with `miust train --replay` of its log.
. tests/cli/common
MIUST=$(realpath "$MIUST")
MIUST_TUI=$(realpath "${MIUST_TUI:-build/miust-tui}")
tiny=$(realpath "$tiny")
five_sessions "$dir/five"
cd "$dir" || exit 1
unset NO_COLOR COLUMNS LINES
export LC_ALL=C.UTF-8 XDG_CONFIG_HOME="$dir/config" XDG_STATE_HOME="$dir/state"

# tui ARGUMENT...: leaves $status, out, err.
tui() {
	"$MIUST_TUI" --threads 1 "$@" >out 2>err </dev/null
	status=$?
}
# script LINE...: the file "script".
script() { printf '%s\n' "$@" >script; }
is() { [ "$status" -eq "$1" ]; }
fails() { [ "$status" -eq "$1" ] && grep -q -- "$2" err && [ "$(grep -c '^miust: ' err)" -eq 1 ]; }
session() { echo sessions/config-*; }
fresh() { rm -rf sessions; }
# FILE has ROWS rows of COLS columns each.
sized() { [ "$(wc -l <"$1")" -eq "$2" ] && [ "$(grep -cE "^.{$3}$" "$1")" -eq "$2" ]; }

# A whole run: steps, changes of both sorts, a break, an undo, an early end.
script 'step' 'set train.optimizer.lr 0.02' 'step' 'undo' '# a comment' '' \
	'set train.epoch 4' 'break when step >= 6' 'run' 'set train.loss.text 0.5' \
	'break when val_wa <= 1' 'run' 'break off' 'save' 'eval' 'set train.clip 1' 'step epoch' \
	'fold'
tui "$tiny" --script script
check script_runs is 0
check script_writes_results test -f "$(session)/results.json"
cat >log <<'END'
at 0 1 2 set train.optimizer.lr 0.02   # was 0.012
at 0 1 3 set train.optimizer.lr 0.012   # undo, was 0.02
at 0 2 5 set train.epoch 4   # was 3
at 0 2 7 set train.loss.text 0.5   # was 0.15
at 0 3 9 set train.clip 1   # was 0
at 0 4 13 fold
END
check script_logs_changes cmp log "$(session)/commands.log"
"$MIUST" train "$tiny" --replay "$(session)/commands.log" --session replayed \
	--threads 2 >out 2>err
status=$?
check script_replays is 0
check script_replayed_same same "$(session)" replayed

# A state with a name: stored at once, and each name once.
fresh
script 'step epoch' 'save first' 'step' 'save second' 'save 2nd'
tui "$tiny" --script script
check names_begin_with_letters is 1
check names_begin_with_letters_says grep -q "script:5: '2nd' cannot name a state: expected a letter from a to z" err
check names_are_stored [ -s "$(session)/fold-0/states/5.state" ]
check names_are_in_them grep -q second "$(session)/fold-0/states/5.state"
fresh
script 'states' 'step epoch' 'save first' 'step' 'save second' 'states' 'dump page'
tui "$tiny" --script script
check states_are_listed grep -q '2:0 *4 .*first  best epoch' page
check states_within_an_epoch_are_listed grep -q '2:1 *5 .*second' page
fresh
script 'step epoch' 'save first' 'step' 'save first'
tui "$tiny" --script script
check names_are_given_once is 1
check names_are_given_once_says grep -q \
	'script:4: first is the state after step 4 (epoch 1) already; choose another name' err
fresh

# A factor changes what is in force, or waits; the log has values, and replays.
fresh
script 'set train.optimizer.lr x0.5' 'step' 'set train.epoch x2' 'set train.epoch x1.5' 'undo' \
	'set train.epoch 1' 'step epoch'
tui "$tiny" --script script
check factor_runs is 0
cat >log <<'END'
at 0 1 1 set train.optimizer.lr 0.006   # was 0.012
at 0 2 5 set train.epoch 6   # was 3
at 0 2 5 set train.epoch 9   # was 6
at 0 2 5 set train.epoch 6   # undo, was 9
at 0 2 5 set train.epoch 1   # was 6
END
check factor_logs_values cmp log "$(session)/commands.log"
script 'step' 'set train.clip x2'
tui "$tiny" --script script
check factor_of_nothing fails 1 'script:2: train.clip is 0 and stays 0 with x2; give the value itself'
"$MIUST" train "$tiny" --set train.optimizer.lr=x0.5 --session never >out 2>err
status=$?
check factor_needs_a_run fails 2 'a factor, which only changes a value that a run has'
check factor_leaves_no_session [ ! -e never ]

# A try shows its page, and leaves nothing of itself.
fresh
script 'step' 'set train.epoch 2' 'run'
tui "$tiny" --script script
mv "$(session)" untried
script 'step' 'try lr=x0.5,loss.text=0 for 5' 'dump several' 'try lr 1e-5..1e-1 for 3' 'dump sweep' \
	'set train.epoch 2' 'try schedule linear' 'run' 'dump ended'
tui "$tiny" --script script
check script_tries is 0
check script_shows_a_table grep -q '│ optimizer.lr 0.012 → 0.006, loss.text 0.15 → 0.00, 5 steps from 1:2 ' several
check script_shows_a_curve grep -q '│ optimizer.lr 1e-5 to 0.1, now 0.012, 3 steps from 1:2 ' sweep
check script_tried_same same "$(session)" untried

# Stop, and go on in another process.
script 'step' 'set train.optimizer.lr 0.02' 'step epoch' 'step' 'stop'
fresh
tui "$tiny" --script script
check script_stops is 0
one=$(session)
script 'set train.clip 2' 'run'
tui "$one" --script script
check script_goes_on is 0
"$MIUST" train "$tiny" --replay "$one/commands.log" --session again >out 2>err
check script_stopped_same same "$one" again
script 'run'
tui "$one" --script script
check script_finished_refuses fails 1 'script:1: run: nothing to train'

# View 5 shows older weights: those of a run that was stopped there.
script 'step epoch' 'view 3' 'move home' 'view 5' 'write then.csv' 'step epoch' 'epoch prev' \
	'write now.csv' 'step' 'epoch last' 'set train.epoch 2' 'step epoch' 'run'
fresh
tui "$tiny" --script script
check older_weights_while_training is 0
check older_weights_are_those_of_then cmp then.csv now.csv
one=$(session)
script 'view 3' 'move home' 'view 5' 'epoch 1' 'write after.csv' 'dump 5' 'epoch next' 'epoch next'
tui "$one" --script script
check older_weights_once_finished is 0
check older_weights_have_their_epoch grep -q ' ep 1 stored ' 5
check older_weights_are_stored cmp then.csv after.csv
cp -r "$one" damaged
truncate -s 200 damaged/fold-0/states/4.state
script 'view 3' 'move home' 'view 5' 'epoch first' 'dump 5' 'epoch prev'
tui damaged --readonly --script script
check damaged_weights_end_it fails 1 'script:6: .*fold-0/states/4.state: has 200 bytes'
check damaged_weights_are_passed_over grep -q ' ep 2 stored ' 5

# Screens, at several sizes and of every view.
for size in 40x10 80x24 120x36 200x50; do
	for view in 1 2 3 4 5 6 7; do
		echo "view $view"
		echo "dump $view-$size.txt"
	done >script
	tui "$one" --readonly --script script --size $size
	cols=${size%x*} rows=${size#*x} bad=
	for view in 1 2 3 4 5 6 7; do
		sized $view-$size.txt "$rows" "$cols" || bad="$bad $view"
	done
	echo "$bad" >out
	check "dump_$size" [ -z "$bad" ]
done
check dump_names_view grep -q '▸5' 5-80x24.txt
tui "$one" --once
check once_prints is 0
check once_is_a_screen sized out 24 80
tui "$one" --once --size 100x30
check once_sized sized out 30 100
tui "$one" --dump screen.txt --size 60x20
check dump_option sized screen.txt 20 60
check dump_prints_nothing [ ! -s out ]
tui "$one" --once --ascii
check ascii_is_ascii eval "is 0 && ! LC_ALL=C grep -q '[^ -~]' out"
tui "$one" --once --size 20x5
check once_too_small grep -q 'needs 40x10' out
tui "$one" --once --size 1x1
check once_smallest is 0
LC_ALL=C "$MIUST_TUI" "$one" --once >out 2>err
status=$?
check once_in_c is 0

# After the last epoch of a fold, the next one is the next fold's first.
mkdir folds && cd folds || exit 1
script 'step epoch' 'step epoch' 'dump two' 'step epoch' 'dump three' 'step' 'step epoch' 'dump four'
tui ../five/config.yml --script script
check step_epoch_ends_the_fold grep -q 'PAUSED .*f1/5 *e2/2' two
check step_epoch_begins_the_next grep -q 'PAUSED .*f2/5 *e1/2' three
check step_epoch_goes_on_there grep -q 'PAUSED .*f2/5 *e2/2' four
check step_epoch_trains_no_more [ ! -e "$(session)/fold-3" ]
cd ..

# Looking leaves no trace, and needs no lock.
cp -a "$one" before
for view in 2 3 4 5 6; do echo "view $view"; done >script
tui "$one" --readonly --script script
check readonly_is_quiet is 0
check readonly_changes_nothing same "$one" before
check readonly_no_new_files diff -r "$one" before
script 'set train.clip 3'
tui "$one" --readonly --script script
check readonly_refuses fails 1 'changes no session'
tui "$tiny" --readonly --once
check readonly_needs_session fails 2 'opens only sessions and folders of them; .* is neither'
tui --readonly --once
check readonly_alone_lists_sessions eval 'is 0 && grep -q "▸7 Sessions" out && diff -r "$one" before'
mv sessions elsewhere
tui --readonly --once
check readonly_alone_without_sessions fails 2 'demo is neither'
mv elsewhere sessions
# From there no run begins, and the program goes on.
cp -a sessions before-open
for what in demo "$tiny"; do
	script "open $what" 'dump never.txt'
	tui "$one" --readonly --script script
	check readonly_opens_no_run fails 1 "script:1: open: .* is not a session"
done
check readonly_makes_no_demo [ ! -e data ]
check readonly_makes_no_session diff -r sessions before-open
check readonly_stopped_there [ ! -e never.txt ]
cp -a "$one" other
script 'open other' 'view 7' 'set train.clip 3'
tui "$one" --readonly --script script
check readonly_stays fails 1 'script:3: set: not possible with --readonly, which changes no session'
rm -rf other before-open
if command -v flock >/dev/null; then
	flock "$one/lock" "$MIUST_TUI" "$one" --once >out 2>err
	status=$?
	check locked_can_be_seen is 0
	script 'run'
	flock "$one/lock" "$MIUST_TUI" "$one" --script script >out 2>err
	status=$?
	check locked_cannot_run fails 1 'script:1: run: nothing to train: the run is finished'
else
	echo "skip locked_can_be_seen: no flock here"
fi

# Notes stay, also of a run that has ended or is only stopped.
script 'note all is well' 'note once more'
tui "$one" --script script
check note_of_a_finished_run is 0
check note_is_in_its_file grep -q '^at 0 3 13 all is well$' "$one/notes.txt"
check note_is_no_change [ "$(grep -c well "$one/commands.log")" -eq 0 ]
script 'dump 1.txt' 'notes' 'dump notes.txt'
tui "$one" --readonly --script script --size 120x36
check note_is_marked_later grep -q '" note' 1.txt
check note_is_listed_later grep -q 'fold 0, epoch 3 *all is well' notes.txt
script 'step' 'note begun' 'stop' 'note stopped' "open $one" 'note from view 7' 'notes' 'dump notes.txt'
tui "$tiny" --script script
check note_of_a_stopped_run is 0
check note_of_an_opened_run grep -q 'from view 7' notes.txt
cat >want <<'END'
at 0 1 2 begun
at 0 1 2 stopped
END
check notes_are_in_place cmp want "$(ls -d sessions/*-* | tail -n 1)/notes.txt"
script "open $(basename "$(ls -d sessions/* | tail -n 1)")" 'view 7' 'dump 7.txt' 'notes' 'dump notes.txt'
tui "$one" --readonly --script script
check note_is_in_view_7 grep -q '" *stopped  *2 notes' 7.txt
check notes_say_of_which_session grep -q 'notes of [a-z]' notes.txt
rm -rf "$(ls -d sessions/* | tail -n 1)" "$one/notes.txt"

# A silenced part: view 5, its status row and its file say so; view 4 is of the
# plain model, before and after.
script 'view 3' 'move home' 'enter' 'dump plain.txt' 'view 5' 'dump map.txt' 'write map.csv' \
	'knock audio' 'dump silent.txt' 'write silent.csv' 'view 4' 'dump after.txt'
tui "$one" --script script
check silenced_runs is 0
check silenced_named eval '[ "$(grep -c "silenced audio" silent.txt)" -ge 3 ]'
check silenced_plain_is_not eval '! grep -q silenced map.txt plain.txt after.txt'
check silenced_differs eval '! cmp -s map.csv silent.csv'
check silenced_in_csv eval '[ "$(grep -c ",audio\$" silent.csv)" -eq $(($(wc -l <silent.csv) - 1)) ]'
check silenced_plain_csv eval '[ "$(grep -c ",nothing\$" map.csv)" -eq $(($(wc -l <map.csv) - 1)) ]'
words() { cut -c 1-33 "$1" | grep '0\.[0-9]*  0\.'; }
check silenced_view_4_is_plain eval '[ -n "$(words plain.txt)" ] &&
	[ "$(words plain.txt)" = "$(words after.txt)" ]'

# Faults stop with the line; nothing after it runs.
script 'view 2' 'set train.clip many' 'dump never.txt'
tui "$one" --script script
check fault_has_line fails 1 '^miust: script:2: '
check fault_stops [ ! -e never.txt ]
script 'undoo'
tui "$one" --script script
check fault_suggests fails 1 'did you mean undo'
script 's'
tui "$one" --script script
check fault_ambiguous fails 1 's could be: '
script 'source script'
tui "$one" --script script
check fault_endless_source fails 1 'source each other endlessly'
tui "$one" --script no/such/file
check fault_no_script fails 1 'no/such/file'
tui no/such/config.yml --once
check fault_no_config fails 1 'no/such/config.yml'
script 'view 1' 'dump a/b/c.txt'
tui "$one" --script script
check fault_dump fails 1 'script:2:'

# A loss that is not finite: a bias of the stored state becomes infinite.
script 'step' 'stop'
fresh
tui "$tiny" --script script
one=$(session) state=$(session)/fold-0/state.safetensors
header=$(od -An -N8 -tu8 "$state" | tr -d ' ')
at=$(head -c $((header + 8)) "$state" | tail -c "$header" | tr '{' '\n' | tr -d ' ' |
	sed -n '/"weights\/c_fc.bias":$/{n;s/.*"data_offsets":\[\([0-9]*\),.*/\1/p;}')
printf '\000\000\200\177' |
	dd of="$state" bs=1 seek=$((8 + header + at)) conv=notrunc 2>/dev/null
script 'run' 'dump never.txt'
tui "$one" --script script
check diverged_status fails 3 'script:1: .*the weights'
check diverged_stops [ ! -e never.txt ]

# From one run to another, with the rest of the script.
script 'step' "open $tiny" 'step' 'step' 'dump second.txt'
fresh
tui "$tiny" --script script
check open_goes_on is 0
check open_has_two eval '[ $(ls -d sessions/* | wc -l) -eq 2 ]'
check open_rest_ran grep -q 's2/4' second.txt

# Sessions by their names: to compare with, and to open.
first=$(basename "$(ls -d sessions/* | head -n 1)") second=$(basename "$(ls -d sessions/* | tail -n 1)")
script 'step epoch' 'view 2' "compare $second" 'dump compared.txt'
tui "sessions/$first" --script script
check compare_needs_an_epoch fails 1 "$second has no evaluated epoch of fold 0"
script 'step epoch' 'step epoch'
tui "sessions/$second" --script script
script 'step epoch' 'view 2' "compare $second" 'dump compared.txt' "open $second" 'dump opened.txt'
tui "sessions/$first" --script script
check compare_session grep -q 'against config@[12] ' compared.txt
check open_by_name grep -q 'e2/3 s4/4' opened.txt

# A signal leaves a checkpoint: the run goes on as if nothing had been.
for signal in TERM HUP INT USR1 USR2; do
	case $signal in
	HUP) code=129 ;; INT) code=130 ;; USR1) code=138 ;; USR2) code=140 ;; *) code=143 ;;
	esac
	fresh
	script 'set train.epoch 1000000' 'run'
	# A shell's background ignores INT; env's child does not.
	env --default-signal=INT "$MIUST_TUI" "$tiny" --script script >out 2>err &
	tries=0
	until [ "$(wc -l 2>/dev/null <"$(session)/fold-0/steps.csv" || echo 0)" -gt 20 ]; do
		tries=$((tries + 1))
		[ $tries -lt 100000 ] || break
	done 2>/dev/null
	kill -$signal $!
	wait $!
	status=$?
	check "signal_$signal" is $code
	check "checkpoint_$signal" test -f "$(session)/fold-0/state.safetensors"
done

# Where there is no screen.
"$MIUST_TUI" >out 2>err </dev/null
status=$?
check no_terminal fails 1 'miust train'
if command -v script >/dev/null; then
	TERM=dumb command script -qec "$MIUST_TUI" /dev/null >out 2>err </dev/null
	check dumb_terminal grep -q 'miust train' out
else
	echo "skip dumb_terminal: no script(1) here"
fi
