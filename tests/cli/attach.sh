#!/bin/sh
# SPDX-License-Identifier: GPL-3.0-or-later
# A screen that is attached to the program that trains: it steers, another screen sees it,
# leaving stops nothing; and whoever is killed at whatever instant, nothing is lost.
# ATTACH_INSTANTS=100 tests/cli/attach.sh tries so many instants; ATTACH_SEED=N others.
MIUST=$(realpath "${MIUST:-build/miust}")
MIUST_TUI=$(realpath "${MIUST_TUI:-build/miust-tui}")
. tests/cli/common
tiny=$(realpath $tiny)
cd "$dir" || exit 1
export LC_ALL=C.UTF-8 XDG_CONFIG_HOME="$dir/config" XDG_STATE_HOME="$dir/state"
export XDG_CACHE_HOME="$dir/cache" XDG_RUNTIME_DIR="$dir/run"
mkdir -m 0700 run

lines() { if [ -f "$1" ]; then wc -l <"$1"; else echo 0; fi; }
# trainer SESSION ARGUMENT...: trains it, in the background, as $trainer; it has begun.
trainer() {
	session=$1
	shift
	before=$(lines "$session/fold-0/steps.csv")
	"$MIUST" train "$tiny" --session "$session" --resume-or-start "$@" >o 2>e &
	trainer=$!
	while kill -0 $trainer 2>/dev/null && [ "$(lines "$session/fold-0/steps.csv")" -le "$before" ]; do :; done
}
# script SESSION LINE...: a screen without a terminal runs the lines; leaves $status.
script() {
	session=$1
	shift
	printf '%s\n' "$@" >lines
	"$MIUST_TUI" --script lines --size 80x24 "$session" >out 2>err
	status=$?
}
trains() { kill -0 $trainer 2>/dev/null; }

# ---- a script steers it
trainer steered --set train.epoch=100000
script steered 'pace 50' 'set train.clip 0.5' pause 'note it was paused here' 'step epoch' \
	save 'dump shown' 'view 7' 'dump seven' 'tag watched'
check script_done done_well
check script_stops_nothing trains
check script_changes grep -q '^at 0 [0-9]* [0-9]* set train.clip 0.5   # was 0' steered/fold-0/commands.log
check script_notes grep -q 'it was paused here' steered/notes.txt
check script_tags grep -qx watched steered/tags.txt
check script_shows grep -q "PAUSED  e[0-9]*/100000  *s4/4  .*attached to $trainer" shown
check script_details_say_so grep -q "elsewhere .*process $trainer.*, attached" seven
script steered 'set train.batch_size 3'
check script_refusal says 1 'lines:1: '
check script_refusal_stops_nothing trains
script steered 'break when epoch > 0' resume 'dump broke' # it waits for what it has let go on
check script_waits_for_the_break grep -q ' BROKE  ' broke
script steered stop 'dump stopped'
check script_stop done_well
wait $trainer
status=$?
check script_stop_ends_it [ $status -eq 1 ]
check script_stop_is_seen sh -c '! grep -q attached stopped'
check script_stop_stores [ -s steered/fold-0/state.safetensors ]
trainer steered --set train.epoch=100000
run_once() { "$MIUST_TUI" --once --size 80x24 "$@" >out 2>err; }
run_once --readonly steered
check readonly_follows sh -c '! grep -q attached out && grep -q ELSEWHERE out'
printf 'pause\n' >lines
"$MIUST_TUI" --readonly --script lines steered >out 2>err
status=$?
check readonly_refuses says 1 'not possible with --readonly'
script steered stop
wait $trainer

# ---- whoever is killed, whenever
# What the run leaves that was never killed, with the changes that this one has had.
uncommented() { find "$1" -name commands.log -exec sed -i 's/ *#.*//' {} +; }
all_the_same() {
	run train --session killed --resume && done_well || return 1
	rm -rf again
	run train "$tiny" --session again --set train.epoch=$epochs --replay killed/commands.log
	done_well || return 1
	uncommented killed
	uncommented again
	same killed again
}
instants=6 epochs=60
[ "${KIND:-release}" = release ] || instants=3 epochs=20 # it is slow
awk -v n="${ATTACH_INSTANTS:-$instants}" -v seed="${ATTACH_SEED:-11}" -v epochs=$epochs 'BEGIN { srand(seed)
	for (i = 0; i < n; i++) print i % 3, int(rand() * epochs * 5 / 3), int(rand() * 30000) }' >instants
{
	for i in $(seq 100); do
		echo "set train.clip 0.$((i % 7 + 1))"
		echo undo
	done
} >changes
faults=0
while read -r whom rows turns; do
	rm -rf killed
	trainer killed --set train.epoch=$epochs
	"$MIUST_TUI" --script changes killed >so 2>se &
	screen=$!
	while trains && [ "$(lines killed/fold-0/steps.csv)" -lt "$rows" ]; do :; done
	turn=0
	while [ $turn -lt "$turns" ]; do turn=$((turn + 1)); done
	[ "$whom" -eq 1 ] || kill -9 $trainer 2>/dev/null
	[ "$whom" -eq 0 ] || kill -9 $screen 2>/dev/null
	wait $screen 2>/dev/null
	[ "$whom" -eq 1 ] && kill -TERM $trainer 2>/dev/null
	wait $trainer 2>/dev/null
	all_the_same || { faults=$((faults + 1)) && echo "# instant: $whom $rows $turns"; }
done <instants
check killed_nothing_is_lost [ $faults -eq 0 ]
check killed_no_socket_is_left sh -c '[ "$(ls run/miust | wc -l)" -le 1 ]'

# ---- two screens
if ! command -v tmux >/dev/null; then
	echo "skip attach_two_screens: tmux is not installed"
	exit 0
fi
unset TMUX NO_COLOR COLUMNS LINES ENV
export TMUX_TMPDIR="$dir" MIUST_TUI
LIMIT=6000 # attempts; one takes some milliseconds
tm() { tmux -u -L "miust-$$" -f /dev/null "$@"; }
trap 'tm kill-server 2>/dev/null; rm -rf "$dir"' EXIT
trap 'exit 1' HUP INT PIPE TERM
# terminal NAME: a shell in a terminal of that name.
terminal() {
	tm new-session -d -s "$1" -x 80 -y 24 "TERM=tmux-256color exec sh -i" \; \
		set -g status off \; set -g escape-time 0
	line "$1" "PS1='\$ '; clear"
	until_shows "$1" '^\$'
}
keys() { tm send-keys -t "$@"; }
line() {
	tm send-keys -t "$1" -l "$2"
	keys "$1" Enter
}
screen() { tm capture-pane -p -t "$1" >"$1.screen" 2>/dev/null; }
shows() { screen "$1" && grep -q -e "$2" "$1.screen"; }
hides() { screen "$1" && ! grep -q -e "$2" "$1.screen"; }
until_true() {
	tries=0
	until "$@"; do
		tries=$((tries + 1))
		if [ $tries -gt $LIMIT ]; then
			sed 's/^/# /' "$2.screen"
			return 1
		fi
	done
}
until_shows() { until_true shows "$@"; }
open_screen() {
	terminal "$1"
	line "$1" "clear; \"\$MIUST_TUI\" two; echo left \$?"
	until_shows "$1" "attached to $trainer"
}

trainer two --set train.epoch=100000
check one_attaches open_screen one
line one ':pace 20'
check other_attaches open_screen other
keys one Space
check one_pauses until_shows one '‖ PAUSED'
check other_sees_the_pause until_shows other '‖ PAUSED'
line one ':set train.clip 0.25'
check other_sees_the_change until_shows other 'set train.clip 0.25, asked by process'
again() { [ $((tries % 100)) -eq 0 ]; } # not faster than they are done
sees_the_value() {
	! again || line other ':get train.clip' # another message may have come over it
	shows other 'train.clip 0.25 '
}
check other_sees_the_value until_true sees_the_value other
line other ':step epoch'
check one_sees_the_step until_shows one 'PAUSED .* s4/4 '
until_shows other 'PAUSED .* s4/4 '
sees_it_go_on() {
	! again || line other ':resume' # the pause may have been at an epoch's end before the step
	shows one '▶ RUN'
}
check one_sees_it_go_on until_true sees_it_go_on other
kill -STOP $trainer
check one_says_that_it_is_suspended until_shows one "$trainer does not answer"
kill -CONT $trainer
check one_sees_it_answer until_shows one "attached to $trainer"
keys other q
check other_leaves until_shows other '^left 0'
check other_says_so until_shows other "process $trainer trains on"
check other_stops_nothing trains
keys one C-c
check asks until_shows one "l leaves, and process $trainer trains on; s stops it"
keys one l
check one_leaves until_shows one '^left 0'
check one_stops_nothing trains
line one "clear; \"\$MIUST_TUI\" two; echo left \$?"
until_shows one "attached to $trainer"
keys one C-c s
wait $trainer
status=$?
check stop_ends_it [ $status -eq 1 ]
check stop_is_seen until_true hides one 'attached to'
keys one q
check one_leaves_what_has_stopped until_shows one '^left 0'
