#!/bin/sh
# SPDX-License-Identifier: GPL-3.0-or-later
# The array of doc/cluster.md on a Slurm of one node, made here and gone with the test: two tasks,
# one of which is requeued when its time is up, then what collects. tests/cli/slurm.sh has the same
# page with a stand-in, and more of it. As root, where Slurm and Munge are installed.
for program in slurmctld slurmd munged sbatch scancel scontrol squeue; do
	command -v $program >/dev/null || {
		echo "skip slurm_node: no $program (Debian: slurm-wlm, munge)"
		exit 0
	}
done
[ "$(id -u)" -eq 0 ] || {
	echo "skip slurm_node: only root may start slurmd"
	exit 0
}
. tests/cli/common
MIUST=$(realpath "$MIUST")
page=$(realpath doc/cluster.md)
mkdir "$dir/bin" "$dir/state" "$dir/spool" "$dir/munge"
ln -s "$MIUST" "$dir/bin/miust"
PATH=$dir/bin:$PATH
iemocap "$dir/data" 2
epochs=2000 begun=5
[ "${KIND:-release}" = release ] || epochs=100 # it is slow
sed -e "s/epoch: 2/epoch: $epochs/" -e 's,: audio$,: data/audio,' -e 's,: text$,: data/text,' \
	-e 's,: csv$,: data/csv,' "$dir/data/config.yml" >"$dir/emotion.yml"
for name in fold.sbatch collect.sbatch submit.sh; do
	awk -v name="**$name**:" 'index($0, name) { found = 1 } found && /^```$/ { exit }
		p { print } found && /^```sh$/ { p = 1 }' "$page" >"$dir/$name"
done
sed -i -e 's/--array=1-5/--array=1-2/' -e 's/--cpus-per-task=4/--cpus-per-task=1/' "$dir/fold.sbatch"
cd "$dir" || exit 1

# ---- Munge and Slurm, with all of theirs in $dir
end() {
	pids=$(cat slurmd.pid slurmctld.pid munged.pid 2>/dev/null)
	kill $pids 2>/dev/null
	for pid in $pids; do while kill -0 "$pid" 2>/dev/null; do :; done; done
	rm -rf "$dir"
}
trap end EXIT
chmod 755 "$dir"
head -c 1024 /dev/urandom >munge.key
chmod 400 munge.key
munged --force --key-file=munge.key --socket="$dir/munge/socket" --pid-file="$dir/munged.pid" \
	--log-file="$dir/munged.log" --seed-file="$dir/munge.seed" >err 2>&1
status=$?
check munge_runs done_well
port=$((20000 + $$ % 20000))
cat >slurm.conf <<END
ClusterName=test
SlurmctldHost=$(hostname -s)(127.0.0.1)
SlurmctldPort=$port
SlurmdPort=$((port + 1))
AuthType=auth/munge
AuthInfo=socket=$dir/munge/socket,cred_expire=5
SlurmUser=root
SlurmdUser=root
StateSaveLocation=$dir/state
SlurmdSpoolDir=$dir/spool
SlurmctldPidFile=$dir/slurmctld.pid
SlurmdPidFile=$dir/slurmd.pid
SlurmctldLogFile=$dir/slurmctld.log
SlurmdLogFile=$dir/slurmd.log
ProctrackType=proctrack/linuxproc
TaskPlugin=task/none
SelectType=select/cons_tres
SelectTypeParameters=CR_Core
SlurmdParameters=config_overrides
JobAcctGatherType=jobacct_gather/none
ReturnToService=2
SchedulerParameters=sched_interval=1,bf_interval=1
MpiDefault=none
NodeName=node NodeHostname=$(hostname -s) NodeAddr=127.0.0.1 CPUs=2 State=UNKNOWN
PartitionName=all Nodes=node Default=YES State=UP
END
SLURM_CONF=$dir/slurm.conf
export SLURM_CONF
slurmctld >>err 2>&1 && slurmd -N node >>err 2>&1
status=$?
check slurm_runs done_well
done_well || exit 1

# ---- the page
"$MIUST" train emotion.yml --session sessions/whole >whole.txt 2>err
status=$?
check undisturbed done_well
sed -i 's/sbatch --dep/sbatch --wait --dep/' submit.sh # until what collects has ended
sh submit.sh >out 2>err &
waits=$!
rows() { if [ -f "$1" ]; then wc -l <"$1"; else echo 0; fi; }
while [ "$(rows sessions/emotion/fold-2/epochs.csv)" -lt $begun ]; do
	kill -0 $waits 2>/dev/null || break
done
job=$(squeue -h -r -n fold.sbatch -o %F | head -n 1)
scancel --batch --signal=USR1 "${job}_2" # as --signal=B:USR1@120 does
wait $waits
status=$?
check collected done_well
check it_was_requeued grep -q 'stopped by SIGUSR1 before epoch' fold-2.log
check it_went_on grep -q 'goes on before epoch' fold-2.log
check the_other_was_not eval '! grep -q "stopped by" fold-1.log'
check same_bytes same sessions/whole sessions/emotion
check same_figures cmp -s whole.txt emotion.txt
