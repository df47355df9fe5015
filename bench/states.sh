#!/bin/sh
# SPDX-License-Identifier: GPL-3.0-or-later
# What stored states cost: `make bench-states`. An IEMOCAP-shaped corpus (SIZE utterances, 200;
# 5531 are IEMOCAP's), the published model of 5.9 million weights.
#
# First each way to pack them; then the time that storing one an epoch takes: PAIRS pairs (5) of
# runs of one fold with and without, seconds of the processor (user and system) and of the clock.
# The checkpoints of the epochs are in both. Last, a run paired with itself: the noise.
# Needs MIUST, SPEED, STATES, the programs.
dir=$(mktemp -d) || exit 1
trap 'rm -rf "$dir"' EXIT
size=${SIZE:-200} pairs=${PAIRS:-5} epochs=${EPOCHS:-3}
"$SPEED" write "$dir/corpus" "$size" || exit 1
config=$dir/corpus/bench.yml

# seconds BYTES: "CPU CLOCK" of a run.
seconds() {
	rm -rf "$dir/session"
	start=$(date +%s.%N)
	times >"$dir/before"
	"$MIUST" train "$config" --session "$dir/session" --fold 1 --set train.epoch="$epochs" \
		--set train.batch_size=16 --set store.bytes="$1" >"$dir/out" 2>&1 || cat "$dir/out" >&2
	times >"$dir/after"
	tail -qn 1 "$dir/before" "$dir/after" | tr 'ms' '  ' | awk -v a="$start" -v b="$(date +%s.%N)" '
		{ t[NR] = 60 * ($1 + $3) + $2 + $4 } END { printf "%.2f %.2f\n", t[2] - t[1], b - a }'
}
median() { sort -n | awk '{ x[NR] = $1 } END { print x[int((NR + 1) / 2)] }'; }
# compare NAME BYTES BYTES: medians of the pairs, and of what the second takes more.
compare() {
	: >"$dir/pairs"
	for i in $(seq "$pairs"); do
		if [ $((i % 2)) = 1 ]; then
			a=$(seconds "$2") b=$(seconds "$3")
		else
			b=$(seconds "$3") a=$(seconds "$2")
		fi
		echo "$a $b" >>"$dir/pairs"
	done
	cpu=$(awk '{ print 100 * ($3 / $1 - 1) }' "$dir/pairs" | median)
	clock=$(awk '{ print 100 * ($4 / $2 - 1) }' "$dir/pairs" | median)
	printf '%-28s %s s of CPU, %s s; more: CPU %.2f %%, clock %.2f %%\n' "$1" \
		"$(cut -d' ' -f1 "$dir/pairs" | median)" "$(cut -d' ' -f2 "$dir/pairs" | median)" \
		"$cpu" "$clock"
}
[ "${PACK:-1}" = 0 ] || FOLD=1 "$STATES" pack "$config" "$dir/packed" train.epoch=6 train.batch_size=16
FOLD=1 "$STATES" store "$config" "$dir/stored" train.epoch=2 train.batch_size=16 store.bytes=1G
compare 'without states, twice' 0 0
compare 'without, with one an epoch' 0 1G
du -k "$dir/session/fold-1/states" "$dir/session/fold-1/state.safetensors"
