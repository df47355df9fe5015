#!/bin/sh
# SPDX-License-Identifier: GPL-3.0-or-later
# Data that cannot be used, and sessions that cannot go on, in the workbench: all
# that is wrong is said, whole, and looking is always possible.
. tests/cli/common
MIUST_TUI=$(realpath "${MIUST_TUI:-build/miust-tui}")
MIUST=$(realpath "$MIUST")
cp -R "$(dirname "$tiny")" "$dir/corpus"
cd "$dir" || exit 1
unset NO_COLOR COLUMNS LINES
export LC_ALL=C.UTF-8 XDG_CONFIG_HOME="$dir/config" XDG_STATE_HOME="$dir/state"

tui() {
	"$MIUST_TUI" --threads 1 "$@" >out 2>err </dev/null
	status=$?
}
script() { printf '%s\n' "$@" >script; }
is() { [ "$status" -eq "$1" ]; }
fails() { [ "$status" -eq "$1" ] && grep -q -- "$2" err && [ "$(grep -c '^miust: ' err)" -eq 1 ]; }
session() { echo sessions/config-*; }

# A feature file is missing: the row and the file are named in full, at any size
# of the screen, and nothing is begun.
gone=$(ls corpus/data/audio/train/*.npy | head -n 1)
mv "$gone" gone.npy
tui corpus/config.yml --once --size 40x10
check bad_row_is_an_error fails 1 '1 row cannot be used'
check bad_row_is_named grep -qE "data/train.csv:[0-9]+: .*$(basename "$gone"): no such feature file" out
check bad_row_begins_nothing [ ! -e sessions ]
tui corpus/config.yml --dump page.txt
check bad_row_is_dumped grep -q "$(basename "$gone"): no such feature file" page.txt
check bad_row_dumps_no_more [ ! -s out ]
script 'run'
tui corpus/config.yml --script script
check bad_row_stops_a_script fails 1 '1 row cannot be used'

# Without it: trained, as `train --skip-bad` does.
tui --skip-bad corpus/config.yml --once
check skip_bad_opens is 0
check skip_bad_says_so grep -q '1 row is left out, 22 remain' out
rm -rf sessions
script 'set train.epoch 2' 'step' 'problems' 'dump page.txt' 'cancel' 'run'
tui --skip-bad corpus/config.yml --script script --size 120x36
check skip_bad_trains is 0
check skip_bad_lists_rows grep -q "$(basename "$gone")" page.txt
check skip_bad_has_results test -f "$(session)/results.json"
mv gone.npy "$gone"

# A stored session whose data is not there can be looked at, but not trained.
rm -rf sessions
script 'step' 'stop'
tui corpus/config.yml --script script
one=$(session)
cp -a "$one" before
mv corpus/data away
script 'view 3' 'dump 3.txt' 'problems' 'dump page.txt' 'cancel' 'run'
tui "$one" --script script
check looked_at_says_why fails 1 'script:6: run: .*not there; if the data has moved'
check looked_at_is_shown grep -q 'read-only' 3.txt
check looked_at_has_a_page grep -q 'read-only' page.txt
script 'problems' 'dump page.txt'
tui "$one" --readonly --script script
check readonly_has_a_page grep -q 'no such folder' page.txt
script 'note a thought'
tui "$one" --script script
check looked_at_takes_no_note fails 1 'note: .*not there; if the data has moved'
check looked_at_changes_nothing diff -r "$one" before
mv away corpus/data
if command -v flock >/dev/null; then
	script 'view 2' 'run'
	flock "$one/lock" "$MIUST_TUI" "$one" --script script >out 2>err
	status=$?
	check locked_is_looked_at fails 1 'script:2: .*another program is writing this session'
	check locked_changes_nothing diff -r "$one" before
else
	echo "skip locked_is_looked_at: no flock here"
fi
script 'note a thought'
tui "$one" --script script
check unlocked_takes_notes is 0

# Rows that cannot be read are an error, not an empty screen.
echo 'no,row' >>"$one/fold-0/epochs.csv"
tui "$one" --readonly --once
check unreadable_rows fails 1 'epochs.csv:'
