#!/usr/bin/env bash
# Two members of the classic protocol are in a group that a member of the consumer protocol has turned into a consumer group
# (KIP-848), and which may not be turned back (group.consumer.migration.policy=upgrade). The member of the consumer protocol leaves, and then
# one of the others. One would guess that what they had goes to the one that is left, as in any group after a rebalance. Nobody
# tells it to join again: a classic member hears of a newer target assignment only, and with the last member of the consumer protocol gone, whose
# heartbeats had one computed, nobody computes it. Its partitions are read by nobody until somebody joins.
# Versions: org.apache.kafka:kafka_2.13 and kafka-clients 4.4.0. First seen: 2026-11-29.
# Source: GroupMetadataManager.classicGroupHeartbeatToConsumerGroup.
set -euo pipefail
source "$(dirname "$0")/apache-kafka.bash"

fetch_kafka 4.4.0
cat >"$WORK/Finding.java" <<'END'
import java.time.*;
import java.util.*;
import org.apache.kafka.clients.admin.*;
import org.apache.kafka.clients.consumer.*;
import org.apache.kafka.common.serialization.*;

public class Finding {
  static final Properties properties = new Properties();

  public static void main(String[] arguments) throws Exception {
    properties.put("bootstrap.servers", arguments[0]);
    try (Admin admin = Admin.create(properties)) {
      admin.createTopics(List.of(new NewTopic("orders", 6, (short) 1))).all().get();
      var one = member("classic");
      var other = member("classic");
      settle(one, other);
      var last = member("consumer");
      settle(one, other, last);
      tell(admin, "with a member of the consumer protocol", one, other, last);
      last.close();
      settle(one, other);
      tell(admin, "without it", one, other);
      other.close();
      settle(one);
      tell(admin, "alone", one);
      var next = member("classic");
      settle(one, next);
      tell(admin, "with another one", one, next);
    }
  }

  static KafkaConsumer<String, String> member(String protocol) {
    Properties own = (Properties) properties.clone();
    own.put("group.id", "group");
    own.put("group.protocol", protocol);
    if (protocol.equals("classic")) own.put("heartbeat.interval.ms", "500");
    var consumer = new KafkaConsumer<>(own, new StringDeserializer(), new StringDeserializer());
    consumer.subscribe(List.of("orders"));
    return consumer;
  }

  /** All poll for twenty seconds. */
  @SafeVarargs
  static void settle(KafkaConsumer<String, String>... consumers) {
    for (Instant end = Instant.now().plusSeconds(20); Instant.now().isBefore(end); )
      for (var consumer : consumers) consumer.poll(Duration.ofMillis(100));
  }

  @SafeVarargs
  static void tell(Admin admin, String when, KafkaConsumer<String, String>... consumers) throws Exception {
    int assigned = 0;
    for (var consumer : consumers) assigned += consumer.assignment().size();
    var group = admin.describeConsumerGroups(List.of("group")).all().get().get("group");
    System.out.printf("%s: %s group, %s, %d members, who read %d of 6 partitions%n", when, group.type(), group.groupState(), group.members().size(),
        assigned);
  }
}
END
format_broker "$(free_port)"
echo 'group.consumer.migration.policy=upgrade' >>"$WORK/server.properties"
start_broker
(kafka_java "$WORK/Finding.java" "127.0.0.1:$PORT") | tee "$WORK/told"
grep -q '^with a member of the consumer protocol: Consumer group, .* 3 members, who read 6 of 6 partitions$' "$WORK/told" || changed "the group is another at first"
grep -q '^alone: Consumer group, .* 1 members, who read [0-5] of 6 partitions$' "$WORK/told" || changed "who is left alone reads all"
grep -q '^with another one: Consumer group, .* 2 members, who read 6 of 6 partitions$' "$WORK/told" || changed "the next member does not help"
