#!/bin/sh
# SPDX-License-Identifier: GPL-3.0-or-later
# README and doc/: pages that are made from tables are what the programs print now, and
# every command in a console block prints what is shown below it.
[ "${KIND:-release}" = release ] || {
	echo "skip doc: figures are those of the release build"
	exit 0
}
MIUST_TUI=$(realpath "${MIUST_TUI:-build/miust-tui}")
. tests/cli/common
MIUST=$(realpath "$MIUST")
export LC_ALL=C.UTF-8 HOME="$dir"
unset NO_COLOR COLUMNS LINES XDG_CONFIG_HOME XDG_DATA_HOME XDG_STATE_HOME

# page FILE COMMAND...: the file is what the command prints.
page() {
	file=$1
	shift
	"$@" >"$dir/made" 2>&1
	diff "$file" "$dir/made" >"$dir/out"
	check "page_$(basename "$file" .md)" [ ! -s "$dir/out" ]
}
page doc/config.md "$MIUST" config --markdown
page doc/keys.md "$MIUST_TUI" --markdown keys
page doc/words.md "$MIUST_TUI" --markdown words

# All pages in one folder, which looks as the project's own does after `make`.
mkdir -p "$dir/build"
ln -s "$MIUST" "$dir/build/miust"
ln -s "$MIUST_TUI" "$dir/build/miust-tui"
cp -r configs doc "$dir"
ln -s "$(realpath tests)" "$dir/tests"
for file in README.md doc/*.md; do
	LC_ALL=C.UTF-8 awk -v dir="$dir" -f tests/cli/doc.awk "$file"
done

# The config of "Your own data", and the example in config.md, train on data that are
# named as they say.
cp -r tests/record/tiny/data "$dir/own"
for file in README.md doc/config.md; do
	page=$(basename "$file" .md)
	awk '/^```yaml/ { p = 1; next } /^```/ { p = 0 } p' "$file" >"$dir/own/$page.yml"
	run train "$dir/own/$page.yml" --session "$dir/own-$page" --max-steps 1 \
		--set model.text_feat_dim=6 --set model.audio_feat_dim=8
	check "own_data_$page" done_well
done
check own_config_is_short [ "$(wc -l <"$dir/own/README.yml")" -le 21 ]

check readme_is_short [ "$(wc -l <README.md)" -le 150 ]
# Links to files go somewhere.
for file in README.md doc/*.md CONTRIBUTING.md ARCHITECTURE.md; do
	grep -o '](\([^)#]*\)' "$file" | cut -c3- | grep -v '^https\?:' | while read -r to; do
		[ -e "$(dirname "$file")/$to" ] || echo "$file: $to"
	done
done >"$dir/out"
check links [ ! -s "$dir/out" ]
