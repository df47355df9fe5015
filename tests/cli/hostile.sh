#!/bin/sh
# SPDX-License-Identifier: GPL-3.0-or-later
# Configs, sessions and names that nobody wrote in good faith: a sentence and
# status 1, at once, and nothing else is touched.
. tests/cli/common
MIUST_TUI=${MIUST_TUI:-build/miust-tui}
case $MIUST in /*) ;; *) MIUST=$PWD/$MIUST ;; esac
case $MIUST_TUI in /*) ;; *) MIUST_TUI=$PWD/$MIUST_TUI ;; esac
tiny=$PWD/$tiny

# A node that contains itself, as a config and as a session's.
printf '&r\nx: *r\n' >"$dir/self.yml"
printf 'a: &a [*a]' >"$dir/nine.yml"
for f in self nine; do
	run check "$dir/$f.yml"
	check "$f" says 1 "$f.yml:1:[14]: a node contains itself"
done
run train "$tiny" --session "$dir/good" --set train.epoch=1
check trained done_well
mkdir -p "$dir/sessions/self"
cp "$dir/self.yml" "$dir/sessions/self/config.yml"
cp -r "$dir/good" "$dir/sessions/good"
run compare "$dir/sessions/self" "$dir/sessions/self"
check compare_none says 1 'self/config.yml:1:1: a node contains itself'
run compare "$dir/sessions/self" "$dir/sessions/good"
check compare_others_status [ "$status" -eq 1 ]
check compare_others grep -q '^ 2  reference  *' "$dir/out"
check compare_says_why grep -q 'cannot be read: .*config.yml:1:1: a node' "$dir/out"

# tui ARGUMENT...: the screen as text in $dir/out.
tui() {
	(cd "$dir" && HOME=$dir "$MIUST_TUI" "$@" >"$dir/out" 2>"$dir/err")
	status=$?
}
echo 'view 7' >"$dir/script"
tui good --script script --dump seven.txt --size 120x30
check view_7_says_why grep -q 'self .*config.yml:1:1: a node contains itself' "$dir/seven.txt"
check view_7_has_the_others grep -q 'good ' "$dir/seven.txt"
echo 'open sessions/self' >"$dir/script"
tui good --script script
check open_in_script grep -q 'script:1: sessions/self/config.yml:1:1: a node contains' "$dir/err"
tui sessions/self --once
check open_broken [ "$status" -eq 1 ]
check open_broken_says grep -q 'config.yml:1:1: a node contains itself' "$dir/err"

# Numbers out of their range. change FILE SED: a session like good but for this.
change() {
	rm -rf "$dir/bad"
	cp -r "$dir/good" "$dir/bad"
	sed "$2" "$dir/good/$1" >"$dir/bad/$1"
}
# broken NAME FILE SED PATTERN
broken() {
	change "$2" "$3"
	tui bad --readonly --once
	cat "$dir/out" >>"$dir/err"
	check "$1" grep -q "$4" "$dir/err"
	check "$1_does_not_crash" [ "$status" -le 1 ]
}
broken epoch_0 fold-0/epochs.csv '2s/^0,1/0,0/' 'epochs.csv:2: epoch 0 (epochs count from 1)'
broken epoch_negative fold-0/epochs.csv '2s/^0,1/0,-1/' 'epochs.csv:2: epoch -1'
broken epoch_huge fold-0/epochs.csv '2s/^0,1/0,99999999999/' 'epochs.csv:2: epoch 99999999999'
broken other_fold fold-0/epochs.csv '2s/^0,/3,/' 'epochs.csv:2: fold 3 in a file of fold 0; remove the line'
broken fold_6 fold-0/steps.csv '3s/^0,/6,/' 'steps.csv:3: fold 6'
broken step_0 fold-0/steps.csv '2s/^0,1,1,/0,1,0,/' 'steps.csv:2: step 0 (steps count from 1)'
broken share fold-0/epochs.csv '2s/^\(.*\),[^,]*,\([^,]*\)$/\1,1.5,\2/' 'epochs.csv:2: val_wf1 1.5 (a share'
echo 'at -9 1 1 pause' >"$dir/good/fold-0/commands.log"
broken log_fold fold-0/commands.log '' 'commands.log:1: "at FOLD EPOCH STEP'
echo 'at 2 1 1 pause' >"$dir/good/fold-0/commands.log"
broken log_other_fold fold-0/commands.log '' 'commands.log:1: fold 2; this session has fold 0'
: >"$dir/good/fold-0/commands.log"
broken result_fold fold-0/result.json 's/"fold": 0/"fold": -1/' 'result.json: fold: an integer from 0 to'
broken result_of_another fold-0/result.json 's/"fold": 0/"fold": 77/' 'result.json: is of fold 77, not 0'
broken result_epoch fold-0/result.json 's/"best_epoch": .*,/"best_epoch": 0,/' 'result.json: best_epoch: an int'

# Pipes and devices in the place of files are not waited for.
mkfifo "$dir/pipe.yml"
run check "$dir/pipe.yml"
check pipe_config says 1 'pipe.yml: is a pipe; expected a regular file'
run check /dev/zero
check device_config says 1 '/dev/zero: is a device; expected a regular file'
for f in config.yml fold-0/steps.csv fold-0/epochs.csv fold-0/result.json fold-0/commands.log \
	fold-0/history.json fold-0/history.bin fold-0/test.bin; do
	rm -rf "$dir/bad"
	cp -r "$dir/good" "$dir/bad"
	rm "$dir/bad/$f"
	mkfifo "$dir/bad/$f"
	tui bad --readonly --once
	cat "$dir/out" >>"$dir/err"
	check "pipe_$f" grep -q "$f: is a pipe; expected a regular file" "$dir/err"
done
rm "$dir/seven.txt"
printf 'view 7\n' | tui good --script /dev/stdin --dump seven.txt
check script_of_a_pipe grep -q 'good ' "$dir/seven.txt"

# A session is not left through a link in it.
run train "$tiny" --session "$dir/cut" --max-steps 2
echo keep >"$dir/victim"
ln -sf "$dir/victim" "$dir/cut/fold-0/best.safetensors"
run train --session "$dir/cut" --resume
check link says 1 'best.safetensors: is a symbolic link, and miust does not write through it'
check link_victim [ "$(cat "$dir/victim")" = keep ]

# Nor does it wait for a pipe that has the name of one of its files.
rm "$dir/cut/fold-0/best.safetensors"
for f in data.csv steps.csv results.json fold-0/steps.csv fold-0/last.safetensors fold-0/predictions.csv; do
	rm -f "$dir/cut/$f"
	mkfifo "$dir/cut/$f"
	run train --session "$dir/cut" --resume
	check "resume_pipe_$f" says 1 "$f: is a pipe; expected a regular file"
	rm "$dir/cut/$f"
done

# Nor is anything read that is far larger than it could be.
run train "$tiny" --session "$dir/long" --set train.epoch=9 --max-steps 20
for f in history.json history.bin; do
	mv "$dir/long/fold-0/$f" "$dir/kept"
	truncate -s 20G "$dir/long/fold-0/$f"
	run train --session "$dir/long" --resume
	check "huge_$f" says 1 "$f: larger than [18][0-9]* MiB, the limit for such a file"
	mv "$dir/kept" "$dir/long/fold-0/$f"
done

# Names with a $ in them are what the shell has made of them.
data=$(dirname "$tiny")
mkdir "$dir/a\$HOME b"
cp -r "$data/data" "$dir/a\$HOME b/"
cp "$tiny" "$dir/a\$HOME b/c\$HOME d.yml"
run check "$dir/a\$HOME b/c\$HOME d.yml"
check dollar_config done_well
run train "$dir/a\$HOME b/c\$HOME d.yml" --session "$dir/s\$HOME" --set train.epoch=1
check dollar_session done_well
run eval "$dir/s\$HOME/config.yml" --weights "$dir/s\$HOME/fold-0/best.safetensors"
check dollar_weights done_well

# An id in two lists of one part.
five_sessions "$dir/five"
old=$(sed -n '2s/,.*//p' "$dir/five/csv/Session1.csv")
new=$(sed -n '2s/,.*//p' "$dir/five/csv/Session2.csv")
sed "s/^$new,/$old,/" "$dir/five/csv/Session2.csv" >"$dir/list"
mv "$dir/list" "$dir/five/csv/Session2.csv"
for kind in text audio; do
	mv "$dir/five/$kind/Session2/$new.npy" "$dir/five/$kind/Session2/$old.npy"
done
run train "$dir/five/config.yml" --session "$dir/twins" --fold 3 --set train.epoch=1
check twins_train done_well
run predict "$dir/five/config.yml" --weights "$dir/twins/fold-3/best.safetensors" --fold 3 \
	--split train --tensors "$dir/t.safetensors"
check twins_predict done_well
check twins_list_1 grep -aq "\"Session1/$old/logits\"" "$dir/t.safetensors"
check twins_list_2 grep -aq "\"Session2/$old/logits\"" "$dir/t.safetensors"
check twins_others_alone [ "$(grep -ao '"Session[0-9]/[^"]*/logits"' "$dir/t.safetensors" | wc -l)" -eq 2 ]
