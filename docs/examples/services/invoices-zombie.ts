/** Makes an invoice of each order, with the order's offset in one transaction. Its transactional id is that of the process. */
import { Kafka, logLevel } from 'kafkajs';

const kafka = new Kafka({
  brokers: (process.env['KAFKA_BROKERS'] ?? '').split(','),
  logLevel: logLevel.NOTHING,
  retry: { retries: 20 },
});
const consumer = kafka.consumer({ groupId: 'invoices', sessionTimeout: 10_000, rebalanceTimeout: 10_000 });
const producer = kafka.producer({
  transactionalId: `invoices-${process.env['HOSTNAME']}`,
  maxInFlightRequests: 1,
  idempotent: true,
});

await producer.connect();
await consumer.connect();
await consumer.subscribe({ topics: ['orders'], fromBeginning: true });
await consumer.run({
  autoCommit: false,
  eachMessage: async ({ topic, partition, message }) => {
    const { orderId } = JSON.parse(String(message.value)) as { readonly orderId: string };
    const transaction = await producer.transaction();
    try {
      await transaction.send({ topic: 'invoices', messages: [{ key: orderId, value: JSON.stringify({ orderId, total: 100 }) }] });
      const offset = String(Number(message.offset) + 1);
      await transaction.sendOffsets({ consumerGroupId: 'invoices', topics: [{ topic, partitions: [{ partition, offset }] }] });
      await transaction.commit();
    } catch (error) {
      await transaction.abort().catch(() => {});
      throw error;
    }
  },
});
