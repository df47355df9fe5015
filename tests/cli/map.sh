#!/bin/sh
# SPDX-License-Identifier: GPL-3.0-or-later
# exp.map: a run with it is the run on lists edited by hand, to the byte.
. tests/cli/common

# The tiny corpus, in which glad is called exc in every second row, and each list has a
# row of fru, without features.
r=$dir/raw
cp -r tests/record/tiny "$r"
for l in train dev test; do
	awk '/,glad\r?$/ && n++ % 2 { sub(/,glad/, ",exc") }
	     { print }
	     NR == 1 { print "x,x/absent/dia9_utt9.wav,never said,fru\r" }' \
		"tests/record/tiny/data/$l.csv" >"$r/data/$l.csv"
done
grep -q ',exc' "$r/data/train.csv" || echo "not ok the_raw_lists_have_exc"
config=$r/config.yml
map='exp.map=exc=glad,fru=drop'
sed 's/^  labels:.*/&\n  map: {exc: glad, fru: drop}/' "$config" >"$r/mapped.yml"

run check "$config"
check unmapped_is_refused eval '[ "$status" -eq 1 ] && grep -q "unknown label \"exc\"" "$dir/out"'
check the_way_out_is_said grep -q 'exp.map can read it as one of them, or drop its rows' "$dir/out"
run check "$r/mapped.yml"
check mapped_is_fine eval '[ "$status" -eq 0 ] && grep -q "^0 errors" "$dir/out"'
check counts_before grep -q '^fru  *1  *1  *1  *3  dropped$' "$dir/out"
check counts_after eval '[ "$(sed -n "/^class/,\$p" "$dir/out" | grep -c "exc\|fru")" -eq 0 ]'

# The config's copy has the map, and nothing else in the session knows of it.
run train "$tiny" --session "$dir/edited"
run train "$r/mapped.yml" --session "$dir/whole"
check mapped_trains done_well
[ "$status" -eq 0 ] || exit 1
check config_keeps_it grep -q '^  map: {exc: glad, fru: drop}$' "$dir/whole/config.yml"
check data_has_rows_as_used cmp -s "$dir/edited/data.csv" "$dir/whole/data.csv"
check no_row_was_left_out eval '! grep -q left_out "$dir/whole/config.yml"'
bare() { # SESSION: without what may differ
	rm -rf "$dir/bare.$1"
	cp -r "$dir/$1" "$dir/bare.$1"
	rm "$dir/bare.$1/config.yml"
}
bare edited
bare whole
check as_edited_to_the_byte same "$dir/bare.edited" "$dir/bare.whole"
run train "$config" --session "$dir/set" --set "$map"
check by_set_too same "$dir/whole" "$dir/set"
run train "$config" --session "$dir/other" --set 'exp.map= fru = drop , exc = glad'
bare other
check in_any_order same "$dir/bare.edited" "$dir/bare.other"

# Resume, also with CONFIG's map in another order; replay.
for n in 1 6; do
	run train "$r/mapped.yml" --session "$dir/cut$n" --max-steps $n
	run train --session "$dir/cut$n" --resume
	check "resume_after_$n" same "$dir/whole" "$dir/cut$n"
done
run train "$r/mapped.yml" --session "$dir/turned" --max-steps 3
run train "$config" --set exp.map=fru=drop,exc=glad --session "$dir/turned" --resume
check resume_with_the_map_turned same "$dir/whole" "$dir/turned"
run train "$r/mapped.yml" --session "$dir/cut" --max-steps 3
run train "$config" --set exp.map=fru=drop,exc=calm --session "$dir/cut" --resume
check resume_with_another_map says 1 'exp.map'
printf 'at 0 1 3 set train.optimizer.lr 0.02\nat 0 2 6 set train.clip 0.1\n' >"$dir/log"
run train "$r/mapped.yml" --session "$dir/replayed" --replay "$dir/log"
run train "$tiny" --session "$dir/replayed.edited" --replay "$dir/log"
bare replayed
bare replayed.edited
check replay_as_edited same "$dir/bare.replayed" "$dir/bare.replayed.edited"
run train "$r/mapped.yml" --session "$dir/again" --replay "$dir/replayed/commands.log"
check replay_of_the_log same "$dir/replayed" "$dir/again"

# eval and predict.
best=$dir/whole/fold-0/best.safetensors
run predict "$dir/whole" --weights "$best"
check predict_is_the_session cmp -s "$dir/out" "$dir/whole/fold-0/predictions.csv"
run eval "$dir/edited" --weights "$best"
cp "$dir/out" "$dir/figures"
run eval "$r/mapped.yml" --weights "$best"
check eval_is_the_same cmp -s "$dir/out" "$dir/figures"
check eval_says_nothing [ ! -s "$dir/err" ]

# A map that cannot be: no session is left.
refused() { [ "$status" -ne 0 ] && grep -q "$1" "$dir/err" && [ ! -e "$dir/bad" ]; }
bad() { # NAME MAP PATTERN
	run train "$config" --session "$dir/bad" --set "exp.map=$2"
	check "$1" refused "$3"
}
bad no_such_class 'exc=gladd' 'exc: expected drop or one of calm, glad, cross (exp.labels); found .gladd.; did you mean glad?'
bad a_chain 'fru=exc,exc=glad' 'a label is mapped once: give fru=glad'
bad twice 'exc=glad,exc=calm' "'exc' appears twice"
bad no_target 'exc' 'expected pairs of labels, as in exc=hap,fru=drop'
bad half_a_map 'fru=drop' 'unknown label "exc"'
bad all_dropped 'exc=drop,fru=drop,calm=drop,glad=drop,cross=drop' 'exp.map drops all of its'
bad an_empty_map '' 'unknown label'

# Rows that are left out stay so beside those that the map drops, which are none of them.
rm -rf "$dir/broken"
cp -r "$r" "$dir/broken"
rm "$dir/broken/data/audio/train/dia1_utt1.npy"
run train "$dir/broken/mapped.yml" --session "$dir/left" --skip-bad
check one_row_is_left_out eval 'done_well && grep -q "^miust: 1 row left out (listed above)" "$dir/err"'
check one_row_is_stored [ "$(grep -c '^- {list:' "$dir/left/config.yml")" -eq 1 ]
run train "$dir/broken/mapped.yml" --session "$dir/left.cut" --skip-bad --max-steps 3
run train --session "$dir/left.cut" --resume
check resume_with_both same "$dir/left" "$dir/left.cut"

# IEMOCAP's layout: a session of dropped rows alone is no session.
five_sessions "$dir/five"
sed -i 's/,calm/,xxx/' "$dir"/five/csv/Session*.csv
run train "$dir/five/config.yml" --session "$dir/f" --set exp.map=xxx=calm --fold 1
check folds_train done_well
check folds_have_it eval 'grep -q "^Session1,.*,calm," "$dir/f/data.csv" && ! grep -q xxx "$dir/f/data.csv"'
sed -i '2,$s/,[a-z]*$/,fru/' "$dir/five/csv/Session3.csv"
run train "$dir/five/config.yml" --session "$dir/f3" --set exp.map=xxx=calm,fru=drop
check a_dropped_session says 1 'Session3.csv: exp.map drops all of its [0-9]* rows; a list needs some'
