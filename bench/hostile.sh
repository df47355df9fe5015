#!/bin/sh
# SPDX-License-Identifier: GPL-3.0-or-later
# What hostile clients cost a run that trains: `make bench-hostile`. The demo's first fold, 50
# epochs, with all attacks of bench/hostile at once on it, against the same with all of them on
# another run beside it that pauses: so both meet attackers that want the same cores, and the
# difference is what answering them costs the run. Pairs alternate; first the program with itself,
# alone, which says how much the machine differs. "beside / alone" is what busy neighbours cost.
MIUST=$(realpath "${MIUST:-build/miust}")
HOSTILE=$(realpath "${HOSTILE:-build/release/bench/hostile}")
PAIRS=${PAIRS:-5}
dir=$(mktemp -d) || exit 1
trap 'rm -rf "$dir"' EXIT
cd "$dir" || exit 1
export TMPDIR="$dir"
unset XDG_RUNTIME_DIR

listens() { grep -q '\.sock$' "$1/fold-1/lock" 2>/dev/null; }
attack() {
	until listens "$1"; do :; done
	"$HOSTILE" "$(cut -d' ' -f4- "$1/fold-1/lock")" 600 >/dev/null 2>&1 &
	hostile=$!
}

# train attacked|beside|alone: seconds of CPU, seconds on the wall.
train() {
	rm -rf s p
	if [ "$1" != alone ]; then
		"$MIUST" train demo --session p --fold 1 >other 2>&1 &
		other=$!
		until listens p; do :; done
		"$MIUST" control p pause >other 2>&1
	fi
	[ "$1" != beside ] || attack p
	start=$(date +%s.%N)
	("$MIUST" train demo --session s --fold 1 --set train.epoch=50 >out 2>&1; times >used) &
	trainer=$!
	[ "$1" != attacked ] || attack s
	wait $trainer
	end=$(date +%s.%N)
	if [ "$1" != alone ]; then
		pkill -P $hostile
		kill $hostile
		kill $other # `control p stop` may find no place among the attackers
		wait $other
	fi >/dev/null 2>&1
	sed -n '2s/[ms]/ /gp' used |
		awk -v wall="$(echo "$end $start" | awk '{ print $1 - $2 }')" \
			'{ printf "%.3f %.3f\n", $1 * 60 + $2 + $3 * 60 + $4, wall }'
}

# pairs A B: the ratios, sorted, and their median.
pairs() {
	i=0
	while [ $i -lt "$PAIRS" ]; do
		echo "$(train "$1") $(train "$2")"
		i=$((i + 1))
	done | awk -v what="$1 / $2" '{ cpu[NR] = $1 / $3; wall[NR] = $2 / $4 }
		function show(name, x,   i, j, t, all) {
			for (i = 1; i <= NR; i++) for (j = i + 1; j <= NR; j++)
				if (x[j] < x[i]) { t = x[i]; x[i] = x[j]; x[j] = t }
			for (i = 1; i <= NR; i++) all = all sprintf(" %.3f", x[i])
			printf "%-18s %-5s median %.3f of%s\n", what, name, x[int((NR + 1) / 2)], all
		}
		END { show("CPU", cpu); show("wall", wall) }'
}

train alone >/dev/null # the corpus is written
pairs alone alone
pairs beside alone
pairs attacked beside
