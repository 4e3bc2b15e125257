#!/usr/bin/env bash
# A member of a group commits offset 3. The request is delayed on its way; the client gives up, closes the connection, commits again on
# another one and is answered. It commits offset 6 and is answered. Then the delayed request arrives, from a connection that its sender
# closed. One would guess that commits of one member can't overtake each other. The broker takes it: the committed offset is 3 again,
# although 6 was acknowledged, and nobody is told. It looks at member and generation alone, and these are still right.
# Versions: org.apache.kafka:kafka_2.13 and kafka-clients 4.4.0, group.protocol=classic. First seen: 2026-11-29.
# Source: OffsetMetadataManager.validateOffsetCommit, ClassicGroup.validateOffsetCommit.
set -euo pipefail
source "$(dirname "$0")/apache-kafka.bash"

fetch_kafka 4.4.0
cat >"$WORK/proxy.py" <<'END'
"""A network between clients and the broker that delivers the first OffsetCommit, and what follows it there, only when a file exists."""
import os, socket, sys, threading, time

advertised, broker, release = int(sys.argv[1]), int(sys.argv[2]), sys.argv[3]
OFFSET_COMMIT = 8
delayed = threading.Lock()


def requests(client, server):
    while len(head := client.recv(4, socket.MSG_WAITALL)) == 4:
        frame = client.recv(int.from_bytes(head, "big"), socket.MSG_WAITALL)
        if int.from_bytes(frame[:2], "big") == OFFSET_COMMIT and delayed.acquire(blocking=False):
            print("the first OffsetCommit is delayed", flush=True)
            while not os.path.exists(release):
                time.sleep(0.1)
            print("it is delivered", flush=True)
        server.sendall(head + frame)
    server.shutdown(socket.SHUT_WR)


def answers(server, client):
    while data := server.recv(65536):
        try:
            client.sendall(data)
        except OSError:
            pass  # The client has closed the connection; what it sent before is still on its way.
    client.close()


listener = socket.create_server(("127.0.0.1", advertised))
while True:
    client, _ = listener.accept()
    server = socket.create_connection(("127.0.0.1", broker))
    threading.Thread(target=requests, args=(client, server), daemon=True).start()
    threading.Thread(target=answers, args=(server, client), daemon=True).start()
END
cat >"$WORK/Finding.java" <<'END'
import java.nio.file.*;
import java.time.Duration;
import java.util.*;
import org.apache.kafka.clients.admin.*;
import org.apache.kafka.clients.consumer.*;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.serialization.*;

public class Finding {
  static final TopicPartition PARTITION = new TopicPartition("orders", 0);

  public static void main(String[] arguments) throws Exception {
    Properties properties = new Properties();
    properties.put("bootstrap.servers", arguments[0]);
    try (Admin admin = Admin.create(properties)) {
      admin.createTopics(List.of(new NewTopic("orders", 1, (short) 1))).all().get();
    }
    properties.put("group.id", "group");
    properties.put("enable.auto.commit", "false");
    properties.put("request.timeout.ms", "5000");
    try (var consumer = new KafkaConsumer<>(properties, new StringDeserializer(), new StringDeserializer())) {
      consumer.subscribe(List.of("orders"));
      while (consumer.assignment().isEmpty()) consumer.poll(Duration.ofMillis(500));
      int generation = consumer.groupMetadata().generationId();
      commit(consumer, 3);
      commit(consumer, 6);
      System.out.println("committed: " + committed(consumer));
      Files.createFile(Path.of(arguments[1]));
      for (int attempt = 0; attempt < 20 && committed(consumer) == 6; attempt++) Thread.sleep(500);
      boolean same = consumer.groupMetadata().generationId() == generation;
      System.out.println("after the delivery: " + committed(consumer) + (same ? ", in the same generation" : ", in another generation"));
    }
  }

  static void commit(KafkaConsumer<?, ?> consumer, long offset) {
    consumer.commitSync(Map.of(PARTITION, new OffsetAndMetadata(offset)));
    System.out.println("acknowledged: " + offset);
  }

  static long committed(KafkaConsumer<?, ?> consumer) {
    return consumer.committed(Set.of(PARTITION)).get(PARTITION).offset();
  }
}
END
proxy=$(free_port)
format_broker "$(free_port)" "$proxy"
start_broker
background "$WORK/proxied" python3 "$WORK/proxy.py" "$proxy" "$PORT" "$WORK/release"
(kafka_java "$WORK/Finding.java" "127.0.0.1:$proxy" "$WORK/release") | tee "$WORK/told"
grep -q 'is delivered' "$WORK/proxied" || changed "no OffsetCommit was delayed and delivered: $(cat "$WORK/proxied")"
grep -q '^committed: 6$' "$WORK/told" || changed "6 was acknowledged and is not what is committed"
grep -q '^after the delivery: 3, in the same generation$' "$WORK/told" || changed "the delayed commit was not taken"
