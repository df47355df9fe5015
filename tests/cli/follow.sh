#!/bin/sh
# SPDX-License-Identifier: GPL-3.0-or-later
# A session that one program trains and another follows on a terminal: live through a kill, a
# resume and a stop, in all views, and without a write into its folder.
if ! command -v tmux >/dev/null; then
	echo "skip follow: no tmux"
	exit 0
fi
. tests/cli/common
MIUST=$(realpath "$MIUST")
MIUST_TUI=$(realpath "${MIUST_TUI:-build/miust-tui}")
five_sessions "$dir/five"
tiny=$(realpath "$tiny")
cd "$dir" || exit 1
unset TMUX NO_COLOR COLUMNS LINES ENV
export LC_ALL=C.UTF-8 XDG_CONFIG_HOME="$dir/config" XDG_STATE_HOME="$dir/state"
export XDG_CACHE_HOME="$dir/cache" TMUX_TMPDIR="$dir"
LIMIT=${LIMIT:-12000} # attempts; one takes some milliseconds

trainer=
tm() { tmux -u -L "miust-$$" -f /dev/null "$@"; }
clean() {
	[ -z "$trainer" ] || kill -9 "$trainer" 2>/dev/null
	tm kill-server 2>/dev/null
	rm -rf "$dir"
}
trap clean EXIT
trap 'exit 1' HUP INT PIPE TERM

screen() { tm capture-pane -p -t t >screen 2>/dev/null; }
until_true() {
	tries=0
	until "$@"; do
		tries=$((tries + 1))
		screen # so that an attempt takes a while
		if [ $tries -gt $LIMIT ]; then
			sed 's/^/# /' screen
			return 1
		fi
	done
}
shows() { screen && grep -q -e "$1" screen; }
until_shows() { until_true shows "$1"; }
keys() { tm send-keys -t t "$@"; }

# train ARGUMENT...: in the background, until it has its lock.
train() {
	"$MIUST" train --session s "$@" >trained 2>&1 &
	trainer=$!
	until_true grep -q " $trainer " s/fold-0/lock 2>/dev/null
}
# The last epoch in the file, and on the screen; 0: none.
stored() { sed -n '$s/^0,\([0-9]*\),.*/\1/p' s/fold-0/epochs.csv 2>/dev/null | grep . || echo 0; }
shown() { sed -n 's/.* e\([0-9][0-9]*\)\/.*/\1/p' screen | grep . || echo 0; }
# goes_on: the screen shows epochs that were not there yet.
is_later() { screen && [ "$(shown)" -gt "$1" ]; }
goes_on() { until_true is_later "$(stored)"; }
is_there() { [ "$(stored)" -gt "$1" ]; }

train "$tiny" --set train.epoch=1000000
until_true is_there 3
tm new-session -d -s t -x 80 -y 24 "exec '$MIUST_TUI' s --readonly" \; set -g status off
check follows until_shows "ELSEWHERE .*$trainer"
check shows_new_epochs goes_on
check shows_more_of_them goes_on

# Somebody who holds the lock and does nothing: whatever changes is the follower's.
files() { find s -printf '%p %i %s %T@ %C@\n' | LC_ALL=C sort; }
kill -STOP $trainer
files >before
keys 2
check view_2_is_drawn until_shows 'predicted'
keys 3
check view_3_is_drawn until_shows 'sort '
keys Down Enter
check view_4_is_drawn until_shows 'class probability by epoch'
keys 5
check view_5_is_drawn until_shows 'words → seconds'
keys 6
check view_6_is_drawn until_shows 'settings'
keys 7
check view_7_is_drawn until_shows '▷ elsewhere'
keys 1
files >after
check nothing_was_written cmp before after
if command -v strace >/dev/null; then
	calls=openat,creat,mkdir,mkdirat,rename,renameat,renameat2,unlink,unlinkat,truncate,utimensat
	strace -f -o trace -e trace=$calls "$MIUST_TUI" s --readonly --dump shot >out 2>err
	grep -e ' s/\|"s/\|/s/' trace | grep -e 'O_WRONLY\|O_RDWR\|O_CREAT\|mkdir\|rename\|unlink\|truncate' >out
	check strace_shows_reading grep -q '"s/fold-0/steps.csv"' trace
	check strace_shows_no_write [ ! -s out ]
else
	echo "skip strace_shows_no_write: no strace"
fi
kill -CONT $trainer

check a_dump_is_a_picture_of_now eval '"$MIUST_TUI" s --readonly --dump shot && grep -q "ELSEWHERE" shot'
check live_after_the_pause goes_on
kill -9 $trainer
check a_kill_is_seen until_shows 'BROKEN OFF'
wait $trainer 2>/dev/null
train --resume
check a_resume_is_seen until_shows "ELSEWHERE .*$trainer"
check goes_on_after_it goes_on
kill -TERM $trainer
check a_stop_is_seen until_shows 'STOPPED'
wait $trainer
trainer=

# Cut back to the end of epoch 2 in place, as no program of ours does it.
for f in epochs=3 steps=9; do
	head -n "${f#*=}" "s/fold-0/${f%=*}.csv" >some
	cat some >"s/fold-0/${f%=*}.csv"
done
check a_shorter_file_is_seen until_shows ' e2/'

# Folds that are trained out of order keep their numbers.
"$MIUST" train five/config.yml --session folds --fold 1 --fold 3 >out 2>err
"$MIUST_TUI" folds --readonly --once --size 120x36 >out 2>err
check folds_keep_their_numbers grep -q 'folds  1 [0-9.]*  2 –  3 [0-9.]*  4 –  5 –' out
