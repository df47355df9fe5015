#!/bin/sh
# SPDX-License-Identifier: GPL-3.0-or-later
# An allocation that fails, at PLACES places (500 take a minute of processor time)
# spread over a short run: the program ends with a sentence and status 1, or the
# allocation did not matter; nothing stored is damaged, and --resume goes on to the
# bytes of an undisturbed run.
. tests/cli/common
shim=${SHIM:-build/release/tests/shim/malloc.so}
places=${PLACES:-100}
if [ "${KIND:-release}" != release ] || [ ! -e "$shim" ]; then
	echo "skip malloc: sanitizers have an allocation of their own"
	exit 0
fi
shim=$(realpath "$shim")

train="train $tiny --threads 1 --set train.epoch=2"

LD_PRELOAD=$shim MALLOC_COUNT="$dir/count" "$MIUST" $train --session "$dir/want" \
	>"$dir/out" 2>"$dir/err"
status=$?
check undisturbed done_well
n=$(cat "$dir/count")

# whole SESSION: the bytes of the undisturbed run. These files name seconds and machine. Of the
# stored states some may lack, if the run has said that it goes on without.
whole() {
	lacking='^$'
	if grep -q '/states/.*: out of memory; training goes on$' "$dir/err"; then
		lacking="^Only in $dir/want/fold-0/states: "
	fi
	diff -r -x epochs.csv -x results.json -x result.json -x lock "$dir/want" "$1" >"$dir/out" 2>&1
	! grep -qv "$lacking" "$dir/out" &&
		cut -d, -f1-8 "$1/epochs.csv" | cmp -s - "$dir/epochs" &&
		grep -v '"machine":' "$1/results.json" | cmp -s - "$dir/results"
}
cut -d, -f1-8 "$dir/want/epochs.csv" >"$dir/epochs"
grep -v '"machine":' "$dir/want/results.json" >"$dir/results"

failed=0 # runs that did not end as they should
said=0   # runs that ended with a sentence
i=0
while [ $i -lt "$places" ]; do
	at=$((1 + i * n / places))
	i=$((i + 1))
	s=$dir/$at
	LD_PRELOAD=$shim MALLOC_FAIL=$at "$MIUST" $train --session "$s" >"$dir/out" 2>"$dir/err"
	status=$?
	case $status in
	0) ;;
	1)
		said=$((said + 1))
		if [ "$(grep -c 'memory' "$dir/err")" -ne 1 ]; then
			echo "# allocation $at of $n: $(cat "$dir/err")"
			failed=$((failed + 1))
		fi
		"$MIUST" $train --session "$s" --resume >"$dir/out" 2>"$dir/err"
		;;
	*)
		echo "# allocation $at of $n: status $status, $(cat "$dir/err")"
		failed=$((failed + 1))
		;;
	esac
	if ! whole "$s"; then
		echo "# allocation $at of $n: status $status, then $(cat "$dir/err" "$dir/out")"
		failed=$((failed + 1))
	fi
	rm -rf "$s"
done
check "sentences_at_$places places of $n" [ $failed -eq 0 ]
check some_matter [ $said -gt $((places / 2)) ]

# The first ones are those with which a process sets itself up.
failed=0
for at in $(seq 20); do
	LD_PRELOAD=$shim MALLOC_FAIL=$at "$MIUST" config >"$dir/out" 2>"$dir/err"
	status=$?
	[ $status -eq 0 ] || { [ $status -eq 1 ] && [ "$(grep -c memory "$dir/err")" -eq 1 ]; } || {
		echo "# allocation $at: status $status, $(cat "$dir/err")"
		failed=$((failed + 1))
	}
done
check sentences_at_the_first_places [ $failed -eq 0 ]
