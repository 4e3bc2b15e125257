#!/usr/bin/env bash
# An abort that succeeded leaves a transactional producer ready for the next transaction. One would guess. With transaction.version 1, when
# a batch that was sent and waits to be sent again is given up for its age while the abort is under way, the producer remembers that
# its epoch must be raised, but the time to ask for that is over: abortTransaction returns, and the producer stays in state INITIALIZING,
# in which it can neither begin a transaction nor initialize.
# Versions: org.apache.kafka:kafka_2.13 and kafka-clients 4.4.0. First seen: 2026-11-29.
# Source: TransactionManager.maybeResolveSequences (sets clientSideEpochBumpRequired also while it aborts), resetTransactionState.
set -euo pipefail
source "$(dirname "$0")/apache-kafka.bash"

fetch_kafka 4.4.0
cat >"$WORK/Finding.java" <<'END'
import java.util.*;
import java.util.concurrent.*;
import org.apache.kafka.clients.admin.*;
import org.apache.kafka.clients.producer.*;
import org.apache.kafka.common.serialization.*;

public class Finding {
  public static void main(String[] arguments) throws Exception {
    String servers = "127.0.0.1:" + arguments[0];
    String broker = arguments[1];
    try (Admin admin = Admin.create(Map.of("bootstrap.servers", servers))) {
      admin.createTopics(List.of(new NewTopic("t", 1, (short) 1))).all().get();
    }
    Map<String, Object> config = Map.of("bootstrap.servers", servers, "transactional.id", "tx", "linger.ms", 0,
        "request.timeout.ms", 1_000, "delivery.timeout.ms", 4_000);
    var producer = new KafkaProducer<>(config, new StringSerializer(), new StringSerializer());
    producer.initTransactions();
    producer.beginTransaction();
    producer.send(new ProducerRecord<>("t", "a")).get();
    signal("STOP", broker);
    Future<RecordMetadata> sent = producer.send(new ProducerRecord<>("t", "b"));
    Thread.sleep(2_500);
    Future<String> aborted = Executors.newSingleThreadExecutor().submit(() -> {
      producer.abortTransaction();
      return "done";
    });
    try {
      sent.get();
    } catch (ExecutionException expired) {
      System.out.println("send: " + expired.getCause().getClass().getSimpleName());
    }
    signal("CONT", broker);
    System.out.println("abortTransaction: " + aborted.get());
    for (int attempt = 0; attempt < 3; attempt++, Thread.sleep(3_000)) {
      try {
        producer.beginTransaction();
        System.out.println("beginTransaction: done");
        break;
      } catch (IllegalStateException refused) {
        System.out.println("beginTransaction: " + refused.getMessage());
      }
    }
    try {
      producer.initTransactions();
      System.out.println("initTransactions: done");
    } catch (IllegalStateException refused) {
      System.out.println("initTransactions: " + refused.getMessage());
    }
    System.exit(0);
  }

  static void signal(String name, String process) throws Exception {
    new ProcessBuilder("kill", "-" + name, process).inheritIO().start().waitFor();
  }
}
END
format_broker "$(free_port)" '' --feature transaction.version=1
start_broker
(kafka_java "$WORK/Finding.java" "$PORT" "$BROKER") | tee "$WORK/told"
grep -q '^abortTransaction: done$' "$WORK/told" || changed "the abort does not succeed"
grep -q '^beginTransaction: done$' "$WORK/told" && changed "a transaction can begin after the abort"
grep -q '^beginTransaction: .* INITIALIZING to state IN_TRANSACTION$' "$WORK/told" || changed "beginTransaction says something else"
grep -q '^initTransactions: .* INITIALIZING to state INITIALIZING$' "$WORK/told" || changed "the producer can be initialized again"
