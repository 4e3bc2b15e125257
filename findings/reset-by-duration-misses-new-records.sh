#!/usr/bin/env bash
# A consumer that begins "with the records of the last five seconds" (auto.offset.reset=by_duration:PT5S, KIP-1106) finds a partition
# without any. One would guess that it begins at the end then, and reads whatever comes. It has no position, and asks again only after
# request.timeout.ms (30 s), for what is young enough at that time: records that come while it polls are never read, unless one is
# written in the last five seconds before it asks.
# Versions: org.apache.kafka:kafka_2.13 and kafka-clients 4.4.0, group.protocol=classic. First seen: 2026-11-29.
# Source: OffsetFetcherUtils.handleListOffsetResponse leaves out an offset of -1, and OffsetFetcher.resetPositionsAsync waits
# for the time-out of requests before it asks again.
set -euo pipefail
source "$(dirname "$0")/apache-kafka.bash"

fetch_kafka 4.4.0
cat >"$WORK/Finding.java" <<'END'
import java.time.*;
import java.util.*;
import org.apache.kafka.clients.admin.*;
import org.apache.kafka.clients.consumer.*;
import org.apache.kafka.clients.producer.*;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.serialization.*;

public class Finding {
  static final Properties properties = new Properties();

  public static void main(String[] arguments) throws Exception {
    properties.put("bootstrap.servers", arguments[0]);
    try (Admin admin = Admin.create(properties)) {
      admin.createTopics(List.of(new NewTopic("orders", 1, (short) 1))).all().get();
    }
    produce("old");
    Thread.sleep(8_000);
    try (var latest = consumer("latest"); var young = consumer("by_duration:PT5S")) {
      poll("latest, at first", latest, 5);
      poll("by duration, at first", young, 5);
      produce("new");
      poll("latest, after a record", latest, 5);
      poll("by duration, after a record", young, 60);
    }
  }

  static void produce(String value) throws Exception {
    try (var producer = new KafkaProducer<>(properties, new StringSerializer(), new StringSerializer())) {
      producer.send(new ProducerRecord<>("orders", value)).get();
    }
  }

  static KafkaConsumer<String, String> consumer(String reset) {
    Properties own = (Properties) properties.clone();
    own.put("auto.offset.reset", reset);
    var consumer = new KafkaConsumer<>(own, new StringDeserializer(), new StringDeserializer());
    consumer.assign(List.of(new TopicPartition("orders", 0)));
    return consumer;
  }

  static void poll(String when, KafkaConsumer<String, String> consumer, int seconds) {
    var read = new ArrayList<String>();
    for (var end = Instant.now().plusSeconds(seconds); Instant.now().isBefore(end); ) {
      for (var record : consumer.poll(Duration.ofMillis(200))) read.add(record.value());
    }
    System.out.printf("%s: read %s in %d s%n", when, read, seconds);
  }
}
END
format_broker "$(free_port)"
start_broker
(kafka_java "$WORK/Finding.java" "127.0.0.1:$PORT") | tee "$WORK/told"
grep -q '^latest, after a record: read \[new\] ' "$WORK/told" || changed "latest does not read what comes"
grep -q '^by duration, at first: read \[\] ' "$WORK/told" || changed "by duration reads what is too old"
grep -q '^by duration, after a record: read \[\] ' "$WORK/told" || changed "by duration reads what comes"
