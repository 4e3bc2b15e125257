#!/usr/bin/env bash
# A transaction coordinator sends the markers of many transactions to a broker in one WriteTxnMarkers. One would guess that the broker
# answers whatever the partitions are. It never does if a later marker names only partitions that it does not host (any more) and the
# earlier ones were written and committed at once, as they are where the leader is alone in the ISR: the marker that is skipped is counted
# after the last one that could have sent the answer. The coordinator waits for its request.timeout.ms, and writes them all again.
# Versions: org.apache.kafka:kafka_2.13 and kafka-clients 4.4.0. First seen: 2026-11-29.
# Source: KafkaApis.handleWriteTxnMarkersRequest (numAppends, skippedMarkers).
set -euo pipefail
source "$(dirname "$0")/apache-kafka.bash"

fetch_kafka 4.4.0
cat >"$WORK/Finding.java" <<'END'
import java.io.*;
import java.net.Socket;
import java.net.SocketTimeoutException;
import java.nio.ByteBuffer;
import java.util.*;
import org.apache.kafka.clients.admin.*;
import org.apache.kafka.common.message.*;
import org.apache.kafka.common.message.WriteTxnMarkersRequestData.*;
import org.apache.kafka.common.protocol.*;

public class Finding {
  static final short VERSION = 2;
  static int port;

  public static void main(String[] arguments) throws Exception {
    port = Integer.parseInt(arguments[0]);
    try (Admin admin = Admin.create(Map.of("bootstrap.servers", "127.0.0.1:" + port))) {
      admin.createTopics(List.of(new NewTopic("t", 1, (short) 1))).all().get();
    }
    Thread.sleep(2_000); // The broker has heard of it.
    ask("hosted, then not hosted", marker(1, "t"), marker(2, "elsewhere"));
    ask("not hosted, then hosted", marker(2, "elsewhere"), marker(1, "t"));
  }

  static WritableTxnMarker marker(long producerId, String topic) {
    return new WritableTxnMarker().setProducerId(producerId).setProducerEpoch((short) 0).setTransactionResult(false)
        .setCoordinatorEpoch(0).setTopics(List.of(new WritableTxnMarkerTopic().setName(topic).setPartitionIndexes(List.of(0))));
  }

  static void ask(String what, WritableTxnMarker... markers) throws IOException {
    var api = ApiKeys.WRITE_TXN_MARKERS;
    var header = new RequestHeaderData().setRequestApiKey(api.id).setRequestApiVersion(VERSION).setClientId("finding");
    byte[] head = bytes(header, api.requestHeaderVersion(VERSION));
    byte[] rest = bytes(new WriteTxnMarkersRequestData().setMarkers(List.of(markers)), VERSION);
    try (Socket socket = new Socket("127.0.0.1", port)) {
      socket.setSoTimeout(10_000);
      var out = new DataOutputStream(socket.getOutputStream());
      out.writeInt(head.length + rest.length);
      out.write(head);
      out.write(rest);
      var in = new DataInputStream(socket.getInputStream());
      var answer = new ByteBufferAccessor(ByteBuffer.wrap(in.readNBytes(in.readInt())));
      new ResponseHeaderData(answer, api.responseHeaderVersion(VERSION));
      System.out.println(what + ": " + new WriteTxnMarkersResponseData(answer, VERSION).markers().size() + " markers answered");
    } catch (SocketTimeoutException e) {
      System.out.println(what + ": no answer in 10 s");
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
grep -q '^hosted, then not hosted: no answer in 10 s$' "$WORK/told" || changed "it is answered"
grep -q '^not hosted, then hosted: 2 markers answered$' "$WORK/told" || changed "the other order is not answered"
