#!/bin/sh
# SPDX-License-Identifier: GPL-3.0-or-later
# A session knows its data: what it left out, what has changed since, and that a
# start which is refused leaves nothing.
. tests/cli/common
case $MIUST in /*) ;; *) MIUST=$PWD/$MIUST ;; esac
source=$PWD/tests/record/tiny

# corpus FOLDER: the tiny corpus in a folder of its own.
corpus() {
	mkdir -p "$1"
	cp -R "$source/data" "$source/config.yml" "$1"
}
# begun CORPUS SESSION [STEPS]: a session that was interrupted.
begun() { run train "$dir/$1/config.yml" --session "$dir/$2" --max-steps "${3:-5}"; }
resume() {
	s=$1
	shift
	run train --session "$dir/$s" --resume "$@"
}
# keeps SESSION: nothing in it has changed since `record SESSION >$dir/before`.
keeps() { record "$1" >"$dir/after" && cmp -s "$dir/before" "$dir/after"; }
in_err() { grep -q -e "$1" "$dir/err"; }

# data.csv and its hash, the same for equal runs and from a moved corpus.
corpus "$dir/a"
begun a whole 1000
check whole done_well
check data_csv [ "$(head -n 2 "$dir/whole/data.csv" | tr '\n' ' ')" = \
	'part,id,label,words,frames train,dia0_utt0,cross,5,14 ' ]
check data_csv_rows [ "$(wc -l <"$dir/whole/data.csv")" -eq 24 ]
check hash_in_config grep -q '^data: .\{32,34\}$' "$dir/whole/config.yml"
check nothing_left_out [ "$(grep -c left_out "$dir/whole/config.yml")" -eq 0 ]

# Unchanged data: as if nothing had happened.
begun a cut
resume cut
check unchanged same "$dir/whole" "$dir/cut"

# Labels of the training list (case resume_relabelled).
begun a labels
cp "$dir/a/data/train.csv" "$dir/train.csv"
sed 's/,calm/,glad/' "$dir/train.csv" >"$dir/a/data/train.csv"
record "$dir/labels" >"$dir/before"
resume labels
check relabelled says 1 'the data has changed since the session was started: labels of 4 rows (train dia0_utt2: calm then, glad now; train dia1_utt2: calm then, glad now; train dia2_utt2: calm then, glad now; and 1 more); put it back, go on with the data as it is now (miust train --session [^ ]*labels --resume --accept-data), or start a new session$'
check relabelled_untouched keeps "$dir/labels"
run train "$dir/a/config.yml" --session "$dir/labels" --resume
check relabelled_with_config says 1 'the data has changed'
check relabelled_untouched_too keeps "$dir/labels"
cp "$dir/labels/config.yml" "$dir/old.yml"
resume labels --accept-data
check accepted done_well
check accepted_is_said in_err 'labels of 4 rows .*; going on with the data as it is now'
check accepted_is_logged grep -q '^# before epoch 2, step 6 of fold 0 other data was accepted: labels of 4 rows' \
	"$dir/labels/commands.log"
check accepted_data_csv grep -q '^train,dia0_utt2,glad,' "$dir/labels/data.csv"
other_hash() { ! cmp -s "$dir/old.yml" "$dir/labels/config.yml" &&
	[ "$(grep -v '^data' "$dir/old.yml")" = "$(grep -v '^data' "$dir/labels/config.yml")" ]; }
check accepted_hash other_hash
begun a again 7
resume again
check accepted_once done_well
run train "$dir/a/config.yml" --session "$dir/none" --accept-data
check accept_without_resume says 2 'accept-data needs --resume'
check accept_without_resume_leaves_nothing [ ! -e "$dir/none" ]
cp "$dir/train.csv" "$dir/a/data/train.csv"
begun a back
sed 's/,calm/,glad/' "$dir/train.csv" >"$dir/a/data/train.csv"
resume back
check changed says 1 'the data has changed'
cp "$dir/train.csv" "$dir/a/data/train.csv"
resume back
check put_back same "$dir/whole" "$dir/back"

# One that is finished needs its data no more: its figures are printed, and nothing is changed.
corpus "$dir/over"
begun over over.done 1000
cp "$dir/out" "$dir/figures"
record "$dir/over.done" >"$dir/before"
mv "$dir/over" "$dir/away"
resume over.done
check finished_without_data done_well
check finished_prints cmp -s "$dir/out" "$dir/figures"
check finished_says in_err 'is finished: these are its figures'
check finished_keeps keeps "$dir/over.done"
# A finished fold that loses its epochs.csv has it again from the joined one.
rm "$dir/over.done/fold-0/epochs.csv"
resume over.done
check lost_epochs_come_back keeps "$dir/over.done"
run train --session "$dir/over.done" --resume --fold 7
check other_fold_needs_data says 1 'if the data has moved'
run train --session "$dir/over.done" --resume --seeds 2
check other_seed_needs_data says 1 'if the data has moved'

# Rows, ids, order, widths; within an epoch and at its end.
for steps in 4 5; do
	corpus "$dir/b"
	begun b gone$steps $steps
	sed -i '/dia2_utt1/d; s/dia0_utt1/dia9_utt1/' "$dir/b/data/train.csv"
	for k in text audio; do
		mv "$dir/b/data/$k/train/dia0_utt1.npy" "$dir/b/data/$k/train/dia9_utt1.npy"
	done
	cp "$dir/b/data/audio/dev/dia0_utt1.npy" "$dir/b/data/audio/dev/dia0_utt0.npy"
	resume gone$steps
	check rows_gone_$steps says 1 ': train: 13 rows then, 12 now, 2 rows gone (train dia0_utt1; train dia2_utt1), 1 row new (train dia9_utt1), frames of 1 row (dev dia0_utt0: '
	resume gone$steps --accept-data
	check rows_gone_accepted_$steps done_well
	check rows_gone_goes_on_$steps in_err "goes on before epoch 2, step $((steps + 1)) "
	check rows_gone_data_csv_$steps [ "$(wc -l <"$dir/gone$steps/data.csv")" -eq 23 ]
	rm -r "$dir/b"
done
corpus "$dir/b"
begun b order
sed -i '2{h;d};3{G}' "$dir/b/data/train.csv"
resume order
check order says 1 'since the session was started: the order of the rows; put it back'
# Another validation part: what was recorded of the old one is kept aside.
corpus "$dir/b"
begun b valid 8
sed -i '/dia0_utt2/d' "$dir/b/data/dev.csv"
resume valid --accept-data
check other_validation done_well
check other_validation_kept [ -f "$dir/valid/fold-0/history-before-3.bin" ]
check other_validation_described grep -q dia0_utt2 "$dir/valid/fold-0/history-before-3.json"
check other_validation_now [ "$(grep -c dia0_utt2 "$dir/valid/fold-0/history.json")" -eq 0 ]
check other_validation_is_read [ "$(wc -l <"$dir/valid/epochs.csv")" -eq 4 ]

# Data that moved.
corpus "$dir/c"
begun c moved
mv "$dir/c" "$dir/d"
record "$dir/moved" >"$dir/before"
resume moved
check gone says 1 'c/data/audio (exp.audio_dir), [^ ]*/c/data/text (exp.text_dir), .*: not there; if the data has moved, go on with miust train --session [^ ]*moved --resume --set exp.audio_dir=PATH --set exp.text_dir=PATH --set exp.train_csv=PATH --set exp.dev_csv=PATH --set exp.test_csv=PATH$'
check gone_untouched keeps "$dir/moved"
here="--set exp.audio_dir=$dir/d/data/audio --set exp.text_dir=$dir/d/data/text"
for l in train dev test; do here="$here --set exp.${l}_csv=$dir/d/data/$l.csv"; done
# shellcheck disable=SC2086
resume moved $here --max-steps 2
check moved_goes_on done_well
check moved_is_stored [ "$(grep -c "$dir/d/data" "$dir/moved/config.yml")" -eq 5 ]
resume moved
check moved_once done_well
run train "$dir/d/config.yml" --session "$dir/new"
check moved_same_bytes same "$dir/new" "$dir/moved"
mv "$dir/d" "$dir/e"
run train "$dir/e/config.yml" --session "$dir/moved" --resume
check moved_by_config done_well
check moved_by_config_is_stored [ "$(grep -c "$dir/e/data" "$dir/moved/config.yml")" -eq 5 ]
begun e setting
record "$dir/setting" >"$dir/before"
resume setting --set train.epoch=9
check other_setting says 2 'train.epoch=9: a session goes on with the settings it was started with (train.epoch 3), only its paths may change; for a new session: train [^ ]*setting/config.yml --set train.epoch=9'
run train "$dir/e/config.yml" --session "$dir/setting" --resume --set train.epoch=9
check other_setting_with_config says 1 'was started with train.epoch 3, --set says 9'
resume setting --set exp.train_csv="$dir/e/data/dev.csv"
check other_list says 1 'train: 13 rows then, 4 now'
check other_setting_untouched keeps "$dir/setting"

# A session of the first version: no hash, no data.csv.
begun e first
sed -i '/^data:/d' "$dir/first/config.yml"
rm "$dir/first/data.csv"
resume first
check first_version done_well
check first_version_is_said in_err 'does not say which data it was started with'
run train "$dir/e/config.yml" --session "$dir/e.whole"
check first_version_has_it_now same "$dir/e.whole" "$dir/first"
begun e first2
sed -i '/^data:/d' "$dir/first2/config.yml"
rm "$dir/first2/data.csv"
sed -i '/dia2_utt1/d' "$dir/e/data/train.csv"
resume first2
check first_version_other_rows says 1 'had 13 training utterances when this was stored, now it has 12; .*--accept-data'
resume first2 --accept-data
check first_version_accepted done_well
# A data.csv that is gone.
corpus "$dir/f"
begun f lost
rm "$dir/lost/data.csv"
resume lost --max-steps 1
check lost_is_written_again cmp -s "$dir/whole/data.csv" "$dir/lost/data.csv"
rm "$dir/lost/data.csv"
sed -i '/dia2_utt1/d' "$dir/f/data/train.csv"
resume lost
check lost_and_changed says 1 'has changed since the session was started: what has changed is unknown: .*data.csv'

# Further seeds know theirs.
corpus "$dir/g"
run train "$dir/g/config.yml" --session "$dir/seeds" --seeds 2 --max-steps 20
check seeds_stopped done_well
check seed_data_csv cmp -s "$dir/seeds/data.csv" "$dir/seeds/seed-13/data.csv"
sed -i 's/,calm/,glad/' "$dir/g/data/train.csv"
resume seeds --seeds 2
check seeds_changed says 1 'seeds: the data has changed'
resume seeds --seeds 2 --accept-data
check seeds_accepted done_well
check seed_trained_on_the_old_stays cmp -s "$dir/whole/data.csv" "$dir/seeds/data.csv"
check seed_has_the_new grep -q '^train,dia0_utt2,glad,' "$dir/seeds/seed-13/data.csv"

# Rows that were left out (cases skipbad_*).
corpus "$dir/h"
rm "$dir/h/data/audio/train/dia0_utt1.npy"
run train "$dir/h/config.yml" --session "$dir/bad"
check bad_row says 1 'fix it, or leave it out with --skip-bad$'
check bad_row_leaves_nothing [ ! -e "$dir/bad" ]
run train "$dir/h/config.yml" --session "$dir/skip" --skip-bad --max-steps 5
check skipped done_well
check skipped_resume_needs_no_flag [ "$(grep -c 'resume.*skip-bad' "$dir/err")" -eq 0 ]
check skipped_is_kept grep -q '^- {list: train, line: 3, id: dia0_utt1, why: .*no such feature file' \
	"$dir/skip/config.yml"
resume skip
check skipped_resume done_well
check skipped_resume_says in_err '1 row left out as before (left_out in config.yml), 22 remain'
run train "$dir/h/config.yml" --session "$dir/skip.whole" --skip-bad
check skipped_same_bytes same "$dir/skip.whole" "$dir/skip"
best=$dir/skip/fold-0/best.safetensors
run eval "$dir/skip/config.yml" --weights "$best"
check skipped_eval done_well
check skipped_eval_says in_err '1 row left out as before'
cp "$dir/out" "$dir/eval"
run eval "$dir/skip/config.yml" --weights "$best" --skip-bad
check skipped_eval_flag cmp -s "$dir/out" "$dir/eval"
run predict "$dir/skip/config.yml" --weights "$best" --split train
check skipped_predict [ "$(wc -l <"$dir/out")" -eq 13 ]
run check "$dir/skip"
check skipped_check eval 'done_well && grep -q "^1 row left out as before (left_out in config.yml)\$" "$dir/out" && grep -q "^0 errors" "$dir/out"'
run check "$dir/h/config.yml"
check skipped_check_of_the_config eval '[ "$status" -eq 1 ] && grep -q "^1 error" "$dir/out"'
run train "$dir/skip/config.yml" --session "$dir/skip.copy"
check skipped_copy same "$dir/skip" "$dir/skip.copy"
# It stays out once it can be read, and others that cannot are named.
cp "$dir/h/data/audio/train/dia0_utt0.npy" "$dir/h/data/audio/train/dia0_utt1.npy"
run predict "$dir/skip/config.yml" --weights "$best" --split train
check readable_stays_out [ "$(wc -l <"$dir/out")" -eq 13 ]
rm "$dir/h/data/audio/train/dia1_utt1.npy"
run eval "$dir/skip/config.yml" --weights "$best"
check another_bad_row says 1 '1 row cannot be used; .*--skip-bad$'
run predict "$dir/skip/config.yml" --weights "$best" --split train --skip-bad
check another_bad_row_skipped [ "$(wc -l <"$dir/out")" -eq 12 ]
run train "$dir/skip/config.yml" --session "$dir/skip2" --skip-bad --max-steps 5
rm "$dir/h/data/audio/train/dia1_utt2.npy"
resume skip2
check one_more_bad says 1 'leave it out with --skip-bad --accept-data$'
resume skip2 --skip-bad
check one_more_bad_skipped says 1 \
	'train: 11 rows then, 10 now, 1 row gone (train dia1_utt2).* --resume --skip-bad --accept-data)'
resume skip2 --skip-bad --accept-data
check one_more_bad_accepted done_well
check three_are_kept [ "$(grep -c '^- {list: train' "$dir/skip2/config.yml")" -eq 3 ]

# After the stored state anything may lie (case power_hole).
corpus "$dir/i"
run train "$dir/i/config.yml" --session "$dir/i.whole"
for state in 0 4 6 old.0 old.6; do
	for kind in zeros row garbage torn; do
		s=hole.$state.$kind
		rows=$dir/$s/fold-0
		begun i "$s" "${state#old.}" 2>/dev/null
		case $state in
		*0) # nothing stored yet
			begun i "$s" 1
			rm "$dir/$s/fold-0"/*.safetensors "$dir/$s/fold-0"/history.*
			: >"$dir/$s/epochs.csv"
			head -n 1 "$dir/i.whole/steps.csv" >"$dir/$s/steps.csv"
			cp "$dir/$s/epochs.csv" "$dir/$s/steps.csv" "$rows"
			;;
		esac
		case $state in
		old.*)
			first_version "$dir/$s"
			rows=$dir/$s
			;;
		esac
		for f in steps.csv epochs.csv commands.log; do
			case $kind in
			zeros) head -c 300000 /dev/zero ;;
			row) head -c 102 /dev/zero && sed -n 7p "$dir/i.whole/steps.csv" ;;
			garbage) printf '0,2,\377\376\n\n\001,x\n' ;;
			torn) printf '0,2,9,1.\303' ;;
			esac >"$dir/rubbish"
			# A log has no stored end: there a whole line of garbage is an error.
			case $f$kind in commands.logrow | commands.loggarbage) continue ;; esac
			cat "$dir/rubbish" >>"$rows/$f"
		done
		resume "$s"
		check "hole_${state}_$kind" same "$dir/i.whole" "$dir/$s"
	done
done
for damaged in fold-0/steps.csv steps.csv; do
	rm -rf "$dir/damaged"
	begun i damaged 6
	[ $damaged != steps.csv ] || first_version "$dir/damaged"
	sed -i '4s/.*/\x00\x00\x00/' "$dir/damaged/$damaged"
	cp "$dir/damaged/$damaged" "$dir/steps"
	resume damaged
	check "hole_before_the_state_$damaged" says 1 "damaged/$damaged:4: "
	check "hole_before_the_state_untouched_$damaged" cmp -s "$dir/steps" "$dir/damaged/$damaged"
done
# Rows of a fold that was interrupted stay when others go on first.
five_sessions "$dir/five"
run train "$dir/five/config.yml" --session "$dir/all"
run train "$dir/five/config.yml" --session "$dir/folds" --fold 3 --max-steps 4
resume folds --fold 4
check interrupted_fold_stays [ "$(grep -c '^3,' "$dir/folds/steps.csv")" -eq 4 ]
resume folds
rows_agree() { LC_ALL=C sort "$1/steps.csv" >"$dir/r1" && LC_ALL=C sort "$2/steps.csv" | cmp -s - "$dir/r1"; }
check interrupted_fold_goes_on rows_agree "$dir/all" "$dir/folds"

# A start that is refused leaves no session, and no folder made for it.
corpus "$dir/j"
mkdir "$dir/cwd" "$dir/cwd/mine"
refused() {
	name=$1 what=$2
	shift 2
	(cd "$dir/cwd" && "$MIUST" train "$@" >"$dir/out" 2>"$dir/err")
	status=$?
	check "refused_$name" grep -q -e "$what" "$dir/err"
	check "refused_${name}_fails" [ "$status" -ne 0 ]
	check "refused_${name}_leaves_nothing" [ "$(ls -A "$dir/cwd")" = mine ]
	check "refused_${name}_leaves_no_file" [ -z "$(ls -A "$dir/cwd/mine")" ]
}
j=$dir/j/config.yml
refused fold 'this corpus has fold 0 only' "$j" --fold 3
refused seeds '--seeds 3: from exp.seed 9223372036854775806 they would pass the largest seed' "$j" \
	--seeds 3 --set exp.seed=9223372036854775806
printf 'at 0 9 1 set train.clip 1\n' >"$dir/log"
refused replay 'log:1: ' "$j" --replay "$dir/log"
refused replay_named 'log:1: ' "$j" --replay "$dir/log" --session a/b/c
# A value that is found when its row is first read.
printf '\0\0\300\177' | dd of="$dir/j/data/audio/train/dia0_utt0.npy" bs=1 seek=128 conv=notrunc 2>/dev/null
refused nan 'is NaN; ' "$j" --set train.batch_size=64
refused nan_named 'is NaN; ' "$j" --set train.batch_size=64 --session a/b/c
refused nan_mine 'is NaN; ' "$j" --set train.batch_size=64 --session mine
refused nan_normalize 'is NaN; ' "$j" --set exp.normalize=train
rm "$dir/j/data/text/dev/dia0_utt1.npy"
refused feature 'cannot be used' "$j"
refused list 'no such f' "$j" --set exp.dev_csv=/none.csv
corpus "$dir/j"
(ulimit -f 0; cd "$dir/cwd" && "$MIUST" train "$j" >"$dir/out" 2>"$dir/err")
check refused_unwritable [ $? -ne 0 ]
check refused_unwritable_leaves_nothing [ "$(ls -A "$dir/cwd")" = mine ]
run train "$j" --session "$dir/max" --seeds 2 --set exp.seed=9223372036854775806 --max-steps 1
check largest_seeds done_well
