/** Which lines are about the same as a violation. */
import test from 'ava';
import type { TraceEvent } from '../core/trace.ts';
import { concerning } from './concerns.ts';

const of = (...names: readonly string[]): ReadonlySet<string> => new Set(names);

test('the quorum is about the metadata log, which it does not name', (t) => {
  const voted: TraceEvent = {
    type: 'quorum-voted',
    epoch: 1,
    candidate: 1001,
    candidateLastEpoch: 0,
    candidateEndOffset: 0,
    lastEpoch: 0,
    endOffset: 0,
  };
  t.is(concerning(voted, of('__cluster_metadata-0')), voted);
  t.is(concerning(voted, of('orders-0')), null);
});

test('what is about a group keeps its lists, what lists many things those that are wanted', (t) => {
  const moved: TraceEvent = {
    type: 'group-transition',
    group: 'readers',
    from: 'Stable',
    to: 'PreparingRebalance',
    generation: 1,
    members: ['m-1', 'm-2'],
  };
  t.is(concerning(moved, of('readers')), moved);
  const offset = (group: string) => ({ group, partition: 'orders-0', topicId: 't', offset: 1, logOffset: 1, isApplied: true });
  const ended: TraceEvent = {
    type: 'transactional-offsets-ended',
    offsetsPartition: 0,
    producerId: 7,
    producerEpoch: 0,
    isCommitted: true,
    offsets: [offset('readers'), offset('others')],
    logOffset: 3,
  };
  t.deepEqual(concerning(ended, of('readers')), { ...ended, offsets: [offset('readers')] });
});

test('a log that knows a transaction by its producer is about it', (t) => {
  const opened: TraceEvent = {
    type: 'transaction-opened',
    partition: 'orders-0',
    producerId: 7,
    producerEpoch: 0,
    firstOffset: 3,
    byLeader: true,
  };
  t.is(concerning(opened, of('bank-1', 'producer 7')), opened);
  t.is(concerning(opened, of('bank-1', 'producer 8')), null);
});
