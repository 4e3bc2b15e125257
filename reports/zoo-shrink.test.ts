import test from 'ava';
import type { ShrunkMutant } from '../campaign/zoo/shrink-zoo.ts';
import { planOf } from '../campaign/run-scenario.ts';
import calm from '../scenarios/calm.ts';
import { shrunkText, spreadsOf, spreadText } from './zoo-shrink.ts';

const drawn = planOf(calm, 1);

function shrunk(operations: number, over: Partial<ShrunkMutant> = {}): ShrunkMutant {
  const [client] = drawn.clients;
  const plan = { ...drawn, faults: [], chaosMs: operations * 1_000, clients: client === undefined ? [] : [client] };
  return { mutant: 'a-bug', property: 'R1', plan, operations, forced: 2, runs: 40, cpuMs: 12_340, ...over };
}

test('quartiles, median and the worst are values that there are', (t) => {
  const [faults, clients, operations, chaos] = spreadsOf([9, 1, 4, 2].map((each) => shrunk(each)));
  t.like(faults, { name: 'faults', median: 0, worst: 0, target: 2 });
  t.like(clients, { median: 1 });
  t.like(operations, { name: 'client operations', quarter: 1, median: 2, threeQuarters: 4, worst: 9, target: 6 });
  t.like(chaos, { name: 's of chaos', median: 2, worst: 9 });
  t.like(spreadsOf([shrunk(5)])[2], { quarter: 5, median: 5, worst: 5 });
});

test('a failure is told in a line, all of them in a table', (t) => {
  t.is(
    shrunkText(shrunk(3)),
    `a-bug (R1): ${drawn.cluster.brokers} brokers, 1 client with 3 operations, 0 faults in 3 s of chaos, 2 decisions forced; 40 runs, 12.3 s of processor time`,
  );
  t.regex(shrunkText(shrunk(1, { forced: null })), /chance still draws/);
  const lines = spreadText([shrunk(3), shrunk(8)]).split('\n');
  t.is(lines[0], 'SHRUNK 2 failures');
  t.regex(lines[4] ?? '', /^ {2}client operations +3 +3 +8 +8 +<= 6$/);
  t.is(spreadText([]), 'SHRUNK none: nothing was found by a violation');
});
