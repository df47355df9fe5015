#!/bin/sh
# SPDX-License-Identifier: GPL-3.0-or-later
# miust-tui on a folder of sessions: view 7, and no run before one is opened.
. tests/cli/common
MIUST=$(realpath "$MIUST")
MIUST_TUI=$(realpath "${MIUST_TUI:-build/miust-tui}")
tiny=$(realpath "$tiny")
cd "$dir" || exit 1
unset NO_COLOR COLUMNS LINES
export LC_ALL=C.UTF-8 XDG_CONFIG_HOME="$dir/config" XDG_CACHE_HOME="$dir/cache"

tui() {
	"$MIUST_TUI" --threads 1 "$@" >out 2>err </dev/null
	status=$?
}
script() { printf '%s\n' "$@" >script; }
is() { [ "$status" -eq "$1" ]; }
shows() { [ "$status" -eq 0 ] && grep -q -- "$1" out; }
fails() { [ "$status" -eq 1 ] && [ ! -s out ] && grep -q -- "$1" err; }
# All names, times and bytes of a folder.
all() { (cd "$1" && find . -printf '%p %T@ %C@ ' -type f -exec cksum {} \; | LC_ALL=C sort); }

quick() { "$MIUST" train "$tiny" --threads 1 --set train.epoch=2 "$@" >/dev/null 2>&1; }
quick --session sessions/a
quick --session sessions/part --max-steps 1
mkdir -p shared/deep
cp -R sessions/a shared/deep/lr1
cp -R sessions/part 'shared/deep/lr 2'
cp -R sessions/a shared/alone
all sessions >before

tui sessions/ --once
check folder_lists shows ' part  *■ stopped  *e0/2'
check folder_in_view_7 shows '▸7 Sessions'
check folder_has_no_run shows '^ · NO RUN'
tui ./sessions --once --readonly
check folder_readonly shows ' a  *✓ finished  *1/1'
tui sessions --dump dump
check folder_dump grep -q 'NO RUN' dump
all sessions >after
check folder_is_not_changed cmp before after
all shared >before
tui "$dir/shared//" --once --size 120x30
check folder_elsewhere shows ' ▾ deep  *■ 1 of 2'
check folder_with_studies shows 'lr 2  *■ stopped'
check folder_is_named shows "$dir/shared"
check folder_alone shows 'alone  *✓ finished'
all shared >after
check folder_elsewhere_is_not_changed cmp before after
tui sessions --once --ascii
check folder_ascii shows 'NO RUN'

# Where another program trains.
sed -i 's/epoch: 2/epoch: 100000/' shared/alone/config.yml
rm shared/alone/fold-0/result.json
"$MIUST" train --threads 1 --session shared/alone --resume >/dev/null 2>&1 &
writer=$!
until "$MIUST_TUI" shared --once 2>/dev/null | grep -q 'alone  *▷ elsewhere'; do
	kill -0 $writer 2>/dev/null || break
done
script 'filter state=elsewhere' 'move down' 'archive'
tui shared --script script --once
check folder_elsewhere_is_refused [ "$status" -eq 1 ]
check folder_elsewhere_says_who grep -q "process $writer on $(hostname) since" err
kill -9 $writer
wait $writer 2>/dev/null
script 'filter state="broken off"'
tui shared --script script --once --size 80x24
check folder_broken_off shows 'alone  *! broken off'
check folder_can_go_on shows 'alone  ! broken off  can go on: Enter, Space'

# The other views say that there is no run, and what needs one is refused.
for view in 1 2 3 4 5 6; do
	script "view $view"
	tui sessions --script script --once
	check "folder_view_$view" shows 'no run is open: Enter in view 7 opens one'
done
for line in pause 'set train.clip 1' 'get train.clip' start again 'sweep train.clip=1,2' \
	'select fold 0' 'draft train.clip 1' tour overlay 'stop all' save; do
	script "$line"
	tui sessions --script script --once
	check "folder_refuses_${line%% *}" is 1
done

# Opened from there, alone or by its name.
script 'open part' 'step' 'view 1'
tui sessions --script script --once
check folder_opens shows '^ ‖ PAUSED .*s2/'
script 'open deep/lr1' 'view 2'
tui shared --script script --once --readonly
check folder_opens_another shows '^ ✓ DONE  *read-only test WF1'
script 'open nothing'
tui sessions --script script
check folder_opens_no_other fails 'nothing: no such file, folder or session'

# Without a session.
mkdir empty
tui empty --once
check folder_empty shows 'no session yet'
mkdir other && echo x >other/file
tui other --once
check folder_without fails "^miust: other: no session is in it, nor in a folder of it"
tui sessions/a/fold-0 --once
check folder_of_a_fold fails 'no session is in it'
tui nowhere --once
check folder_nowhere fails 'nowhere'
