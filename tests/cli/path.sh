#!/bin/sh
# SPDX-License-Identifier: GPL-3.0-or-later
# A user's way from one run to an answer, in the screen alone: watch, change the batch size
# for the next run, start it, look at the first while the second trains, draw both, sweep
# three rates x two seeds, read the table, tag one, quit with two runs queued, come
# back and let them finish. Keys are counted: a typed value, a name and a completed key are
# one each.
if ! command -v tmux >/dev/null; then
	echo "skip path: not installed"
	exit 0
fi
if [ "${KIND:-release}" != release ]; then
	echo "skip path: nine runs at each size take too long in this build"
	exit 0
fi
. tests/cli/common
MIUST=$(realpath "$MIUST")
MIUST_TUI=$(realpath "${MIUST_TUI:-build/miust-tui}")
demo=$(realpath configs/demo.yml)
cd "$dir" || exit 1
unset TMUX NO_COLOR COLUMNS LINES ENV
export LC_ALL=C.UTF-8 XDG_CONFIG_HOME="$dir/config" XDG_STATE_HOME="$dir/state" \
	XDG_CACHE_HOME="$dir/cache"
export MIUST_TUI TMUX_TMPDIR="$dir"
LIMIT=${LIMIT:-12000} # attempts; one takes some milliseconds
server=0
tm() { tmux -u -L "miust-path-$$-$server" -f /dev/null "$@"; }
trap 'tm kill-server 2>/dev/null; rm -rf "$dir"' EXIT
trap 'exit 1' HUP INT PIPE TERM

screen() { tm capture-pane -p -t t >screen 2>/dev/null; }
shows() { screen && grep -q -e "$1" screen; }
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
until_shows() { until_true shows "$1"; }
# Two keys one after the other may need what the first has drawn.
press() {
	for key in "$@"; do
		tm send-keys -t t "$key"
		count=$((count + 1))
	done
}
types() { # a value, a name, or a key that Tab completes
	for text in "$@"; do
		case $text in
		*[!\ ]'<Tab>')
			tm send-keys -t t -l "${text%<Tab>}"
			tm send-keys -t t Tab
			;;
		*) tm send-keys -t t -l "$text" ;;
		esac
		count=$((count + 1))
	done
}
terminal() {
	tm kill-server 2>/dev/null
	server=$((server + 1))
	tm new-session -d -s t -x "${1%x*}" -y "${1#*x}" 'TERM=tmux-256color exec sh -i' \
		\; set -g status off \; set -g escape-time 0
	tm send-keys -t t -l "PS1='\$ '; clear"
	tm send-keys -t t Enter
	until_shows '^\$'
}
# How many runs are in the queue; have they all their folds?
queue() { grep -c . sessions/queue 2>/dev/null; }
queue_is() { [ "$(queue)" = "$1" ]; }
finished() { [ -f "$1/results.json" ] && [ "$(grep -c '"fold":' "$1/results.json")" = 5 ]; }
tagged() { find sessions -name tags.txt -exec grep -qx best {} \; -print | grep -q .; }

"$MIUST" demo >out 2>err
sed 's/^  epoch: .*/  epoch: 2/; s|\.\./data|data|' "$demo" >small.yml

# way SIZE
way() {
	rm -rf sessions
	terminal "$1"
	tm send-keys -t t -l 'clear; "$MIUST_TUI" small.yml'
	tm send-keys -t t Enter
	check "watch_$1" until_shows '▶ RUN'
	count=0

	# Another batch size, in the next run: this one cannot take it.
	press :
	types 'set ' 'train.ba<Tab>'
	until_shows ':set train.batch_size'
	types 32
	press Enter
	check "change_$1" until_shows 'train.batch_size is 32 in the next run; this one keeps 20'
	press N
	check "start_$1" until_shows 'small-batch_size=32 is queued: it begins when a run has ended'

	# The first, while the second trains.
	check "second_begins_$1" until_shows '✓ DONE.*trains: small-batch_size=32'
	press 2
	check "look_at_the_first_$1" until_shows '▸2 Confusion'
	shows '✓ DONE' || until_shows '✓ DONE'

	# Both over one another.
	press 7
	until_shows 'small-batch_size=32 '
	press Down + o 1
	check "overlay_$1" until_shows '[□◇] small.*=32 '

	# Three rates x two seeds.
	press :
	types 'sweep ' 'lr=' 1e-3, 5e-4, 2e-4 ' seeds ' 2
	press Enter
	check "sweep_asks_$1" until_shows 'small-lr: 6 runs (3 settings x 2 seeds), about .* of training'
	press y
	check "sweep_$1" until_shows 'small-lr: 6 runs in the queue'

	# The table, live; one that is finished, and wherever it stands now selected.
	press 7
	check "table_$1" until_shows 'small-lr'
	until_true queue_is 2
	press :
	types 'sort ' wf1
	press Enter
	check "sorted_$1" until_shows 'sort wf1'
	check "stays_selected_$1" until_shows '▸ *[□◇] *small-batch.*✓ finished' # while rows move
	press T
	types best
	press Enter
	check "tag_$1" until_true tagged

	# Away with two runs queued, and back.
	press q
	until_shows '? y/n'
	press y
	check "quit_$1" until_shows '^\$'
	left=$(queue)
	check "two_are_queued_$1" [ "$left" -ge 2 ]
	check "quit_says_so_$1" shows "$left runs are in the queue; .miust queue run. trains them"
	types '"$MIUST_TUI"'
	press Enter
	check "come_back_$1" until_shows "$left runs are queued: begin them? y/n"
	press y
	check "they_finish_$1" until_true queue_is 0
	check "no_demo_$1" [ ! -e sessions/demo-* ]
	for s in sessions/small-2* sessions/small-batch_size=32 sessions/small-lr/*; do
		finished "$s" || echo "not ok finished_$1 $s"
	done
	check "both_seeds_$1" [ "$(ls sessions/small-lr/*/seed-*/results.json | wc -l)" = 3 ]
	echo "# $count keys at $1"
	check "keys_$1" [ "$count" -le 40 ]
	press q
	check "leaves_$1" until_shows '^\$' # the next size removes what it writes
}

for size in ${SIZES:-80x24 120x40 200x50}; do
	way $size
done
