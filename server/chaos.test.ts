/** Faults that are drawn for a served cluster. */
import test from 'ava';
import { chaos, type ChaosStep, chaosSteps } from './chaos.ts';
import { serve } from './serve.ts';

function first(seed: number, brokers: number, count = 200): ChaosStep[] {
  const steps = chaosSteps(seed, brokers);
  return Array.from({ length: count }, () => steps.next().value);
}

test('a seed draws the same steps, another one others, and all kinds come', (t) => {
  t.deepEqual(first(7, 3), first(7, 3));
  t.notDeepEqual(first(7, 3), first(8, 3));
  t.is(new Set(first(7, 3).map(({ kind }) => kind)).size, 7);
  t.false(first(7, 1).some(({ kind }) => kind === 'cut' || kind === 'move-leader'));
});

test('each kind strikes, says so, and leaves the cluster whole', async (t) => {
  const cluster = await serve({ port: 0, brokers: 3, topics: [{ name: 'orders', partitions: 2, replicationFactor: 3 }] });
  t.teardown(() => cluster.stop());
  const said: string[] = [];
  const kinds = ['kill', 'pause', 'cut', 'slow', 'restart', 'move-leader', 'rebalance'] as const;
  const steps = kinds.map((kind): ChaosStep => ({ kind, restMs: 0, lastsMs: 300, which: 0.5, other: 0 }));
  await chaos(cluster, steps, {
    say: (line) => void said.push(line),
    sleep: (ms) => new Promise((resolve) => void setTimeout(resolve, ms)),
    isOver: () => false,
  });
  await cluster.ready();
  t.true(cluster.nodes.every(({ isUp, isPaused }) => isUp && !isPaused));
  t.deepEqual(said.slice(0, 5), [
    'chaos: broker 2 is killed, and down for 0.3 s',
    'chaos: broker 2 stands still for 0.3 s',
    'chaos: broker 2 is cut from 1, 3 for 0.3 s',
    'chaos: broker 2 answers 50 ms late for 0.3 s',
    'chaos: broker 2 is restarted in order',
  ]);
  t.regex(said[5] ?? '', /^chaos: (broker \d leads orders-\d|move-leader did not happen: )/);
});
