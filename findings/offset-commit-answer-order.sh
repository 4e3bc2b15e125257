#!/usr/bin/env bash
# An OffsetCommit names partitions, some of which do not exist. Every partition gets its own code, as one would guess; but the answer
# is not in the order of the request, as it is for requests that have no such partition. What is refused comes first, topics and
# partitions alike; what is committed follows. Whoever pairs question and answer by position takes one partition's code for another's.
# Versions: org.apache.kafka:kafka_2.13 4.0.1 and 4.4.0, OffsetCommit version 9. First seen: 2026-11-29.
# Source: KafkaApis.handleOffsetCommitRequest (what is refused is added to the answer before the rest is handed on),
# OffsetCommitResponse.Builder.merge.
set -euo pipefail
source "$(dirname "$0")/apache-kafka.bash"

cat >"$WORK/Finding.java" <<'END'
import java.io.*;
import java.net.Socket;
import java.nio.ByteBuffer;
import java.util.*;
import org.apache.kafka.clients.admin.*;
import org.apache.kafka.clients.consumer.OffsetAndMetadata;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.message.*;
import org.apache.kafka.common.protocol.*;

public class Finding {
  static final short VERSION = 9;

  public static void main(String[] arguments) throws Exception {
    int port = Integer.parseInt(arguments[0]);
    try (Admin admin = Admin.create(Map.of("bootstrap.servers", "127.0.0.1:" + port))) {
      admin.createTopics(List.of(new NewTopic("a", 2, (short) 1), new NewTopic("b", 2, (short) 1))).all().get();
      // Has the coordinator made, and waits for it.
      admin.alterConsumerGroupOffsets("group", Map.of(new TopicPartition("a", 0), new OffsetAndMetadata(1))).all().get();
    }
    ask(port, "b-0 a-0 a-1");
    ask(port, "a-0 missing-0 b-9 b-0");
  }

  static void ask(int port, String partitions) throws IOException {
    var request = new OffsetCommitRequestData().setGroupId("group").setMemberId("").setGenerationIdOrMemberEpoch(-1);
    var topics = new LinkedHashMap<String, OffsetCommitRequestData.OffsetCommitRequestTopic>();
    for (String partition : partitions.split(" ")) {
      String[] parts = partition.split("-");
      topics.computeIfAbsent(parts[0], name -> new OffsetCommitRequestData.OffsetCommitRequestTopic().setName(name)).partitions()
          .add(new OffsetCommitRequestData.OffsetCommitRequestPartition().setPartitionIndex(Integer.parseInt(parts[1]))
              .setCommittedOffset(1).setCommittedMetadata(""));
    }
    request.topics().addAll(topics.values());
    var header = new RequestHeaderData().setRequestApiKey(ApiKeys.OFFSET_COMMIT.id).setRequestApiVersion(VERSION).setClientId("finding");
    byte[] head = bytes(header, ApiKeys.OFFSET_COMMIT.requestHeaderVersion(VERSION));
    byte[] body = bytes(request, VERSION);
    try (Socket socket = new Socket("127.0.0.1", port)) {
      var out = new DataOutputStream(socket.getOutputStream());
      out.writeInt(head.length + body.length);
      out.write(head);
      out.write(body);
      var in = new DataInputStream(socket.getInputStream());
      var answer = new ByteBufferAccessor(ByteBuffer.wrap(in.readNBytes(in.readInt())));
      new ResponseHeaderData(answer, ApiKeys.OFFSET_COMMIT.responseHeaderVersion(VERSION));
      var told = new StringJoiner(" ");
      for (var topic : new OffsetCommitResponseData(answer, VERSION).topics())
        for (var partition : topic.partitions()) told.add(topic.name() + "-" + partition.partitionIndex() + "=" + partition.errorCode());
      System.out.println("asked: " + partitions + "; answered: " + told);
    }
  }

  static byte[] bytes(Message message, short version) {
    var cache = new ObjectSerializationCache();
    ByteBuffer buffer = ByteBuffer.allocate(message.size(cache, version));
    message.write(new ByteBufferAccessor(buffer), cache, version);
    return buffer.array();
  }
}
END
for version in 4.0.1 4.4.0; do
  rm -rf "$WORK/jars" "$WORK/data"
  fetch_kafka "$version"
  format_broker "$(free_port)"
  start_broker
  (kafka_java "$WORK/Finding.java" "$PORT") | tee "$WORK/answers"
  stop_broker
  grep -q 'answered: b-0=0 a-0=0 a-1=0$' "$WORK/answers" || changed "an answer without refusals is not in the order of the request"
  grep -q 'answered: missing-0=3 b-9=3 b-0=0 a-0=0$' "$WORK/answers" || changed "what is refused does not come first"
done
