#!/usr/bin/env bash
# A consumer of kafkajs handles each record by a request to another service, which is down for a moment. One would guess that the record is tried again:
# an error that a handler throws is retried (`retry.retries`, 5 by default), and when that is used up the consumer begins anew. But what Node's `fetch`
# throws is a TypeError, and kafkajs takes a TypeError for a mistake of the program: it tries nothing again, and its consumer ends for good. Nobody
# is told but by the event CRASH and a line of the log; the process, which has nothing else to do, ends with exit status 0. The same error by
# another name is retried.
# Versions: kafkajs 2.2.4 with Apache Kafka 4.4.0. First seen: 2026-11-29.
# Source: kafkajs, src/retry/index.js (UNRECOVERABLE_ERRORS), src/consumer/index.js (onCrash).
set -euo pipefail
source "$(dirname "$0")/apache-kafka.bash"

fetch_kafka 4.4.0
cd "$WORK"
npm init -y >/dev/null
npm install --silent --no-audit --no-fund kafkajs@2.2.4 >/dev/null
echo "kafkajs $(node -p "require('kafkajs/package.json').version"), Node $(node --version)"
format_broker "$(free_port)"
start_broker

cat >service.js <<'JS'
/** Handles a record by a request to a port at which nobody listens for the first two times. `node service.js BROKER GROUP KIND` */
const { Kafka, logLevel } = require('kafkajs');
const [broker, groupId, kind] = process.argv.slice(2);
const kafka = new Kafka({ brokers: [broker], logLevel: logLevel.NOTHING, retry: { initialRetryTime: 50 } });
(async () => {
  const admin = kafka.admin();
  await admin.connect();
  const topic = `orders-${kind}`;
  await admin.createTopics({ topics: [{ topic }], waitForLeaders: true });
  await admin.disconnect();
  const producer = kafka.producer();
  await producer.connect();
  await producer.send({ topic, messages: [{ value: 'first' }] });
  await producer.disconnect();
  const consumer = kafka.consumer({ groupId });
  consumer.on(consumer.events.CRASH, ({ payload }) => console.log(`crash: ${payload.error.name}, restart ${payload.restart}`));
  await consumer.connect();
  await consumer.subscribe({ topics: [topic], fromBeginning: true });
  let attempts = 0;
  await consumer.run({
    eachMessage: async () => {
      attempts++;
      console.log(`attempt ${attempts}`);
      if (attempts > 2) {
        console.log('handled');
        setTimeout(() => consumer.disconnect(), 0);
        return;
      }
      try {
        await fetch('http://127.0.0.1:9/');
      } catch (error) {
        if (kind === 'typed') throw error;
        throw new Error('the service is down', { cause: error });
      }
    },
  });
})();
JS

run() {
  local status=0
  timeout 90 node service.js "127.0.0.1:$PORT" "group-$1" "$1" >"$1.out" 2>&1 || status=$?
  sed 's/^/  /' "$1.out"
  echo "  exit status $status"
}

echo "the handler lets the error of fetch pass:"
run typed
echo "the handler throws another error instead:"
run other

grep -q '^handled$' other.out || changed "a record is not handled even when the error has another name"
[[ $(grep -c '^attempt' typed.out) == 1 ]] || changed "a record is tried again after a TypeError"
grep -q '^crash: KafkaJSNonRetriableError, restart false$' typed.out || changed "the consumer does not end for good"
echo "as found: a failed fetch ends the consumer for good"
