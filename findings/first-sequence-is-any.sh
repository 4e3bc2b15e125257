#!/usr/bin/env bash
# An idempotent producer numbers its batches of a partition from 0, and the broker refuses a gap. One would guess that it refuses a
# producer's very first batch too if that does not begin with 0. It takes any number from a producer that it does not know in this
# partition, and counts on from there: first batches that never came are no gap to the broker.
# Versions: org.apache.kafka:kafka_2.13 and kafka-clients 4.4.0. First seen: 2026-11-29.
# Source: ProducerAppendInfo.checkSequence; KAFKA-14359.
set -euo pipefail
source "$(dirname "$0")/apache-kafka.bash"

fetch_kafka 4.4.0
cat >"$WORK/Finding.java" <<'END'
import java.io.*;
import java.net.Socket;
import java.nio.ByteBuffer;
import java.util.*;
import org.apache.kafka.clients.admin.*;
import org.apache.kafka.common.compress.Compression;
import org.apache.kafka.common.message.*;
import org.apache.kafka.common.protocol.*;
import org.apache.kafka.common.record.internal.*;

public class Finding {
  static final short PRODUCE_VERSION = 9;
  static final short INIT_VERSION = 4;
  static int port;

  public static void main(String[] arguments) throws Exception {
    port = Integer.parseInt(arguments[0]);
    try (Admin admin = Admin.create(Map.of("bootstrap.servers", "127.0.0.1:" + port))) {
      admin.createTopics(List.of(new NewTopic("t", 1, (short) 1))).all().get();
    }
    var init = new InitProducerIdRequestData().setTransactionalId(null).setTransactionTimeoutMs(60_000);
    var producer = new InitProducerIdResponseData();
    for (; producer.producerId() < 0; Thread.sleep(100)) { // The broker may still be waiting for its first ids.
      producer = new InitProducerIdResponseData(ask(ApiKeys.INIT_PRODUCER_ID, INIT_VERSION, init), INIT_VERSION);
    }
    System.out.println("producer id " + producer.producerId() + ", epoch " + producer.producerEpoch());
    for (int sequence : new int[] {5, 7, 6}) {
      var records = MemoryRecords.withIdempotentRecords(Compression.NONE, producer.producerId(), producer.producerEpoch(), sequence,
          new SimpleRecord(System.currentTimeMillis(), "value".getBytes()));
      var topic = new ProduceRequestData.TopicProduceData().setName("t");
      topic.partitionData().add(new ProduceRequestData.PartitionProduceData().setIndex(0).setRecords(records));
      var produce = new ProduceRequestData().setAcks((short) -1).setTimeoutMs(10_000);
      produce.topicData().add(topic);
      var answer = new ProduceResponseData(ask(ApiKeys.PRODUCE, PRODUCE_VERSION, produce), PRODUCE_VERSION);
      var told = answer.responses().iterator().next().partitionResponses().get(0);
      System.out.println("sequence " + sequence + ": " + Errors.forCode(told.errorCode()) + ", offset " + told.baseOffset());
    }
  }

  static ByteBufferAccessor ask(ApiKeys api, short version, Message body) throws IOException {
    var header = new RequestHeaderData().setRequestApiKey(api.id).setRequestApiVersion(version).setClientId("finding");
    byte[] head = bytes(header, api.requestHeaderVersion(version));
    byte[] rest = bytes(body, version);
    try (Socket socket = new Socket("127.0.0.1", port)) {
      var out = new DataOutputStream(socket.getOutputStream());
      out.writeInt(head.length + rest.length);
      out.write(head);
      out.write(rest);
      var in = new DataInputStream(socket.getInputStream());
      var answer = new ByteBufferAccessor(ByteBuffer.wrap(in.readNBytes(in.readInt())));
      new ResponseHeaderData(answer, api.responseHeaderVersion(version));
      return answer;
    }
  }

  static byte[] bytes(Message message, short version) {
    var cache = new ObjectSerializationCache();
    int size = message.size(cache, version);
    var buffer = new ByteBufferAccessor(ByteBuffer.allocate(size));
    message.write(buffer, cache, version);
    return buffer.buffer().array();
  }
}
END
format_broker "$(free_port)"
start_broker
(kafka_java "$WORK/Finding.java" "$PORT") | tee "$WORK/told"
grep -q '^sequence 5: NONE, offset 0$' "$WORK/told" || changed "a first batch that does not begin with 0 is refused"
grep -q '^sequence 7: OUT_OF_ORDER_SEQUENCE_NUMBER, ' "$WORK/told" || changed "a gap after it is taken"
grep -q '^sequence 6: NONE, offset 1$' "$WORK/told" || changed "the next sequence is refused"
