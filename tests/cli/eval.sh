#!/bin/sh
# SPDX-License-Identifier: GPL-3.0-or-later
# miust eval and predict: stored weights say what the run said.
. tests/cli/common
five_sessions "$dir/five"
s=$dir/s
run train "$tiny" --session "$s" --set exp.normalize=train
run train "$dir/five/config.yml" --session "$dir/f" --fold 1 --fold 2
best=$s/fold-0/best.safetensors

run eval "$s/config.yml" --weights "$best"
check eval_succeeds done_well
check eval_names_the_part grep -q '^fold 0, test part, 6 utterances$' "$dir/out"
# The fused head's line against results.json, to four digits.
figures() {
	awk '$1 == "fused" { print $2, $3, $4, $5 }' "$dir/out" >"$dir/said"
	awk -F'[ ,:]+' '/"test_/ && n < 4 { printf "%s%.4f", n++ ? " " : "", $3 } END { print "" }' \
		"$1" >"$dir/stored"
	cmp -s "$dir/said" "$dir/stored"
}
check eval_is_the_result figures "$s/results.json"
heads() { for h in fused 'text only' 'audio only'; do grep -q "^$h  *[01]\\." "$dir/out" || return 1; done; }
check eval_three_heads heads
run eval "$s/config.yml" --weights "$best" --split val
check eval_val grep -q '^fold 0, val part, 4 utterances$' "$dir/out"
run eval "$s/config.yml" --weights "$best" --split train
check eval_train grep -q '^fold 0, train part, 13 utterances$' "$dir/out"

# A session's folder stands for its config, wherever a command takes CONFIG.
run eval "$s/config.yml" --weights "$best"
cp "$dir/out" "$dir/by_file"
run eval "$s" --weights "$best"
check eval_takes_the_folder cmp -s "$dir/out" "$dir/by_file"
run predict "$s/" --weights "$best"
check predict_takes_the_folder cmp -s "$dir/out" "$s/fold-0/predictions.csv"
run check "$s"
check check_takes_the_folder grep -q '^0 errors' "$dir/out"
run bench "$s/fold-0"
check bench_takes_the_folder says 1 'fold-0: is a folder without a config.yml; expected a config'
run train "$s" --session "$dir/again" --max-steps 1
check train_takes_the_folder cmp -s "$s/config.yml" "$dir/again/config.yml"
run eval "$s/fold-0" --weights "$best"
check folder_without_config says 1 'fold-0: is a folder without a config.yml; expected a config'

run predict "$s/config.yml" --weights "$best" --out "$dir/p.csv"
check predict_is_the_session cmp -s "$dir/p.csv" "$s/fold-0/predictions.csv"
check predict_out_is_silent [ ! -s "$dir/out" ]
run predict "$s/config.yml" --weights "$best" --threads 2
check predict_to_stdout cmp -s "$dir/out" "$s/fold-0/predictions.csv"
run predict "$dir/f/config.yml" --weights "$dir/f/fold-2/best.safetensors"
check predict_finds_the_fold cmp -s "$dir/out" "$dir/f/fold-2/predictions.csv"

# --tensors: names and shapes in the file's header.
run predict "$s/config.yml" --weights "$best" --tensors "$dir/t.safetensors"
check tensors_alone_prints_nothing [ ! -s "$dir/out" ]
tr -d '\n' <"$dir/t.safetensors" | LC_ALL=C sed 's/}}.*/}}/' | tr '{' '\n' >"$dir/header" 2>/dev/null
for name in logits logits_text logits_audio weights_Att1 weights_Att2 weights_Att11 weights_Att22 \
	weights_Atts1 weights_Attt2 attn_text_to_audio attn_audio_to_text; do
	check "tensors_$name" [ "$(LC_ALL=C grep -ac "dia[01]_utt[012]/$name\"" "$dir/header")" -eq 6 ]
done
run predict "$s/config.yml" --weights "$best" --tensors "$dir/t2.safetensors" --out "$dir/p2.csv"
both() { cmp -s "$dir/t.safetensors" "$dir/t2.safetensors" && cmp -s "$dir/p.csv" "$dir/p2.csv"; }
check tensors_and_table both

# A class without a true row that is predicted counts in macro F1, as 0: scikit-learn's
# f1_score(average="macro") of the matrix that is printed.
macro() {
	awk '$1 == "fused" { said = $5 }
		NF == 4 && $1 ~ /^(calm|glad|cross)$/ && $2 ~ /^[0-9]+$/ {
			n++; hit[n] = $(n + 1)
			for (p = 1; p <= 3; p++) { rows[n] += $(p + 1); columns[p] += $(p + 1) }
		}
		END {
			for (c = 1; c <= 3; c++) if (rows[c] + columns[c]) {
				sum += 2 * hit[c] / (rows[c] + columns[c]); seen++
			}
			exit !(n == 3 && rows[2] == 0 && columns[2] > 0 && seen == 3 &&
				said == sprintf("%.4f", sum / seen))
		}' "$dir/out"
}
cp "$dir/five/csv/Session1.csv" "$dir/list"
sed 's/,glad$/,calm/' "$dir/list" >"$dir/five/csv/Session1.csv"
run eval "$dir/f" --weights "$dir/f/fold-1/best.safetensors"
check macro_f1_counts_predicted_classes macro
cp "$dir/list" "$dir/five/csv/Session1.csv"

# What other programs store is named.
printf 'PK\3\4\24\0\0\0\0\0\0\0\0\0\0\0\0\0\25\0\0\0\25\0\0\0\20\0\0\0model_1/data.pkl\200\2}q\0X\5\0\0\0epochq\1K\1s.' >"$dir/model_1.pth"
run eval "$s" --weights "$dir/model_1.pth"
check pytorch_checkpoint says 1 'model_1.pth: is a PyTorch checkpoint.*safetensors.torch.save_file(torch.load(".*model_1.pth", map_location="cpu")\["model_state_dict"\], ".*model_1.safetensors")'

# Weights say how they were trained. tells PATTERN: results, and a message.
tells() { [ "$status" -eq 0 ] && grep -q "$1" "$dir/err"; }
quiet() { [ "$status" -eq 0 ] && [ ! -s "$dir/err" ]; }
# unsay FILE: the same weights without metadata that we know, as old ones have.
unsay() {
	LC_ALL=C sed -E 's/"[a-z](abels|old|poch|eads|adding|ormalize|ext_feat_dim|udio_feat_dim|ata|ersion|rotocol|eed|oldout|oldout_unit)":/"x\1":/g' "$1"
}
one=$dir/f/fold-1/best.safetensors
run eval "$dir/f" --weights "$one"
check own_fold_is_quiet quiet
run eval "$dir/f" --weights "$one" --fold 3
check other_fold says 1 "best.safetensors: these weights were trained as fold 1 on 5 of the 5 utterances of fold 3's test part; use"
run eval "$dir/f" --weights "$one" --fold 3 --split val
check other_fold_val says 1 "trained as fold 1 on 5 of the 5 utterances of fold 3's val part"
run predict "$dir/f" --weights "$one" --fold 3 --tensors "$dir/no.safetensors"
check other_fold_predict says 1 "trained as fold 1 on 5 of the 5"
check other_fold_writes_nothing [ ! -e "$dir/no.safetensors" ]
run eval "$dir/f" --weights "$one" --fold 3 --split train
check other_fold_train tells "trained as fold 1 on only 13 of the 18 utterances of fold 3's train part"
run eval "$dir/f" --weights "$one" --fold 3 --anyway
check anyway_marks_eval grep -q "^not comparable (--anyway): the weights were trained as fold 1 on 5 of" "$dir/out"
run predict "$dir/f" --weights "$one" --fold 3 --anyway --tensors "$dir/t3.safetensors"
check anyway_marks_predict tells 'not comparable (--anyway): the weights were trained as fold 1'
check anyway_marks_tensors grep -aq '"anyway":"trained as fold 1 on 5 of' "$dir/t3.safetensors"
run eval "$dir/f" --weights "$one" --anyway
not_marked() { quiet && ! grep -q anyway "$dir/out"; }
check anyway_without_need not_marked
LC_ALL=C sed 's/"fold":"1"/"fold":"9"/' "$one" >"$dir/nine.safetensors"
run eval "$dir/f" --weights "$dir/nine.safetensors" --fold 1
check unknown_fold tells 'trained as fold 9, which is not one of these lists$'
# Wherever they lie.
cp "$one" "$dir/w.safetensors"
run eval "$dir/five/config.yml" --weights "$dir/w.safetensors" --fold 3
check other_fold_elsewhere says 1 'w.safetensors: these weights were trained as fold 1 on'
run eval "$dir/five/config.yml" --weights "$dir/w.safetensors"
check fold_by_metadata grep -q '^fold 1, test part' "$dir/out"
# Without metadata the folder says the fold, of a session or not, or nobody.
mkdir -p "$dir/old/fold-1" "$dir/alone/fold-1"
cp "$dir/f/config.yml" "$dir/old"
unsay "$one" | tee "$dir/u.safetensors" "$dir/alone/fold-1/u.safetensors" >"$dir/old/fold-1/best.safetensors"
check same_size [ "$(wc -c <"$one")" -eq "$(wc -c <"$dir/u.safetensors")" ]
run eval "$dir/old" --weights "$dir/old/fold-1/best.safetensors"
check no_metadata tells 'best.safetensors: does not say how it was trained (no metadata); taken for fold 1 of the session .*/old$'
check no_metadata_one_note [ "$(wc -l <"$dir/err")" -eq 1 ]
run eval "$dir/old" --weights "$dir/old/fold-1/best.safetensors" --fold 2
check no_metadata_other_fold says 1 'trained as fold 1 on 5 of the 5'
run eval "$dir/f" --weights "$dir/alone/fold-1/u.safetensors" --fold 2
check no_metadata_by_folder says 1 'trained as fold 1 on 5 of the 5'
run eval "$dir/f" --weights "$dir/u.safetensors" --fold 2
check no_metadata_at_all tells 'u.safetensors: does not say how it was trained (no metadata): whether'
# An old session's config.yml says what its weights do not.
sed 's/\[calm, glad, cross\]/[glad, calm, cross]/' "$dir/five/config.yml" >"$dir/five/turned.yml"
run eval "$dir/five/turned.yml" --weights "$dir/old/fold-1/best.safetensors"
check no_metadata_labels says 1 'trained with exp.labels calm,glad,cross (here glad,calm,cross)'
# What else is refused, or noted.
run eval "$dir/five/turned.yml" --weights "$one"
check other_labels says 1 'trained with exp.labels calm,glad,cross (here glad,calm,cross)'
run predict "$dir/five/turned.yml" --weights "$one" --anyway
check other_labels_anyway tells 'not comparable (--anyway): .*exp.labels'
sed 's/num_heads: 2/num_heads: 4/' "$dir/five/config.yml" >"$dir/five/heads.yml"
run eval "$dir/five/heads.yml" --weights "$one"
check other_heads says 1 'trained with model.num_heads 2 (here 4)'
sed 's/text_feat_dim: 6/text_feat_dim: 8/; s|text_dir: .*|text_dir: audio|' "$dir/five/config.yml" \
	>"$dir/five/width.yml"
run eval "$dir/five/width.yml" --weights "$one"
check other_width says 1 'trained with model.text_feat_dim 6 (here 8)'
sed 's/batch_size: 4/&\n  padding: masked/' "$dir/five/config.yml" >"$dir/five/masked.yml"
run eval "$dir/five/masked.yml" --weights "$one"
check other_padding tells 'these weights were trained with train.padding reference (here masked)$'
sed 's/,glad$/,calm/' "$dir/list" >"$dir/five/csv/Session1.csv"
run eval "$dir/f" --weights "$one"
check other_lists tells 'trained with other lists (utterances, labels or lengths)$'
cp "$dir/list" "$dir/five/csv/Session1.csv"
# A hold-out is drawn from seed and fold: another seed's rows were trained on.
run train "$dir/five/config.yml" --session "$dir/h" --fold 1 --seeds 2 --set exp.protocol=holdout
run eval "$dir/h" --weights "$dir/h/seed-13/fold-1/best.safetensors"
check other_seed_test quiet
run eval "$dir/h" --weights "$dir/h/seed-13/fold-1/best.safetensors" --split val
check other_seed_val says 1 "trained as fold 1 with exp.seed 13 (here 12) on [1-9] of the 3 utterances of fold 1's val part"
run eval "$dir/h/seed-13" --weights "$dir/h/seed-13/fold-1/best.safetensors" --split val
check own_seed_val quiet
# The session after the tested one validates: no training, but a choice.
run train "$dir/five/config.yml" --session "$dir/v" --fold 1 --set exp.protocol=session
run eval "$dir/v" --weights "$dir/v/fold-1/best.safetensors" --fold 2
check chosen_by_the_test_part tells "chosen as fold 1 by 5 of the 5 utterances of fold 2's test part"
# Other files of a fold's folder.
run eval "$dir/f" --weights "$dir/f/fold-1/state.safetensors"
check state_is_not_weights says 1 'state.safetensors: is the training state of a fold.*use best.safetensors'
run eval "$s" --weights "$s/fold-0/normalize.safetensors"
check norm_is_not_weights says 1 'normalize.safetensors: holds the means'

# What does not fit is refused.
unsay "$dir/f/fold-2/best.safetensors" >"$dir/w.safetensors"
run eval "$dir/five/config.yml" --weights "$dir/w.safetensors"
check fold_missing says 2 'which fold? give --fold N (1 to 5)'
run eval "$dir/five/config.yml" --weights "$dir/w.safetensors" --fold 2
check fold_given done_well
run eval "$dir/five/config.yml" --weights "$dir/w.safetensors" --fold 1 --fold 2
check fold_twice says 2 'fold: one at a time'
run eval "$tiny" --weights "$dir/w.safetensors" --fold 3
check fold_unknown says 2 'fold 3: this corpus has fold 0 only'
run eval "$tiny"
check weights_missing says 2 'weights FILE is missing'
run eval "$tiny" --weights "$dir/nothing.safetensors"
check weights_not_there says 1 'nothing.safetensors: no such file'
sed 's/head: 16/head: 12/' "$s/config.yml" >"$dir/other.yml"
run eval "$dir/other.yml" --weights "$best"
check weights_of_another says 1 'best.safetensors: .*st\.0\.weight.*16.*12\|best.safetensors: .*st\.0\.weight.*12.*16'
rm "$s/fold-0/normalize.safetensors"
run eval "$s/config.yml" --weights "$best"
check norm_missing says 1 'normalize.safetensors'
sed 's/protocol: reference/protocol: fixed/; s/normalize: train/normalize: none/' "$s/config.yml" \
	>"$dir/fixed.yml"
run eval "$dir/fixed.yml" --weights "$best" --split val
check no_such_part says 1 'fold 0 has no val part under exp.protocol fixed; choose another --split'
