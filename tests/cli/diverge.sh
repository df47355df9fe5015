#!/bin/sh
# SPDX-License-Identifier: GPL-3.0-or-later
# A run whose loss is no number any more stops, says where, and keeps what was good.
. tests/cli/common
s=$dir/s
run train "$tiny" --session "$s" --max-steps 6
check started done_well
# Rates are limited and the states bounded, so no setting overflows float32 in a
# moment: a bias of the stored state becomes infinite instead.
state=$s/fold-0/state.safetensors
header=$(od -An -N8 -tu8 "$state" | tr -d ' ')
at=$(head -c $((header + 8)) "$state" | tail -c "$header" | tr '{' '\n' | tr -d ' ' |
	sed -n '/"weights\/c_fc.bias":$/{n;s/.*"data_offsets":\[\([0-9]*\),.*/\1/p;}')
printf '\000\000\200\177' |
	dd of="$state" bs=1 seek=$((8 + header + at)) conv=notrunc 2>/dev/null
run train --session "$s" --resume
check diverges_with_3 says 3 'fold 0, epoch [0-9]*, step [0-9]*: [a-z_ ]* is -\{0,1\}\(nan\|inf\); the weights'
check says_what_to_try grep -q 'try a smaller train.optimizer.lr' "$dir/err"
step=$(sed -n 's/.*, step \([0-9]*\): .*/\1/p' "$dir/err")
last_row() { [ "$(tail -n 1 "$s/steps.csv" | cut -d, -f3)" = "$step" ]; }
check last_row_is_that_step last_row
for w in best last; do
	run eval "$s/config.yml" --weights "$s/fold-0/$w.safetensors"
	check "${w}_still_loads" done_well
done
record "$s" >"$dir/before"
run train --session "$s" --resume
check resume_diverges_again [ "$status" -eq 3 ]
check resume_says_the_same_step grep -q "step $step: " "$dir/err"
record "$s" >"$dir/after"
check resume_leaves_the_same cmp -s "$dir/before" "$dir/after"
run train "$tiny" --session "$dir/sane"
check another_session_is_well done_well
