#!/bin/sh
# SPDX-License-Identifier: GPL-3.0-or-later
# miust check on lists as people have them, and what train says of the same.
# Single faults: tests/cli/faults.sh. What is read, in detail: tests/engine/data/lists.c.
. tests/cli/common
c=$dir/c f=$dir/five
lists() { # the tiny corpus, fresh
	rm -rf "$c" "$dir/s"
	cp -r tests/record/tiny "$c"
}
sessions() { # the same in IEMOCAP layout
	rm -rf "$f" "$dir/s"
	five_sessions "$f"
}
sound() { [ "$status" -eq 0 ] && ! grep -q '^error\|^warning' "$dir/out" && grep -q '^0 errors' "$dir/out"; }
errors() { [ "$status" -eq 1 ] && [ "$(grep -c '^error' "$dir/out")" -eq "$1" ] && grep -q "^error: $2" "$dir/out"; }
trains() {
	run train "$1" --session "$dir/s" --max-steps 1
	[ "$status" -eq 0 ]
}

# One fault of every row is one line, and no advice that cannot help.
lists
sed -i 's/audio_feat_dim: 8/audio_feat_dim: 9/' "$c/config.yml"
run check "$c/config.yml"
check flood_is_a_line errors 1 '23 rows: .*/audio/…: rows have 8 values, but model.audio_feat_dim is 9; .*; first: train.csv:2, 3, 4 '
check flood_advises_nothing [ "$(tail -n 1 "$dir/out")" = \
	'23 rows cannot be used; fix them' ]
check problems_are_results [ ! -s "$dir/err" ]
# So a reader that has enough sees what it read and nothing else.
"$MIUST" check "$c/config.yml" 2>"$dir/err" | head -n 1 >"$dir/first"
check first_problem_alone eval '[ "$(wc -l <"$dir/first")" -eq 1 ] && [ ! -s "$dir/err" ]'
run train "$c/config.yml" --session "$dir/s"
check flood_in_train [ "$(wc -l <"$dir/err")" -eq 2 ]
check flood_leaves_no_session [ ! -e "$dir/s" ]
lists
rm -r "$c/data/text/train"
run check "$c/config.yml"
check missing_folder_is_a_line errors 1 '13 rows: .*/data/text/train: no such folder of features; .*; first: train.csv:2, 3, 4$'
lists
sed -i 's/,\(cross\|glad\)$/,bored/' "$c/data/train.csv"
run check "$c/config.yml"
check unknown_label_is_a_line errors 1 '9 rows: column Emotion: unknown label "bored"; '
check unknown_label_advice grep -q 'fix them, or leave them out by training with --skip-bad$' "$dir/out"
sed -i 's/labels:.*/labels: [a, b]/; s/num_classes: 3/num_classes: 2/' "$c/config.yml"
run check "$c/config.yml"
no_advice() { [ "$status" -eq 1 ] && ! grep -q skip-bad "$dir/out" "$dir/err"; }
check no_advice_if_all_rows_are_bad no_advice
lists
sed -i '1s/Emotion/Mood/' "$c/data/train.csv"
run train "$c/config.yml" --session "$dir/s"
check no_advice_for_a_missing_column no_advice
run train "$c/config.yml" --session "$dir/s" --set exp.text_dir="$dir/nowhere"
check no_advice_for_a_missing_folder no_advice

# Rows are counted as rows, whatever is wrong with each.
sessions
id=$(sed -n '2s/,.*//p' "$f/csv/Session1.csv")
rm "$f/text/Session1/$id.npy" "$f/audio/Session1/$id.npy"
run train "$f/config.yml" --session "$dir/s"
check a_row_with_two_faults_is_one says 1 \
	'^miust: 1 row cannot be used; fix it, or leave it out with --skip-bad$'
run train "$tiny" --session "$dir/w" --max-steps 4
run eval "$f/config.yml" --weights "$dir/w/fold-0/last.safetensors" --fold 1
check eval_offers_what_it_has says 1 \
	'^miust: 1 row cannot be used; fix it, or leave it out with --skip-bad$'
sessions
sed -i '2s/,/ ,/; 3s/$/ /' "$f/csv/Session1.csv"
run check "$f/config.yml"
check spaces_around_ids_and_labels sound
nbsp=$(printf '\302\240')
sessions
sed -i "1s/,/$nbsp,/; 2s/,/$nbsp,/; 3s/\$/$nbsp /; 4s/^/ $nbsp/" "$f/csv/Session1.csv"
run check "$f/config.yml"
check no_break_spaces_around_them sound

# Headers and fields.
sessions
sed -i '1s/$/,Emotion/; 2,$s/$/,fru/' "$f/csv/Session1.csv"
run check "$f/config.yml"
check column_twice errors 1 '.*Session1.csv:1: the header has Emotion twice (columns 3 and 4); '
sessions
sed -i '3s/,words,/, "words, and more",/' "$f/csv/Session1.csv"
run check "$f/config.yml"
check space_before_quote sound
sessions
sed -i '1s/.*/utterance_id,TEXT, emotion/; s/,words,/;words;/; 1s/,/;/g' "$f/csv/Session1.csv"
run check "$f/config.yml"
check semicolons_and_case sound
sessions
sed -i '1s/Emotion/Mood/' "$f"/csv/*.csv
run check "$f/config.yml"
check column_missing_in_all_lists errors 1 '5 lists: no column Emotion; the header has: Utterance_ID, Text, Mood .*; first: .*/csv/Session1.csv, Session2.csv, Session3.csv$'
check column_missing_counts_lists grep -q '^5 errors' "$dir/out"
run train "$f/config.yml" --session "$dir/s"
check column_missing_in_train eval 'says 1 "^miust: 5 lists: no column Emotion" && [ "$(wc -l <"$dir/err")" -eq 1 ]'
sessions
sed -i 's/,words//; 1s/,Text//' "$f"/csv/*.csv
run check "$f/config.yml"
check no_text_is_a_note sound
check no_text_is_one_note [ "$(grep -c 'no column of transcripts' "$dir/out")" -eq 1 ]
check no_text_trains trains "$f/config.yml"

# Ids and paths.
lists
mkdir "$c/data/text/M003" "$c/data/audio/M003" "$c/data/text/M005" "$c/data/audio/M005"
for m in text audio; do
	cp "$c/data/$m/train/dia0_utt0.npy" "$c/data/$m/M003/001.npy"
	cp "$c/data/$m/train/dia0_utt1.npy" "$c/data/$m/M005/001.npy"
done
printf '14,/d/M003/001.wav,one,calm\n15,/d/M005/001.wav,two,glad\n' >>"$c/data/train.csv"
run check "$c/config.yml"
check stem_in_two_folders sound
check stem_in_two_folders_counts grep -q '^train  *15 utterances' "$dir/out"
run train "$c/config.yml" --session "$dir/s" --set train.epoch=1
check ids_are_folder_and_stem grep -q '^test/dia0_utt0,' "$dir/s/fold-0/predictions.csv"
lists
sed -i 's|clips/train/|D:\\MELD\\train\\|' "$c/data/train.csv"
run check "$c/config.yml"
check windows_paths sound
lists
trains "$c/config.yml"
check ids_stay_stems grep -q '"dia0_utt0"' "$dir/s/fold-0/history.json"

# MELD's own lists, and columns by setting.
lists
mv "$c/data/text/train" "$c/data/text/train_splits"
mv "$c/data/audio/train" "$c/data/audio/train_splits"
sed -i 's|clips/train/dia\([0-9]*\)_utt\([0-9]*\).wav|\1,\2|
	1s/Filename/Dialogue_ID,Utterance_ID/' "$c/data/train.csv"
run check "$c/config.yml"
check meld_lists sound
check meld_lists_count grep -q '^train  *13 utterances' "$dir/out"
check meld_lists_train trains "$c/config.yml"
for part in dev test; do
	sed -i "s|clips/$part/dia\\([0-9]*\\)_utt\\([0-9]*\\).wav|\\1,\\2|
		1s/Filename/Dialogue_ID,Utterance_ID/" "$c/data/$part.csv"
done
{
	sed '/^exp:/q' "$c/config.yml"
	echo '  columns: {id: "dia{Dialogue_ID}_utt{Utterance_ID}",'
	echo '            folder: [train_splits, dev, test], label: emotion}'
	sed '1,/^exp:/d' "$c/config.yml"
} >"$c/columns.yml"
run check "$c/columns.yml"
check columns_by_setting sound
rm -rf "$dir/s"
check columns_train trains "$c/columns.yml"
check columns_are_kept grep -q '^ *folder: train_splits,dev,test$' "$dir/s/config.yml"

# What the rows are.
sessions
sed -i '2,$s/,[a-z]*$/,glad/' "$f"/csv/*.csv
run check "$f/config.yml"
check one_class sound
check one_class_noted grep -q '^note: class calm of exp.labels: no list has a row with it' "$dir/out"
check one_class_table grep -q '^glad  *5  *5  *5  *4  *4  *23$' "$dir/out"
lists
sed -n '3p' "$c/data/train.csv" >>"$c/data/test.csv"
leak='test.csv:8: .*/audio/train/dia0_utt1.npy: this is also the feature file of train.csv:3: a test utterance is trained on'
run check "$c/config.yml" --deep
check leak_is_a_warning grep -q "^warning: .*$leak" "$dir/out"
run train "$c/config.yml" --session "$dir/s" --max-steps 1
check leak_is_said_by_train grep -q "^miust: warning: .*$leak" "$dir/err"
