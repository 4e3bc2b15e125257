/** A service as many are: it reads a topic in a group, makes a record of each that it reads, and ends in order when it is told to. */
import { Kafka, logLevel } from 'kafkajs';

const kafka = new Kafka({
  clientId: 'relay',
  brokers: (process.env['KAFKA_BROKERS'] ?? '').split(','),
  logLevel: logLevel.NOTHING,
  retry: { retries: 30 },
});
const consumer = kafka.consumer({ groupId: 'relay', sessionTimeout: 10_000, rebalanceTimeout: 10_000 });
const producer = kafka.producer();

async function end(): Promise<void> {
  await consumer.disconnect();
  await producer.disconnect();
  process.exit(0);
}
process.on('SIGTERM', () => void end());

await producer.connect();
await consumer.connect();
await consumer.subscribe({ topics: ['orders'], fromBeginning: true });
await consumer.run({
  eachMessage: async ({ partition, message }) => {
    const of = `${partition}@${message.offset}`;
    await producer.send({ topic: 'invoices', messages: [{ key: message.key, value: JSON.stringify({ of, by: process.pid }) }] });
  },
});
