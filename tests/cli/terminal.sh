#!/bin/sh
# SPDX-License-Identifier: GPL-3.0-or-later
# What reaches a terminal: nothing that it would obey, whoever wrote the lists,
# paths and labels; nothing after the reader has left; and on a terminal of type
# dumb no control sequence of our own.
. tests/cli/common
MIUST=$(realpath "$MIUST")
MIUST_TUI=$(realpath "${MIUST_TUI:-build/miust-tui}")
data=$PWD/tests/record/tiny/data
tiny=$(realpath "$tiny")
cd "$dir" || exit 1
unset NO_COLOR COLUMNS LINES
export LC_ALL=C.UTF-8 XDG_CONFIG_HOME="$dir/config" XDG_STATE_HOME="$dir/state"

# ---- nothing to obey ----

# plain FILE...: no control character but line ends and tabs, no format character,
# and all of it is UTF-8.
c0=$(printf '[\001-\010\013-\037\177]')
c1=$(printf '\302[\200-\237]')
format=$(printf '\342\200[\213-\217\252-\256]\|\342\201[\246-\251]\|\357\273\277')
plain() {
	for f in "$@"; do
		LC_ALL=C grep -aq -e "$c0" -e "$c1" -e "$format" "$f" && return 1
		[ "$(tr -d '\000' <"$f" | wc -c)" -eq "$(wc -c <"$f")" ] || return 1
		iconv -f UTF-8 -t UTF-8 <"$f" >/dev/null 2>&1 || return 1
	done
}
# both_plain NAME STATUS PATTERN: of the last run, which ended so and showed that.
both_plain() {
	cat out err >both
	check "$1" [ "$status" -eq "$2" ]
	check "$1_shows" grep -q -- "$3" both
	check "$1_is_plain" plain out err
}
# What a plain stream may not let through, in one word of a path, label or id:
# a colour, a title, C1's CSI, a line turned round, a zero width space, a byte
# order mark, DEL; in a list also CSI as a byte, and overlong.
evil=$(printf 'e\033[31m\033]0;t\007\302\23331m\342\200\256v\342\200\213\357\273\277\177\r')
worse=$(printf '%s\233\340\202\233' "$evil")
gentle=$(printf 'gl\342\200\256ad\302\2332J')
printf 'abc\302\2332J\n' >plain.1
printf 'abc\033\n' >plain.2
printf 'a\342\200\256\n' >plain.3
printf 'a\233\n' >plain.4
check plain_sees_c1 eval '! plain plain.1'
check plain_sees_c0 eval '! plain plain.2'
check plain_sees_format eval '! plain plain.3'
check plain_sees_bytes eval '! plain plain.4'

# A corpus in a folder of that name; a label and an id hold what may be in them.
mkdir "$evil"
cp -r "$data" "$evil/data"
sed -e 's/glad/"gl\\u202Ead\\x9b2J"/' "$tiny" >"$evil/config.yml"
for part in train dev test; do
	sed -e "s/,glad/,$gentle/; s/dia0_utt0/$gentle/" "$data/$part.csv" >"$evil/data/$part.csv"
	for kind in audio text; do
		mv "$evil/data/$kind/$part/dia0_utt0.npy" "$evil/data/$kind/$part/$gentle.npy"
	done
done
run check "$evil/config.yml"
both_plain check_good 0 '^0 errors'
run train "$evil/config.yml" --session "$evil/s"
both_plain train 0 '^Test figures'
check train_shows_its_label grep -q '^ *gl.ad' out
weights=$evil/s/fold-0/best.safetensors
run eval "$evil/config.yml" --weights "$weights"
both_plain eval 0 '^fused'
run compare "$evil/s" "$evil/s"
both_plain compare 0 'All settings are the same'
run train --session "$evil/s" --resume
both_plain resume 0 '^Test figures'
run demo "$evil/demo"
both_plain demo 0 'is written'

# Other programs read predict's table: it keeps its bytes, but on a terminal.
run predict "$evil/config.yml" --weights "$weights" --out table.csv
check predict_to_a_file eval 'done_well && plain out err'
run predict "$evil/config.yml" --weights "$weights"
check predict_keeps_bytes cmp -s out table.csv
check predict_has_some eval '! plain table.csv'

# Tables and JSON for other programs too: there the name is escaped.
mkdir "$evil/many"
cp -r "$evil/s" "$evil/many/$evil"
(cd "$evil/many" && ln -s . sessions && "$MIUST" sessions list --csv) >out 2>err
status=$?
both_plain list_csv 0 ',finished,'
"$MIUST" train "$evil/config.yml" --session "$evil/long" --set train.epoch=1000000 \
	>trained 2>&1 &
pid=$!
until [ -s "$evil/long/fold-0/best.safetensors" ] || ! kill -0 $pid; do :; done
run control "$evil/long" snapshot
both_plain control_snapshot 0 '"session": ".*/e.u001B.31m.*t.u0007.u009B31m.u202Ev.u200B.uFEFF.u007F.r/long"'
run control "$evil/long" stop
both_plain control_stop 0 'checkpoint'
wait $pid
check trained_is_plain plain trained
# What is wrong is said with the name in it.
printf 'Filename,Utterance,Emotion\n' >"$evil/bad.csv"
printf '"clips/train/%s.wav","%s","%s"\n' "$worse" "$worse" "$worse" dia0_utt1 x calm \
	>>"$evil/bad.csv"
sed -e 's|data/dev.csv|bad.csv|' "$evil/config.yml" >"$evil/bad.yml"
run check "$evil/bad.yml"
both_plain check_bad 1 'unknown label'
run train "$evil/bad.yml" --session bad
both_plain train_bad 1 'unknown label'
run train "$evil/bad.yml" --session bad --skip-bad
both_plain train_skip_bad 0 'left out'
run train "$evil/config.yml" --session "$evil/s"
both_plain session_exists 1 'already has a session'
run compare "$evil/s" "$evil/none"
both_plain compare_none 1 'no such session\|no session'
run check "$evil/none.yml"
both_plain no_config 1 'none.yml'
printf 'exp: {"\\\\e[31m\\\\x9b\\\\u202E": 1}\n' >bad.yml
run check bad.yml
both_plain unknown_key 1 'unknown key'
for words in "config $worse" "$worse" "check --$worse" "check a $worse" \
	"train $tiny --set $worse" "train --fold $worse" "train $worse --session"; do
	IFS=' '
	run $words
	unset IFS
	both_plain "usage_$(echo "$words" | tr -dc 'a-z' | head -c 12)" "$status" '^miust: '
done

# The screen: every view of that session, and what its files say.
for view in 1 2 3 4 5 6 7; do
	echo "view $view" >view
	"$MIUST_TUI" "$evil/s" --script view --once >out 2>err
	status=$?
	both_plain "screen_$view" 0 ''
done
sed 's/"protocol": "[a-z]*"/"protocol": "\\u001b[31m\\u009b2J\\u202E"/' "$evil/s/results.json" >r.json
cp r.json "$evil/s/results.json"
run compare "$evil/s" "$evil/s"
both_plain results_json 0 'WA'
"$MIUST_TUI" "$evil/s" --script view --once >out 2>err
both_plain results_json_on_the_screen 0 'WF1'

# U+0092 is an apostrophe of cp1252 read as Latin-1: shown as such, with one note.
mkdir c1
cp -r "$data" "$tiny" c1
apostrophe=$(printf '\302\222')
sed "s/\\(.*wav\\),.*,\\([a-z]*\\)/\\1,it${apostrophe}s they${apostrophe}re so,\\2/" "$data/dev.csv" >c1/data/dev.csv
run check c1/config.yml
check c1_is_noted_once grep -q 'dev.csv: column Utterance: 8 characters in 4 rows are cp1252' out
check c1_is_no_error grep -q '^0 errors' out
run train c1/config.yml --session c1/s
check c1_is_noted_by_train [ "$(grep -c 'are cp1252 read as Latin-1' err)" -eq 1 ]
for view in 3 4; do
	echo "view $view" >view
	"$MIUST_TUI" c1/s --script view --once >out 2>err
	cat out >>c1.views
done
check c1_on_the_screen grep -q 'it’s they’re' c1.views
check c1_as_words grep -q '^  *they’re  *0' c1.views
"$MIUST_TUI" c1/s --script view --once --ascii >out 2>err
check c1_in_ascii grep -q "they're" out

# ---- a reader that has enough ----

# unread COMMAND...: it writes to a pipe that nobody reads any more.
mkfifo pipe
exec 3<>pipe 4>pipe 3<&-
unread() {
	: >out
	"$MIUST" "$@" >&4 2>err
	status=$?
}
died_quietly() { [ "$status" -eq 141 ] && [ ! -s err ]; }
for words in config --help 'config --help' --version "eval $tiny --weights $dir/s/fold-0/best.safetensors" \
	"predict $tiny --weights $dir/s/fold-0/best.safetensors" "check $tiny" 'compare s s' \
	'demo d'; do
	[ -d s ] || run train "$tiny" --session s
	unread $words
	check "unread_$(echo "${words%%/*}" | tr -dc 'a-z')" died_quietly
done
unread check bad.yml
check unread_does_not_hide_an_error says 1 'unknown key'
# Only what is said after the results were not read is dropped.
sed -e 's/head: 16/head: 16/; s|data/dev.csv|none.csv|' "$evil/config.yml" >"$evil/none.yml"
unread check "$evil/none.yml"
check unread_problems eval '[ "$status" -eq 1 ] && [ ! -s err ]'
# A run is stored, read or not.
unread train "$tiny" --session unread
check unread_train_ends_its_work eval '[ "$status" -eq 0 ] && same s unread'
check unread_train_is_quiet eval '! grep -q -i pipe err'
"$MIUST" train "$tiny" --session unheard >&4 2>&4
status=$?
check unheard_train_ends_its_work eval '[ "$status" -eq 0 ] && same s unheard'
# Where the signal was ignored before, nobody dies of it.
(trap '' PIPE; exec "$MIUST" config >&4 2>err)
status=$?
check unread_and_ignored eval '[ "$status" -eq 1 ] && [ ! -s err ]'
exec 4>&-

# ---- the first ^C is heard while the data is read ----

# A list that takes a while: each of its rows opens two files.
mkdir long
cp -r "$data" "$tiny" long
awk 'BEGIN { print "Filename,Utterance,Emotion"
	for (i = 0; i < 100000; i++) print "clips/train/dia0_utt0.wav,hello,calm" }' >long/data/train.csv
"$MIUST" train long/config.yml --session read >out 2>err &
pid=$!
# Its handlers are there: TERM is the 15th bit of the signals it catches. (A shell
# in the background has INT ignored.)
catches() { grep -q '^SigCgt:.*[4567c-f]...$' "/proc/$pid/status" 2>/dev/null; }
until catches; do kill -0 $pid 2>/dev/null || break; done
kill -TERM $pid
wait $pid
status=$?
head -n 3 err >said
mv said err
check interrupted_while_reading [ "$status" -eq 143 ]
check interrupted_says grep -q '^miust: stopped while reading the data$' err
check interrupted_leaves_nothing [ ! -e read ]

# ---- words to paste into a shell ----

odd="my data's/run 1"
run train "$tiny" --session "$odd" --max-steps 1
check paste_says grep -q "go on with --session 'my data'\\\\''s/run 1' --resume\$" err
eval "run train $(sed -n 's/.*go on with //p' err)"
check paste_goes_on eval 'done_well && same s "$odd"'
run demo "my demo's"
check paste_demo grep -q "\`miust train 'my demo'\\\\''s/demo.yml'\`" out
run train "$tiny" --session plain --max-steps 1
check paste_without_quotes grep -q 'go on with --session plain --resume$' err

# ---- terminals ----

if ! command -v script >/dev/null; then
	echo "skip terminals: no script (package bsdutils)"
	exit 0
fi
# on TERM COMMAND: in a shell on a terminal of that type; what that shows is in `out`.
on() {
	TERM=$1 script -qec "$2" /dev/null </dev/null >shown 2>err
	status=$?
	tr -d '\r' <shown >out
}
export MIUST tiny weights evil
on dumb '"$MIUST" train "$tiny" --session dumb'
check dumb_ends done_well
check dumb_gets_no_control_sequence plain out
check dumb_gets_whole_lines grep -q '^fold 0  epoch 1/3  step 1/4  loss [0-9.]*$' out
check dumb_draws_over_nothing [ "$(grep -c "$(printf '\r.')" shown)" -eq 0 ]
on '' '"$MIUST" train "$tiny" --session none'
check no_type_is_dumb grep -q '^fold 0  epoch 1/3  step 1/4  loss [0-9.]*$' out
on xterm '"$MIUST" train "$tiny" --session xterm'
check xterm_draws_over [ "$(grep -c "$(printf '\rfold 0  epoch')" shown)" -ge 1 ]
check xterm_gets_no_control_sequence plain out
on xterm '"$MIUST" predict "$evil/config.yml" --weights "$weights"'
check predict_on_a_terminal eval 'done_well && plain out && grep -q "^id,true,pred" out'
