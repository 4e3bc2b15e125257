/**
 * Makes an invoice of each order, with the order's offset in one transaction. Each partition has a transactional id of its own: whoever takes
 * it over fences whoever had it before, and only then asks how far that one came.
 */
import { Kafka, logLevel, type Producer } from 'kafkajs';

const GROUP = 'invoices';
const kafka = new Kafka({
  brokers: (process.env['KAFKA_BROKERS'] ?? '').split(','),
  logLevel: logLevel.NOTHING,
  retry: { retries: 20 },
});
const consumer = kafka.consumer({ groupId: GROUP, sessionTimeout: 10_000, rebalanceTimeout: 10_000 });
const admin = kafka.admin();

interface Lane {
  readonly producer: Producer;
  /** Of the first order that has no invoice: what the group reads again after a rebalance may lie before it. */
  next: number;
}

const lanes = new Map<number, Lane>();

async function laneOf(topic: string, partition: number): Promise<Lane> {
  const known = lanes.get(partition);
  if (known !== undefined) return known;
  const producer = kafka.producer({
    transactionalId: `${GROUP}-${topic}-${partition}`,
    maxInFlightRequests: 1,
    idempotent: true,
  });
  await producer.connect();
  // The first transaction makes the producer known, and ends what its predecessor left open.
  await (await producer.transaction()).abort();
  const [offsets] = await admin.fetchOffsets({ groupId: GROUP, topics: [topic] });
  const next = Number(offsets?.partitions.find((one) => one.partition === partition)?.offset ?? -1);
  const lane: Lane = { producer, next };
  lanes.set(partition, lane);
  return lane;
}

await admin.connect();
await consumer.connect();
await consumer.subscribe({ topics: ['orders'], fromBeginning: true });
await consumer.run({
  autoCommit: false,
  eachMessage: async ({ topic, partition, message }) => {
    const { orderId } = JSON.parse(String(message.value)) as { readonly orderId: string };
    const offset = Number(message.offset);
    try {
      const lane = await laneOf(topic, partition);
      if (offset < lane.next) return;
      const transaction = await lane.producer.transaction();
      await transaction.send({ topic: 'invoices', messages: [{ key: orderId, value: JSON.stringify({ orderId, total: 100 }) }] });
      const partitions = [{ partition, offset: String(offset + 1) }];
      await transaction.sendOffsets({ consumerGroupId: GROUP, topics: [{ topic, partitions }] });
      await transaction.commit();
      lane.next = offset + 1;
    } catch (error) {
      // Whatever it was: another producer finds out how far this one came. An error of its own, since kafkajs ends the consumer for good at one of
      // those that it calls not retriable, such as that of a producer that was fenced.
      void lanes.get(partition)?.producer.disconnect();
      lanes.delete(partition);
      throw new Error(`the invoice of ${orderId} can't be made now`, { cause: error });
    }
  },
});
