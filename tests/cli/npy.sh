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
