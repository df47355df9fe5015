#!/bin/sh
# SPDX-License-Identifier: GPL-3.0-or-later
# What runs these tests: its counts, what it says of programs that fail, die or hang, that
# several run at once, and that it leaves nothing running.
. tests/cli/common
run=$(realpath build/run)
cd "$dir" || exit 1

# program NAME: a script of the lines on standard input.
program() {
	{ echo '#!/bin/sh' && cat; } >"$1"
	chmod +x "$1"
}
# tests ARGUMENT...: leaves $status, out, err; what it took is no matter here.
tests() {
	"$run" "$@" >raw 2>err
	status=$?
	sed 's/, [0-9]* s, [0-9]* s of CPU$//' raw >out
}
is() { [ "$status" -eq "$1" ]; }
# said: it printed the lines on standard input, no more.
said() {
	cat >want
	cmp -s want out
}
# gone PID: it has ended; nobody may have waited for it.
gone() { ! kill -0 "$1" 2>/dev/null || grep -q '^State:.Z' "/proc/$1/status"; }
ends() {
	[ -s "$1" ] || return 1
	pid=$(cat "$1") tries=0
	until gone "$pid"; do
		tries=$((tries + 1))
		[ $tries -lt 2000 ] || return 1
	done
}

program good <<'END'
echo ok one
echo "# a remark"
echo ok two
echo "skip three: no reason"
END
program bad <<'END'
echo ok four
echo "# why" >&2
echo not ok five
exit 1
END
program dies <<'END'
echo ok six
printf "the last words"
kill -SEGV $$
END
program leaves <<'END'
echo ok seven
exit 3
END
program hangs <<'END'
echo ok eight
sleep 1000 &
echo $! >sleeper
wait
END

tests -j 1 ./good
check good is 0
check good_said said <<'END'
pass ./good (2)
skip three: no reason
1 skipped
2 passed, 0 failed
END
tests -j 1 ./good ./bad ./dies ./leaves ./none ./good
check counts is 1
check counts_said said <<'END'
pass ./good (2)
skip three: no reason
FAIL ./bad
    # why
    not ok five
FAIL ./dies
    the last words
    not ok ./dies: exit status 139
FAIL ./leaves
    not ok ./leaves: exit status 3
FAIL ./none
    ./none: No such file or directory
    not ok ./none: exit status 127
pass ./good (2)
skip three: no reason
2 skipped
7 passed, 4 failed
END
tests
check nothing is 0
check nothing_said said <<'END'
0 passed, 0 failed
END

# One that hangs is ended, with what it has started.
tests -j 1 -t 0.3 ./hangs ./leaves
check hangs is 1
check hangs_said grep -q '^    not ok ./hangs: it did not end within [0-9]* s, after ok eight$' raw
check hangs_counts [ "$(tail -n 1 out)" = '2 passed, 2 failed' ]
check hangs_leaves_nothing ends sleeper
program deaf <<'END'
trap '' TERM
while :; do :; done
END
tests -j 1 -t 0.1 ./deaf
check deaf [ "$(tail -n 1 out)" = '0 passed, 1 failed' ]

# Each waits for a line of the other: they run at once, and their lines are not mixed.
for i in 1 2; do
	program pair_$i <<END
for line in a b c; do
	echo "skip $i \$line"
	: >$i.\$line
	until [ -e $((3 - i)).\$line ]; do :; done
done
echo ok pair_$i
END
done
tests -j 2 -t 100 ./pair_1 ./pair_2
check at_once is 0
whose=$(sed -n 's/^skip \(.\) .$/\1/p' out | tr -d '\n')
check not_mixed [ "$whose" = 111222 -o "$whose" = 222111 ]

# No more than are asked for, and in their order.
for i in 1 2 3 4 5 6; do
	program one_$i <<END
mkdir turn && echo $i >>order && echo ok one_$i
rmdir turn
END
done
tests -j 1 ./one_1 ./one_2 ./one_3 ./one_4 ./one_5 ./one_6
check one_by_one [ "$(cat order | tr -d '\n')" = 123456 ]

# What a program leaves running does not disturb the next ones.
program careless <<'END'
sleep 1000 &
echo $! >left
echo ok careless
END
tests ./careless
check careless is 0
check careless_leaves_nothing ends left

# Ended by a signal: at once, with all that runs; scripts may clean up.
program loops <<'END'
trap 'echo cleaned >cleaned; exit 1' TERM
echo $$ >looping
: >begun
while :; do :; done
END
for signal in INT TERM HUP; do
	program ends_us <<END
until [ -e begun ]; do :; done
kill -$signal \$PPID
while :; do :; done
END
	rm -f begun cleaned looping
	tests -j 2 ./loops ./ends_us ./good
	check "stopped_$signal" [ "$status" -gt 128 ]
	check "stopped_${signal}_says_nothing" [ ! -s raw ]
	check "stopped_${signal}_cleans_up" [ -e cleaned ]
	check "stopped_${signal}_all" ends looping
done

# Its input is empty, and it has no terminal.
program asks <<'END'
read line && echo "not ok $line"
(: </dev/tty) 2>/dev/null && echo not ok terminal
echo ok asks
END
echo input >input
tests ./asks <input
check no_input is 0

# Nor does it ignore signals, however we were started.
program quits <<'END'
kill -QUIT $$
echo ok it goes on
END
(trap '' QUIT INT && "$run" ./quits) >raw 2>err
check no_signal_is_ignored grep -q 'not ok ./quits: exit status 131' raw

tests -j 0 ./good
check no_jobs is 2
tests -t soon ./good
check no_limit is 2
