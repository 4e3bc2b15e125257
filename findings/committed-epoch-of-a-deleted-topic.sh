#!/usr/bin/env bash
# A consumer has read from a topic; the topic is deleted and made again, and then the consumer commits what it read.
# One would guess that the next consumer of the group goes on at the committed offset, or, where that says nothing about the new
# topic, follows auto.offset.reset. It reads nothing, with no error and no end: the commit carries a leader epoch of the old topic,
# the new topic's epochs begin at 0 again, and the consumer takes all metadata with a lower epoch for stale. It goes on when the
# new topic has had as many leaders; the script restarts the broker for that.
# Versions: org.apache.kafka:kafka_2.13 and kafka-clients 4.4.0, group.protocol=classic and consumer. First seen: 2026-11-29.
# Source: ConsumerUtils.refreshCommittedOffsets, Metadata.updateLastSeenEpochIfNewer, Metadata.partitionMetadataIfCurrent; KIP-320.
set -euo pipefail
source "$(dirname "$0")/apache-kafka.bash"

WAIT_SECONDS=45

fetch_kafka 4.4.0
cat >"$WORK/Finding.java" <<'END'
import java.time.Duration;
import java.util.*;
import org.apache.kafka.clients.admin.*;
import org.apache.kafka.clients.consumer.*;
import org.apache.kafka.clients.producer.*;
import org.apache.kafka.common.*;
import org.apache.kafka.common.serialization.*;

public class Finding {
  static String server;

  public static void main(String[] arguments) throws Exception {
    server = arguments[0];
    String protocol = arguments[2]; // Each has its own topic, of the same name.
    switch (arguments[1]) {
      case "create" -> create(protocol);
      case "commit" -> commit(protocol);
      case "read" -> read(protocol);
    }
  }

  static Properties properties() {
    Properties properties = new Properties();
    properties.put("bootstrap.servers", server);
    return properties;
  }

  static void create(String topic) throws Exception {
    try (Admin admin = Admin.create(properties())) {
      admin.createTopics(List.of(new NewTopic(topic, 1, (short) 1))).all().get();
    }
  }

  static void produce(String topic) throws Exception {
    try (var producer = new KafkaProducer<>(properties(), new StringSerializer(), new StringSerializer())) {
      for (int i = 0; i < 10; i++) producer.send(new ProducerRecord<>(topic, "value " + i)).get();
    }
  }

  static KafkaConsumer<String, String> subscribed(String protocol) {
    Properties properties = properties();
    properties.put("group.id", "group-" + protocol);
    properties.put("group.protocol", protocol);
    properties.put("enable.auto.commit", "false");
    properties.put("auto.offset.reset", "earliest");
    properties.put("max.poll.records", "3");
    properties.put("metadata.max.age.ms", "2000");
    var consumer = new KafkaConsumer<>(properties, new StringDeserializer(), new StringDeserializer());
    consumer.subscribe(List.of(protocol));
    return consumer;
  }

  static ConsumerRecords<String, String> next(KafkaConsumer<String, String> consumer) {
    ConsumerRecords<String, String> records = ConsumerRecords.empty();
    while (records.isEmpty()) records = consumer.poll(Duration.ofMillis(500));
    return records;
  }

  static void commit(String protocol) throws Exception {
    TopicPartition partition = new TopicPartition(protocol, 0);
    produce(protocol);
    try (var consumer = subscribed(protocol); Admin admin = Admin.create(properties())) {
      OffsetAndMetadata position = next(consumer).nextOffsets().get(partition);
      admin.deleteTopics(List.of(protocol)).all().get();
      while (admin.listTopics().names().get().contains(protocol)) Thread.sleep(100);
      create(protocol);
      produce(protocol);
      for (boolean committed = false; !committed; ) {
        try {
          consumer.commitSync(Map.of(partition, position));
          committed = true;
        } catch (KafkaException refused) {
          System.out.println("  a commit was refused, the next is tried: " + refused);
          consumer.poll(Duration.ofMillis(500));
        }
      }
      System.out.println("  committed: " + consumer.committed(Set.of(partition)).get(partition));
    }
  }

  static void read(String protocol) {
    try (var consumer = subscribed(protocol)) {
      var first = next(consumer).iterator().next();
      System.out.printf("  read: offset %d, leader epoch %d%n", first.offset(), first.leaderEpoch().orElse(-1));
    }
  }
}
END
server=127.0.0.1:$(free_port)
finding() { kafka_java "$WORK/Finding.java" "$server" "$@"; }

format_broker "${server#*:}"
start_broker
for protocol in classic consumer; do (finding create "$protocol"); done
stop_broker
start_broker # The leaders have epochs above 0 now, and so have the records that they write.
for protocol in classic consumer; do
  echo "group.protocol=$protocol: three records were read, the topic was deleted and made again, ten records are in it"
  (finding commit "$protocol") | tee "$WORK/committed"
  grep -q 'offset=3, leaderEpoch=[1-9]' "$WORK/committed" || changed "the commit does not carry an epoch of the old topic"
done
for protocol in classic consumer; do background "$WORK/read-$protocol" finding read "$protocol"; done
sleep "$WAIT_SECONDS"
for protocol in classic consumer; do
  [[ ! -s $WORK/read-$protocol ]] || changed "with group.protocol=$protocol the next consumer reads: $(cat "$WORK/read-$protocol")"
done
echo "the next consumers of both groups read nothing in $WAIT_SECONDS seconds, while metadata are refreshed every 2 seconds"
stop_broker
start_broker
for protocol in classic consumer; do
  await 120 test -s "$WORK/read-$protocol" || changed "with group.protocol=$protocol the consumer does not read after more leaders"
  echo "group.protocol=$protocol, when the broker was started again:"
  cat "$WORK/read-$protocol"
done
