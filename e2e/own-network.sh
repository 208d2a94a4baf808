# In a new network namespace: loopback, a pair of interfaces, a default route; then the command, if there is one.
set -e
ip link set lo up
ip link add rtc0 type veth peer name rtc1
ip address add 10.77.0.1/24 dev rtc0
ip link set rtc0 up
ip link set rtc1 up
ip route add default via 10.77.0.2 dev rtc0
[ $# -eq 0 ] || exec "$@"
