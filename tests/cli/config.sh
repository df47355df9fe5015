#!/bin/sh
# SPDX-License-Identifier: GPL-3.0-or-later
# miust config: the table of settings, and what every command line has in common.
MIUST=${MIUST:-build/miust}
dir=$(mktemp -d) || exit 1
trap 'rm -rf "$dir"' EXIT

# check NAME CONDITION...: one line a test.
check() {
	name=$1
	shift
	if "$@"; then echo "ok $name"; else
		echo "not ok $name"
		sed 's/^/# /' "$dir/out" "$dir/err"
	fi
}
# run ARGUMENT...: leaves $status, $dir/out, $dir/err.
run() {
	"$MIUST" "$@" >"$dir/out" 2>"$dir/err"
	status=$?
}
# says STATUS SENTENCE: the last run failed so, with that line alone.
says() { [ "$status" -eq "$1" ] && [ ! -s "$dir/out" ] && [ "$(cat "$dir/err")" = "$2" ]; }
# prints PATTERN: the last run succeeded and a line of its results matches.
prints() { [ "$status" -eq 0 ] && [ ! -s "$dir/err" ] && grep -q "$1" "$dir/out"; }
fits() { [ "$(awk 'length > 80' "$dir/out" | wc -l)" -eq 0 ]; }
rows() { [ "$(grep -c "^$1" "$dir/out")" -eq "$2" ]; }

run config
check config_lists_live_settings prints '^train.loss.cmd_text  *number, 0 to 100  *0.30  *next step$'
check config_says_what_it_is prints '^    Weight of D(Att1, Att22)'
check config_fits_80_columns fits
check config_lists_all_groups rows '\(exp\|train\|model\|store\)\.' "$(grep -c '^| `[a-z]*\.' doc/config.md)"
run config train.optimizer.lr
check config_key_in_full prints '^    takes         number above 0, at most 100$'
check config_key_default prints '^    default       5e-4$'
check config_key_when prints '^    takes effect  at the next step$'
run config train.loss
check config_prefix rows 'train\.loss\.' 7
run config train.pat
check config_prefix_of_one prints '^train.patience$'
run config cmd
check config_part rows 'train\.loss\.cmd_' 2
run config ATTENTION
check config_part_of_any_case rows 'model\.[a-z_]*attention' 2
run config clip
check config_part_of_one prints '^train.clip$'
run config loss.main
check config_part_with_a_dot prints '^train.loss.main$'
run config train.optimiser.lr
check config_unknown says 1 \
	'miust: unknown key train.optimiser.lr; did you mean train.optimizer.lr?'
run config weather
check config_unknown_far says 1 'miust: unknown key weather; `miust config` lists all'

run
check no_command says 2 'miust: no command given (see miust --help)'
run confg
check unknown_command says 2 'miust: unknown command confg; did you mean config?'
run config --hlep
check unknown_option says 2 \
	'miust: config: unknown option --hlep; did you mean --help? (see miust config --help)'
run config a b
check too_many says 2 "miust: config: unexpected argument 'b' (see miust config --help)"
run --help
check help prints '^  config  *Every setting'
run config --help
check command_help prints '^usage: miust config \[KEY\] '
run --version
check version prints '^miust [0-9]'
run config --version
check command_version prints '^miust [0-9]'

if [ -c /dev/full ]; then
	: >"$dir/out"
	"$MIUST" config >/dev/full 2>"$dir/err"
	status=$?
	check disk_full says 1 \
		'miust: standard output: cannot write: No space left on device'
fi
