/** A scenario whose property is violated by the first record that is acknowledged. */
import { scenario } from '../../scenarios/scenario.ts';

export default scenario({
  name: 'no-orders',
  about: 'a property that does not hold',
  cluster: { brokers: 1, controllers: 1 },
  topics: [{ name: 'orders', partitions: 1, replicationFactor: 1 }],
  clients: [
    {
      name: 'writer',
      count: 1,
      run: async (context) => {
        const producer = context.producer({ acks: 'all' });
        await producer.send({ topic: 'orders', key: null, value: 'one' });
        await producer.close();
      },
    },
  ],
  warmUpMs: 500,
  chaosMs: 500,
  faults: 'none',
  checks: [
    {
      properties: [{ id: 'NO-ORDERS', title: 'nobody orders anything' }],
      create: (context) => {
        context.onHistory(({ type }) => {
          if (type === 'ok') context.violated('NO-ORDERS', 'somebody wrote to orders-0');
        });
        return {};
      },
    },
  ],
});
