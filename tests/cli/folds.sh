#!/bin/sh
# SPDX-License-Identifier: GPL-3.0-or-later
# Folds: any number of them, and several programs that train different folds of one
# session at once, killed and gone on with.
. tests/cli/common

# Seven sessions have seven folds, two have two.
for n in 7 2; do
	iemocap "$dir/$n" $n
	run train "$dir/$n/config.yml" --session "$dir/of$n"
	check "sessions_$n" done_well
	check "sessions_${n}_folds" [ "$(cut -d, -f1 "$dir/of$n/steps.csv" | uniq | wc -l)" -eq $((n + 1)) ]
done
run compare "$dir/of7" "$dir/of2"
check compared_7 grep -q '^ 1 .* 7/7 ' "$dir/out"
check compared_2 grep -q '^ 2 .* 2/2 ' "$dir/out"
run train "$dir/7/config.yml" --session "$dir/8" --fold 8
check no_fold_8 says 2 'fold 8: this corpus has folds 1 to 7'
check no_fold_8_no_session [ ! -e "$dir/8" ]
rm "$dir/7/csv/Session3.csv"
run train "$dir/7/config.yml" --session "$dir/gap"
check gap says 1 'Session3.csv: no such list, although Session7.csv exists; sessions are numbered'

# Two programs, a fold each: the bytes of one that trains both, whichever is killed.
five_sessions "$dir/five"
settings='--set train.epoch=30 --threads 1'
# start SESSION FOLD: its process is $!.
start() {
	"$MIUST" train "$dir/five/config.yml" --session "$1" --fold "$2" --resume $settings \
		>"$dir/out.$2" 2>"$dir/err.$2" &
}
go_on() { start "$1" "$2" && wait $!; }
rows() { if [ -f "$1" ]; then wc -l <"$1"; else echo 0; fi; }
run train "$dir/five/config.yml" --session "$dir/both" --fold 1 --fold 2 $settings
check undisturbed done_well
begun() { # wait until the program of fold 1 trains
	start "$1" 1
	first=$!
	while kill -0 $first 2>/dev/null && [ "$(rows "$1/fold-1/steps.csv")" -lt 3 ]; do :; done
}
begun "$dir/two"
start "$dir/two" 2
second=$!
wait $first
check first_done [ $? -eq 0 ]
wait $second
check second_done [ $? -eq 0 ]
check at_once_same_bytes same "$dir/both" "$dir/two"

# kill_one SESSION FOLD ROWS: both train; the one of FOLD is killed at its row.
kill_one() {
	begun "$1"
	start "$1" 2
	second=$!
	[ "$2" -eq 1 ] && killed=$first || killed=$second
	while kill -0 $killed 2>/dev/null && [ "$(rows "$1/fold-$2/steps.csv")" -lt "$3" ]; do :; done
	kill -9 $killed 2>/dev/null
	wait $first 2>/dev/null
	status1=$?
	wait $second 2>/dev/null
	status2=$?
}
kills=0
for instant in 1:5 2:1 2:40 1:77 2:100 1:149; do
	s=$dir/kill.$instant
	kill_one "$s" "${instant%:*}" "${instant#*:}"
	[ $((status1 + status2)) -ne 137 ] || kills=$((kills + 1))
	go_on "$s" 1 && go_on "$s" 2
	check "killed_at_$instant" same "$dir/both" "$s"
done
echo "# killed $kills times"
check killed_some [ $kills -ge 3 ]

# A fold is written by one program, which is named; others are free.
"$MIUST" train "$dir/five/config.yml" --session "$dir/held" --fold 2 --set train.epoch=100000 \
	>"$dir/o" 2>"$dir/e" &
pid=$!
while kill -0 $pid && [ "$(rows "$dir/held/fold-2/steps.csv")" -lt 3 ]; do :; done
run train --session "$dir/held" --resume --fold 2
check held says 1 "is writing this session: fold 2, process $pid on .* since .*; wait for it"
run train --session "$dir/held" --resume
check held_as_one_of_all says 1 "is writing this session: fold 2, process $pid on "
run train --session "$dir/held" --resume --fold 3 --max-steps 5
check another_is_free done_well
check another_has_rows [ "$(rows "$dir/held/fold-3/steps.csv")" -eq 6 ]
check the_last_joins [ ! -e "$dir/held/steps.csv" ]
kill -TERM $pid
wait $pid
check the_last_has_joined [ "$(rows "$dir/held/steps.csv")" -eq \
	$(($(rows "$dir/held/fold-2/steps.csv") + 5)) ]
check the_lock_says_nothing [ ! -s "$dir/held/fold-2/lock" ]
