#!/bin/sh
# SPDX-License-Identifier: GPL-3.0-or-later
# The whole program on a terminal: tmux types, and the screen is read back. What
# is waited for is a condition, asked for again and again up to a limit.
if ! command -v tmux >/dev/null; then
	echo "skip tmux: not installed"
	exit 0
fi
if ! command -v pgrep >/dev/null; then
	echo "skip tmux: no pgrep (package procps)"
	exit 0
fi
. tests/cli/common
MIUST=$(realpath "$MIUST")
MIUST_TUI=$(realpath "${MIUST_TUI:-build/miust-tui}")
demo=$(realpath configs/demo.yml)
root=$PWD
corpus=$(realpath "$(dirname "$tiny")")
cd "$dir" || exit 1
unset TMUX NO_COLOR COLUMNS LINES ENV
export LC_ALL=C.UTF-8 XDG_CONFIG_HOME="$dir/config" XDG_STATE_HOME="$dir/state"
export XDG_CACHE_HOME="$dir/cache"
export MIUST_TUI TMUX_TMPDIR="$dir"
LIMIT=${LIMIT:-12000} # attempts; one takes some milliseconds

server=0
tm() { tmux -u -L "miust-$$-$server" -f /dev/null "$@"; }
trap 'tm kill-server 2>/dev/null; rm -rf "$dir"' EXIT
trap 'exit 1' HUP INT PIPE TERM

# terminal COLSxROWS [TERM]: a shell on a fresh one.
terminal() {
	tm kill-server 2>/dev/null
	server=$((server + 1)) # the last one may still be leaving
	tm new-session -d -s t -x "${1%x*}" -y "${1#*x}" \
		"TERM=${2:-tmux-256color} exec sh -i" \; set -g status off \; set -g escape-time 0
	line "PS1='\$ '; clear"
	until_shows '^\$'
}
keys() { tm send-keys -t t "$@"; }
line() {
	tm send-keys -t t -l "$*"
	keys Enter
}
screen() { tm capture-pane -p -t t >screen 2>/dev/null; }
shows() { screen && grep -q -e "$1" screen; }
# until CONDITION...: true once it is; false, and the screen said, if it never is.
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
# Where a line of the shell may be broken at the edge: says as it was printed.
says_whole() { tm capture-pane -p -J -t t | grep -q -e "$1"; }
keys_below() { screen && sed -n "$1p" screen | grep -q '? help'; }
hides() { screen && ! grep -q -e "$1" screen; }
session() { echo sessions/long-* | tr ' ' '\n' | tail -n 1; }
log() { cat "$(session)"/fold-*/commands.log; }
logged() { log 2>/dev/null | grep -q "$1"; }
steps() { cat "$(session)"/fold-*/steps.csv 2>/dev/null | wc -l; }
more_steps() { [ "$(steps)" -gt "$1" ]; }
same_screens() { cmp -s "$1" "$2" || { diff "$1" "$2" | sed 's/^/# /' && false; }; }
process() { pgrep -P "$(tm list-panes -t t -F '#{pane_pid}')" | head -n 1; }
# hit SIGNAL: the program, never a number that is not its own: kill takes an
# empty one for a whole group or more.
hit() {
	victim=$(process)
	[ "${victim:-0}" -gt 1 ] || return 1
	kill "-$1" "$victim"
}
# start ARGUMENT...: the program in the shell; its end says "left STATUS".
start() {
	line "clear; stty -a >before; \"\$MIUST_TUI\" $*; s=\$?; echo; echo left \$s; stty -a >after"
}
# left STATUS: back in the shell, and the terminal is as it was.
left() {
	until_shows "^left $1\$" && until_true test -s after && until_true cmp -s before after
}
fresh() { rm -rf sessions before after; }

"$MIUST" demo >out 2>err
sed 's/^  epoch: .*/  epoch: 100000/; s|\.\./data|data|' "$demo" >long.yml

# ---- the views, while it trains
fresh
terminal 80x24
start long.yml
check starts until_shows '▶ RUN'
for size in 80x24 200x50; do
	tm resize-window -t t -x "${size%x*}" -y "${size#*x}"
	for view in 1 2 3 4 5 6 7; do
		keys $view
		check "view_${view}_$size" until_shows "▸$view"
	done
	keys Tab
	check "tab_goes_round_$size" until_shows '▸1 Train'
	keys BTab
	check "shift_tab_goes_back_$size" until_shows '▸7'
	keys 1
done
tm resize-window -t t -x 80 -y 24
check trains_behind until_true more_steps "$(steps)"

# ---- control
keys :
tm send-keys -t t -l 'set train.optimizer.l'
keys Tab
check completes until_shows ':set train.optimizer.lr'
tm send-keys -t t -l '1e-4'
keys Enter
check set_takes_effect until_true logged 'set train.optimizer.lr 1e-4   # was 0.001'
until_shows 'set train.optimizer.lr 1e-4'
line ':undo now'
check undo_is_logged until_true logged 'set train.optimizer.lr 0.001   # undo, was 1e-4'
log >log
keys @
check unknown_key until_shows '@ does nothing here; ? shows what does'
line ':s'
check ambiguous_prefix until_shows 's could be: '
line ':sett train.clip 1'
check unknown_command until_shows 'did you mean set'
line ':set train.clip -1'
check wrong_value until_shows 'train.clip: expected'
line ':set train.clipp 1'
check unknown_setting until_shows 'train.clip'
log >log2
check mistakes_change_nothing cmp log log2
keys Space
check space_pauses until_shows 'PAUSED'
# The row is written before the pause: the head says where it stands then.
head_row() { screen && sed -n 2p screen; }
paused_elsewhere() { [ "$(head_row)" != "$1" ] && shows 'PAUSED'; }
before=$(steps)
head_before=$(head_row)
keys s
check steps_one until_true more_steps "$before"
check pauses_again until_true paused_elsewhere "$head_before"
check one_step_only [ "$(steps)" -eq $((before + 1)) ]
keys Space
check space_goes_on until_shows 'RUN'
keys C-c
check interrupt_stops until_shows 'the checkpoint is stored'
check interrupt_stores test -f "$(session)/fold-1/state.safetensors"
before=$(steps)
keys Space
check goes_on_after_stop until_true more_steps "$before"

# ---- pasted text and the console
printf 'q\ny\nset train.clip 9\n' | tm load-buffer -
tm paste-buffer -p -t t
check paste_is_refused until_shows 'pasted text does nothing'
keys :
until_shows '^:'
tm paste-buffer -p -t t
check paste_stays_in_the_line until_shows '^:q y set train.clip 9'
keys Escape
check paste_ran_nothing until_true hides '^:'
check paste_logged_nothing eval '! logged "clip 9"'
awk 'BEGIN { for (i = 0; i < 200; i++) printf "set train.clip 9\n" }' | tm load-buffer -
keys :
until_shows '^:'
tm paste-buffer -p -t t
check long_paste_is_left_out until_shows '^: .*ignored: a line holds at most 1023 bytes'
keys Escape
check long_paste_ran_nothing until_true hides '^:'
check long_paste_logged_nothing eval '! logged "clip 9"'
line ':note café'
until_true hides '^:'
keys :
keys C-r
tm send-keys -t t -l 'é'
check search_finds_accents until_shows 'note café'
keys C-c
until_true hides 'note café'

# ---- a storm of sizes
pid=$(process)
awk 'BEGIN { srand(7); for (i = 0; i < 200; i++)
	print 10 + int(rand() * 241), 5 + int(rand() * 56) }' |
	while read -r cols rows; do
		tm resize-window -t t -x "$cols" -y "$rows"
	done
tm resize-window -t t -x 80 -y 24
until_true keys_below 24 # tmux passes sizes on four times a second: the last comes late
until_shows '▶ RUN\|EVAL'
keys Space
until_shows 'PAUSED'
keys 6
until_shows '▸6'
keys Down
keys 2
until_shows '▸2'
keys 1
until_shows '▸1 Train'
until_true hides '▸2'
cp screen stormed
keys C-l
keys :
until_shows '^:'
keys Escape
until_true hides '^:'
check storm_ends_right same_screens stormed screen
check storm_survived kill -0 "$pid"
keys Space

# ---- leaving
until_shows '▶ RUN'
keys q
check quit_asks until_shows 'y/n'
keys n
until_true hides 'y/n'
check no_stays kill -0 "$pid"
keys q
until_shows 'y/n'
keys y
check yes_leaves left 0
check session_is_said grep -q 'session .*long' screen

# ---- a stored session, and history over restarts
rm -f before after
one=$(session)
start "$one"
check opens_where_it_stopped until_shows 'PAUSED'
keys :
keys Up
check history_over_restarts until_shows '^:note café'
keys C-c
until_true hides '^:'
check history_is_private [ "$(stat -c %a "$XDG_STATE_HOME/miust/history")" = 600 ]
holds() { cat "$one"/fold-*/lock | grep -q .; }
check opening_holds_nothing eval '! holds'
head_before=$(head_row)
keys s
check a_step_takes_it until_true holds
until_true paused_elsewhere "$head_before"
"$MIUST_TUI" "$one" --once >other 2>err
check locked_session_can_be_seen grep -q '▸1 Train' other
tm new-session -d -s o -x 80 -y 24 "TERM=tmux-256color \"$MIUST_TUI\" \"$one\" 2>locked; :"
other() { tm capture-pane -p -t o >screen 2>/dev/null && grep -q "$1" screen; }
check locked_session_says_so until_true other 'attached'
tm kill-session -t o
keys q
check paused_leaves_at_once left 0

# ---- stop and go of the process
line 'clear; stty -a >before; "$MIUST_TUI" long.yml'
until_shows '▶ RUN'
hit "TSTP"
check stopped_by_signal until_shows '^\$'
line 'stty -a >after; clear; fg'
check foreground_again until_shows '▸1 Train'
check stopped_terminal_is_restored cmp before after
check trains_again until_true more_steps "$(steps)"
keys C-z
check stopped_by_key until_shows '^\$'
line 'clear; fg'
check foreground_again_after_key until_shows '▶ RUN'
hit "STOP"
until_shows 'Stopped'
tm send-keys -t t -l 'clear; fg' # in raw mode: Enter is no newline
keys C-j
check foreground_again_after_a_hard_stop until_shows '▸1 Train'
hit TERM
until_shows '^\$'

# ---- signals from outside
for signal in TERM HUP INT USR1 USR2 SEGV ABRT XCPU; do
	case $signal in
	HUP) code=129 ;; INT) code=130 ;; SEGV) code=139 ;; ABRT) code=134 ;;
	USR1) code=138 ;; USR2) code=140 ;; XCPU) code=152 ;; *) code=143 ;;
	esac
	case $signal in
	SEGV | ABRT) [ "${KIND:-release}" = release ] || code='[0-9]*' ;; # a sanitizer's
	esac
	fresh
	start long.yml
	until_shows '▶ RUN'
	until_true more_steps 3
	hit "$signal"
	check "terminal_after_$signal" left $code
	case $signal in
	SEGV | ABRT | XCPU) ;;
	*) check "checkpoint_after_$signal" test -f "$(session)/fold-1/state.safetensors" ;;
	esac
done
fresh
start long.yml
until_true more_steps 3
pid=$(process)
tm kill-server
check closed_terminal_ends timeout 100 tail -s 0.1 -f /dev/null --pid "$pid"
check closed_terminal_stores test -f "$(session)/fold-1/state.safetensors"

# ---- terminals and locales
for name in screen linux vt100 xterm xterm-256color; do
	fresh
	terminal 80x24 $name
	start long.yml
	check "draws_on_$name" until_shows '1 Train.*2 Confusion'
	until_shows 'RUN'
	keys 6
	check "types_on_$name" until_shows 'settings'
	hit TERM
	check "leaves_$name" left 143
done
fresh
terminal 80x24
line 'export NO_COLOR=1'
start long.yml
check no_color until_shows '▶ RUN'
tm capture-pane -p -e -t t >painted
check no_color_is_none eval "! grep -q '\[[0-9;]*[34][0-8][;m]' painted"
hit TERM
left 143
line 'unset NO_COLOR; export LC_ALL=C LANG=C'
fresh
start long.yml
check locale_c until_shows 'RUN'
screen
check locale_c_is_ascii eval "! LC_ALL=C grep -q '[^ -~]' screen"
hit TERM
left 143
# The locale of another machine, or none: the characters of C.UTF-8.
line 'export LC_ALL=xx_XX.UTF-8'
fresh
start long.yml
check locale_missing_is_braille until_shows '▶ RUN'
keys :
tm send-keys -t t -l 'né'
until_shows '^:né'
keys BSpace
check locale_missing_edits_characters until_shows '^:n$'
keys Escape
hit TERM
left 143
line 'unset LC_ALL LC_CTYPE LANG'
fresh
start long.yml
check locale_unset_is_braille until_shows '▶ RUN'
hit TERM
left 143
line 'export LC_ALL=xx_XX.ISO-8859-1'
fresh
start long.yml
check locale_other_says_why until_shows 'xx_XX.ISO-8859-1 is not installed, so the screen is ASCII'
hit TERM
left 143
line 'clear; TERM=no-such-terminal "$MIUST_TUI" long.yml'
check no_terminfo_entry until_shows 'TERM=xterm-256color'
line 'export LC_ALL=C.UTF-8'
fresh
start long.yml --ascii
until_shows 'RUN'
screen
check option_ascii eval "! LC_ALL=C grep -q '[^ -~]' screen"
hit TERM
left 143

# ---- the user's own readline and settings
cat >inputrc <<'END'
set editing-mode vi
set show-mode-in-prompt on
set vi-ins-mode-string "INSERT\033[31m"
set bell-style audible
set enable-bracketed-paste on
set show-all-if-ambiguous on
set completion-query-items 1
set page-completions on
set horizontal-scroll-mode on
"\C-x": "rm -rf"
END
mkdir -p config/miust
printf '%s\n' '# mine' 'bind all F5 view 6' 'smooth 0.5' >config/miust/miustrc
fresh
line 'export INPUTRC=inputrc'
start long.yml
until_shows '▶ RUN'
keys F5
check miustrc_binds until_shows '▸6'
keys :
tm send-keys -t t -l 'view 2'
check hostile_inputrc until_shows '^:view 2'
check no_mode_in_prompt hides 'INSERT'
keys Enter
check hostile_inputrc_runs until_shows '▸2'
hit TERM
left 143
fresh
echo 'no such command' >config/miust/miustrc
start long.yml
check miustrc_fault_has_line until_shows 'miustrc:1:'
hit TERM
left 143
rm config/miust/miustrc

# ---- ^C while the data is read: each row of a long list opens two files
tiny=$root/tests/record/tiny
mkdir slow
cp -r "$tiny/data" "$tiny/config.yml" slow
awk 'BEGIN { print "Filename,Utterance,Emotion"
	for (i = 0; i < 100000; i++) print "clips/train/dia0_utt0.wav,hello,calm" }' >slow/data/train.csv
fresh
start slow/config.yml
until_shows LOADING
keys C-c
check interrupt_while_reading left 130
check interrupt_while_reading_says until_shows 'quit at once on SIGINT'

# ---- no run behind the screen
start no/such.yml
check failed_is_shown until_shows 'no/such.yml: no such file'
keys q
check failed_status left 1
cp -R "$corpus" corpus
rm "$(ls corpus/data/audio/train/*.npy | head -n 1)"
fresh
terminal 40x10
finished() { ls sessions/*/results.json >/dev/null 2>&1; }
start corpus/config.yml
check problems_are_a_page until_shows 'cannot be used as it is'
keys End
check problems_are_whole until_shows 'skip-bad'
keys s
check problems_are_skipped until_shows '▸1'
check problems_left_out until_true finished
keys q
left 0
terminal 80x24
start --size 3
check usage_before_the_screen left 2

# ---- the demo: paced, and a tour is offered on its first start
fresh
terminal 80x24
demo_dir=$dir/first
mkdir "$demo_dir" && line "cd $demo_dir"
start
check the_demo_is_paced until_shows 'RUN .* pace 2'
check the_tour_is_offered until_shows 'A tour of 9 stops: *Enter takes it'
keys Enter
check the_tour_stops until_shows '1 of 9 *After [0-9]* epochs the training loss'
check the_run_pauses_for_it until_shows PAUSED
keys 2
check its_key_goes_on until_shows '2 of 9 *Epoch [0-9]*:'
keys Escape
check escape_leaves_it until_shows 'RUN .* pace 2'
check the_screen_is_whole_again until_true hides 'leave the tour'
line ':pace off'
check pace_off until_true hides 'pace 2'
line ':quit!'
cd "$demo_dir" || exit 1 # where its files are
left 0
start
until_shows 'RUN '
check the_tour_is_offered_once hides 'A tour of'
line ':quit!'
left 0
cd "$dir" || exit 1

# ---- hooks of the screen: what they inherit; one that is late at the end
fresh
terminal 80x24
start long.yml --on "'best run sh -c \"ls -l /proc/self/fd >new && mv new fds\"'" \
	--on "'end run sleep 1000'" --on "'time 0.3'"
check a_hook_starts until_true test -e fds
# Its own are /dev/null, the file and the pipe for its errors; ls has one more.
check a_hook_inherits_nothing [ "$(grep -c -e '->' fds)" -eq 4 ]
line ':on end run sh -c "exit 3"'
until_shows 'on end run sh -c "exit 3"'
line ':quit!'
check hooks_do_not_keep_us left 0
check a_failed_hook_is_said until_shows 'hook of end: sh ended with status 3'
check a_late_hook_is_said until_shows 'hook of end: sleep took longer than 0.3 s and was ended'

# ---- view 7: what other programs do is seen while it is shown
fresh
train_tiny() { "$MIUST" train "$corpus/config.yml" --session "sessions/$1" >/dev/null 2>&1; }
train_tiny one
terminal 100x30
start sessions/one --readonly
until_shows 'DONE'
keys 7
check stored_runs_are_listed until_shows '^▸   one  *✓ finished'
train_tiny 'sweep/lr=1'
check a_new_run_is_seen until_shows 'lr=1  *✓ finished'
echo said >>'sessions/sweep/lr=1/notes.txt'
line ':filter note~said'
check a_new_note_is_seen until_shows '1 of 2 runs'
rm -r 'sessions/sweep'
check a_run_that_went_is_seen until_shows 'no run matches'
keys q
check stored_runs_leave left 0

# ---- feature files that get shorter: met while reading, or when sizes are checked
fresh
terminal 200x50
start long.yml
until_shows '▶ RUN'
until_true more_steps 3
for f in data/demo/audio/*/*.npy; do : >"$f"; done
check features_cut_is_said until_shows 'became shorter while it was in use'
keys q # of the screen, if it is still there: its rows may be too short for all of it
check features_cut_names_resume until_true says_whole \
	'goes on from its last checkpoint with --session .* --resume'
check features_cut_leaves left 1
