#!/bin/sh
# SPDX-License-Identifier: GPL-3.0-or-later
# The scripts of doc/cluster.md, as they are there, with a stand-in for Slurm: what sbatch and
# scontrol do with a job's options, signals and exit status.
MIUST=$(realpath "${MIUST:-build/miust}")
. tests/cli/common
MIUST=$(realpath "$MIUST")
page=$(realpath doc/cluster.md)
mkdir "$dir/bin" "$dir/jobs"
ln -s "$MIUST" "$dir/bin/miust"
five_sessions "$dir/data"
# Epochs of a run, and those at which signals come.
epochs=150 first=3 second=5 third=10 fourth=20 last=60
[ "${KIND:-release}" = release ] || epochs=20 second=4 third=5 fourth=6 last=7 # it is slow
sed -e "s/epoch: 2/epoch: $epochs/" -e 's,: audio$,: data/audio,' -e 's,: text$,: data/text,' \
	-e 's,: csv$,: data/csv,' "$dir/data/config.yml" >"$dir/emotion.yml"

# script NAME: the block of the page after "**NAME**:".
script() {
	awk -v name="**$1**:" 'index($0, name) { found = 1 } found && /^```$/ { exit }
		p { print } found && /^```sh$/ { p = 1 }' "$page" >"$dir/$1"
	[ -s "$dir/$1" ]
}
for name in fold.sbatch collect.sbatch submit.sh all.sbatch; do check "page_has_$name" script $name; done

# sbatch [--parsable] [--dependency=afterok:ID] SCRIPT: each task of its array is a process of
# its own, which runs the script; again, if it was requeued.
cat >"$dir/bin/sbatch" <<'END'
#!/bin/sh
after='' parsable=
for word; do
	case $word in
	--dependency=afterok:*) after=${word##*:} ;;
	--parsable) parsable=1 ;;
	*) script=$word ;;
	esac
done
option() { sed -n "s/^#SBATCH --$1=//p" "$script"; }
[ -z "$(grep '^#SBATCH' "$script" | grep -v -e '--array=1-5$' -e '--cpus-per-task=[0-9]*$' \
	-e '--time=[0-9:]*$' -e '--signal=B:USR1@120$' -e '--requeue$' -e '--open-mode=append$' \
	-e '--output=[a-z%.-]*$')" ] || exit 1
id=$(ls jobs | wc -l)
mkdir "jobs/$id"
tasks=0
[ -z "$(option array)" ] || tasks='1 2 3 4 5'
for task in $tasks; do
	(
		job=$id$task
		[ "$task" -ne 5 ] || job=$id # the last task has the number of the array
		export SLURM_JOB_ID="$job" SLURM_ARRAY_JOB_ID="$id" SLURM_ARRAY_TASK_ID="$task" \
			SLURM_CPUS_PER_TASK="$(option cpus-per-task)"
		log=$(option output | sed "s/%a/$task/")
		if [ "$after" ]; then # all of its tasks have ended well
			until [ "$(cat "jobs/$after"/ended.* 2>/dev/null | wc -l)" -eq 5 ]; do :; done
			[ -z "$(grep -v '^0$' "jobs/$after"/ended.*)" ] || {
				echo never >"jobs/$id/ended.$task"
				exit
			}
		fi
		while :; do
			[ "$(option open-mode)" = append ] || : >"$log"
			sh -c 'echo $$ >"$1.new" && mv "$1.new" "$1" && exec sh "$2"' sh \
				"jobs/$id/pid.$task" "$script" >>"$log" 2>&1
			status=$?
			rm "jobs/$id/pid.$task"
			[ -e "jobs/requeue.${id}_$task" ] && grep -q '^#SBATCH --requeue$' "$script" ||
				break
			rm "jobs/requeue.${id}_$task"
			echo "$status" >>"jobs/$id/requeued.$task"
		done
		echo $status >"jobs/$id/ended.$task"
	) >/dev/null 2>&1 &
done
[ -z "$parsable" ] || echo "$id"
END
cat >"$dir/bin/scontrol" <<'END'
#!/bin/sh
[ "$1" = requeue ] || exit 1
case $2 in
*_*) : >"jobs/requeue.$2" ;;
*) for task in 1 2 3 4 5; do : >"jobs/requeue.${2}_$task"; done ;; # all of the array
esac
END
chmod +x "$dir/bin/sbatch" "$dir/bin/scontrol"
PATH=$dir/bin:$PATH
cd "$dir" || exit 1

lines() { if [ -f "$1" ]; then wc -l <"$1"; else echo 0; fi; }
# signal NAME JOB TASK FILE LINES: to the batch shell, when the file has so many lines; 1 if
# the task had ended before.
signal() {
	while [ ! -s "jobs/$2/pid.$3" ] || [ "$(lines "$4")" -lt "$5" ]; do
		[ ! -e "jobs/$2/ended.$3" ] || return 1
	done
	kill "-$1" "$(cat "jobs/$2/pid.$3")"
}
ended() { until [ -s "$1" ]; do :; done; }

"$MIUST" train emotion.yml --session whole >whole.txt 2>err
status=$?
check undisturbed done_well
done_well || exit 1

# Time is up for three of the tasks, for one of them twice.
sh submit.sh
check submitted [ -d jobs/0 ]
fold=sessions/emotion/fold
signal USR1 0 2 $fold-2/epochs.csv $second && signal USR1 0 4 $fold-4/epochs.csv $fourth &&
	signal USR1 0 5 $fold-5/epochs.csv $first && until [ -s jobs/0/requeued.5 ]; do :; done &&
	signal USR1 0 5 $fold-5/epochs.csv $last
status=$?
check times_up done_well
ended jobs/1/ended.0
check collected [ "$(cat jobs/1/ended.0)" = 0 ]
check all_tasks_ended_well [ "$(cat jobs/0/ended.*)" = "$(printf '0\n0\n0\n0\n0')" ]
check requeued [ "$(cat jobs/0/requeued.2 jobs/0/requeued.4 jobs/0/requeued.5)" = \
	"$(printf '138\n138\n138\n138')" ]
check log_is_kept grep -q 'stopped by SIGUSR1 before epoch' fold-2.log
check log_goes_on grep -q 'goes on before epoch' fold-2.log
check same_bytes same whole sessions/emotion
check same_figures cmp -s whole.txt emotion.txt

# At preemption TERM goes to all processes of a task; the shell waits for the checkpoint.
sed -i 's|sessions/emotion|sessions/preempted|' fold.sbatch
sbatch fold.sbatch
while [ "$(lines sessions/preempted/fold-3/epochs.csv)" -lt $second ]; do :; done
shell=$(cat jobs/2/pid.3)
kill -TERM "$shell" $(cut -d' ' -f2 sessions/preempted/fold-3/lock)
ended jobs/2/ended.3
check preempted_status [ "$(cat jobs/2/ended.3)" -eq 143 ]
check preempted_checkpoint grep -q 'stopped by SIGTERM before epoch' fold-3.log
for task in 1 2 4 5; do ended jobs/2/ended.$task; done
"$MIUST" collect sessions/preempted >out 2>err
check preempted_is_missing grep -q '1 of 5 folds is missing: fold 3 (stopped after' err

# exec: the signal reaches miust itself, and submitting again goes on.
sbatch all.sbatch
signal USR1 3 0 sessions/all/fold-2/epochs.csv $third
ended jobs/3/ended.0
check exec_status [ "$(cat jobs/3/ended.0)" -eq 138 ]
sbatch all.sbatch
ended jobs/4/ended.0
check exec_again [ "$(cat jobs/4/ended.0)" -eq 0 ]
check exec_same_bytes same whole sessions/all
