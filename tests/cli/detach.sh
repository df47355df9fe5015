#!/bin/sh
# SPDX-License-Identifier: GPL-3.0-or-later
# Runs that train in a process of their own: started so, left so by a screen, and stopped. Each
# is ended by the number in its fold's lock.
MIUST=$(realpath "${MIUST:-build/miust}")
MIUST_TUI=$(realpath "${MIUST_TUI:-build/miust-tui}")
. tests/cli/common
five_sessions "$dir/five"
tiny=$(realpath $tiny)
cd "$dir" || exit 1
export LC_ALL=C.UTF-8 XDG_CONFIG_HOME="$dir/config" XDG_STATE_HOME="$dir/state"
export XDG_CACHE_HOME="$dir/cache" XDG_RUNTIME_DIR="$dir/run"
mkdir -m 0700 run
sed -e "s|: data|: $(dirname "$tiny")/data|" -e 's/epoch: .*/epoch: 100000/' "$tiny" >long.yml
sed 's/epoch: .*/epoch: 60/' long.yml >short.yml

# The process that holds a session's fold, or nothing.
holder() { [ -s "$1/fold-0/lock" ] && cut -d ' ' -f 2 "$1/fold-0/lock"; }
lines() { if [ -f "$1" ]; then wc -l <"$1"; else echo 0; fi; }
has_more() { [ "$(lines "$1")" -gt "$2" ]; }
gone() { ! kill -0 "$1" 2>/dev/null; }
until_true() { until "$@"; do :; done; }
# The only session, as $session, once it is there: its folder comes after the one for all.
has_session() { session=$(echo sessions/*) && [ -d "$session" ]; }
# trains_on SESSION: its process is there and does steps.
trains_on() {
	process=$(holder "$1") || return 1
	n=$(lines "$1/fold-0/steps.csv") steps_tries=0
	until has_more "$1/fold-0/steps.csv" "$n"; do
		steps_tries=$((steps_tries + 1))
		kill -0 "$process" 2>/dev/null && [ $steps_tries -lt 20000 ] || return 1
	done
}
# end SESSION: its process, and nobody else's.
end() {
	process=$(holder "$1")
	[ "${process:-0}" -gt 1 ] || return 1
	kill -TERM "$process"
	until_true gone "$process"
}
end_all() { for s in sessions/* kept; do end "$s" 2>/dev/null; done; }
trap 'end_all; rm -rf "$dir"' EXIT
trap 'exit 1' HUP INT PIPE TERM
tui() {
	"$MIUST_TUI" "$@" </dev/null >out 2>err
	status=$?
}
# commands LINE...: of a screen without a terminal that has opened $opened.
commands() {
	printf '%s\n' "$@" >commands
	tui --script commands --size 80x24 "$opened"
}
# One that was detached while it paused pauses on, where it can be asked.
goes_on() { "$MIUST" control "$session" resume >out 2>err; }
no_session() { [ -z "$(ls sessions 2>/dev/null)" ]; }

# ---- without a terminal
tui --detach long.yml
session=$(head -n 1 out)
check starts done_well
check names_session_and_process sh -c 'sed -n 2p out | grep -qx "process '"$(holder "$session")"'"'
check trains_after_its_starter trains_on "$session"
check is_shown_as_miust sh -c 'tr "\0" " " </proc/'"$(holder "$session")"'/cmdline | grep -q "^miust train "'
check has_no_terminal sh -c '[ "$(ps -o tty= -p '"$(holder "$session")"')" = "?" ]'
check is_no_childs_business sh -c '[ "$(ps -o sid= -p '"$(holder "$session")"')" -ne '$$' ]'
tui --detach "$session"
check twice_is_refused says 1 "another program"
check twice_stops_nothing trains_on "$session"
check ends end "$session"
check says_so grep -q 'stopped by SIGTERM' "$session/output.txt"
check stores [ -s "$session/fold-0/state.safetensors" ]
tui --detach "$session"
check goes_on trains_on "$session"
check appends grep -q 'goes on before epoch' "$session/output.txt"
end "$session"
rm -rf sessions

# ---- what cannot begin
sed 's/batch_size: .*/batch_size: none/' long.yml >bad.yml
sed "s|text_dir: .*|text_dir: nowhere|" long.yml >gone.yml
for config in bad gone; do
	"$MIUST" train $config.yml >out.train 2>err.train
	expected=$?
	tui --detach $config.yml
	check ${config}_fails_as_train sh -c "[ $status -eq $expected ] && cmp err.train err"
	check ${config}_leaves_nothing no_session
done
tui --detach nosuch.yml
check no_config says 1 'nosuch.yml'
for not in --once --readonly '--dump x' '--script x'; do
	# shellcheck disable=SC2086 # two words
	tui --detach $not demo
	check "refuses_${not%% *}" says 2 'give one of them'
done
tui --jobs 3 long.yml
check folds_need_their_process says 2 'jobs 3: folds at once train in a process of their own; give --detach, too'
tui --detach --on 'end fly' long.yml
check bad_hook says 2 'on end'
check nothing_has_begun no_session

# ---- the command
opened=long.yml
commands 'step epoch' 'set train.clip 0.5' 'break when loss > 1e9' 'pace 200' detach
session=$(echo sessions/*)
goes_on
check command_detaches done_well
check command_trains_on trains_on "$session"
end "$session"
opened=$session
commands detach
check command_needs_a_run says 1 'nothing trains here'
commands 'detach now'
check command_has_one_argument says 1 'detach \[N|all\]'
commands 'detach 0'
check command_counts_from_one says 1 'expected 1 to 64 folds at once, or all; found 0'
rm -rf sessions

# Without a socket: why is said, and a break ends it, for nobody could ask it to go on.
rm -rf sessions
mkdir -m 0755 no "no/miust-$(id -u)"
deaf() {
	env -u XDG_RUNTIME_DIR TMPDIR="$dir/no" "$MIUST_TUI" "$@" </dev/null >out 2>err
	status=$?
}
deaf --detach long.yml
session=$(head -n 1 out)
check deaf_says_why grep -q 'nobody can ask this run .*others may enter this folder' err
check deaf_trains trains_on "$session"
# Its steps may be there before what it says.
check deaf_output_says_why until_true grep -qs 'nobody can ask this run .*others may enter this folder' \
	"$session/output.txt"
end "$session"
rm -rf sessions
printf '%s\n' 'step epoch' 'break when step > 40' detach >commands
deaf --script commands long.yml
session=$(echo sessions/*)
check deaf_break_ends_it until_true grep -q 'stopped by its break condition' "$session/output.txt"
check deaf_break_is_announced grep -q 'its break condition ends it, after a checkpoint' "$session/output.txt"
check deaf_break_says_so grep -q 'break: step 41 > 40; without a socket' "$session/output.txt"
rm -rf sessions

# The bytes are those of a run that never left its process.
opened=short.yml
commands 'set train.clip 0.5' 'step epoch' detach
session=$(echo sessions/*)
process=$(holder "$session")
goes_on
until_true gone "${process:-0}"
check detached_finishes [ -s "$session/fold-0/result.json" ]
check output_has_the_results grep -q WF1 "$session/output.txt"
run train short.yml --session plain --replay "$session/commands.log"
find "$session" plain -name commands.log -exec sed -i 's/ *#.*//' {} +
rm -f "$session/output.txt"
check detached_bytes same "$session" plain
rm -rf sessions

# A run of the queue leaves it when it is finished.
run queue add short.yml
session=$(echo sessions/short-*)
opened=$session
commands 'step epoch' detach
process=$(holder "$session") # it pauses: it is over in a moment
check queued_goes_on_so sh -c 'tr "\0" " " </proc/'"${process:-0}"'/cmdline | grep -q "^miust queue run "'
goes_on
until_true gone "${process:-0}"
run queue list
check queued_leaves_the_queue grep -q 'the queue is empty' err
rm -rf sessions

# ---- several folds at once
sed 's/epoch: .*/epoch: 100000/' five/config.yml >five/long.yml
# folds N...: that many folds of $session have a process that trains them.
folds() { for f in "$@"; do [ -s "$session/fold-$f/lock" ] || return 1; done; }
# before_long CONDITION...: true after some tries, each of which takes a program's start.
before_long() {
	long_tries=0
	until "$@"; do
		long_tries=$((long_tries + 1))
		[ $long_tries -lt 5000 ] && "$MIUST" --version >/dev/null || return 1
	done
}
end_folds() {
	process=$(cut -d ' ' -f 2 "$session/fold-1/lock")
	"$MIUST" control "$session" stop >out 2>err
	until_true gone "${process:-0}"
}
tui --detach --jobs 3 five/long.yml
session=$(head -n 1 out)
check folds_start done_well
check folds_train before_long folds 1 2 3
check no_more_folds_than_asked [ ! -e "$session/fold-4/lock" ]
opened=$session
commands 'detach 2'
check folds_of_another_process says 1 'detach 2: another process trains it; stop it there first'
end_folds
check folds_are_stopped grep -q 'fold 1 before epoch .*, fold 2 before epoch .*, fold 3 before' "$session/output.txt"
rm -rf sessions

# From the screen: all that was asked for goes with each.
opened=five/config.yml
commands 'step epoch' 'detach 3'
check folds_command done_well
session=$(echo sessions/*)
check folds_pause before_long folds 1 2 3
process=$(cut -d ' ' -f 2 "$session/fold-1/lock")
resume_all() { "$MIUST" control "$session" resume >out 2>err; }
before_long resume_all
resumed=$?
check folds_resume [ $resumed -eq 0 ]
[ $resumed -eq 0 ] || kill "$process"
until_true gone "${process:-0}"
check folds_are_all_finished [ -s "$session/fold-5/result.json" ]
run train five/config.yml --session plain5
rm -f "$session/output.txt"
check folds_have_the_bytes same "$session" plain5
rm -rf sessions

# What is finished prints its figures, as train does.
run train --session plain5 --resume
cp out figures
tui --detach --jobs 2 plain5
check finished_is_no_failure [ $status -eq 0 ]
check finished_prints_its_figures cmp -s figures out

# The queue trains one fold of a run at a time.
run queue add five/config.yml
opened=$(echo sessions/config-*)
commands 'step epoch' 'detach 3'
check queued_folds_are_refused says 1 'is in the queue, which trains one fold of a run at a time; take it out first: miust queue remove'
tui --detach --jobs 3 "$opened"
check queued_folds_are_refused_there says 1 'is in the queue, which trains one fold'
rm -rf sessions

# ---- on a terminal
if ! command -v tmux >/dev/null; then
	echo "skip detach_terminal: tmux is not installed"
	exit 0
fi
unset TMUX NO_COLOR COLUMNS LINES ENV
export TMUX_TMPDIR="$dir" MIUST_TUI
LIMIT=4000 # attempts; one takes some milliseconds
tm() { tmux -u -L "detach-$$-$server" -f /dev/null "$@"; }
trap 'tm kill-server 2>/dev/null; end_all; rm -rf "$dir"' EXIT
server=0
terminal() {
	server=$((server + 1))
	tm new-session -d -s t -x 80 -y 24 "TERM=tmux-256color exec sh -i" \; \
		set -g status off \; set -g escape-time 0
	line "PS1='\$ '; clear"
	shows '^\$'
}
keys() { tm send-keys -t t "$@"; }
line() {
	tm send-keys -t t -l "$1"
	keys Enter
}
screen() { tm capture-pane -p -t t >screen 2>/dev/null; }
# soon CONDITION...: before long; else the screen is said.
soon() {
	tries=0
	until "$@"; do
		screen # so that an attempt takes a while
		tries=$((tries + 1))
		if [ $tries -gt $LIMIT ]; then
			sed 's/^/# /' screen
			return 1
		fi
	done
}
has() { screen && grep -q -e "$1" screen; }
shows() { soon has "$1"; }
start() { line "clear; \"\$MIUST_TUI\" $*; echo left \$?"; }
has_holder() { holder "$1" >/dev/null; }
attaches() {
	soon has_holder "$1" && shows "attached to \\(process \\)*$(holder "$1")"
}

terminal
start --detach long.yml
soon has_session
check screen_attaches attaches "$session"
process=$(holder "$session")
tm kill-server
check terminal_gone_trains_on trains_on "$session"
run queue add short.yml --session sessions/later # which the next screen does not ask about
terminal
start "$session"
check another_attaches attaches "$session"
line ':set train.clip 0.5'
check it_steers shows 'set train.clip 0.5'
line ':stop'
soon gone "$process"
check stop_stores [ -s "$session/fold-0/state.safetensors" ]
keys q
check screen_leaves_well shows '^left 0'
start --detach bad.yml
check fails_on_the_terminal shows '^left 1'

# A run of the screen: its process cannot begin, so it goes on there; then it can.
rm -rf sessions
mkdir own
cp -r "$(dirname "$tiny")/data" own
sed "s|: [^ ]*/data|: $dir/own/data|" long.yml >own.yml
start own.yml
soon has_session
line ':pace 20'
soon trains_on "$session"
screens=$(holder "$session")
mv own/data own/away
line ':detach'
check failure_is_said shows 'it goes on here'
check it_goes_on_here soon trains_on "$session"
check by_the_same_process [ "$(holder "$session")" = "$screens" ]
mv own/away own/data
line ':set train.clip 0.25'
shows 'set train.clip 0.25'
keys 6
keys q
check quit_offers_it shows 'd detaches it'
keys d
is_another() { p=$(holder "$session") && [ "$p" != "$screens" ]; }
soon is_another
check own_attaches attaches "$session"
check same_view shows '▸6 Config'
line ':undo now'
undone() { grep -q 'set train.clip 0 ' "$session/fold-0/commands.log"; }
check undo_went_with_it soon undone
keys q
check detached_left shows '^left 0'
check detached_trains_on trains_on "$session"
end "$session"
