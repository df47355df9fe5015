#!/bin/sh
# SPDX-License-Identifier: GPL-3.0-or-later
# Feature files as others write them. All spellings: tests/engine/file/npy.c.
. tests/cli/common
c=$dir/c
file=$c/data/audio/train/dia1_utt1.npy
fresh() {
	rm -rf "$c" "$dir/s"
	cp -r tests/record/tiny "$c"
}
# npy DESCR SHAPE COUNT VALUE: VALUE in printf's octal, so often; DESCR in quotes.
npy() {
	{
		printf '\223NUMPY\001\000\166\000%-117s\n' \
			"{'descr': $1, 'fortran_order': False, 'shape': $2, }"
		i=$3
		while [ "$i" -gt 0 ]; do printf "$4" && i=$((i - 1)); done
	} >"$file"
}
clean() { [ "$status" -eq 0 ] && ! grep -q 'integers' "$dir/out"; }
finds() { [ "$status" -eq 1 ] && grep -q "dia1_utt1.npy: $1" "$dir/out"; }
one='\000\000\200\077'

# One matrix of ones, in every way: what is trained on it is the same.
fresh
npy "'<f4'" '(12, 8)' 96 "$one"
run train "$c/config.yml" --session "$dir/ones"
check ones_train done_well
as_ones() { # NAME
	run check "$c/config.yml" --deep
	check "$1" clean
	rm -rf "$dir/s"
	run train "$c/config.yml" --session "$dir/s"
	check "$1_trains_the_same" cmp -s "$dir/ones/fold-0/last.safetensors" \
		"$dir/s/fold-0/last.safetensors"
}
way=0
for descr in "'|f4'" "'f4'" "'float32'" "u'<f4'" "'=f4'" "'single'" "'f'"; do
	npy "$descr" '(12, 8)' 96 "$one"
	way=$((way + 1))
	as_ones "float32_$way"
done
{
	printf '\223NUMPY\001\000\166\000%-117s\n' \
		"{u'descr': u'<f4', u'fortran_order': False, u'shape': (12L, 8L), }"
	i=96
	while [ $i -gt 0 ]; do printf "$one" && i=$((i - 1)); done
} >"$file"
as_ones python_2
npy "'<f4'" '(1, 12, 8)' 96 "$one"
as_ones batch_of_one
npy "'<f2'" '(12, 8)' 96 '\000\074'
as_ones float16
npy "'<V2'" '(12, 8)' 96 '\200\077'
as_ones bfloat16
npy "'<f8'" '(12, 8)' 96 '\000\000\000\000\000\000\360\077'
as_ones float64

# Integers: one note for all such files.
npy "'|i1'" '(12, 8)' 96 '\001'
for other in dia1_utt2 dia2_utt0 dia2_utt1; do cp "$file" "$c/data/audio/train/$other.npy"; done
run check "$c/config.yml"
check integers_note eval 'done_well && grep -q "^note: .*integers (int8); they are converted" "$dir/out"'
check integers_note_once [ "$(grep -c integers "$dir/out")" -eq 1 ]

# What is not a matrix of numbers, and what to do.
fresh
npy "'<f4'" '(8,)' 8 "$one"
run check "$c/config.yml"
check one_vector finds 'an array of shape (8,); one vector for the whole utterance: extract with frame granularity (granularity="frame"'
check one_vector_names_the_setting grep -q 'if an utterance-level embedding is meant, set exp.vectors: frame' "$dir/out"
run train "$c/config.yml" --session "$dir/s" --set exp.vectors=none
check vectors_is_frame_or_nothing says 2 'exp.vectors: expected one of frame; found .none.'
npy "'<f4'" '()' 1 "$one"
run check "$c/config.yml"
check a_scalar finds 'an array of shape (); expected two dimensions'
npy "'<f4'" '(3, 4, 8)' 96 "$one"
run check "$c/config.yml"
check layers finds 'an array of shape (3, 4, 8); a matrix per layer'
npy "'|O'" '(12, 8)' 96 "$one"
run check "$c/config.yml"
check pickled finds 'holds values of type |O, Python objects (pickled)'
npy "'<c8'" '(12, 8)' 96 "$one$one"
run check "$c/config.yml"
check complex finds 'holds values of type <c8, complex numbers'
npy "'<f8'" '(12, 8)' 96 '\000\000\000\000\000\000\360\177' # Inf
run check "$c/config.yml" --deep
check infinite finds 'row 0, column 0 (from 0) is Inf'
npy "'<f8'" '(12, 8)' 96 '\000\000\000\000\000\000\360\176' # 2.7e303
run check "$c/config.yml" --deep
check beyond_float32 finds 'row 0, column 0 (from 0) is 2.7[0-9]*e+303, beyond the max of float32'

# exp.vectors: frame. A run on utterance-level embeddings is the run on one row of them.
every() { # FOLDER TEXT_SHAPE AUDIO_SHAPE: each file of the corpus, with values of its own
	rm -rf "$1"
	cp -r tests/record/tiny "$1"
	value=0
	for file in "$1"/data/*/*/*.npy; do
		value=$((value + 1))
		case $file in
		*/text/*) npy "'<f4'" "$2" 6 "\\000\\000\\$(printf %o $((128 + value)))\\077" ;;
		*) npy "'<f4'" "$3" 8 "\\000\\000\\$(printf %o $((128 + value)))\\077" ;;
		esac
	done
}
every "$dir/vectors" '(6,)' '(8,)'
every "$dir/rows" '(1, 6)' '(1, 1, 8)'
run check "$dir/vectors/config.yml"
check vectors_are_refused eval '[ "$status" -eq 1 ] && grep -q "set exp.vectors: frame" "$dir/out"'
sed -i 's/^  labels:.*/&\n  vectors: frame/' "$dir/vectors/config.yml"
run check "$dir/vectors/config.yml" --deep
check vectors_are_fine eval 'done_well && grep -q "^note: 23 rows: .*audio.*one vector; it is read as one row" "$dir/out"'
check vectors_are_whole eval '! grep -q "is the clip whole" "$dir/out"'
run train "$dir/rows/config.yml" --session "$dir/s.rows"
run train "$dir/vectors/config.yml" --session "$dir/s.vectors"
check vectors_train done_well
check vectors_in_the_config grep -q '^  vectors: frame$' "$dir/s.vectors/config.yml"
check rows_have_no_vectors eval '! grep -q vectors "$dir/s.rows/config.yml"'
run train "$dir/vectors/config.yml" --session "$dir/s.cut" --max-steps 6
run train --session "$dir/s.cut" --resume
check vectors_resume same "$dir/s.vectors" "$dir/s.cut"
printf 'at 0 2 6 set train.clip 0.1\n' >"$dir/log"
run train "$dir/vectors/config.yml" --session "$dir/s.log" --replay "$dir/log"
run train "$dir/vectors/config.yml" --session "$dir/s.again" --replay "$dir/s.log/commands.log"
check vectors_replay same "$dir/s.log" "$dir/s.again"
run predict "$dir/s.vectors" --weights "$dir/s.vectors/fold-0/best.safetensors"
check vectors_predict cmp -s "$dir/out" "$dir/s.vectors/fold-0/predictions.csv"
rm "$dir/s.vectors/config.yml" "$dir/s.rows/config.yml"
check vectors_are_rows same "$dir/s.vectors" "$dir/s.rows"
every "$dir/vectors" '(6,)' '(8,)'
sed -i 's/^  labels:.*/&\n  vectors: frame/; s/audio_feat_dim: 8/audio_feat_dim: 9/' "$dir/vectors/config.yml"
run check "$dir/vectors/config.yml"
check vectors_of_another_width eval 'grep -q "rows have 8 values, but model.audio_feat_dim is 9" "$dir/out"'
