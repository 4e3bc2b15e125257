#!/usr/bin/env bash
# A transactional producer refuses a record that is sent outside of a transaction: send throws. One would guess that the record is gone.
# It was gathered before the state was looked at, and goes with the next transaction that writes to its partition: a record that the
# application knows to be refused is committed.
# Versions: org.apache.kafka:kafka_2.13 and kafka-clients 4.4.0. First seen: 2026-11-29.
# Source: KafkaProducer.doSend (RecordAccumulator.append comes before TransactionManager.maybeAddPartition).
set -euo pipefail
source "$(dirname "$0")/apache-kafka.bash"

fetch_kafka 4.4.0
cat >"$WORK/Finding.java" <<'END'
import java.time.Duration;
import java.util.*;
import org.apache.kafka.clients.admin.*;
import org.apache.kafka.clients.consumer.*;
import org.apache.kafka.clients.producer.*;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.serialization.*;

public class Finding {
  public static void main(String[] arguments) throws Exception {
    String servers = "127.0.0.1:" + arguments[0];
    try (Admin admin = Admin.create(Map.of("bootstrap.servers", servers))) {
      admin.createTopics(List.of(new NewTopic("t", 1, (short) 1))).all().get();
    }
    Map<String, Object> config = Map.of("bootstrap.servers", servers, "transactional.id", "tx");
    try (var producer = new KafkaProducer<>(config, new StringSerializer(), new StringSerializer())) {
      producer.initTransactions();
      try {
        producer.send(new ProducerRecord<>("t", "sent outside of a transaction"));
        System.out.println("send outside of a transaction: accepted");
      } catch (IllegalStateException refused) {
        System.out.println("send outside of a transaction: refused (" + refused.getMessage() + ")");
      }
      producer.beginTransaction();
      producer.send(new ProducerRecord<>("t", "sent in the transaction"));
      producer.commitTransaction();
    }
    Map<String, Object> reading = Map.of("bootstrap.servers", servers, "isolation.level", "read_committed", "auto.offset.reset", "earliest");
    try (var consumer = new KafkaConsumer<>(reading, new StringDeserializer(), new StringDeserializer())) {
      consumer.assign(List.of(new TopicPartition("t", 0)));
      for (int polls = 0; polls < 10; polls++)
        for (var record : consumer.poll(Duration.ofMillis(300))) System.out.println("committed: " + record.value());
    }
  }
}
END
format_broker "$(free_port)"
start_broker
(kafka_java "$WORK/Finding.java" "$PORT") | tee "$WORK/told"
grep -q '^send outside of a transaction: refused' "$WORK/told" || changed "the record is not refused"
grep -q '^committed: sent in the transaction$' "$WORK/told" || changed "the record of the transaction is not committed"
grep -q '^committed: sent outside of a transaction$' "$WORK/told" || changed "the refused record is not committed"
