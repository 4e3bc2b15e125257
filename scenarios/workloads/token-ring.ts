/**
 * A station of a ring: the partitions of a topic are its places, and one token goes round. Who reads the token in a partition passes it on to the next one
 * in a transaction with its offset. A record that is lost, or there twice, or seen of a transaction that was aborted, breaks the ring: the
 * cheapest shape that every error deforms (in the manner of FoundationDB's Cycle workload).
 *
 * params: `topics` (the ring, one topic), `pollMs`, `restMs` (before the token is passed on, at most), `abortOneIn` (0: never).
 */
import type { WorkloadContext } from '../../sim/workload/context.ts';
import { count, millis, topicNames, workload } from './params.ts';
import { consumeTransformProduce } from './consume-transform-produce.ts';
import { TransactionalProducer } from './transactional-producer.ts';

const PARAMS = { topics: topicNames, pollMs: millis, restMs: millis, abortOneIn: count };

/** The token in a value: how often it was passed on; null: it is no token. */
export function tokenOf(value: string): number | null {
  const found = / token (\d+)$/.exec(value);
  return found === null ? null : Number(found[1]);
}

const token = (unique: string, number: number): string => `${unique} token ${number}`;

export const tokenRing = workload(PARAMS, async (context) => {
  const topic = String(context.params['topics']);
  const places = context.plan.topics.find(({ name }) => name === topic)?.partitions ?? 1;
  const restMs = Number(context.params['restMs'] ?? 50);
  const abortOneIn = Number(context.params['abortOneIn'] ?? 10);
  await consumeTransformProduce(context, {
    topics: [topic],
    pollMs: Number(context.params['pollMs'] ?? 200),
    // The token rests where it is when the cluster is to come to rest.
    goesOn: context.writing,
    transform: ({ value }) => {
      const number = tokenOf(value ?? '');
      if (number === null) return [];
      return [{ topic, partition: (number + 1) % places, value: token(context.uniqueValue(), number + 1) }];
    },
    beforeOffsets: () => context.sleep(context.random.between(0, restMs, 'rest')),
    aborts: () => abortOneIn > 0 && context.random.chance(1, abortOneIn, 'aborts'),
  });
});

/**
 * Puts the token into the ring, once: what became of an attempt whose answer was lost is there to be read when a producer of the same id
 * has been initialized.
 *
 * params: `topics` (the ring).
 */
export const tokenSource = workload({ topics: topicNames }, async (context) => {
  const topic = String(context.params['topics']);
  const producer = new TransactionalProducer(context, context.writing);
  while (context.writing()) {
    const outcome = await producer.run(async (open) => {
      const isThere = await readsToken(context, topic);
      if (isThere !== false) return false;
      const sent = await open.send({ topic, partition: 0, value: token(context.uniqueValue(), 0) });
      return sent.ok;
    });
    if (outcome === 'committed' || (await readsToken(context, topic)) === true) break;
    await context.sleep(500);
  }
  await producer.close();
});

const READ_POLL_MS = 200;

/** Is there a token in the first place of the ring? Null: nobody says. */
async function readsToken(context: WorkloadContext, topic: string): Promise<boolean | null> {
  const consumer = context.consumer({ 'enable.auto.commit': false, 'isolation.level': 'read_committed' });
  try {
    const end = await consumer.endOffset(topic, 0);
    if (end === null) return null;
    consumer.assign([{ topic, partition: 0 }]);
    consumer.seek(topic, 0, 0);
    for (let at = 0; at < end; at = consumer.position(topic, 0) ?? at) {
      const records = await consumer.poll(READ_POLL_MS);
      consumer.processed(records);
      if (records.some(({ value }) => tokenOf(value ?? '') !== null)) return true;
      if (!context.writing()) return null;
    }
    return false;
  } finally {
    await consumer.close();
  }
}
