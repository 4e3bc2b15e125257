/** As invoices.ts, with the client @platformatic/kafka: at least once. */
import { Consumer, Producer, stringDeserializers, stringSerializers } from '@platformatic/kafka';

const cluster = { clientId: 'invoices', bootstrapBrokers: (process.env['KAFKA_BROKERS'] ?? '').split(','), retries: 20 };
const producer = new Producer({ ...cluster, serializers: stringSerializers });
const consumer = new Consumer({
  ...cluster,
  groupId: 'invoices',
  deserializers: stringDeserializers,
  sessionTimeout: 10_000,
  rebalanceTimeout: 10_000,
  heartbeatInterval: 3_000,
});

const orders = await consumer.consume({ topics: ['orders'], autocommit: false, mode: 'committed', fallbackMode: 'earliest' });
for await (const order of orders) {
  const { orderId } = JSON.parse(order.value) as { readonly orderId: string };
  const value = JSON.stringify({ orderId, total: 100 });
  await producer.send({ messages: [{ topic: 'invoices', key: orderId, value }], acks: -1 });
  await order.commit();
}
