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

# What does not fit is refused.
cp "$dir/f/fold-2/best.safetensors" "$dir/w.safetensors"
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
