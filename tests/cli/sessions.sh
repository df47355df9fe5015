#!/bin/sh
# SPDX-License-Identifier: GPL-3.0-or-later
# miust sessions: what is listed, tags, archive, pruning, trash.
. tests/cli/common
MIUST=$(realpath "$MIUST")
tiny=$(realpath "$tiny")
export XDG_CACHE_HOME="$dir/cache"
cd "$dir" || exit 1

prints() { [ "$status" -eq 0 ] && grep -q "$1" "$dir/out"; }
prints_not() { [ "$status" -eq 0 ] && ! grep -q "$1" "$dir/out"; }
names() { [ "$(tail -n +2 "$dir/out" | cut -d' ' -f1 | tr '\n' ' ')" = "$1" ]; }
quick() { "$MIUST" train "$tiny" --set train.epoch=2 "$@" >"$dir/out" 2>"$dir/err"; }

run sessions list
check sessions_none done_well
check sessions_none_is_said grep -q '0 runs' "$dir/err"

quick --session sessions/a
quick --session 'sessions/sweep/lr 1' --set train.optimizer.lr=1e-3 --seeds 2
quick --session sessions/größe --set train.optimizer.lr=1e-4
quick --session sessions/part --max-steps 1
mkdir sessions/bad && echo 'exp: [' >sessions/bad/config.yml

run sessions list
check sessions_finished prints '^a  *✓ finished  *1/1  *0\.'
check sessions_stopped prints '^part  *■ stopped  *0/1 e0/2  *–'
check sessions_damaged prints '^bad  *! damaged'
check sessions_damaged_says_why prints '^    config.yml:'
check sessions_seed prints '^sweep/lr 1/seed-'
check sessions_utf8 prints '^größe  *✓ finished'
check sessions_disk prints ' kB  20'

mv sessions/part 'sessions/two
lines'
run sessions list
check sessions_a_name_is_one_line prints '^two[^ ]*lines  *■ stopped  '
mv 'sessions/two
lines' sessions/part

run sessions list 'lr<1e-3 & state=finished'
check sessions_filter names 'größe '
run sessions list 'train.optimizer.lr=1e-3 | state=stopped'
check sessions_filter_any prints '^part '
run sessions list 'lrr<1'
check sessions_filter_refused says 2 'column 1: "lrr" is not a name here; did you mean lr?'
run sessions list 'colour=red'
check sessions_filter_names_all says 2 'names are name, state, wf1, .* and every setting'
run sessions list --csv
check sessions_csv prints '^name,state,wf1,'
check sessions_csv_row prints '^a,finished,0\.'

# The same from the cache, once files are old enough to be kept.
find sessions -exec touch -h -d '1 hour ago' {} +
"$MIUST" sessions list >first 2>/dev/null
rm -rf cache
"$MIUST" sessions list >cold 2>/dev/null
"$MIUST" sessions list >warm 2>/dev/null
check sessions_cache_changes_nothing cmp first cold
check sessions_cache_says_the_same cmp cold warm

run sessions tag a base
check sessions_tag done_well
run sessions tag 'lr 1' base
check sessions_tag_by_the_end done_well
run sessions list sessions
check sessions_of_a_folder says 2 'sessions is a folder; expected a condition, such as state=finished'
run sessions list tag=base
check sessions_tagged names 'a sweep/lr '
run sessions tag a base
check sessions_tag_twice says 1 'a already has the tag base'
run sessions untag a base
check sessions_untag [ ! -s sessions/a/tags.txt ]
run sessions tag nowhere x
check sessions_no_run says 1 'no run nowhere in sessions'
run sessions tag aa x
check sessions_nearest says 1 'did you mean a?'

run sessions archive a
check sessions_archive [ -f sessions/a/archived ]
run sessions list
check sessions_archived_is_hidden prints_not '^a '
run sessions list archived=yes
check sessions_archived_is_asked_for names 'a '
run sessions archive a --undo
check sessions_archive_undone [ ! -e sessions/a/archived ]

# Nothing is asked where nobody can answer, and nothing is removed then.
run sessions prune </dev/null
check sessions_prune_needs_yes [ "$status" -eq 2 ]
check sessions_prune_says_what grep -q ' kB  a$' "$dir/out"
check sessions_prune_not_yet [ -f sessions/a/fold-0/state.safetensors ]
cp -R sessions before
run sessions prune 'name=a' --yes
check sessions_prune done_well
check sessions_prune_says_how_much grep -q '1 run pruned, .*B freed' "$dir/err"
gone() {
	for f in last.safetensors state.safetensors states; do
		[ ! -e "$1/fold-0/$f" ] || return 1
	done
}
check sessions_prune_drops gone sessions/a
check sessions_prune_had_states [ -s before/a/fold-0/states/8.state ]
rm -r before/a/fold-0/last.safetensors before/a/fold-0/state.safetensors before/a/fold-0/states
check sessions_prune_keeps_all_else same sessions/a before/a
check sessions_prune_not_others [ -f sessions/part/fold-0/state.safetensors ]
run sessions list 'pruned=yes'
check sessions_pruned_is_listed names 'a '
run eval sessions/a --weights sessions/a/fold-0/best.safetensors
check sessions_pruned_is_evaluated done_well
run compare sessions/a sessions/größe
check sessions_pruned_is_compared done_well
run train --session sessions/a --resume
check sessions_pruned_resume grep -q 'a was pruned: it can be evaluated and compared' "$dir/err"

# Killed between any two steps, pruning is done by the next.
step=0
while [ $step -lt 3 ]; do
	rm -rf sessions/k && cp -R before/größe sessions/k
	case $step in
	1) rm sessions/k/fold-0/state.safetensors ;;
	2) rm sessions/k/fold-0/state.safetensors sessions/k/fold-0/last.safetensors &&
		mkdir -p sessions/k/fold-0/states && echo x >sessions/k/fold-0/states/1 ;;
	esac
	run sessions prune name=k --yes
	check "sessions_prune_after_a_kill_$step" gone sessions/k
	check "sessions_prune_leaves_no_states_$step" [ ! -e sessions/k/fold-0/states ]
	step=$((step + 1))
done

# One that is written by another program is left alone, by pruning and by the archive.
cp -R before/größe sessions/busy
sed -i 's/epoch: 2/epoch: 100000/' sessions/part/config.yml
"$MIUST" train --session sessions/part --resume >/dev/null 2>&1 &
writer=$!
until "$MIUST" sessions list 2>/dev/null | grep -q '^part  *▷ elsewhere'; do
	kill -0 $writer 2>/dev/null || break
done
run sessions list state=elsewhere
check sessions_elsewhere prints '^part  *▷ elsewhere '
check sessions_elsewhere_alone [ "$(grep -c '^[^ ]' "$dir/out")" -eq 2 ]
check sessions_elsewhere_says_who prints "^    fold 0: process $writer on $(hostname) since 20"
run sessions archive part
check sessions_archive_not_while_it_trains says 1 "another program is writing this session: process $writer on "
run sessions tag part live
check sessions_tag_while_it_trains done_well
kill -9 $writer
wait $writer 2>/dev/null
run sessions list name=part
check sessions_broken_off prints '^part  *! broken off .*live$'

# The trash: what view 7 deletes.
mkdir sessions/.trash
mv sessions/busy sessions/.trash/busy
printf busy >sessions/.trash/busy.from
run sessions trash list
check sessions_trash prints ' busy$'
run sessions trash restore busy
check sessions_trash_restore [ -f sessions/busy/config.yml ]
mv sessions/busy sessions/.trash/busy
run sessions trash empty </dev/null
check sessions_trash_needs_yes [ "$status" -eq 2 ]
run sessions trash empty --yes
check sessions_trash_empty [ ! -e sessions/.trash/busy ]
run sessions trash full
check sessions_trash_words says 2 'expected list, restore NAME or empty'

# Folders that cannot be written to, nor a cache: it lists all the same.
"$MIUST" sessions list >before.list 2>/dev/null
chmod -R a-w sessions
XDG_CACHE_HOME=/proc/nothing "$MIUST" sessions list >after.list 2>err.list
check sessions_read_only cmp before.list after.list
if [ "$(id -u)" -ne 0 ]; then
	run sessions tag a x
	check sessions_read_only_is_said says 1 'tags.txt'
fi
chmod -R u+w sessions
