/** Makes an invoice of each order. It does so in the background: the offset of an order is committed before its invoice is sent. */
import { Kafka, logLevel } from 'kafkajs';

const kafka = new Kafka({
  brokers: (process.env['KAFKA_BROKERS'] ?? '').split(','),
  logLevel: logLevel.NOTHING,
  retry: { retries: 20 },
});
const consumer = kafka.consumer({ groupId: 'invoices', sessionTimeout: 10_000, rebalanceTimeout: 10_000 });
const producer = kafka.producer();

async function invoice(order: { readonly orderId: string }): Promise<void> {
  const value = JSON.stringify({ orderId: order.orderId, total: 100 });
  await producer.send({ topic: 'invoices', messages: [{ key: order.orderId, value }] });
}

await producer.connect();
await consumer.connect();
await consumer.subscribe({ topics: ['orders'], fromBeginning: true });
await consumer.run({
  eachMessage: async ({ message }) => {
    const order = JSON.parse(String(message.value)) as { readonly orderId: string };
    invoice(order).catch((error: unknown) => console.error(error));
  },
});
