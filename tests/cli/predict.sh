#!/bin/sh
# SPDX-License-Identifier: GPL-3.0-or-later
# miust predict on a list of its own: no training data, labels or none.
# What a list may look like, in detail: tests/engine/data/new_list.c.
. tests/cli/common

cp -r tests/record/tiny "$dir/c"
five_sessions "$dir/five"
s=$dir/s f=$dir/f
run train "$dir/c/config.yml" --session "$s" --set exp.normalize=train
run train "$dir/five/config.yml" --session "$f" --fold 1 --fold 3
run train "$dir/c/config.yml" --session "$dir/seeds" --seeds 2
t=tests/record/tiny/data
test=$dir/test.csv
cp "$t/test.csv" "$test"
bare=$dir/bare.csv
sed 's/,[a-z]*\r*$//; 1s/,Emotion\r*$//' "$test" >"$bare"
new() { # OPERAND LIST OPTION...
	of=$1 what=$2
	shift 2
	run predict "$of" --list "$what" --audio "$t/audio" --text "$t/text" "$@"
}
cp -r "$dir/c" "$dir/c.kept"
cat "$dir"/five/csv/*.csv >"$dir/five.csv"
cp -r "$dir/five/audio/Session1" "$dir/five.audio"
cp -r "$dir/five/text/Session1" "$dir/five.text"
rm -r "$dir/c" "$dir/five" # nothing of the training is there any more

# With labels it is the session's own test, to the byte; without, the same but for them.
new "$s" "$test"
check list_is_the_test eval 'done_well && cmp -s "$dir/out" "$s/fold-0/predictions.csv"'
check list_is_silent [ ! -s "$dir/err" ]
new "$s" "$bare"
check without_labels done_well
check missing_labels_are_said grep -q 'bare.csv: no column Emotion (exp.columns.label), so the true labels are not known' "$dir/err"
awk -F, -v OFS=, 'NR > 1 { $2 = ""; $NF = "" } { print }' "$s/fold-0/predictions.csv" >"$dir/unlabelled"
check without_labels_the_rest_is_the_same cmp -s "$dir/out" "$dir/unlabelled"
new "$s" "$test" --out "$dir/p.csv"
check out_is_the_same eval '[ ! -s "$dir/out" ] && cmp -s "$dir/p.csv" "$s/fold-0/predictions.csv"'
# A pipe has no name of its own, whatever link leads to it.
"$MIUST" predict "$s" --list "$bare" --audio "$t/audio" --text "$t/text" --out /dev/stdout \
	2>"$dir/err" | cat >"$dir/out"
check out_is_a_pipe cmp -s "$dir/out" "$dir/unlabelled"
new "$s" "$bare" --tensors "$dir/t.safetensors"
check tensors eval 'done_well && [ "$(LC_ALL=C grep -ao "dia[01]_utt[012]/logits\"" "$dir/t.safetensors" | sort -u | wc -l)" -eq 6 ]'
mkdir "$dir/flat" "$dir/flat/a" "$dir/flat/t"
cp "$t"/audio/test/*.npy "$dir/flat/a"
cp "$t"/text/test/*.npy "$dir/flat/t"
run predict "$s" --list "$test" --audio "$dir/flat/a" --text "$dir/flat/t"
check one_folder cmp -s "$dir/out" "$s/fold-0/predictions.csv"
run predict "$s" --list "$test" --audio "$dir/flat/a" --text "$t/text"
check each_where_it_is cmp -s "$dir/out" "$s/fold-0/predictions.csv"
{ cat "$test" && printf '9,x,absent,calm\n'; } >"$dir/more.csv"
new "$s" "$dir/more.csv"
check a_missing_feature eval 'says 1 "1 row cannot be used; fix it, or leave it out with --skip-bad" &&
	grep -q "more.csv:8: .*text/x.npy: no such feature file; extract it or correct --text" "$dir/err"'
new "$s" "$dir/more.csv" --skip-bad
check skip_bad cmp -s "$dir/out" "$s/fold-0/predictions.csv"
check skip_bad_says_it grep -q '1 row left out (listed above), 6 remain' "$dir/err"

rm "$dir/flat/a/dia0_utt0.npy"
run predict "$s" --list "$test" --audio "$dir/flat/a" --text "$t/text"
check where_it_was_looked_for says 1 'test.csv:2: .*/flat/a/test/dia0_utt0.npy: no such feature file, nor .*/flat/a/dia0_utt0.npy; extract it or correct --audio'
rm "$dir"/flat/a/*
run predict "$s" --list "$test" --audio "$dir/flat/a" --text "$t/text"
check all_missing_is_a_line says 1 '6 rows: .*/flat/a/…: no such feature files; extract them or correct --audio; first: test.csv:2, 3, 4 (.*flat/a/test/dia0_utt0.npy)'

# Weights in a session, and alone.
best=$s/fold-0/best.safetensors
new "$best" "$test"
check weights_of_a_session cmp -s "$dir/out" "$s/fold-0/predictions.csv"
mkdir "$dir/alone"
cp "$best" "$dir/alone/w.safetensors"
new "$dir/alone/w.safetensors" "$test"
check normalisation_is_needed says 1 'alone/normalize.safetensors: no such file, and .*w.safetensors was trained with exp.normalize train; copy it from the folder fold-F'
cp "$s/fold-0/normalize.safetensors" "$dir/alone"
new "$dir/alone/w.safetensors" "$test"
check weights_alone eval 'done_well && cmp -s "$dir/out" "$s/fold-0/predictions.csv"'
new "$f/fold-3/last.safetensors" "$test"
check last_weights_too done_well
new "$s/fold-0/state.safetensors" "$test"
check state_is_not_weights says 1 'is the training state of a fold'
new "$dir/alone/absent.safetensors" "$test"
check no_such_weights says 1 'absent.safetensors: no such file'
new "$test" "$test"
check a_list_is_not_weights says 1 'test.csv: is not a safetensors file'
printf 'PK\003\004archive/data.pkl' >"$dir/w.pth"
new "$dir/w.pth" "$test"
check a_checkpoint_of_pytorch says 1 'w.pth: '
new "$s/fold-0" "$test"
check a_folder_of_a_fold says 1 'fold-0: is a folder without a config.yml; expected a session, or the weights in it: .*fold-0/best.safetensors'

# Weights without metadata, as PyTorch's: the config says the rest.
strip() { # FROM TO: without __metadata__, of the same length
	LC_ALL=C sed 's/"__metadata__":{[^}]*},//' "$1" >"$dir/stripped"
	n=$(($(wc -c <"$1") - $(wc -c <"$dir/stripped")))
	size=$(od -An -t u4 -N 4 "$1" | tr -d ' ')
	size=$((size - n))
	printf "$(printf '\\%03o\\%03o\\%03o\\%03o' $((size % 256)) $((size / 256 % 256)) \
		$((size / 65536 % 256)) $((size / 16777216)))" >"$2"
	tail -c +5 "$dir/stripped" >>"$2"
}
strip "$f/fold-1/best.safetensors" "$dir/alone/plain.safetensors"
new "$dir/alone/plain.safetensors" "$test"
check no_metadata says 1 'plain.safetensors: does not say how it was trained (no metadata), so its labels are not known; give the config'
new "$f" "$test" --fold 1
cp "$dir/out" "$dir/fold1.csv"
new "$f/config.yml" "$test" --weights "$dir/alone/plain.safetensors"
check config_and_weights eval 'done_well && cmp -s "$dir/out" "$dir/fold1.csv"'
check config_and_weights_say_it grep -q 'whether its labels, heads and fold fit is not known' "$dir/err"

# Which fold, which seed.
new "$f" "$test"
check which_fold says 2 '/f has kept checkpoints of the folds 1, 3; give --fold F'
new "$f" "$test" --fold 2
check no_such_fold says 2 '/f has no kept checkpoint of fold 2; --fold may be 1, 3'
new "$f" "$test" --fold 1 --fold 3
check one_fold_at_a_time says 2 'one at a time'
new "$dir/seeds" "$test"
check which_seed says 2 '/seeds has kept checkpoints of the seeds 12, 13; give --seed S'
new "$dir/seeds" "$test" --seed 14
check no_such_seed says 2 '/seeds has no kept checkpoint of seed 14; --seed may be 12, 13'
new "$dir/seeds" "$test" --seed 12
check own_seed cmp -s "$dir/out" "$dir/seeds/fold-0/predictions.csv"
new "$dir/seeds" "$test" --seed 13
check other_seed cmp -s "$dir/out" "$dir/seeds/seed-13/fold-0/predictions.csv"
new "$dir/seeds/seed-13" "$test"
check a_seeds_folder cmp -s "$dir/out" "$dir/seeds/seed-13/fold-0/predictions.csv"
cp -r "$f" "$dir/both"
cp -r "$f" "$dir/both/seed-13"
new "$dir/both" "$test"
check which_of_both says 2 'of the seeds 12, 13 and folds 1, 3; give --seed S and --fold F'
mkdir "$dir/new"
cp "$s/config.yml" "$dir/new"
new "$dir/new" "$test"
check untrained says 1 '/new: no fold has a kept checkpoint (fold-F/best.safetensors) yet; train it first'
new "$best" "$test" --fold 0
check weights_have_one_fold says 2 'is not a session, but the weights of one fold'

# What was trained on is named; other clips of the same names are not taken for it.
{ head -n 1 "$t/train.csv" && tail -n 3 "$t/train.csv"; } >"$dir/train.csv"
new "$s" "$dir/train.csv"
check trained_on_is_said eval 'done_well && grep -q "warning: .*train.csv: 3 of 3 utterances were trained or validated on" "$dir/err"'
run predict "$dir/c.kept/config.yml" --weights "$best" --split train
check split_train_has_the_same eval 'tail -n 3 "$dir/out" >"$dir/three"; new "$s" "$dir/train.csv"; [ "$(cut -d, -f1-3 "$dir/three")" = "$(tail -n 3 "$dir/out" | cut -d, -f1-3)" ]'

# Also by weights that were put where another fold's were: they say what they have seen.
cp -r "$f" "$dir/swapped"
cp "$f/fold-3/best.safetensors" "$dir/swapped/fold-1"
{ head -n 1 "$dir/five.csv" && grep '^Ses01' "$dir/five.csv"; } >"$dir/one.csv"
run predict "$f" --fold 1 --list "$dir/one.csv" --audio "$dir/five.audio" --text "$dir/five.text"
check own_test_part_is_silent eval 'done_well && [ ! -s "$dir/err" ]'
run predict "$dir/swapped" --fold 1 --list "$dir/one.csv" --audio "$dir/five.audio" --text "$dir/five.text"
check swapped_is_said grep -q 'these weights were trained as fold 3, although they are in fold-1$' "$dir/err"
check swapped_has_seen_them grep -q 'one.csv: 5 of 5 utterances were trained or validated on' "$dir/err"

# Labels of its own words.
sed 's/calm/calmly/; 3s/,[a-z]*\r*$/,/' "$test" >"$dir/words.csv"
new "$s" "$dir/words.csv"
check unknown_labels eval 'done_well && grep -q "warning: .*words.csv:3: \|words.csv:.*\"calmly\" is not one of calm, glad, cross (did you mean calm?)" "$dir/err"'
new "$s" "$dir/words.csv" --set exp.map=calmly=calm
check a_map_for_it eval 'done_well && ! grep -q calmly "$dir/err"'
sed '1s/Filename/clip/; 1s/Utterance/words/' "$test" >"$dir/names.csv"
new "$s" "$dir/names.csv"
check other_columns says 1 'no column that names the utterances; .*exp.columns.id=COLUMN'
new "$s" "$dir/names.csv" --set exp.columns.id=clip
check columns_can_be_set cmp -s "$dir/out" "$s/fold-0/predictions.csv"
new "$s" "$test" --set train.epoch=3
check other_settings_cannot says 2 'with --list only exp.columns.*, exp.map and exp.vectors can be set'
new "$s" "$test" --set exp.map
check set_has_a_value says 2 "expected KEY=VALUE; found 'exp.map'"
new "$s" "$test" --set exp.map=x=y
check a_bad_map says 2 'exp.map: x: expected drop or one of calm, glad, cross'

# Metadata that does not fit (--anyway marks it).
sed 's/labels: .*/labels: [glad, calm, cross]/' "$s/config.yml" >"$dir/turned.yml"
new "$dir/turned.yml" "$test" --weights "$best"
check other_labels_are_refused says 1 'exp.labels calm,glad,cross (here glad,calm,cross)'
new "$dir/turned.yml" "$test" --weights "$best" --anyway
check anyway eval 'done_well && grep -q "not comparable (--anyway)" "$dir/err"'
sed 's/audio_feat_dim: 8/audio_feat_dim: 9/' "$s/config.yml" >"$dir/wide.yml"
new "$dir/wide.yml" "$test" --weights "$best"
check another_width_is_refused says 1 'model.audio_feat_dim 8 (here 9)'

# Lists that cannot be, and folders.
bad() { # NAME PATTERN, the list from stdin
	cat >"$dir/bad.csv"
	new "$s" "$dir/bad.csv"
	check "$1" says 1 "$2"
}
bad no_list 'bad.csv:1: an empty list' </dev/null
head -n 1 "$test" | bad no_rows 'bad.csv: an empty list: a header and no rows'
{ head -n 2 "$test" && printf '5,clips/test/dia0'; } | bad torn 'bad.csv:3: the list is cut off in this row'
{ cat "$test" && tail -n 1 "$test"; } | bad twice 'bad.csv:8: the id "dia1_utt2" already appears in line 7'
new "$s" "$dir/absent.csv"
check no_such_list says 1 'absent.csv: no such file'
run predict "$s" --list "$test" --audio "$dir/nowhere" --text "$t/text"
check no_such_folder says 1 'nowhere: no such folder; correct --audio'
run predict "$s" --list "$test" --audio "$t/text" --text "$t/text"
check another_width says 1 'rows have 6 values, but the model was trained on 8 (model.audio_feat_dim)'
run predict "$s" --list "$test" --audio "$t/audio"
check text_is_missing says 2 'predict: --list: --text DIR is missing'
run predict "$s" --list "$test" --text "$t/text"
check audio_is_missing says 2 'predict: --list: --audio DIR is missing'
run predict "$s"
check weights_or_list says 2 'predict: --weights FILE is missing, or --list FILE.csv'
run predict "$s" --weights "$best" --audio "$t/audio"
check audio_needs_a_list says 2 'predict: --audio: only with --list'
new "$s" "$test" --split val
check split_is_of_a_config says 2 'predict: --split: only without --list'
new "$dir/turned.yml" "$test"
check a_config_needs_weights says 2 'turned.yml: is a config; give the weights too, with --weights FILE'

# Results do not replace what they are made from.
cp "$test" "$dir/own.csv"
new "$s" "$dir/own.csv" --out "$dir/own.csv"
check out_is_not_the_list says 2 'predict: --out: .*own.csv is read for it; give another name'
ln -s own.csv "$dir/link.csv"
new "$s" "$dir/own.csv" --out "$dir/link.csv"
check not_by_a_link_either eval 'says 2 "is read for it" && cmp -s "$test" "$dir/own.csv"'
cp "$dir/alone/w.safetensors" "$dir/alone/own.safetensors"
new "$dir/alone/own.safetensors" "$test" --tensors "$dir/alone/own.safetensors"
check tensors_are_not_the_weights eval 'says 2 "predict: --tensors: .* is read for it" && cmp -s "$dir/alone/w.safetensors" "$dir/alone/own.safetensors"'
