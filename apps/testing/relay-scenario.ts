/** The relay under faults: two of them read what a writer of Trial writes. */
import { scenario } from '../../scenarios/scenario.ts';
import { writer } from '../../scenarios/workloads/writer.ts';
import { app } from '../app.ts';

export default scenario({
  name: 'relay',
  about: 'a service with kafkajs that makes a record of each that it reads',
  cluster: { brokers: 3, controllers: 3, combined: true },
  topics: [
    { name: 'orders', partitions: 3, replicationFactor: 3 },
    { name: 'invoices', partitions: 3, replicationFactor: 3 },
  ],
  clients: [
    { name: 'writer', count: 1, run: writer, params: { topics: 'orders', perSecond: 10 }, properties: { acks: 'all' } },
    { name: 'service', count: 2, run: app({ entry: new URL('./relay.ts', import.meta.url) }) },
  ],
  chaosMs: 8_000,
  faults: { kinds: ['crash', 'client-crash', 'isolate', 'pause', 'reset-connections'], atLeast: 2, atMost: 4, swarm: false },
});
