#!/bin/sh
# SPDX-License-Identifier: GPL-3.0-or-later
# What real data holds: check lists every fault, train refuses, --skip-bad leaves out.
# The sentences themselves: tests/engine/data/corpus.c.
. tests/cli/common
c=$dir/c
fresh() {
	rm -rf "$c" "$dir/s"
	cp -r tests/record/tiny "$c"
}
# npy FILE ROWS COLS VALUE: float32, VALUE in printf's octal, little endian.
npy() {
	{
		printf '\223NUMPY\001\000\166\000%-117s\n' \
			"{'descr': '<f4', 'fortran_order': False, 'shape': ($2, $3), }"
		i=$(($2 * $3))
		while [ $i -gt 0 ]; do printf "$4" && i=$((i - 1)); done
	} >"$1"
}
one='\000\000\200\077' zero='\000\000\000\000' nan='\000\000\300\177' inf='\000\000\200\177'
finds() { [ "$status" -eq 1 ] && grep -q "^error: .*$1" "$dir/out" && grep -q '^1 error,' "$dir/out"; }
notes() { [ "$status" -eq 0 ] && grep -q "^note: .*$1" "$dir/out" && [ ! -s "$dir/err" ]; }
refuses() { says 1 "$1" && [ ! -e "$dir/s" ]; }
leaves_out() { done_well && grep -q '1 row left out (listed above), 22 remain' "$dir/err" && grep -q "$1" "$dir/err"; }
# fault NAME PATTERN: of a row, seen in lists and headers.
fault() {
	run check "$c/config.yml"
	check "$1_checked" finds "$2"
	run train "$c/config.yml" --session "$dir/s"
	check "$1_refused" refuses "$2"
	check "$1_names_skip_bad" grep -q 'skip-bad' "$dir/err"
	run train "$c/config.yml" --session "$dir/s" --skip-bad --max-steps 1
	check "$1_left_out" leaves_out "$2"
}
# late NAME PATTERN: of a value, seen when the row is read.
late() {
	run check "$c/config.yml"
	check "$1_not_in_headers" done_well
	run check "$c/config.yml" --deep
	check "$1_checked_deep" finds "$2"
	run train "$c/config.yml" --session "$dir/s"
	check "$1_found_when_read" says 1 "$2"
	rm -rf "$dir/s"
	run train "$c/config.yml" --session "$dir/s" --skip-bad --max-steps 1
	check "$1_left_out" leaves_out "$2"
}
fresh
run check "$c/config.yml" --deep
check sound_corpus done_well
fresh; rm "$c/data/audio/train/dia1_utt1.npy"
fault missing_file 'train.csv:6: .*dia1_utt1.npy: no such feature file'
fresh; echo junk >"$c/data/audio/train/dia1_utt1.npy"
fault unreadable_file 'train.csv:6: .*dia1_utt1.npy'
fresh; npy "$c/data/audio/train/dia1_utt1.npy" 12 7 "$one"
fault wrong_width 'train.csv:6: .*rows have 7 values, but model.audio_feat_dim is 8'
fresh; sed -i '6s/,[a-z]*\(.\{0,1\}\)$/,bored\1/' "$c/data/train.csv"
fault unknown_label 'train.csv:6: .*unknown label "bored"'
fresh; sed -i '7s/dia1_utt2/dia1_utt1/' "$c/data/train.csv"
fault duplicate_id 'train.csv:7: the id "dia1_utt1" already appears in line 6'
fresh; bytes=$(wc -c <"$c/data/train.csv"); head -c $((bytes - 12)) "$c/data/train.csv" >"$dir/t"
cp "$dir/t" "$c/data/train.csv"
fault torn_row 'train.csv:14: '
fresh; npy "$c/data/audio/train/dia1_utt1.npy" 12 8 "$nan"
late nan 'train.csv:6: .*dia1_utt1.npy: row 0, column 0 (from 0) is NaN'
fresh; npy "$c/data/text/train/dia1_utt1.npy" 3 6 "$inf"
late inf 'train.csv:6: .*dia1_utt1.npy: row 0, column 0 (from 0) is Inf'

fresh; head -n 1 tests/record/tiny/data/dev.csv >"$c/data/dev.csv"
run check "$c/config.yml"
check empty_list_checked finds 'dev.csv: an empty list'
run train "$c/config.yml" --session "$dir/s" --skip-bad
check empty_list_refused refuses 'dev.csv: an empty list'
fresh; rm "$c/data/dev.csv"
run check "$c/config.yml"
check missing_list_checked finds 'dev.csv'

fresh; npy "$c/data/audio/train/dia1_utt1.npy" 2 8 "$one"
run check "$c/config.yml"
check two_frames notes 'train.csv:6: .*2 frames, under 10'
run train "$c/config.yml" --session "$dir/s" --max-steps 4
check two_frames_train done_well
fresh; npy "$c/data/audio/train/dia1_utt1.npy" 12 8 "$zero"
run check "$c/config.yml" --deep
check zero_rows notes 'train.csv:6: .*12 of 12 rows hold only zeros'
run train "$c/config.yml" --session "$dir/s" --max-steps 4
check zero_rows_train done_well
fresh
{
	printf '\223NUMPY\001\000\166\000%-117s\n' \
		"{'descr': '<f4', 'fortran_order': False, 'shape': (11753, 8), }"
	head -c $((11753 * 32)) /dev/zero
} >"$c/data/audio/train/dia1_utt1.npy"
run check "$c/config.yml"
check long_clip notes 'train.csv:6: .*11753 frames, over 3000'
run train "$c/config.yml" --session "$dir/s" --max-steps 4
check long_clip_trains done_well

# All at once: two faults, both listed.
fresh; rm "$c/data/audio/train/dia1_utt1.npy" "$c/data/text/test/dia0_utt0.npy"
run check "$c/config.yml"
check all_at_once grep -q '^2 errors, ' "$dir/out"
run train "$tiny" --session "$dir/w" --max-steps 4
run eval "$c/config.yml" --weights "$dir/w/fold-0/last.safetensors"
check eval_refuses says 1 '2 rows cannot be used'
