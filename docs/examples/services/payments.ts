/** Books each order in a database, then commits its offset. A booking is a new row: whoever reads an order again books it again. */
import { randomUUID } from 'node:crypto';
import { Kafka, logLevel } from 'kafkajs';

const DATABASE = 'http://payments-db';
const kafka = new Kafka({
  brokers: (process.env['KAFKA_BROKERS'] ?? '').split(','),
  logLevel: logLevel.NOTHING,
  retry: { retries: 20 },
});
const consumer = kafka.consumer({ groupId: 'payments', sessionTimeout: 10_000, rebalanceTimeout: 10_000 });

await consumer.connect();
await consumer.subscribe({ topics: ['orders'], fromBeginning: true });
await consumer.run({
  eachMessage: async ({ message }) => {
    const { orderId } = JSON.parse(String(message.value)) as { readonly orderId: string };
    const body = JSON.stringify({ orderId, amount: 100 });
    const answer = await fetch(`${DATABASE}/keys/payment-${randomUUID()}`, { method: 'PUT', body }).catch((cause: unknown) => {
      // kafkajs takes a TypeError, and that is what a fetch fails with, for a mistake of the program, and stops for good.
      throw new Error('the database is out of reach', { cause });
    });
    if (!answer.ok) throw new Error(`the database answered ${answer.status}`);
  },
});
