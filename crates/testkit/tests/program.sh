#!/bin/sh
# In the place of the server: repeats the arguments of the harness on standard output, says where it listens, and waits.
# The ports it "chooses" come from its process id; one that is not 0 is kept.
echo "arguments: $*"
data=$4 tcp=$6 tls=$8
shift 8
metrics=$2
[ "${FAIL:-}" = "" ] || { echo "cannot: $FAIL"; exit 3; }
[ "$tcp" != 127.0.0.1:0 ] || { port=$((1024 + $$ % 60000)); tcp=127.0.0.1:$port tls=127.0.0.1:$((port + 1)) metrics=127.0.0.1:$((port + 2)); }
trap 'echo terminated; exit 7' TERM
mkdir -p "$data"
printf '{"pid":%s,"sip_tcp":"%s","sip_tls":"%s","metrics":"%s","admin":"%s"}' \
    $$ $tcp $tls $metrics "$data/admin.sock" > "$data/new"
mv "$data/new" "$data/listening.json"
while :; do sleep 0.05; done
