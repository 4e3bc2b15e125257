import test from 'ava';
import type { FaultChange } from '../sim/observe.ts';
import { fakePlan } from '../properties/testing/fake-context.ts';
import { TraceMemory } from './trace-memory.ts';

test('of two faults that are alike the one is under way until its own end', (t) => {
  const memory = new TraceMemory(fakePlan());
  const tell = (atMs: number, change: FaultChange['change'], forMs: number | null, target = 'b1'): void => {
    const what: FaultChange = { type: 'fault', kind: 'slow-disk', targets: [target], change, forMs };
    memory.add({ timeUs: atMs * 1_000, step: 0, node: '', incarnation: 0, what });
  };
  const underWay = () => memory.faults.map(({ fault, sinceUs }) => [fault.targets[0], sinceUs / 1_000]);
  tell(1_000, 'begins', 9_000);
  tell(2_000, 'begins', 3_000);
  tell(2_500, 'begins', 500, 'b2');
  tell(2_600, 'refused', null);
  tell(2_700, 'begins', null, 'b3');
  tell(3_000, 'ends', null, 'b2');
  t.deepEqual(underWay(), [
    ['b1', 1_000],
    ['b1', 2_000],
  ]);
  tell(5_000, 'ends', null);
  t.deepEqual(underWay(), [['b1', 1_000]]);
  tell(10_000, 'ends', null);
  t.deepEqual(underWay(), []);
});
