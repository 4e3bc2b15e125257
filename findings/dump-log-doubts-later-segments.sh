#!/usr/bin/env bash
# kafka-dump-log reads the segments of a log that nothing has happened to. One would guess that it has nothing to complain of. With
# --deep-iteration or --print-data-log it says of every segment but the first that its offsets are not consecutive: it compares the
# first offset of each file with -1. Its exit status is 0 all the same.
# Versions: org.apache.kafka:kafka_2.13 and kafka-tools 4.4.0; the tool of 4.0.1 is silent. First seen: 2026-11-29.
# Source: DumpLogSegments.dumpBatchRecords.
set -euo pipefail
source "$(dirname "$0")/apache-kafka.bash"

fetch_kafka 4.4.0 kafka-tools
format_broker "$(free_port)"
start_broker
SERVER=(--bootstrap-server "127.0.0.1:$PORT")
(kafka_java org.apache.kafka.tools.TopicCommand "${SERVER[@]}" --create --topic orders --config segment.bytes=1048576)
python3 -c 'for number in range(30): print(str(number).zfill(100_000))' |
  (kafka_java org.apache.kafka.tools.ConsoleProducer "${SERVER[@]}" --topic orders --sync)
stop_broker
SEGMENTS=("$WORK"/data/orders-0/*.log)
echo "${#SEGMENTS[@]} segments: ${SEGMENTS[*]##*/}"
FILES=$(IFS=,; echo "${SEGMENTS[*]}")
(exec java -cp "$WORK/jars/*" org.apache.kafka.tools.DumpLogSegments --deep-iteration --files "$FILES") >"$WORK/dump" 2>"$WORK/complaints"
echo "exit status $?"
grep -v SLF4J "$WORK/complaints" | sed "s|$WORK/data/||"
((${#SEGMENTS[@]} > 1)) || changed "the log has one segment"
[[ $(grep -c '^Non-consecutive offsets' "$WORK/complaints") == $((${#SEGMENTS[@]} - 1)) ]] || changed "the complaints are others"
[[ $(grep -c '^  -1 is followed by ' "$WORK/complaints") == $((${#SEGMENTS[@]} - 1)) ]] || changed "the complaints are others"
