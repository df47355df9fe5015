#!/bin/sh
# SPDX-License-Identifier: GPL-3.0-or-later
# miust compare: figures of sessions side by side, settings that differ.
MIUST=$(realpath "${MIUST:-build/miust}")
dir=$(mktemp -d) || exit 1
trap 'rm -rf "$dir"' EXIT
cd "$dir" || exit 1

# check NAME CONDITION...: one line a test.
check() {
	name=$1
	shift
	if "$@"; then echo "ok $name"; else
		echo "not ok $name"
		sed 's/^/# /' out err
	fi
}
# run ARGUMENT...: leaves $status, out, err.
run() {
	"$MIUST" "$@" >out 2>err
	status=$?
}
says() { [ "$status" -eq "$1" ] && [ ! -s out ] && [ "$(cat err)" = "$2" ]; }
prints() { [ "$status" -eq 0 ] && [ ! -s err ] && grep -q "$1" out; }
fits() { [ "$(wc -L <out)" -le 80 ]; }
quick() {
	run train demo --set train.epoch=1 --set model.hidden_size1=2 --set model.hidden_size2=2 "$@"
}

quick --session a --fold 1
cp out figures
quick --session b --fold 1 --fold 2 --set train.optimizer.lr=0.01 --set exp.protocol=reference
quick --session c --max-steps 1

run compare a b c
check compare_names prints '^ 2  b$'
check compare_folds prints '^ 2  reference\*  *53  *2/5 0\.[0-9]* ± 0\.'
check compare_no_fold_yet prints '^ 3  holdout  *53  *0/5  *–  *–  *–$'
check compare_pooled prints '^ 1  *40  *0\.'
check compare_optimistic prints '^\* optimistic'
check compare_settings prints '^    train.optimizer.lr  *1: 0.001  2: 0.01  3: 0.001$'
check compare_fits_80_columns fits
wa=$(awk '$1 == "pooled" { print $2 }' figures)
check compare_same_figures prints "^ 1  *40  *$wa "
run compare a a
check compare_same prints '^All settings are the same.$'
run compare a none
check compare_no_session [ "$status" -eq 1 ]
check compare_no_session_is_named grep -q 'cannot be read: none: no such session' "$dir/out"
check compare_no_session_says_so grep -q '^miust: .*none: no such session' "$dir/err"
run compare a
check compare_one says 2 \
	'miust: compare: an argument is missing; expected SESSION SESSION... (see miust compare --help)'
