#!/bin/sh
# SPDX-License-Identifier: GPL-3.0-or-later
# What hostile clients cost a run that trains: `make bench-hostile`. The demo's first fold, alone and
# with all attacks of bench/hostile at once, in alternating pairs; first the program alone with
# itself, which says how much the machine differs. The attackers have the lowest priority; on
# a machine that has nothing free for them the time on the wall is theirs too, so the CPU time of
# the run is the figure to look at.
MIUST=$(realpath "${MIUST:-build/miust}")
HOSTILE=$(realpath "${HOSTILE:-build/release/bench/hostile}")
PAIRS=${PAIRS:-5}
dir=$(mktemp -d) || exit 1
trap 'rm -rf "$dir"' EXIT
cd "$dir" || exit 1
export TMPDIR="$dir"
unset XDG_RUNTIME_DIR

# train attacked|alone: seconds of CPU, seconds on the wall.
train() {
	rm -rf s
	start=$(date +%s.%N)
	("$MIUST" train demo --session s --fold 1 >out 2>&1; times >used) &
	trainer=$!
	if [ "$1" = attacked ]; then
		until grep -q '\.sock$' s/fold-1/lock 2>/dev/null; do :; done
		"$HOSTILE" "$(cut -d' ' -f4- s/fold-1/lock)" 600 >/dev/null 2>&1 &
		hostile=$!
	fi
	wait $trainer
	end=$(date +%s.%N)
	if [ "$1" = attacked ]; then
		pkill -P $hostile
		kill $hostile
		wait $hostile
	fi 2>/dev/null
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
pairs attacked alone
