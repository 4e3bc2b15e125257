import test from 'ava';
import type { PartitionRegistrationSummary } from '../core/trace/metadata-events.ts';
import { ClusterState } from './cluster-state.ts';

function partition(topicId: string, leader: number, partitionEpoch: number): PartitionRegistrationSummary {
  return {
    partition: 'orders-0',
    topic: 'orders',
    topicId,
    replicas: [1, 2],
    isr: [1, 2],
    elr: [],
    lastKnownElr: [],
    leader,
    leaderEpoch: 0,
    partitionEpoch,
    recovering: false,
  };
}

test('of a topic that was made again only news of the new one count, however late the others come', (t) => {
  const names = new Map([
    [1, 'b1'],
    [2, 'b2'],
  ]);
  const state = new ClusterState(names);
  state.onPartition(partition('old', 1, 5));
  state.onPartition(partition('old', 2, 4));
  t.is(state.leaderOf('orders-0'), 'b1');
  state.onPartitionRemoved('orders-0', 'old');
  t.is(state.leaderOf('orders-0'), null);
  state.onPartition(partition('old', 1, 5));
  t.is(state.leaderOf('orders-0'), null);
  state.onPartition(partition('new', 2, 0));
  state.onPartition(partition('old', 1, 5));
  t.is(state.leaderOf('orders-0'), 'b2');
});
