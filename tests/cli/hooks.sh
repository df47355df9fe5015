#!/bin/sh
# SPDX-License-Identifier: GPL-3.0-or-later
# Hooks of `miust train`: each event once, with its figures; no shell; what goes wrong with a
# hook is one sentence and stops nothing.
. tests/cli/common
MIUST=$(realpath "$MIUST")
MIUST_TUI=$(realpath "${MIUST_TUI:-build/miust-tui}")

# What it was told, a line each: its arguments, then the variables it is given.
cat >"$dir/record" <<END
#!/bin/sh
echo "\$*" \$(env | grep ^MIUST_ | grep -v -e ^MIUST_SESSION= -e ^MIUST_TEXT= -e ^MIUST_TUI= | sort) >>"$dir/told"
END
chmod +x "$dir/record"
told() { grep -c -e "$1" "$dir/told"; }
is() { [ "$1" = "$2" ] || { echo "# $1, expected $2" && false; }; }

five_sessions "$dir/data"
c=$dir/data/config.yml
: >"$dir/told"
run train "$c" --session "$dir/s" --set train.epoch=3 --on "best run $dir/record b" \
	--on "fold run '$dir/record' f" --on "end run $dir/record e" --on 'end bell'
check trains done_well
check nothing_to_say_of_hooks test "$(grep -c hook "$dir/err")" -eq 0
check one_fold_each is "$(told '^f ')" 5
for fold in 1 2 3 4 5; do
	check "fold_${fold}_once" is "$(told "^f .*MIUST_FOLD=$fold ")" 1
done
check one_end is "$(told '^e ')" 1
check the_end_has_the_mean is "$(sed -n 's/^e .*MIUST_WF1=//p' "$dir/told")" \
	"$(sed -n '/"mean"/,/}/s/.*"test_wf1": \([^,]*\).*/\1/p' "$dir/s/results.json" | tr -d ' ')"
check the_end_is_finished is "$(told '^e .*MIUST_STATE=finished')" 1
# As epochs.csv has it: those with a higher WA, or the same and a higher UA, than all before.
bests=$(awk -F, 'NR > 1 { if ($1 != f) { f = $1; wa = ua = -1 }
	if ($6 > wa || $6 == wa && $7 > ua) { wa = $6; ua = $7; n++ } } END { print n }' \
	"$dir/s/epochs.csv")
check each_best_once is "$(told '^b ')" "$bests"
check no_best_twice is "$(grep '^b ' "$dir/told" | sort | uniq -d | wc -l)" 0

# ---- going on
: >"$dir/told"
run train --session "$dir/s" --resume --on "end run $dir/record e"
check a_finished_run_does_not_end_again is "$(told .)" 0
run train "$c" --session "$dir/t" --max-steps 3 --on "end run $dir/record e"
check a_stop_is_an_end is "$(told '^e .*MIUST_EPOCH=.* MIUST_FOLD=1 .*MIUST_STATE=stopped')" 1
run train --session "$dir/t" --resume --on "end run $dir/record e"
check going_on_ends_once is "$(told '^e .*MIUST_STATE=finished')" 1
check ends_are_two is "$(told .)" 2

# ---- no shell
cd "$dir" || exit 1
: >told
run train "$c" --session u --fold 1 --on "end run $dir/record '\$(touch x)' \`touch y\` '; touch z' \$HOME *"
check arguments_are_text grep -qF '$(touch x) `touch y` ; touch z $HOME * MIUST_' told
check nothing_was_run test ! -e x -a ! -e y -a ! -e z

# ---- the workbench, from a script and from miustrc's like
: >told
printf '%s\n' "on fold run $dir/record f" 'on end run no-such-program' 'break when step = 2' run \
	'break off' run >script
"$MIUST_TUI" "$c" --script script --on "end run $dir/record e" --on "break run $dir/record k" \
	>out 2>err
status=$?
check a_script_goes_on_beside_a_failing_hook done_well
check it_says_so_once is "$(grep -c 'miust: hook of end: no-such-program: cannot start' err)" 1
check each_fold_of_the_screen_once is "$(told '^f ')" 5
check one_break is "$(told '^k .*MIUST_STEP=2$')" 1
check one_end_of_the_screen is "$(told '^e ')" 1
: >told
"$MIUST_TUI" sessions/* --script /dev/null --on "end run $dir/record e" >out 2>err
check opening_a_finished_run_is_no_end is "$(told .)" 0

# ---- what goes wrong
run train "$c" --session v1 --fold 1 --on 'end run no-such-program' --on 'fold run sh -c "exit 3"'
check trains_all_the_same done_well
check a_missing_program_is_said grep -q 'hook of end: no-such-program: cannot start: No such' err
check a_failure_is_said grep -q 'hook of fold: sh ended with status 3' err
run train "$c" --session v2 --fold 1 --on 'best run sleep 1000' --on 'time 0.05'
check trains_beside_a_hanging_hook done_well
check a_hanging_hook_is_said grep -q 'hook of best: sleep took longer than 0.05 s and was ended' err
run train "$c" --session v3 --fold 1 --on 'end run yes' --on 'time 0.05'
check a_flood_is_ended grep -q 'hook of end: yes took longer than 0.05 s and was ended' err
check and_does_not_reach_us is "$(grep -c '^y$' out err)" 'out:0
err:0'
run train "$c" --session v4 --fold 1
for s in v1 v2 v3; do
	check "${s}_has_the_same_bytes" same v4 $s
done
run train "$c" --session w --on 'nend run x'
check a_mistake_is_one_of_usage says 2 '^miust: --on: there is no event nend; did you mean end?'
check and_leaves_no_session test ! -e w
# A terminal that is closed sends HUP twice: what the hook of the end has to say is not lost.
mkfifo begun go
"$MIUST" train "$c" --session y --fold 1 --set train.epoch=1000000 \
	--on 'end run sh -c "echo >begun; read x <go; exit 3"' >out 2>err &
trainer=$!
# Its header and a step: one that has not trained yet has no end to tell.
until [ "$(cat y/fold-1/steps.csv 2>/dev/null | wc -l)" -gt 1 ] || ! kill -0 $trainer; do :; done
kill -HUP $trainer
read -r _ <begun
until grep -q 'waiting for the hook of end' err || ! kill -0 $trainer; do :; done
kill -HUP $trainer
echo >go
wait $trainer
status=$?
check a_second_hup_status [ $status -eq 129 ]
check a_second_hup_loses_nothing grep -q 'hook of end: sh ended with status 3' err
# Ours are for nobody else. ls has its own, and the file it writes to.
run train "$c" --session x1 --fold 1 --on "end run sh -c 'ls -l /proc/self/fd >fds'"
check no_descriptor_of_ours is "$(grep -e "$dir" fds | grep -vc "/fds$")" 0
check standard_input_is_empty grep -q ' 0 -> /dev/null' fds
