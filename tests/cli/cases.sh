#!/bin/sh
# SPDX-License-Identifier: GPL-3.0-or-later
# The field cases of ../shared/cases: each one's `cmd`, run in a copy of its folder,
# does what its `expected` says. Their kinds are tested with inputs made here by
# check, data, eval, faults, hostile, npy, predict, process and terminal.sh.
cases=$(realpath ../shared/cases 2>/dev/null)
[ -d "$cases" ] || {
	echo "skip cases: no ../shared/cases"
	exit 0
}
for program in bash script; do
	command -v $program >/dev/null || {
		echo "skip cases: no $program"
		exit 0
	}
done
. tests/cli/common
MIUST=$(realpath "$MIUST")
MIUST_TUI=$(realpath "${MIUST_TUI:-build/miust-tui}")
tiny=$(realpath "$tiny")
unset NO_COLOR COLUMNS LINES
SHELL=$(command -v bash) # of script: in dash `timeout` would be behind it, and get no screen
export MIUST MIUST_TUI SHELL LC_ALL=C.UTF-8 TERM=xterm-256color
export XDG_CONFIG_HOME="$dir/config" XDG_STATE_HOME="$dir/state" XDG_CACHE_HOME="$dir/cache"
played=$dir/played
: >"$played"

# copy NAME: into $dir, and there.
copy() {
	echo "$1" >>"$played"
	cp -r "$cases/$1" "$dir/$1"
	chmod -R u+w "$dir/$1"
	cd "$dir/$1" || exit 1
	: >"$dir/err"
}
# play NAME: its cmd; what that prints is in $dir/out.
play() {
	copy "$1"
	bash ./cmd >"$dir/out" 2>&1 </dev/null
	status=$?
}
# shows PATTERN...: each of them is in what was printed.
shows() {
	for pattern in "$@"; do grep -q -e "$pattern" "$dir/out" || return 1; done
}
hides() { ! shows "$1"; }
lines() { [ "$(wc -l <"$dir/out")" -eq "$1" ]; }
# is TEXT: that and nothing else was printed.
is() { [ "$(cat "$dir/out")" = "$1" ]; }
size() { if [ -f "$1" ]; then wc -c <"$1"; else echo 0; fi; }

# ---- lists and features
play duplicate_header
check duplicate_header shows '^error: .*the header has Emotion twice (columns 3 and 4)'
play escape_in_list
check escape_in_list is "$(printf '0\n0')"
play check_escape
check check_escape is 0
play flood
check flood_is_said_once shows '^4[0-9] rows cannot be used; fix them$'
check flood_is_short [ "$(head -n 1 "$dir/out")" -le 20 ]
play row_count # its one fault is a space after the id, which is read now
check row_count_reads_the_row shows '^ pooled '
rm -r s audio/Session1/Ses01F_impro01_F000.npy text/Session1/Ses01F_impro01_F000.npy
bash ./cmd >"$dir/out" 2>&1
check row_count_counts_rows shows '^miust: 1 row cannot be used;'
play leak_train_test
check leak_train_test shows \
	'test.csv:4: .*/train_splits/dia1_utt0.npy: .* file of train.csv:5: a test utterance is trained on'
play meld_c1_apostrophe
check meld_c1_apostrophe shows 'it’s' '^note: .*cp1252 read as Latin-1'
play npy_dimensions
check npy_dimensions shows '^1 error' 'one vector for the whole utterance: extract .*granularity="frame"' \
	'train  *3 utterances'
play npy_type_spellings
check npy_type_spellings shows '^0 errors, 0 notes$' 'train  *4 utterances'
play official_meld_list
check official_meld_list shows '^0 errors' 'train  *1 utterance ' 'fold 0: best epoch'
check official_meld_list_advice hides skip-bad
play one_class
check one_class shows '^class  *Session1' '^note: class sad of exp.labels: no list has a row with it'
play same_stem_two_folders
check same_stem_two_folders shows '^0 errors' 'train  *6 utterances'
play space_before_quote
check space_before_quote shows '^0 errors' 'Session1  *4 utterances'
play windows_paths
check windows_paths shows '^0 errors' 'train  *4 utterances'
play skipbad_eval
check skipbad_eval [ "$(grep -c '^miust: 1 row left out as before' "$dir/out")" -eq 3 ]
check skipbad_eval_twice [ "$(grep -c '^fused ' "$dir/out")" -eq 2 ]
check skipbad_predict shows '^id,true,pred,' '^dia0_utt0,'
play skipbad_workbench
check skipbad_workbench shows 'train.csv:3: .*/audio/train_splits/dia0_utt1.npy: no such feature file' \
	'leave it out with --skip-bad' '1 row is left out' 'Train 2 Confusion'

# ---- sessions and weights
play epochs_zero
check epochs_zero shows 'epochs.csv:2: epoch 0 (epochs count from 1)' '^status 1$'
play eval_other_fold
check eval_other_fold shows "trained as fold 1 on 12 of the 12 utterances of fold 3's test part"
check eval_other_fold_no_figure hides '^fused'
play macro_f1_absent_class
check macro_f1_absent_class shows '^fused  *0.7500  *0.8333  *0.8333  *0.6667 '
play pth_weights
check pth_weights shows 'is a PyTorch checkpoint' 'torch.load(.*\["model_state_dict"\]' 'safetensors.torch.save_file'
play resume_relabelled
check resume_relabelled shows 'data has changed since .*: labels of 4 rows' '--resume --accept-data'
play session_folder_as_config
check session_folder_as_config shows '^fold 1, test part' '^fused'
play session_name_blank
check session_name_blank shows "--session 'my data'\\\\''s/run 1' --resume$"
play session_symlinks # its data lies elsewhere here: said, and then the link is
check session_symlinks shows 'not there; if the data has moved' '^keep$'
data=$(dirname "$tiny")/data
run train --session session --resume --set exp.audio_dir="$data/audio" --set exp.text_dir="$data/text" \
	--set exp.train_csv="$data/train.csv" --set exp.dev_csv="$data/dev.csv" --set exp.test_csv="$data/test.csv"
check session_symlinks_says says 1 'best.safetensors: is a symbolic link'
check session_symlinks_keeps [ "$(cat victim)" = keep ]
play yaml_self_reference
check yaml_self_reference shows 'config.yml:1:1: a node contains itself' '^status 1$'
check yaml_self_reference_compare [ "$(grep -c '^status 1$' "$dir/out")" -eq 2 ]
run check from_fuzzer.yml
check yaml_from_fuzzer says 1 'from_fuzzer.yml:[0-9]*:[0-9]*: '
copy power_hole
run train "$tiny" --session whole
run train "$tiny" --session s --max-steps 5
tail -n +2 steps.csv >>s/fold-0/steps.csv
run train --session s --resume
check power_hole same whole s
copy option_dollar
run train "$tiny" --session s --max-steps 1 --set "exp.features=$(cat input)"
check option_dollar_trains done_well
run train s/config.yml --session again --max-steps 1
check option_dollar_is_read_back cmp -s s/config.yml again/config.yml
mkdir data "a\$HOME b"
cp -r "$data" "a\$HOME b"
cp "$tiny" "a\$HOME b/c\$HOME d.yml"
run check "a\$HOME b/c\$HOME d.yml"
check option_dollar_opens done_well

# ---- the process and the terminal
play closed_stdio
check closed_stdio_rows [ "$(awk -F, 'NF != 11' s/steps.csv s/fold-0/steps.csv | wc -l)" -eq 0 ]
check closed_stdio_goes_on shows 's goes on before epoch' '^ *fold best epoch'
check closed_stdio_lock [ ! -s s/lock ]
play dumb_progress
check dumb_progress is 0
play locale_missing
check locale_missing [ "$(cat "$dir/out")" -gt 0 ]
play pipe_head
check pipe_head shows '^error: 600 rows: ' '^status 1\(41\)\{0,1\}$'
check pipe_head_alone lines 2
copy feature_cut_while_training
"$MIUST" train config.yml --session s --set train.epoch=100000 >"$dir/out" 2>&1 &
pid=$!
until [ "$(size s/fold-0/steps.csv)" -gt 2500 ]; do kill -0 $pid 2>/dev/null || break; done
for f in audio/train_splits/*.npy; do : >"$f"; done
wait $pid
status=$?
check feature_cut_status [ $status -eq 1 ]
check feature_cut_while_training shows '/audio/train_splits/.*npy: became shorter .*; the session goes on .*--session s --resume'
copy address_space_limit
if [ "${KIND:-release}" != release ]; then
	echo "skip address_space_limit: a sanitizer reserves terabytes"
else
	(ulimit -v 300000 && exec "$MIUST" train config.yml --session s --set train.epoch=100000) \
		>"$dir/out" 2>&1 &
	pid=$!
	until [ "$(size s/fold-0/steps.csv)" -gt 1000 ]; do kill -0 $pid 2>/dev/null || break; done
	kill -TERM $pid 2>/dev/null
	wait $pid
	status=$?
	check address_space_limit_ends eval '[ $status -eq 143 ] || [ $status -eq 1 ]'
	check address_space_limit_says shows '^miust: stopped by SIGTERM\|^miust: .*address space'
fi

# ---- none is left out
(cd "$cases" && for c in */; do echo "${c%/}"; done) >"$dir/all"
sort "$played" | diff - "$dir/all" >"$dir/out"
check every_case_is_here [ $? -eq 0 ]
