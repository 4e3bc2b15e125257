import test from 'ava';
import { ClusterState } from '../cluster-state.ts';
import { DurabilityGhost } from '../durability.ts';
import { rolesOf } from './roles.ts';

function view() {
  const state = new ClusterState(new Map([1, 2, 3, 4].map((id) => [id, `b${id}`])));
  const durability = new DurabilityGhost(false);
  const registration = {
    partition: 'orders-0',
    topic: 'orders',
    topicId: 'id',
    replicas: [1, 2, 3],
    isr: [1, 2],
    elr: [],
    lastKnownElr: [],
    leader: 2,
    leaderEpoch: 5,
    partitionEpoch: 8,
    recovering: false,
    removingReplicas: [],
    addingReplicas: [],
    directories: [],
  };
  durability.onPartition(registration);
  state.onQuorumLeader(3, 4);
  return { state, durability };
}

const LOG = { partition: 'orders-0', topicId: 'id' };

test('facts of runs with other names and numbers are the same roles', (t) => {
  const roles = (facts: Parameters<typeof rolesOf>[0]) => rolesOf(facts, view());
  t.is(roles({ nodeId: 2, ...LOG, offset: 17 }), 'the leader, a topic');
  t.is(
    roles({ nodeId: 2, otherNodeId: 1, ...LOG, leaderEpoch: 4 }),
    'the leader, an in-sync follower, a topic, in an older epoch',
  );
  t.is(roles({ nodeId: 3, ...LOG, leaderEpoch: 5 }), 'a replica out of sync, a topic, in the present epoch');
  t.is(roles({ nodeId: 4, brokerId: 4, ...LOG, leaderEpoch: 6 }), 'no replica, a topic, in an epoch that is not committed');
  t.is(roles({ nodeId: 4, partition: '__cluster_metadata-0' }), 'the active controller, the metadata log');
  t.is(roles({ nodeId: 1, group: 'readers', member: 'm', generation: 2 }), 'a node, a group, a member');
  t.is(roles({ client: 'hand-reader-12#3', partition: 'gone-1' }), 'an unknown topic, hand-reader');
  t.is(roles({}), '');
});

test('a topic that is gone is told apart from those that are there', (t) => {
  const { state, durability } = view();
  durability.onPartitionRemoved('id', 'orders-0');
  t.is(rolesOf({ nodeId: 2, ...LOG }, { state, durability }), 'the leader, a topic that is gone');
});
