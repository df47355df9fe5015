#!/bin/sh
# SPDX-License-Identifier: GPL-3.0-or-later
# Speed of training on this machine: `make bench`. SIZE is how many utterances
# are written into a temporary folder (5531, as IEMOCAP has: some 4 GB).
# Needs MIUST and SPEED, the programs.
dir=$(mktemp -d) || exit 1
trap 'rm -rf "$dir"' EXIT
size=${SIZE:-5531}
now() { date +%s.%N; }
# timed NAME COMMAND...: seconds it takes, its output aside.
timed() {
	name=$1 start=$(now)
	shift
	"$@" >"$dir/out" 2>&1 || { cat "$dir/out"; exit 1; }
	awk -v a="$start" -v b="$(now)" -v n="$name" 'BEGIN { printf "%-48s %6.2f s\n", n, b - a }'
}

echo '== miust bench'
"$MIUST" bench
echo '== growth'
"$SPEED" grow
echo "== $size utterances as files"
timed 'written' "$SPEED" write "$dir/corpus" "$size"
timed 'miust check (headers)' "$MIUST" check "$dir/corpus/bench.yml"
timed 'miust train, one step and its checkpoint' "$MIUST" train "$dir/corpus/bench.yml" \
	--session "$dir/session" --max-steps 1
echo '-- an epoch, its files in memory'
"$SPEED" epoch "$dir/corpus/bench.yml"
find "$dir/corpus" -name '*.npy' -print0 | xargs -0 "$SPEED" drop
echo '-- an epoch, its files on the disk'
"$SPEED" epoch "$dir/corpus/bench.yml"
