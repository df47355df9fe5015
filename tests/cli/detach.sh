#!/bin/sh
# SPDX-License-Identifier: GPL-3.0-or-later
# Runs that train in a process of their own: started so, left so by a screen, and stopped. Each
# is ended by the number in its fold's lock.
MIUST=$(realpath "${MIUST:-build/miust}")
MIUST_TUI=$(realpath "${MIUST_TUI:-build/miust-tui}")
. tests/cli/common
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
# trains_on SESSION: its process is there and does steps.
trains_on() {
	process=$(holder "$1") || return 1
	n=$(lines "$1/fold-0/steps.csv")
	until has_more "$1/fold-0/steps.csv" "$n"; do
		kill -0 "$process" 2>/dev/null || return 1
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
check command_has_one_argument says 1 'detach \[all\]'
rm -rf sessions

# The bytes are those of a run that never left its process.
opened=short.yml
commands 'set train.clip 0.5' 'step epoch' detach
session=$(echo sessions/*)
goes_on
process=$(holder "$session")
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
process=$(holder "$session")
goes_on
check queued_goes_on_so sh -c 'tr "\0" " " </proc/'"${process:-0}"'/cmdline | grep -q "^miust queue run "'
until_true gone "${process:-0}"
run queue list
check queued_leaves_the_queue grep -q 'the queue is empty' err
rm -rf sessions
