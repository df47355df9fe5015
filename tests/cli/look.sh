#!/bin/sh
# SPDX-License-Identifier: GPL-3.0-or-later
# A stored session on the screen holds nothing: others train it meanwhile, and the screen follows
# them, until something typed in it takes the fold.
if ! command -v tmux >/dev/null; then
	echo "skip look: no tmux"
	exit 0
fi
. tests/cli/common
MIUST=$(realpath "$MIUST")
MIUST_TUI=$(realpath "${MIUST_TUI:-build/miust-tui}")
five_sessions "$dir/five"
cd "$dir" || exit 1
unset TMUX NO_COLOR COLUMNS LINES ENV
export LC_ALL=C.UTF-8 XDG_CONFIG_HOME="$dir/config" XDG_STATE_HOME="$dir/state"
export XDG_CACHE_HOME="$dir/cache" TMUX_TMPDIR="$dir"
LIMIT=${LIMIT:-12000} # attempts; one takes some milliseconds
config=five/config.yml

tm() { tmux -u -L "miust-$$" -f /dev/null "$@"; }
clean() {
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
# opens SESSION: on the screen, where it stands still.
opens() {
	tm kill-session -t t 2>/dev/null
	tm new-session -d -s t -x 80 -y 24 "exec '$MIUST_TUI' $1 2>said" \; set -g status off
	until_shows 'PAUSED'
}
files() { find "$1" -printf '%p %i %s %T@ %C@\n' | LC_ALL=C sort; }
# stopped SESSION: after the first step of fold 1.
stopped() { "$MIUST" train $config --session "$1" --max-steps 1 >out 2>err; }
# held SESSION FOLD
held() { grep -q . "$1/fold-$2/lock"; }

"$MIUST" train $config --session whole >out 2>err

# What is shown changes nothing.
stopped s
files s >before
check opens opens s
check where_it_goes_on shows ' PAUSED *f1/5 *e1/2 s1/'
check space_goes_on shows 'Space resume'
for view in 2 3 6 7; do keys $view; done
check view_7_is_drawn until_shows '■ stopped'
keys 1
until_shows '▸1 Train'
keys : 'pace 3' Enter
until_shows 'at most 3 epochs'
keys : 'break when loss > 1000' Enter
check a_break_is_set until_shows 'break when loss > 1000, tested'
files s >after
check nothing_is_written cmp before after

# Two tasks of an array, while it is shown; then the rest.
for f in 1 2; do
	"$MIUST" train $config --session s --fold $f --resume-or-start >out.$f 2>err.$f &
	eval "pid$f=$!"
done
for f in 1 2; do
	eval "wait \$pid$f"
	status=$?
	cat err.$f >err
	check "task_$f" [ $status -eq 0 ]
done
check the_screen_follows until_shows 'STOPPED'
"$MIUST" train --session s --resume >out 2>err
check the_rest_in_one_go [ $? -eq 0 ]
check done_is_seen until_shows 'DONE'
check same_bytes same whole s
keys q

# Nobody trains it: who asks from outside is told so.
stopped asked
opens asked
"$MIUST" control asked snapshot >out 2>err
check control_finds_nobody [ $? -eq 4 ]
# The first word that steers takes the fold, and from then on it can be asked.
keys s
check a_step_takes_it until_true held asked 1
until_shows 'PAUSED .*s2/'
"$MIUST" control asked --fold 1 snapshot >out 2>err
check control_finds_it grep -q '"state": "paused"' out
"$MIUST" train $config --session asked --fold 1 --resume-or-start >out 2>err
check others_are_refused grep -q 'is writing this session: fold 1' err
keys q
until_true grep -q 'opens it again where it stopped' said
check leaving_lets_it_go eval '! held asked 1'
"$MIUST" train --session asked --resume >out 2>err
check taken_and_left_same_bytes same whole asked

# A script takes it with what steers, and not by looking.
stopped scripted
files scripted >before
printf '%s\n' 'view 2' 'break list' 'pace 5' 'dump shot' >script
"$MIUST_TUI" scripted --script script >out 2>err
files scripted >after
check a_script_that_looks_writes_nothing cmp before after
check a_script_shows_where_it_is grep -q 'PAUSED .*s1/' shot
printf '%s\n' 'try train.clip 1' eval 'step epoch' run >script
"$MIUST_TUI" scripted --script script >out 2>err
check a_script_steers [ $? -eq 0 ]
check a_script_same_bytes same whole scripted

if ! command -v strace >/dev/null; then
	echo "skip strace_shows_no_write: no strace"
	exit 0
fi
stopped traced
calls=openat,creat,mkdir,mkdirat,rename,renameat,renameat2,unlink,unlinkat,truncate,utimensat
printf '%s\n' 'view 3' 'view 5' 'view 7' >script
strace -f -o trace -e trace=$calls,fcntl "$MIUST_TUI" traced --script script >out 2>err
grep -e ' traced/\|"traced/\|/traced/' trace |
	grep -e 'O_WRONLY\|O_RDWR\|O_CREAT\|mkdir\|rename\|unlink\|truncate' >out
check strace_shows_reading grep -q '"traced/fold-1/steps.csv"' trace
check strace_shows_no_write [ ! -s out ]
check strace_shows_no_lock eval '! grep -q F_OFD_SETLK trace'
