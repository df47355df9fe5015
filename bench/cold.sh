#!/bin/sh
# SPDX-License-Identifier: GPL-3.0-or-later
# An epoch whose features are on the disk, none in memory: `make bench-cold`. Each step asks for
# the next one's while it computes; how much longer does an epoch take when nobody asks, and how
# much longer than one whose files are in memory? SIZE utterances of IEMOCAP's lengths (400), PAIRS
# (5). Below TMPDIR, which must be a disk. Needs MIUST, SPEED, NO_AHEAD, the programs.
# WITHIN is a command that runs each epoch, for a corpus larger than memory or a slow disk: systemd-run, or
# a script that enters such a control group and execs its arguments. As much as fits is then in memory.
dir=$(mktemp -d) || exit 1
trap 'rm -rf "$dir"' EXIT
size=${SIZE:-400} pairs=${PAIRS:-5}
"$SPEED" write "$dir/corpus" "$size" || exit 1
sync

# seconds SHIM COLD: of an epoch.
seconds() {
	rm -rf "$dir/session"
	[ "$2" = warm ] || find "$dir/corpus" -name '*.npy' -print0 | xargs -0 "$SPEED" drop
	start=$(date +%s.%N)
	$WITHIN env LD_PRELOAD="$1" "$MIUST" train "$dir/corpus/bench.yml" --session "$dir/session" --fold 1 \
		--set train.epoch=1 --set train.batch_size=32 >"$dir/out" 2>&1 || {
		cat "$dir/out" >&2
		kill $$
	}
	awk -v a="$start" -v b="$(date +%s.%N)" 'BEGIN { printf "%.2f\n", b - a }'
}
median() { sort -n | awk '{ x[NR] = $1 } END { print x[int((NR + 1) / 2)] }'; }

seconds '' warm >/dev/null
for i in $(seq "$pairs"); do
	ahead=$(seconds '' cold)
	none=$(seconds "$NO_AHEAD" cold)
	warm=$(seconds '' warm)
	echo "$ahead $none $warm"
done >"$dir/times"
awk '{ print $1 }' "$dir/times" | median | sed 's/$/ s  cold, the next step asked for/'
awk '{ print $2 }' "$dir/times" | median | sed 's/$/ s  cold, nobody asks/'
awk '{ print $3 }' "$dir/times" | median | sed 's/$/ s  in memory/'
awk '{ print $2 / $1 }' "$dir/times" | median | sed 's/^/nobody asks over asked for: /'
awk '{ print $1 / $3 }' "$dir/times" | median | sed 's/^/asked for over in memory: /'
