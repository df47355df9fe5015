#!/bin/sh
# SPDX-License-Identifier: GPL-3.0-or-later
# miust demo, and miust train demo: the built-in corpus from nothing to figures.
MIUST=$(realpath "${MIUST:-build/miust}")
configs=$(realpath configs)
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
is() { [ "$status" -eq "$1" ]; }
prints() { is 0 && grep -q "$1" out; }
tells() { is 0 && grep -q "$1" err; }
# The same bytes in everything but what the clock and the machine say.
same() {
	[ -d "$1" ] && [ -d "$2" ] || return 1
	for d in "$1" "$2"; do
		find "$d" -type f | sort | while read -r f; do
			echo "${f#"$d"}"
			case $f in
			*/epochs.csv) sed 's/,[^,]*$//' "$f" ;;
			*/results.json) grep -v '"machine"' "$f" ;;
			*) cat "$f" ;;
			esac
		done >"$d.all"
	done
	cmp -s "$1.all" "$2.all"
}
small='--fold 1 --set train.epoch=2 --set model.hidden_size1=8 --set model.hidden_size2=8'

run train demo --session one --threads 1 $small
check demo_trains prints '^    1  *[12]  *0\.'
check demo_says_session tells '^miust: session one$'
check demo_corpus_written test -f data/demo/demo.yml
check demo_results test -f one/results.json
check demo_predictions [ "$(wc -l <one/fold-1/predictions.csv)" -eq 41 ]
check demo_steps [ "$(tail -n 1 one/steps.csv | cut -d, -f 1-3)" = 1,2,14 ]

run demo
check demo_names_config prints '`miust train data/demo/demo.yml`'
run train data/demo/demo.yml --session two --threads 3 $small
check demo_any_threads same one two
run check data/demo/demo.yml --deep
check demo_is_sound is 0
run eval one/config.yml --weights one/fold-1/best.safetensors
check demo_eval prints '^fold 1, test part, 40 utterances$'
run train demo --session one --resume $small
check demo_complete is 0
check demo_complete_unchanged same one two

# A corpus whose config is missing was cut off: it is written again.
rm data/demo/demo.yml data/demo/csv/Session3.csv
run check demo
check demo_written_again is 0
mkdir other
cp "$configs/demo.yml" other/
run demo data/demo
run train other/demo.yml --session three --threads 2 $small
check demo_from_configs same one/fold-1 three/fold-1
run demo "$dir/out/x"
check demo_cannot is 1
