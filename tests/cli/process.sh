#!/bin/sh
# SPDX-License-Identifier: GPL-3.0-or-later
# The process and what surrounds it: closed descriptors, limits, and feature
# files that get shorter while they are read.
. tests/cli/common
MIUST_TUI=${MIUST_TUI:-build/miust-tui}
size() { if [ -f "$1" ]; then wc -c <"$1"; else echo 0; fi; }
run train "$tiny" --session "$dir/whole"
check undisturbed done_well

# ---- closed descriptors: messages land nowhere, least of all in the session
(exec "$MIUST" train "$tiny" --session "$dir/closed" --max-steps 6 <&- >&- 2>&-)
status=$?
check closed_descriptors done_well
rows() { awk -F, 'NF != 11 { bad = 1 } END { exit bad || NR != 7 }' "$1/steps.csv"; }
check closed_rows_only rows "$dir/closed"
check closed_lock_is_empty [ ! -s "$dir/closed/lock" ]
for fd in 0 1 2; do
	sh -c 'eval "exec $1>&-"; shift; exec "$@"' sh $fd "$MIUST" train "$tiny" \
		--session "$dir/closed$fd" --max-steps 6 >"$dir/out" 2>"$dir/err"
	status=$?
	check "closed_$fd" done_well
	check "closed_${fd}_rows_only" rows "$dir/closed$fd"
done
run train --session "$dir/closed" --resume
check closed_resumed same "$dir/whole" "$dir/closed"
(exec "$MIUST" train "$tiny" --session "$dir/closed" <&- >&- 2>&-)
status=$?
check closed_failure [ "$status" -eq 1 ]
(exec "$MIUST_TUI" "$dir/closed" --dump "$dir/screen" <&- >&- 2>&-)
status=$?
check closed_workbench eval 'done_well && grep -q Train "$dir/screen"'

# ---- a file over the size limit: a sentence, and the session goes on
(ulimit -f 16 && exec "$MIUST" train "$tiny" --session "$dir/large") >"$dir/out" 2>"$dir/err"
status=$?
check file_limit says 1 'File too large'
run train "$tiny" --session "$dir/large" --resume
check file_limit_resumed same "$dir/whole" "$dir/large"

# ---- limited address space: it trains, or says what is missing; it always ends
if [ "${KIND:-release}" != release ]; then
	echo "skip address_space: a sanitizer reserves terabytes"
else
	limited() { # KB ARGUMENT...
		(ulimit -v "$1" && shift && exec timeout -s KILL 100 "$MIUST" "$@") \
			>"$dir/out" 2>"$dir/err"
		status=$?
	}
	one_sentence() { says 1 '^miust: ' && [ "$(wc -l <"$dir/err")" -eq 1 ] && [ ! -e "$dir/s" ]; }
	limited 120000 train "$tiny" --session "$dir/s" --threads 1
	check space_missing one_sentence
	check space_missing_is_named grep -q 'OpenBLAS needs .* MB of address space' "$dir/err"
	for kb in 150000 180000 210000 240000; do
		limited $kb train "$tiny" --session "$dir/s" --threads 2
		check "space_${kb}_trains_or_says" eval 'done_well || one_sentence'
		rm -rf "$dir/s"
	done
	for threads in '' 1 8; do # of OpenBLAS, as the user may have set them
		(
			[ -z "$threads" ] || export OPENBLAS_NUM_THREADS=$threads
			ulimit -v 300000 && exec "$MIUST" train "$tiny" --session \
				"$dir/space$threads" --threads 1
		) >"$dir/out" 2>"$dir/err"
		status=$?
		check "space_enough_$threads" done_well
		check "space_enough_${threads}_same" same "$dir/whole" "$dir/space$threads"
	done
	(ulimit -v 300000 && exec "$MIUST" train "$tiny" --session "$dir/term" --threads 1 \
		--set train.epoch=100000) >"$dir/out" 2>"$dir/err" &
	pid=$!
	while kill -0 $pid 2>/dev/null && [ "$(size "$dir/term/fold-0/steps.csv")" -lt 1000 ]; do :; done
	kill -TERM $pid
	wait $pid
	status=$?
	check space_hears_term says 143 'stopped by SIGTERM'
fi

# ---- feature files that get shorter, are replaced or removed
# disturb NAME EPOCHS COMMAND: run it in session NAME after some steps; on a
# corpus of its own, whose training features it finds in $audio.
cp -r tests/record/tiny "$dir/corpus"
whole=$dir/corpus-whole
cp -r "$dir/corpus/data" "$whole"
audio=$dir/corpus/data/audio/train
disturb() {
	rm -rf "$dir/corpus/data"
	cp -r "$whole" "$dir/corpus/data"
	"$MIUST" train "$dir/corpus/config.yml" --session "$dir/$1" --set train.epoch="$2" \
		>"$dir/out" 2>"$dir/err" &
	pid=$!
	while kill -0 $pid 2>/dev/null && [ "$(size "$dir/$1/fold-0/steps.csv")" -lt 2500 ]; do :; done
	eval "$3"
	wait $pid
	status=$?
}
one_reason() { says 1 "/train/$1: became shorter .*goes on from its last checkpoint with --session .*/$2 --resume\$" && [ "$(grep -c '^miust: ' "$dir/err")" -eq 2 ]; }
disturb emptied 100000 'for f in "$audio"/*.npy; do : >"$f"; done'
check emptied_is_said one_reason '.*npy' emptied
disturb one_emptied 100000 ': >"$audio/dia1_utt1.npy"'
check one_emptied_is_said one_reason dia1_utt1.npy one_emptied
disturb cut 100000 'truncate -s -4 "$audio/dia1_utt1.npy"' # reads as zeros, without a signal
check cut_is_said one_reason dia1_utt1.npy cut
run train --session "$dir/cut" --resume
check cut_is_refused says 1 'dia1_utt1.npy: cut off'
# The state is that of whole files: going on with them gives what they give.
run train "$tiny" --session "$dir/300" --set train.epoch=300
tries=0 # it may be through before it is disturbed
until [ $tries -eq 10 ] || { [ $tries -gt 0 ] && [ $status -eq 1 ]; }; do
	rm -rf "$dir/mended"
	disturb mended 300 'truncate -s -4 "$audio/dia1_utt1.npy"'
	tries=$((tries + 1))
done
check mended_is_said one_reason dia1_utt1.npy mended
cp "$whole/audio/train/dia1_utt1.npy" "$audio"
run train --session "$dir/mended" --resume
check mended_goes_on done_well
for f in steps.csv fold-0/best.safetensors fold-0/state.safetensors fold-0/predictions.csv; do
	check "mended_$(basename $f)" cmp -s "$dir/300/$f" "$dir/mended/$f"
done
# The old file is read on.
disturb replaced 300 'cp "$audio/dia0_utt0.npy" "$dir/t"; mv "$dir/t" "$audio/dia1_utt1.npy"; rm "$audio/dia1_utt2.npy"'
check replaced_goes_on done_well
check replaced_same cmp -s "$dir/300/fold-0/state.safetensors" "$dir/replaced/fold-0/state.safetensors"
# Written in place: nobody can tell what was read, so it is said.
disturb written 300 'cat "$audio/dia0_utt0.npy" >"$dir/t"; dd if="$dir/t" of="$audio/dia0_utt0.npy" conv=notrunc 2>/dev/null'
check written_goes_on done_well
check written_is_said grep -q 'dia0_utt0.npy: was written to while it was in use;' "$dir/err"
