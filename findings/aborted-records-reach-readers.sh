#!/usr/bin/env bash
# A Fetch answer for read_committed holds the records of aborted transactions, and lists these transactions: the client leaves their records
# out. One would guess that every client does. The list is in the order in which the transactions ended, not in that of their first
# offsets, and a producer may be in it several times.
# kafkajs takes one entry after the other, from the front: where a transaction that began first is aborted last, its records are handed
# to the application. @platformatic/kafka keeps one entry for each producer: where a producer aborts twice within an answer, the
# records of one of the two are handed over. The Java consumer leaves all of them out.
# Versions: kafkajs 2.2.4, @platformatic/kafka 2.12.1; org.apache.kafka:kafka_2.13 and kafka-clients 4.4.0. First seen: 2026-11-29.
# Source: KIP-98; TransactionIndex.collectAbortedTxns.
set -euo pipefail
source "$(dirname "$0")/apache-kafka.bash"

fetch_kafka 4.4.0
(cd "$WORK" && npm init -y >/dev/null && npm install --silent --no-audit --no-fund kafkajs@2.2.4 @platformatic/kafka@2.12.1)
cat >"$WORK/write.mjs" <<'END'
import { Kafka, logLevel } from 'kafkajs';

const kafka = new Kafka({ brokers: [`127.0.0.1:${process.argv[2]}`], logLevel: logLevel.NOTHING });
const admin = kafka.admin();
await admin.connect();
const topics = ['overlapping', 'repeated'].map((topic) => ({ topic, numPartitions: 1, replicationFactor: 1 }));
await admin.createTopics({ topics, waitForLeaders: true });
const producerOf = async (transactionalId) => {
  const producer = kafka.producer({ transactionalId, idempotent: true, maxInFlightRequests: 1 });
  await producer.connect();
  return producer;
};
const [first, second] = [await producerOf('first'), await producerOf('second')];
const send = (sender, topic, value) => sender.send({ topic, messages: [{ value }] });

const long = await first.transaction();
await send(long, 'overlapping', 'aborted: begun first, ended last');
const short = await second.transaction();
await send(short, 'overlapping', 'aborted: begun last, ended first');
await short.abort();
// An end is answered when it is decided, before its marker is in the log.
await new Promise((resolve) => setTimeout(resolve, 1_000));
await long.abort();

for (const which of ['first', 'second']) {
  const transaction = await first.transaction();
  await send(transaction, 'repeated', `aborted: the ${which} of a producer`);
  await transaction.abort();
}
for (const topic of ['overlapping', 'repeated']) {
  const transaction = await first.transaction();
  await send(transaction, topic, 'committed');
  await transaction.commit();
}
process.exit();
END
cat >"$WORK/read-kafkajs.mjs" <<'END'
import { Kafka, logLevel } from 'kafkajs';

const kafka = new Kafka({ brokers: [`127.0.0.1:${process.argv[2]}`], logLevel: logLevel.NOTHING });
const consumer = kafka.consumer({ groupId: 'kafkajs' });
await consumer.connect();
await consumer.subscribe({ topics: ['overlapping', 'repeated'], fromBeginning: true });
const read = [];
await consumer.run({ eachMessage: async ({ topic, message }) => void read.push(`kafkajs, ${topic}: ${message.value}`) });
while (read.filter((line) => line.endsWith(': committed')).length < 2) await new Promise((resolve) => setTimeout(resolve, 100));
console.log(read.sort().join('\n'));
process.exit();
END
cat >"$WORK/read-platformatic.mjs" <<'END'
// It is in Node.js from 22 on, which the library asks for; nothing else of it is needed here.
Promise.withResolvers ??= () => {
  const it = {};
  it.promise = new Promise((resolve, reject) => Object.assign(it, { resolve, reject }));
  return it;
};
const { Consumer, FetchIsolationLevels, stringDeserializers } = await import('@platformatic/kafka');

const consumer = new Consumer({
  clientId: 'finding',
  bootstrapBrokers: [`127.0.0.1:${process.argv[2]}`],
  groupId: 'platformatic',
  deserializers: stringDeserializers,
  isolationLevel: FetchIsolationLevels?.READ_COMMITTED ?? 1,
});
const read = [];
const stream = await consumer.consume({ topics: ['overlapping', 'repeated'], mode: 'earliest', autocommit: false });
stream.on('data', ({ topic, value }) => {
  read.push(`@platformatic/kafka, ${topic}: ${value}`);
  if (read.filter((line) => line.endsWith(': committed')).length < 2) return;
  console.log(read.sort().join('\n'));
  process.exit();
});
END
cat >"$WORK/Read.java" <<'END'
import java.time.Duration;
import java.util.*;
import org.apache.kafka.clients.consumer.*;
import org.apache.kafka.common.serialization.StringDeserializer;

public class Read {
  public static void main(String[] arguments) {
    Map<String, Object> config = Map.of("bootstrap.servers", "127.0.0.1:" + arguments[0], "group.id", "java",
        "isolation.level", "read_committed", "auto.offset.reset", "earliest");
    var read = new TreeSet<String>();
    try (var consumer = new KafkaConsumer<>(config, new StringDeserializer(), new StringDeserializer())) {
      consumer.subscribe(List.of("overlapping", "repeated"));
      while (read.stream().filter(line -> line.endsWith(": committed")).count() < 2)
        for (var record : consumer.poll(Duration.ofMillis(500))) read.add("Java, " + record.topic() + ": " + record.value());
    }
    read.forEach(System.out::println);
  }
}
END
format_broker "$(free_port)"
start_broker
cd "$WORK"
timeout 120 node write.mjs "$PORT"
timeout 120 node read-kafkajs.mjs "$PORT" | tee told
timeout 120 node read-platformatic.mjs "$PORT" | tee -a told
(kafka_java Read.java "$PORT") | tee -a told
grep -q '^kafkajs, overlapping: aborted: begun first, ended last$' told || changed "kafkajs leaves out what is aborted last"
grep -q '^@platformatic/kafka, repeated: aborted: ' told || changed "@platformatic/kafka leaves out what a producer aborts twice"
if grep -q '^Java, .*: aborted' told; then changed "the Java consumer reads aborted records"; fi
