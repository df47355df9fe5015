#!/bin/sh
# SPDX-License-Identifier: GPL-3.0-or-later
# What the screen costs, on the demo: `make bench`. Start from nothing, key to
# screen, bytes on the wire, and the time of a run with the screen up against
# the same run by `miust train`, in alternating pairs.
MIUST=$(realpath "${MIUST:-build/miust}")
MIUST_TUI=$(realpath "${MIUST_TUI:-build/miust-tui}")
SCREEN=$(realpath "${SCREEN:-build/release/bench/screen}")
PAIRS=${PAIRS:-7}
dir=$(mktemp -d) || exit 1
trap 'rm -rf "$dir"' EXIT
cd "$dir" || exit 1
export XDG_CONFIG_HOME="$dir" XDG_STATE_HOME="$dir"

printf 'start, corpus to be written: '
"$SCREEN" start "$MIUST_TUI"
printf 'start, corpus there:         '
"$SCREEN" start "$MIUST_TUI"
sed 's/^  epoch: .*/  epoch: 100000/' data/demo/demo.yml >data/demo/long.yml
sed 's/^  epoch: .*/  epoch: 10/' data/demo/demo.yml >data/demo/short.yml
printf 'key to screen, training:     '
"$SCREEN" keys 500 "$MIUST_TUI" data/demo/long.yml
printf 'bytes, Train view, 120x40:   '
"$SCREEN" bytes 20 "$MIUST_TUI" data/demo/long.yml

# To the same moment on both sides: all folds are tested.
i=0
while [ $i -lt "$PAIRS" ]; do
	start=$(date +%s.%N)
	"$MIUST" train data/demo/short.yml --session "train-$i" >out 2>&1
	end=$(date +%s.%N)
	with=$("$SCREEN" until IDLE "$MIUST_TUI" data/demo/short.yml)
	echo "$start $end $with" | awk '{ printf "%.4f %.3f %.3f\n", $3 / ($2 - $1), $3, $2 - $1 }'
	rm -rf "train-$i" sessions
	i=$((i + 1))
done | sort -n | awk '{ line[NR] = $1; all = all " " $1 } END {
	printf "with the screen / without:   median %.3f of%s\n", line[int((NR + 1) / 2)], all }'
