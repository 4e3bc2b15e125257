#!/usr/bin/env bash
# The only member of a group is a static one. It is stopped, its topic gets a second partition, and it is started again within its
# session timeout. One would guess that a consumer that has just started is assigned all partitions of its topic. The coordinator gives
# it back what it had, without a rebalance, and it takes the topic as it finds it for the one that was assigned: nobody reads the
# second partition, however often metadata are refreshed, until the topics change once more or something else makes the group rebalance.
# Versions: org.apache.kafka:kafka_2.13 and kafka-clients 4.4.0, group.protocol=classic. First seen: 2026-11-29.
# Source: ConsumerCoordinator.onLeaderElected (skipAssignment), KIP-814.
set -euo pipefail
source "$(dirname "$0")/apache-kafka.bash"

fetch_kafka 4.4.0
cat >"$WORK/Finding.java" <<'END'
import java.time.*;
import java.util.*;
import org.apache.kafka.clients.admin.*;
import org.apache.kafka.clients.consumer.*;
import org.apache.kafka.clients.producer.*;
import org.apache.kafka.common.serialization.*;

public class Finding {
  static final Properties properties = new Properties();

  public static void main(String[] arguments) throws Exception {
    properties.put("bootstrap.servers", arguments[0]);
    try (Admin admin = Admin.create(properties)) {
      admin.createTopics(List.of(new NewTopic("orders", 1, (short) 1))).all().get();
      produce(0);
      try (var consumer = member()) {
        tell("first start", poll(consumer, 5), consumer);
      }
      admin.createPartitions(Map.of("orders", NewPartitions.increaseTo(2))).all().get();
      produce(1);
      try (var consumer = member()) {
        tell("second start, with two partitions", poll(consumer, 30), consumer);
        admin.createPartitions(Map.of("orders", NewPartitions.increaseTo(3))).all().get();
        tell("with three partitions", poll(consumer, 15), consumer);
      }
    }
  }

  static void produce(int partition) throws Exception {
    try (var producer = new KafkaProducer<>(properties, new StringSerializer(), new StringSerializer())) {
      producer.send(new ProducerRecord<>("orders", partition, null, "value of partition " + partition)).get();
    }
  }

  static KafkaConsumer<String, String> member() {
    Properties own = (Properties) properties.clone();
    own.put("group.id", "group");
    own.put("group.instance.id", "instance");
    own.put("session.timeout.ms", "120000");
    own.put("auto.offset.reset", "earliest");
    own.put("metadata.max.age.ms", "2000");
    var consumer = new KafkaConsumer<>(own, new StringDeserializer(), new StringDeserializer());
    consumer.subscribe(List.of("orders"));
    return consumer;
  }

  /** What is read in so many seconds after there is an assignment. */
  static List<String> poll(KafkaConsumer<String, String> consumer, int seconds) {
    var read = new ArrayList<String>();
    for (Instant end = null; end == null || Instant.now().isBefore(end); ) {
      for (var record : consumer.poll(Duration.ofMillis(200))) read.add(record.value());
      if (end == null && !consumer.assignment().isEmpty()) end = Instant.now().plusSeconds(seconds);
    }
    return read;
  }

  static void tell(String when, List<String> read, KafkaConsumer<?, ?> consumer) {
    var metadata = consumer.groupMetadata();
    System.out.printf("%s: generation %d, assigned %d of %d, read %s%n", when, metadata.generationId(), consumer.assignment().size(),
        consumer.partitionsFor("orders").size(), read);
  }
}
END
format_broker "$(free_port)"
start_broker
(kafka_java "$WORK/Finding.java" "127.0.0.1:$PORT") | tee "$WORK/told"
grep -q '^first start: .* assigned 1 of 1, read \[value of partition 0\]$' "$WORK/told" || changed "the first start is another"
grep -q '^second start, .* assigned 1 of 2, read \[\]$' "$WORK/told" || changed "the second partition is read after the second start"
grep -q '^with three partitions: .* assigned 3 of 3, read \[value of partition 1\]$' "$WORK/told" || changed "the third does not help"
