#!/usr/bin/env bash
# Whoever starts a producer with a transactional id that was used before takes its place: InitProducerId names no producer id (-1), the
# broker gives the next epoch out, and the predecessor is fenced. @platformatic/kafka claims producer id 0 with epoch 0 by itself, as only a
# producer does that goes on after an error (KIP-360). The first transactional id of a cluster has id 0; with every other one the first
# producer is served, as nothing is known of it, and each later one is fenced at its beginning, so that an application that is restarted
# cannot write. It can when it is told to claim -1.
# Versions: @platformatic/kafka 2.12.1; org.apache.kafka:kafka_2.13 4.4.0. First seen: 2026-11-29.
# Source: KIP-360; TransactionCoordinator.prepareInitProducerIdTransit (isValidProducerId).
set -euo pipefail
source "$(dirname "$0")/apache-kafka.bash"

fetch_kafka 4.4.0
(cd "$WORK" && npm init -y >/dev/null && npm install --silent --no-audit --no-fund @platformatic/kafka@2.12.1)
cat >"$WORK/finding.mjs" <<'END'
// It is in Node.js from 22 on, which the library asks for; nothing else of it is needed here.
Promise.withResolvers ??= () => {
  const it = {};
  it.promise = new Promise((resolve, reject) => Object.assign(it, { resolve, reject }));
  return it;
};
const { Admin, Producer, stringSerializers } = await import('@platformatic/kafka');

const bootstrapBrokers = [`127.0.0.1:${process.argv[2]}`];
const admin = new Admin({ clientId: 'finding', bootstrapBrokers });
await admin.createTopics({ topics: ['t'], partitions: 1, replicas: 1 });
await admin.close();

async function commitOne(what, transactionalId, claim = {}) {
  const producer = new Producer({ clientId: 'finding', bootstrapBrokers, transactionalId, idempotent: true, serializers: stringSerializers, ...claim });
  let told = 'committed';
  try {
    const transaction = await producer.beginTransaction();
    await transaction.send({ messages: [{ topic: 't', key: 'k', value: what }] });
    await transaction.commit();
  } catch (error) {
    const causes = [error, ...(error.errors ?? []), ...(error.cause?.errors ?? [])];
    told = causes.map(({ apiId }) => apiId).find(Boolean) ?? error.message;
  }
  await producer.close(true);
  console.log(`${what}: ${told}`);
}

await commitOne('first of the first id', 'a');
await commitOne('second of the first id', 'a');
await commitOne('first of another id', 'b');
await commitOne('second of another id', 'b');
await commitOne('third, which claims none', 'b', { producerId: -1n, producerEpoch: -1 });
process.exit();
END
format_broker "$(free_port)"
start_broker
(cd "$WORK" && timeout 120 node finding.mjs "$PORT") | tee "$WORK/told"
for line in 'first of the first id: committed' 'second of the first id: committed' 'first of another id: committed' \
  'third, which claims none: committed'; do
  grep -qx "$line" "$WORK/told" || changed "not told: $line"
done
grep -qx 'second of another id: PRODUCER_FENCED' "$WORK/told" || changed "the second producer of another id is not fenced"
