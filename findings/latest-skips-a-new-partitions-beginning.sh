#!/usr/bin/env bash
# A group reads a topic with auto.offset.reset=latest, and has read everything so far. The topic gets a second partition, and a producer
# writes to it. One would guess that a running consumer skips nothing that is written while it runs. It learns of the partition by its
# next metadata refresh (up to metadata.max.age.ms, five minutes by default), finds no committed offset there, and begins at the
# end: what was written in between is never read, with no error.
# Versions: org.apache.kafka:kafka_2.13 and kafka-clients 4.4.0, group.protocol=classic. First seen: 2026-11-29.
# Source: SubscriptionState.resetInitializingPositions, OffsetFetcherUtils; KAFKA-12261 (the documentation warns of it since), KIP-1327
# (accepted, is to change it).
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
  static Properties properties = new Properties();

  public static void main(String[] arguments) throws Exception {
    properties.put("bootstrap.servers", arguments[0]);
    for (String reset : List.of("latest", "earliest")) run(reset, reset + "-topic");
  }

  static void run(String reset, String topic) throws Exception {
    Properties own = (Properties) properties.clone();
    own.put("group.id", reset);
    own.put("auto.offset.reset", reset);
    own.put("metadata.max.age.ms", "10000");
    try (Admin admin = Admin.create(properties);
        var consumer = new KafkaConsumer<>(own, new StringDeserializer(), new StringDeserializer())) {
      admin.createTopics(List.of(new NewTopic(topic, 1, (short) 1))).all().get();
      consumer.subscribe(List.of(topic));
      var read = new ArrayList<String>();
      while (consumer.assignment().isEmpty()) consumer.poll(Duration.ofMillis(200));
      poll(consumer, read, 3);
      produce(topic, 0, "before");
      poll(consumer, read, 3);
      admin.createPartitions(Map.of(topic, NewPartitions.increaseTo(2))).all().get();
      produce(topic, 1, "first of the new partition");
      while (consumer.assignment().size() < 2) poll(consumer, read, 1);
      poll(consumer, read, 5);
      produce(topic, 1, "second of the new partition");
      poll(consumer, read, 5);
      System.out.println("auto.offset.reset=" + reset + " reads " + read);
    }
  }

  static void poll(KafkaConsumer<String, String> consumer, List<String> read, int seconds) {
    Instant end = Instant.now().plusSeconds(seconds);
    while (Instant.now().isBefore(end))
      for (var record : consumer.poll(Duration.ofMillis(200))) read.add(record.value());
  }

  static void produce(String topic, int partition, String value) throws Exception {
    try (var producer = new KafkaProducer<>(properties, new StringSerializer(), new StringSerializer())) {
      for (boolean written = false; !written; ) {
        try {
          producer.send(new ProducerRecord<>(topic, partition, null, value)).get();
          written = true;
        } catch (java.util.concurrent.ExecutionException unknown) {
          Thread.sleep(200);
        }
      }
    }
  }
}
END
format_broker "$(free_port)"
start_broker
(kafka_java "$WORK/Finding.java" "127.0.0.1:$PORT") | tee "$WORK/told"
grep -q '^auto.offset.reset=latest reads \[before, second of the new partition\]$' "$WORK/told" || changed "latest skips nothing"
grep -q '^auto.offset.reset=earliest reads \[before, first of the new partition, second of the new partition\]$' "$WORK/told" ||
  changed "earliest skips something"
