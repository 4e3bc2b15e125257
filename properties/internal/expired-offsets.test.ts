import test from 'ava';
import type { TraceEventOf } from '../../core/trace.ts';
import { FakeContext, fakePlan } from '../testing/fake-context.ts';
import { expiredOffsets } from './expired-offsets.ts';

function removed(reason: TraceEventOf<'offset-removal-begun'>['reason'], ageMs: number): FakeContext {
  const plan = fakePlan();
  const properties = { ...plan.cluster.properties, 'offsets.retention.minutes': 2 };
  const context = new FakeContext({ ...plan, cluster: { ...plan.cluster, properties } });
  context.check(expiredOffsets);
  const offset = { group: 'g', partition: 'orders-0', offsetsPartition: 0 } as const;
  context.emit(1, { ...offset, type: 'offset-removal-begun', reason, ageMs });
  return context;
}

test('GR16: an offset expires when its retention has passed, and not before; it may be removed at any time for another reason', (t) => {
  t.deepEqual(removed('expired', 120_000).violatedProperties, []);
  t.is(removed('expired', 120_000).evaluations['GR16'], 1);
  const early = removed('expired', 119_000);
  t.deepEqual(early.violatedProperties, ['GR16']);
  t.like(early.factsOf('GR16'), { nodeId: 1, group: 'g', partition: 'orders-0' });
  t.deepEqual(removed('topic-deleted', 10).violatedProperties, []);
});
