import test from 'ava';
import { FakeContext } from '../testing/fake-context.ts';
import { deliveries } from './deliveries.ts';

const TIMEOUT_MS = 6_000;

function completed(context: FakeContext, ageMs: number): void {
  context.emit('writer-1', {
    type: 'producer-batch-completed',
    partition: 'orders-0',
    attempts: 3,
    producerId: 7,
    records: 1,
    baseSequence: 0,
    producerEpoch: 0,
    offset: -1,
    error: 7,
    ageMs,
    deliveryTimeoutMs: TIMEOUT_MS,
  });
}

function watched(): FakeContext {
  const context = new FakeContext();
  context.check(deliveries);
  context.pass(60_000);
  return context;
}

test('N12: a batch ends when its time is over, and not with the request that it is in', (t) => {
  const inTime = watched();
  completed(inTime, TIMEOUT_MS);
  completed(inTime, 100);
  t.deepEqual(inTime.violatedProperties, []);
  t.is(inTime.evaluations['N12'], 1);
  const late = watched();
  completed(late, TIMEOUT_MS + 1_500);
  t.deepEqual(late.violatedProperties, ['N12']);
  t.like(late.factsOf('N12'), { client: 'writer-1', partition: 'orders-0' });
});

test('N13: with one request in flight a partition has one batch on its way, with more it may have several', (t) => {
  const sent = (besides: number, maxInFlight: number): FakeContext => {
    const context = watched();
    const batch = { partition: 'orders-0', attempt: 2, producerId: -1, producerEpoch: -1, baseSequence: -1, records: 1 } as const;
    context.emit('writer-1', { ...batch, type: 'producer-batch-sent', besides, maxInFlight });
    return context;
  };
  t.deepEqual(sent(0, 1).violatedProperties, []);
  t.is(sent(0, 1).evaluations['N13'], 1);
  t.deepEqual(sent(1, 1).violatedProperties, ['N13']);
  t.deepEqual(sent(4, 5).violatedProperties, []);
});

test('N12: a client that stood still when the time was over tells of it when it goes on', (t) => {
  const context = watched();
  context.worldOf('writer-1', { type: 'paused' }, context.nowUs);
  context.pass(10_000);
  context.worldOf('writer-1', { type: 'resumed' }, context.nowUs);
  completed(context, TIMEOUT_MS + 8_000);
  t.deepEqual(context.violatedProperties, []);
});
