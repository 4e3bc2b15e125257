/** What a pipeline makes transactions of. */
import test from 'ava';
import { simulate } from '../../campaign/simulate.ts';
import { scenario } from '../scenario.ts';
import { COMMITTED_READER, TRANSACTIONAL_BROKERS, TRANSACTIONAL_PRODUCER } from '../transactional.ts';
import { pipeline } from './pipeline.ts';
import { writer } from './writer.ts';

test('record by record while there are writers; what has piled up by then in larger transactions', async (t) => {
  const sizes: number[] = [];
  const tried = scenario({
    name: 'tried',
    about: 'tried by a test',
    cluster: { brokers: 1, controllers: 1, properties: TRANSACTIONAL_BROKERS },
    topics: ['orders', 'payments'].map((name) => ({ name, partitions: 1, replicationFactor: 1 })),
    clients: [
      { name: 'writer', count: 1, run: writer, params: { topics: 'orders', perSecond: 50 } },
      {
        name: 'pipeline',
        count: 1,
        run: pipeline,
        properties: { ...TRANSACTIONAL_PRODUCER, ...COMMITTED_READER, 'group.id': 'pipelines', 'max.poll.records': 1 },
        params: { topics: 'orders', to: 'payments', abortOneIn: 0 },
      },
    ],
    world: { latencyUs: 5_000, syncUs: 10_000 },
    warmUpMs: 500,
    chaosMs: 8_000,
    faults: 'none',
    checks: [
      {
        properties: [],
        create: (context) => {
          context.onHistory((event) => {
            if (event.type === 'processed') sizes.push(event.records.length);
          });
          return {};
        },
      },
    ],
  });
  const { verdict } = await simulate({ scenario: tried, seed: 1 });
  t.is(verdict, 'pass');
  const firstLarge = sizes.findIndex((size) => size > 1);
  t.true(firstLarge > 10, `${firstLarge} of ${sizes.length}`);
  t.is(Math.max(...sizes), 50);
});
