#!/bin/sh
# SPDX-License-Identifier: GPL-3.0-or-later
# What measuring the layers' health costs: `make bench-health`. An IEMOCAP-shaped corpus (SIZE
# utterances, 340), the published model of 5.9 million weights and its batch of 128, under both
# paddings; PAIRS steps (5) of a whole batch, each with its measurement.
# Needs SPEED and HEALTH, the programs.
dir=$(mktemp -d) || exit 1
trap 'rm -rf "$dir"' EXIT
"$SPEED" write "$dir/corpus" "${SIZE:-340}" || exit 1
for padding in masked reference; do
	printf '%-10s ' "$padding"
	"$HEALTH" "$dir/corpus/bench.yml" "$dir/$padding" "${PAIRS:-5}" train.batch_size=128 \
		train.padding=$padding || exit 1
done
