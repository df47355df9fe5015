#!/bin/sh
# SPDX-License-Identifier: GPL-3.0-or-later
# Sessions of the first version (tests/record/first): looked at, compared, gone on
# with to the bytes of an undisturbed run.
. tests/cli/common
MIUST_TUI=${MIUST_TUI:-build/miust-tui}
export LC_ALL=C.UTF-8 XDG_CONFIG_HOME="$dir/none" XDG_STATE_HOME="$dir/none"
first=tests/record/first

five_sessions "$dir/data"
cp $first/config.yml "$dir/data"
for s in finished stopped; do tar -xzf $first/$s.tar.gz -C "$dir"; done
printf '%s\n' 'at 1 1 3 set train.clip 1' 'at 1 2 7 set train.optimizer.lr 0.02' \
	'at 3 1 2 set train.loss.text 0.2' >"$dir/log"
all() { (cd "$1" && find . -type f -exec cksum {} + | LC_ALL=C sort -k 3); }
changed() { all "$1" | cmp -s - "$1.was"; }

# Looking changes nothing.
for s in finished stopped; do all "$dir/$s" >"$dir/$s.was"; done
run compare "$dir/stopped" "$dir/finished"
check compares done_well
check compares_the_stopped grep -q '^ 1  reference\* *12 *1/5 *0.6000 *0.5556 *0.6133' "$dir/out"
check compares_the_finished \
	grep -q '^ 2  reference\* *12 *5/5 0.6500 ± 0.2784 0.6444 ± 0.2101 0.6067 ± 0.3271' "$dir/out"
# shown SESSION VIEW PATTERN
shown() {
	echo "view $2" >"$dir/script"
	"$MIUST_TUI" --readonly --script "$dir/script" --dump "$dir/out" --size 110x30 "$1" \
		2>"$dir/err" && grep -q "$3" "$dir/out"
}
check shows_curves shown "$dir/finished" 1 'folds 0.613 0.733 0.587 0.100 1.000  test WF1 0.607 ± 0.327'
check shows_the_row_of_the_stopped shown "$dir/stopped" 7 'stopped  *■ stopped  *f2/5 e1/2  *0.600! *0.613!'
check shows_the_row_of_the_finished shown "$dir/stopped" 7 'finished  *✓ finished  *5/5  *0.650 ± 0.278!'
check shows_its_notes shown "$dir/stopped" 7 'a second one  *2 notes'
for s in finished stopped; do check "${s}_is_unchanged" changed "$dir/$s"; done

# Going on. The figures are those of the processor that recorded them.
run train "$dir/data/config.yml" --session "$dir/whole" --replay "$dir/log"
check undisturbed done_well
if [ "$(head -n 18 "$dir/whole/steps.csv" | cksum)" != "$(cksum <"$dir/stopped/steps.csv")" ]; then
	echo 'skip goes_on: recorded on another kind of processor'
	exit 0
fi
# numbers FILE: a safetensors file without its header, which has the version.
numbers() { tail -c +$((9 + $(od -An -N8 -tu8 "$1" | tr -d ' '))) "$1" | cksum; }
# bare SESSION FOLD...: without notes, headers, and the states of folds that were
# finished, which stay as version 0.1 wrote them.
bare() {
	rm -rf "$dir/bare" && cp -R "$1" "$dir/bare" && rm -f "$dir/bare/notes.txt"
	shift
	rm -rf "$dir/bare"/fold-*/states # which version 0.1 did not store
	for f in "$@"; do rm "$dir/bare/fold-$f/state.safetensors"; done
	for f in "$dir/bare"/fold-*/*.safetensors; do numbers "$f" >"$f.new" && mv "$f.new" "$f"; done
	record "$dir/bare"
}
# all_bytes SESSION FOLD...
all_bytes() {
	bare "$@" >"$dir/has"
	shift
	bare "$dir/whole" "$@" | diff - "$dir/has" >"$dir/out"
}
for s in finished stopped; do
	cp -R "$dir/$s" "$dir/$s.copy"
	run train "$dir/data/config.yml" --session "$dir/$s.copy" --resume
	check "${s}_goes_on" done_well
	check "${s}_keeps_its_notes" cmp "$dir/$s/notes.txt" "$dir/$s.copy/notes.txt"
done
check finished_has_all_bytes all_bytes "$dir/finished.copy" 1 2 3 4 5
check stopped_has_all_bytes all_bytes "$dir/stopped.copy" 1
