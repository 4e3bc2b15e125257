#!/usr/bin/env bash
# A consumer has read ten records of a topic. The topic is deleted and made again, and twelve records are written to the new one.
# Topics have ids, and consumers have asked for records by id since Kafka 3.1; so one would guess that it notices, and follows
# auto.offset.reset or fails. It takes its position over to the new topic: the first ten records of that are never read, with no error.
# Only where the new topic is shorter than the position when the consumer comes to it, the offset is out of range and it starts over.
# Versions: org.apache.kafka:kafka_2.13 and kafka-clients 4.4.0, group.protocol=classic. First seen: 2026-11-29.
# Source: Metadata.updateLatestMetadata, SubscriptionState.maybeValidatePositionForCurrentLeader; KIP-516.
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
    run("longer", 12);
    run("shorter", 3);
  }

  static void run(String topic, int records) throws Exception {
    Properties own = (Properties) properties.clone();
    own.put("group.id", topic);
    own.put("auto.offset.reset", "earliest");
    own.put("enable.auto.commit", "false");
    own.put("metadata.max.age.ms", "2000");
    try (Admin admin = Admin.create(properties);
        var consumer = new KafkaConsumer<>(own, new StringDeserializer(), new StringDeserializer())) {
      create(admin, topic);
      produce(topic, "old", 10);
      consumer.subscribe(List.of(topic));
      System.out.println("the topic before: " + poll(consumer, 10, 60));
      admin.deleteTopics(List.of(topic)).all().get();
      while (admin.listTopics().names().get().contains(topic)) Thread.sleep(100);
      create(admin, topic);
      produce(topic, "new", records);
      System.out.println("the new topic, " + topic + ", " + records + " records: " + poll(consumer, records, 20));
    }
  }

  static void create(Admin admin, String topic) throws Exception {
    admin.createTopics(List.of(new NewTopic(topic, 1, (short) 1))).all().get();
  }

  static void produce(String topic, String name, int count) throws Exception {
    try (var producer = new KafkaProducer<>(properties, new StringSerializer(), new StringSerializer())) {
      for (int i = 0; i < count; i++) producer.send(new ProducerRecord<>(topic, name + i));
    }
  }

  /** What is read until it are so many records, or so many seconds have passed. */
  static List<String> poll(KafkaConsumer<String, String> consumer, int count, int seconds) {
    var read = new ArrayList<String>();
    for (Instant end = Instant.now().plusSeconds(seconds); read.size() < count && Instant.now().isBefore(end); )
      for (var record : consumer.poll(Duration.ofMillis(200))) read.add(record.value());
    return read;
  }
}
END
format_broker "$(free_port)"
start_broker
(kafka_java "$WORK/Finding.java" "127.0.0.1:$PORT") | tee "$WORK/told"
grep -q 'longer, 12 records: \[new10, new11\]$' "$WORK/told" || changed "another part of the longer topic is read"
grep -q 'shorter, 3 records: \[new0, new1, new2\]$' "$WORK/told" || changed "the shorter topic is not read from its beginning"
