#!/usr/bin/env bash
# A broker with the only replica of a partition is killed, and started again with everything on its disk. One would guess that it leads the
# partition again, whatever configs were changed meanwhile. Another min.insync.replicas makes the controller forget who was eligible and who
# led last (KIP-966): the partition has no leader for good, until somebody asks for an unclean election.
# Versions: org.apache.kafka:kafka_2.13 and kafka-tools 4.4.0. First seen: 2026-11-29.
# Source: ReplicationControlManager.replay(ClearElrRecord), PartitionChangeBuilder.canElectLastKnownLeader.
set -euo pipefail
source "$(dirname "$0")/apache-kafka.bash"

TOOLS=org.apache.kafka.tools

# create TOPIC: with one partition, on the second broker alone; fails while that is not there.
create() {
  (kafka_java $TOOLS.TopicCommand "${SERVER[@]}" --create --if-not-exists --topic "$1" --replica-assignment 2)
}

# leader TOPIC LEADER: who leads the partition.
leader() {
  (kafka_java $TOOLS.TopicCommand "${SERVER[@]}" --describe --topic "$1") | grep -q "Leader: $2"
}

start_second() {
  background "$WORK/second.out" kafka_java kafka.Kafka "$WORK/second.properties"
  SECOND=$!
}

fetch_kafka 4.4.0 kafka-tools
format_broker "$(free_port)"
echo broker.session.timeout.ms=3000 >>"$WORK/server.properties"
SERVER=(--bootstrap-server "127.0.0.1:$PORT")
SECOND_PORT=$(free_port)
sed -e 's/^node.id=1/node.id=2/' -e 's/^process.roles=.*/process.roles=broker/' -e "s/^listeners=.*/listeners=PLAINTEXT:\/\/127.0.0.1:$SECOND_PORT/" \
  -e "s/^advertised.listeners=.*/advertised.listeners=PLAINTEXT:\/\/127.0.0.1:$SECOND_PORT/" -e 's/^log.dirs=.*/&-2/' \
  "$WORK/server.properties" >"$WORK/second.properties"
(kafka_java kafka.tools.StorageTool format -c "$WORK/second.properties" -t AAAAAAAAAAAAAAAAAAAAAQ) >/dev/null
start_broker
start_second
for topic in untouched changed; do
  await 120 create "$topic"
  await 60 leader "$topic" 2 || changed "$topic has another leader at first"
  echo "kept" | (kafka_java $TOOLS.ConsoleProducer "${SERVER[@]}" --topic "$topic" --sync)
done
kill -9 "$SECOND"
await 60 leader changed none || changed "the partition has a leader without its only replica"
(kafka_java $TOOLS.ConfigCommand "${SERVER[@]}" --alter --topic changed --add-config min.insync.replicas=2)
start_second
await 180 leader untouched 2 || changed "the partition whose topic was not changed has no leader"
sleep 10
(kafka_java $TOOLS.TopicCommand "${SERVER[@]}" --describe --topic untouched,changed) | grep Partition:
leader changed none || changed "the other one has a leader, too"
(kafka_java $TOOLS.LeaderElectionCommand "${SERVER[@]}" --election-type unclean --topic changed --partition 0)
await 60 leader changed 2 || changed "an unclean election does not help"
(kafka_java $TOOLS.consumer.ConsoleConsumer "${SERVER[@]}" --topic changed --from-beginning --max-messages 1 --timeout-ms 30000) | grep -x kept
