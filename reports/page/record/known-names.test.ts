import test from 'ava';
import { KnownNames } from './known-names.ts';

const MEMBER = 'sKLZymNUSwiFYMwsNICS9w';
const TOPIC = 'zHtDr6SIR2Woa6mY1ocwWA';

test('ids of members and topics are told by the names of who has them', (t) => {
  const names = new KnownNames();
  const text = `member ${MEMBER} has ${TOPIC}-4, and ${TOPIC}-10`;
  t.is(names.in(text), text);
  names.onEvent('reader-2', { type: 'consumer-rebalanced', group: 'readers', generation: 1, member: MEMBER, partitions: [] });
  const registered = {
    ...{
      partition: 'orders-by-day-4',
      topic: 'orders-by-day',
      topicId: TOPIC,
      replicas: [1],
      isr: [1],
      elr: [],
      lastKnownElr: [],
    },
    ...{ leader: 1, leaderEpoch: 0, partitionEpoch: 0, recovering: false },
  };
  names.onEvent('b1', {
    ...{ type: 'metadata-applied', role: 'broker', offset: 1, epoch: 1, fromSnapshot: false, partitions: [registered] },
    ...{ removedPartitions: [], brokers: [], removedBrokers: [], configs: [], features: [], others: [] },
  });
  t.is(names.in(text), 'member reader-2 (sKLZ…) has orders-by-day-4, and orders-by-day-10');
});

test('a member id of the classic protocol stays as it is: it has the name of its client in it', (t) => {
  const names = new KnownNames();
  const member = `reader-1-${MEMBER}`;
  names.onEvent('reader-1', { type: 'consumer-rebalanced', group: 'readers', generation: 1, member, partitions: [] });
  t.is(names.in(`leader ${member}`), `leader ${member}`);
});
