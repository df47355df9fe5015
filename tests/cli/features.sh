#!/bin/sh
# SPDX-License-Identifier: GPL-3.0-or-later
# exp.features: words that are kept, and change nothing else.
. tests/cli/common

words='emotion2vec base, layer 11; BERT, mean of pieces: "#1"'
run train "$tiny" --session "$dir/plain"
run train "$tiny" --session "$dir/said" --set "exp.features=$words"
check said_trains done_well
check config_keeps_the_words grep -q "^  features: .*emotion2vec base, layer 11; BERT, mean of pieces: \"#1\"" "$dir/said/config.yml"
grep -v '^  features:' "$dir/said/config.yml" >"$dir/without"
check nothing_else_in_the_config cmp -s "$dir/without" "$dir/plain/config.yml"
bare() {
	rm -rf "$dir/bare.$1"
	cp -r "$dir/$1" "$dir/bare.$1"
	rm "$dir/bare.$1/config.yml"
}
bare plain
bare said
check nothing_else_in_the_session same "$dir/bare.plain" "$dir/bare.said"
run train "$tiny" --session "$dir/two" --set 'exp.features=WavLM, layer 9'
run compare "$dir/said" "$dir/two"
check compare_names_both eval 'grep -q "1 and 2 were trained on different features" "$dir/out" &&
	grep -q "^    2: WavLM, layer 9$" "$dir/out"'

# Words may be put right later; a CONFIG without any takes none back.
run train "$tiny" --session "$dir/late" --max-steps 3
run train --session "$dir/late" --resume --set "exp.features=$words"
check said_late same "$dir/said" "$dir/late"
run train "$tiny" --session "$dir/kept" --set "exp.features=$words" --max-steps 3
run train "$tiny" --session "$dir/kept" --resume
check kept_by_a_silent_config same "$dir/said" "$dir/kept"
run train "$tiny" --session "$dir/kept" --resume --set train.epoch=9
check other_settings_stay says 1 'train.epoch'
run train "$tiny" --session "$dir/long" --set "exp.features=$(printf '%300s' x)"
check too_long says 2 'exp.features: expected text of at most 255 bytes; found 300'
run train "$tiny" --session "$dir/lines" --set "exp.features=a
b"
check one_line says 2 'exp.features: expected one line of text'
check refused_leave_nothing eval '[ ! -e "$dir/long" ] && [ ! -e "$dir/lines" ]'
