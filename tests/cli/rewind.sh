#!/bin/sh
# SPDX-License-Identifier: GPL-3.0-or-later
# A rewind that is killed, loses power (tests/shim/power.c) or meets a full disk or a
# read-only folder (tests/shim/full.c) at any of its writes: the run is where it was, or where
# it goes back to, and goes on from there to the bytes of the one or the other.
. tests/cli/common
power=${SHIM:-build/release/tests/shim/power.so} full=$(dirname "${SHIM:-build/release/tests/shim/x}")/full.so
if [ "${KIND:-release}" != release ] || [ ! -e "$power" ] || [ ! -e "$full" ]; then
	echo "skip rewind: sanitizers do not go with a preloaded library"
	exit 0
fi
power=$(realpath "$power") full=$(realpath "$full") tui=$(realpath "${MIUST_TUI:-build/miust-tui}")
root=$dir/root cuts=$dir/cuts
mkdir "$root" "$cuts"
cp -r "$(dirname "$tiny")" "$root/tiny"

# Stored states are no part of the promise: one that was not yet on the disk is made again or not.
no_states() { find "$1" -name states -prune -exec rm -rf {} +; }

# One that is asked for. script NAME LINES.
steps='step epoch\nset train.clip 1\nstep\nstep\n'
script() {
	rm -rf "$root/sessions"
	printf "$1" >"$dir/script"
	shift
	(cd "$root" && env "$@" "$tui" tiny/config.yml --script "$dir/script") >"$dir/out" 2>"$dir/err"
	status=$?
}
# finish NAME: what the session comes to.
finish() {
	run train --session "$(echo "$root"/sessions/*)" --resume
	rm -rf "$dir/$1"
	mv "$root"/sessions/* "$dir/$1"
}
script "${steps}stop\n"
finish plain
script "${steps}rewind 1:3\nstop\n"
finish rewound
count() {
	script "$1" LD_PRELOAD="$full" FULL_ROOT="$root" FULL_COUNT="$dir/count"
	cat "$dir/count"
}
# Its end writes too, so the rewind's writes begin before that.
first=$(($(count "$steps") - 20)) last=$(count "${steps}rewind 1:3\n")
# Of branches only the presence of the one that the rewind leaves counts.
without_branches() {
	rm -rf "$dir/a" && cp -r "$1" "$dir/a" && rm -rf "$dir/a/branches" && no_states "$dir/a" &&
		record "$dir/a"
}
without_branches "$dir/plain" >"$dir/plain.record"
without_branches "$dir/rewound" >"$dir/rewound.record"
# fault N [ERROR]: the writes from the rewind's first on.
plain=0 rewound=0 wrong=0
fault() {
	script "${steps}rewind 1:3\nstop\n" LD_PRELOAD="$full" FULL_ROOT="$root" FULL_AT="$1" $2
	said=$(head -n 1 "$dir/err") first_status=$status
	finish after
	without_branches "$dir/after" >"$dir/after.record"
	if [ "$status" -eq 0 ] && cmp -s "$dir/after.record" "$dir/plain.record"; then
		plain=$((plain + 1))
		[ "$first_status" -eq 1 ] && [ -n "$said" ] &&
			[ ! -e "$dir/after/branches/before-rewind-1" ] && return
	elif [ "$status" -eq 0 ] && cmp -s "$dir/after.record" "$dir/rewound.record" &&
		[ -f "$dir/after/branches/before-rewind-1/config.yml" ]; then
		rewound=$((rewound + 1))
		[ "$first_status" -le 1 ] && return
	fi
	wrong=$((wrong + 1))
	echo "# write $1 $2: status $first_status ($said), then $status: $(head -n 1 "$dir/err")"
}
n=$((first + 1))
while [ $n -le "$last" ]; do
	fault $n A=
	n=$((n + 1))
done
echo "# full disk: $plain stayed, $rewound went back"
check a_full_disk_leaves_one_or_the_other [ "$wrong" -eq 0 ]
check some_stayed [ "$plain" -gt 10 ]
plain=0 rewound=0 wrong=0 n=$((first + 1))
while [ $n -le "$last" ]; do
	fault $n FULL_ERROR=EROFS
	n=$((n + 3))
done
echo "# read-only: $plain stayed, $rewound went back"
check a_read_only_folder_leaves_one_or_the_other [ "$wrong" -eq 0 ]
rm -rf "$root/sessions"

# One that a log says.
log=$dir/log
cat >"$log" <<'END'
at 0 1 2 set train.clip 1
at 0 2 7 rewind 1:3 left
at 0 2 5 set train.optimizer.lr 0.005
END
train() { run train "$tiny" --set train.epoch=2 --replay "$log" "$@"; }
train --session "$dir/want"
check replayed done_well
check future_kept [ -f "$dir/want/branches/left/fold-0/state.safetensors" ]
LD_PRELOAD=$power POWER_ROOT="$root" POWER_OUT="$cuts" "$MIUST" train "$tiny" --set train.epoch=2 \
	--replay "$log" --session "$root/s" >"$dir/out" 2>"$dir/err"
status=$?
check recorded done_well
check recorded_run_is_the_same same "$dir/want" "$root/s"

no_states "$dir/want"

# go_on CUT: from the rewind on; of equal ones only the first is tried.
tried=0 wrong=0
go_on() {
	[ -d "$1/s/branches" ] && [ ! -e "$1/s/fold-0/result.json" ] || return
	sum=$(cd "$1" && find . -type f -exec cksum {} + | LC_ALL=C sort | cksum)
	case " $sums " in *" $sum,"*) return ;; esac
	sums="$sums $sum,"
	tried=$((tried + 1))
	train --session "$1/s" --resume
	no_states "$1"
	if [ "$status" -ne 0 ] || ! same "$dir/want" "$1/s"; then
		wrong=$((wrong + 1))
		echo "# $(basename "$1"): status $status, $(head -n 1 "$dir/err")"
	fi
}
sums=
for cut in "$cuts"/*; do go_on "$cut"; done
echo "# $tried cuts"
check cuts_there_are [ "$tried" -gt 40 ]
check every_cut_goes_on_to_the_same_bytes [ "$wrong" -eq 0 ]
