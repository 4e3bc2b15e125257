/**
 * Books each order in a database, then commits its offset. The row of a booking is that of its order, and is written in one transaction with the
 * balance, if it is not there yet: whoever reads an order again finds it booked.
 */
import http from 'node:http';
import { json } from 'node:stream/consumers';
import { Kafka, logLevel } from 'kafkajs';

interface Outcome {
  readonly done: boolean;
  readonly values: Readonly<Record<string, unknown>>;
}

const AMOUNT = 100;
const kafka = new Kafka({
  brokers: (process.env['KAFKA_BROKERS'] ?? '').split(','),
  logLevel: logLevel.NOTHING,
  retry: { retries: 20 },
});
const consumer = kafka.consumer({ groupId: 'payments', sessionTimeout: 10_000, rebalanceTimeout: 10_000 });

/** Done if the keys in `if` have these values. */
function transaction(body: object): Promise<Outcome> {
  return new Promise((resolve, reject) => {
    const asked = http.request('http://payments-db/transactions', { method: 'POST' }, (answer) => {
      if (answer.statusCode === 200 || answer.statusCode === 409) (json(answer) as Promise<Outcome>).then(resolve, reject);
      else reject(new Error(`the database answered ${answer.statusCode}`));
    });
    asked.on('error', reject);
    asked.end(JSON.stringify(body));
  });
}

async function book(orderId: string): Promise<void> {
  const row = `payment-${orderId}`;
  for (let balance = 0; ; ) {
    const { done, values } = await transaction({
      if: { [row]: null, balance: balance === 0 ? null : balance },
      put: { [row]: { orderId, amount: AMOUNT }, balance: balance + AMOUNT },
    });
    if (done || values[row] !== null) return;
    balance = Number(values['balance'] ?? 0);
  }
}

await consumer.connect();
await consumer.subscribe({ topics: ['orders'], fromBeginning: true });
await consumer.run({
  eachMessage: async ({ message }) => {
    const { orderId } = JSON.parse(String(message.value)) as { readonly orderId: string };
    await book(orderId);
  },
});
