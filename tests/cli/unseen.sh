#!/bin/sh
# SPDX-License-Identifier: GPL-3.0-or-later
# A session whose fold's lock this user may not read: whether it trains cannot be seen, and
# nobody says that it has stopped.
. tests/cli/common
MIUST=$(realpath "$MIUST")
MIUST_TUI=$(realpath "${MIUST_TUI:-build/miust-tui}")
if [ "$(id -u)" -ne 0 ]; then
	echo "skip unseen: only root can be another user"
	exit 0
fi
tiny=$(realpath "$tiny")
cd "$dir" || exit 1
export LC_ALL=C.UTF-8
umask 022
chmod 755 .
cp "$MIUST" "$MIUST_TUI" .
mkdir home
chown 65534:65534 home
trainer=
trap 'kill -9 $trainer 2>/dev/null; rm -rf "$dir"' EXIT
trap 'exit 1' HUP INT PIPE TERM
another() {
	setpriv --reuid=65534 --regid=65534 --clear-groups env HOME="$dir/home" \
		XDG_CONFIG_HOME="$dir/home" XDG_STATE_HOME="$dir/home" XDG_CACHE_HOME="$dir/home" \
		"$@" >out 2>err
	status=$?
}

"$MIUST" train "$tiny" --session sessions/s --set train.epoch=1000000 >trained 2>&1 &
trainer=$!
until [ -s sessions/s/fold-0/best.safetensors ] || ! kill -0 $trainer; do :; done
another ./miust sessions list
check list_sees_it grep -q '▷ elsewhere' out
chmod 600 sessions/s/fold-0/lock
for how in --readonly ''; do
	another ./miust-tui $how --once --size 120x36 sessions/s
	check "screen${how#-}" sh -c 'grep -q "? UNSEEN .*cannot see who trains it" out && ! grep -qi stopped out'
done
another ./miust-tui --once --size 80x24 sessions/s
check screen_narrow grep -q '? UNSEEN .* e[0-9]*/1000000' out
another ./miust-tui --once --size 120x36 sessions
check view_7 sh -c 'grep -q "? unseen" out && ! grep -qi stopped out'
check view_7_details grep -q '? unseen *cannot see who trains it' out
another ./miust sessions list
check list sh -c 'grep -q "? unseen" out && ! grep -q stopped out'
another ./miust collect sessions/s
check collect grep -q "fold 0 (its lock may not be read: cannot see who trains it)" err
another ./miust control sessions/s pause
check control says 1 "sessions/s: cannot see who trains it: the lock of fold 0 may not be read"
another ./miust control --fold 0 sessions/s pause
check control_fold says 1 "cannot see who trains it: the lock of fold 0 may not be read"

# Nor may it write into one that nobody trains: it is shown, and nothing is offered.
kill -9 $trainer
wait $trainer 2>/dev/null
"$MIUST_TUI" "$tiny" --script /dev/stdin >/dev/null 2>err <<END
step
stop
END
mv sessions/config-* sessions/stopped
cp -a sessions/stopped before
another ./miust-tui --once --size 80x24 sessions/stopped
check read_only_folder sh -c 'grep -q read-only out && ! grep -qi "resume\|goes on" out'
check read_only_why grep -q 'sessions/stopped: this user cannot write into the folder' out
echo 'step' >script
another ./miust-tui --script script sessions/stopped
check read_only_step says 1 'cannot write into the folder (Permission denied)'
chmod 777 sessions/stopped
another ./miust-tui --once --size 80x24 sessions/stopped
check read_only_fold grep -q 'fold-0: this user cannot write into the folder' out
chmod 755 sessions/stopped
check read_only_is_left_alone diff -r sessions/stopped before
