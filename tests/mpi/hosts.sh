#!/usr/bin/env bash
# Four hosts on one machine: network namespaces, joined by veth to a bridge, one rank
# in each over TCP. Rates (and delays, where the kernel has netem) are set, and the
# time of a step must be what stair-mpi(7) says, within 20 %. A host that is cut off
# ends the others.
# shellcheck source=tests/lib.sh
. "$TOP/tests/lib.sh"
# shellcheck source=tests/mpi/lib.bash
. "$TOP/tests/mpi/lib.bash"
lacks=$(mpi_lacks)
for c in ip tc unshare; do
	[ -n "$lacks" ] || command -v $c >/dev/null || lacks="no $c"
done
[ -n "$lacks" ] || mpirun --version | grep -q 'Open MPI' || lacks="not Open MPI"
me=s$$ # prefix of names
hub() { ip netns exec ${me}h "$@"; }
end() {
	for n in h 1 2 3 4; do
		for p in $(ip netns pids $me$n 2>/dev/null); do kill -KILL "$p"; done
		ip netns del $me$n
	done 2>/dev/null
}
trap end EXIT
if [ -z "$lacks" ]; then
	{ ip netns add ${me}h && hub ip link add name bridge0 type bridge && hub ip link set bridge0 up; } 2>/dev/null ||
		lacks="no right to make network namespaces"
fi
[ -z "$lacks" ] || { skip "four hosts in network namespaces" "$lacks" && done_testing; }
for n in 1 2 3 4; do
	ip netns add $me$n
	ip link add $me-$n netns ${me}h type veth peer name eth0 netns $me$n
	hub ip link set $me-$n master bridge0 up
	ip netns exec $me$n sh -c "ip addr add 10.77.0.$n/24 dev eth0 && ip link set eth0 up && ip link set lo up
		echo 4 >/proc/sys/net/ipv4/tcp_retries2"
done
mpi_shop 64 || done_testing
cat >agent.sh <<END
# mpirun's ssh: the host is an address, the rest a command
host=\${1##*.}
shift
exec ip netns exec $me\$host unshare --uts sh -c "hostname host\$host; cd '$PWD'; \$*"
END
export OMPI_MCA_btl_tcp_if_include=10.77.0.0/24 OMPI_MCA_oob_tcp_if_include=10.77.0.0/24
export OMPI_MCA_plm_rsh_agent="bash $PWD/agent.sh" OMPI_MCA_plm_rsh_no_tree_spawn=1
export OMPI_MCA_oob_tcp_keepalive_time=2 OMPI_MCA_oob_tcp_keepalive_intvl=1 OMPI_MCA_oob_tcp_keepalive_probes=2
hosts() { # hosts N COMMAND...: a rank on each of N hosts
	local list=10.77.0.1
	for ((i = 2; i <= $1; i++)); do list+=,10.77.0.$i; done
	ip netns exec ${me}1 unshare --uts sh -c 'hostname host1; exec "$@"' - timeout -k 5 100 mpirun -n "$1" --host $list "${@:2}"
}

train=(-q -t 1 --data data.npz --init init.npz --items items.npz --batch 2048)
stair-train "${train[@]}" --epochs 8 --eval-every 100 -o one.npz
hosts 4 "$MPI/stair-train" "${train[@]}" --epochs 8 --eval-every 100 -o four.npz 2>four.err
equal_files "four hosts give the bytes of one process" one.npz four.npz
[ "$tap_bad" = 0 ] || sed 's/^/# /' four.err | head -20

# --- the time of a step -----------------------------------------------------------
steps=$(stair-train "${train[@]}" -v --epochs 0 -o none.npz 2>&1 | sed -n 's/.*, \([0-9]*\) steps per epoch/\1/p')
rows=$(stair-info data.npz | sed -n 's/^size.*train=\([0-9]*\).*/\1/p')
step_ms() { # step_ms N: milliseconds of a step, of the quickest epoch
	hosts "$1" "$MPI/stair-train" "${train[@]}" --epochs "$2" --log time.log -o time.npz 2>time.err
	sed -n 's/.*"seconds": \([0-9.]*\).*/\1/p' time.log | sort -g |
		awk -v n="$steps" 'NR == 1 {printf "%.3f\n", 1000 * $1 / n}'
}
limit() { # limit QDISC...: what leaves each host
	local i
	for i in 1 2 3 4; do
		ip netns exec $me$i tc qdisc del dev eth0 root
		[ $# = 0 ] || ip netns exec $me$i tc qdisc add dev eth0 root "$@" || return 1
	done 2>/dev/null
}
# A rank of N sends each other one the partial scores of its panels.
model() { # model N FREE_MS MBIT DELAY_MS
	awk -v n="$1" -v free="$2" -v rate="$3" -v delay="$4" -v rows="$rows" -v steps="$steps" 'BEGIN {
		bytes = (n - 1) * (rows / steps * 4 * 4 / n * 1.04 + 100) # headers of packets
		printf "%.3f\n", free + delay + (rate ? bytes * 8 / rate / 1000 : 0)}'
}
# compare N NAME MBIT DELAY_MS QDISC...: other work on the machine only adds to a
# time, so up to six tries add epochs of which the quickest counts, on both sides.
compare() {
	local n=$1 name=$2 mbit=$3 delay=$4 free=1e9 took=1e9 modelled near=1
	shift 4
	for _ in 1 2 3 4 5 6; do
		limit
		free=$(printf '%s\n' "$free" "$(step_ms "$n" 30)" | sort -g | head -1)
		limit "$@"
		took=$(printf '%s\n' "$took" "$(step_ms "$n" 4)" | sort -g | head -1)
		modelled=$(model "$n" "$free" "$mbit" "$delay")
		awk -v a="$took" -v b="$modelled" 'BEGIN {exit !(a < 1.2 * b && b < 1.2 * a)}' && near=0 && break
	done
	limit
	ok $near "$n hosts, $name: $took ms a step, modelled $modelled (without the limit $free)"
	echo "# summary: $n hosts, $name: $took ms a step, modelled $modelled"
}
for n in 2 4; do
	compare $n "4 Mbit/s" 4 0 tbf rate 4mbit burst 3kb latency 1000ms
	if limit netem delay 20ms; then
		compare $n "20 ms" 0 20 netem delay 20ms
	else
		skip "$n hosts, 20 ms" "no netem in this kernel"
	fi
done
limit

# --- a host is cut off --------------------------------------------------------------
echo "what was there before" >cut.npz
hosts 3 "$MPI/stair-train" "${train[@]}" --epochs 1000000 --eval-every 5 --checkpoint cut.ck -o cut.npz 2>cut.err &
job=$!
for _ in $(seq 1000); do
	[ ! -e cut.ck ] && kill -0 $job 2>/dev/null || break
	sleep 0.02
done
start=$SECONDS
hub ip link set $me-3 down
wait $job
rc=$?
[ $rc -ne 0 ] && [ $((SECONDS - start)) -le 10 ]
ok $? "a host is cut off: status $rc after $((SECONDS - start)) seconds"
for _ in $(seq 100); do
	left=$(for n in 1 2 3; do ip netns pids $me$n; done | wc -l)
	[ "$left" -gt 0 ] || break
	sleep 0.1
done
same "no rank is left on any host" "$left" 0
same "the output is the old one" "$(cat cut.npz)" "what was there before"
runs "the checkpoint is whole" stair-info cut.ck
done_testing
