import test from 'ava';
import { partitionOf, topicByName } from '../metadata/image.ts';
import { DIRECTORY_LOST, DIRECTORY_UNASSIGNED } from '../protocol/directory-ids.ts';
import { ErrorCode } from '../protocol/errors.ts';
import { BrokerEpoch } from '../protocol/numbers.ts';
import { TestQuorum } from './testing/quorum.ts';
import { heartbeat, manualCreation, registration, testUuid } from './testing/requests.ts';

const A = testUuid(9, 1);
const B = testUuid(9, 2);

/** Broker 1 has the directories A and B, brokers 2 and 3 one each; orders-0 and orders-1 lie on all three. */
function cluster(options: { readonly unclean?: boolean } = {}) {
  const quorum = new TestQuorum();
  quorum.elect(0);
  quorum.commit();
  const epochs = [-1];
  for (let id = 1; id <= 3; id++) {
    const { brokerEpoch } = quorum.call('BrokerRegistration', registration(id, 0, id === 1 ? { logDirs: [A, B] } : {}));
    quorum.call('BrokerHeartbeat', heartbeat(id, BrokerEpoch(brokerEpoch), quorum.logEndOffset));
    epochs.push(brokerEpoch);
  }
  const configs: Record<string, string> = options.unclean ? { 'unclean.leader.election.enable': 'true' } : {};
  quorum.call(
    'CreateTopics',
    manualCreation(
      'orders',
      [
        [1, 2, 3],
        [1, 2, 3],
      ],
      configs,
    ),
  );
  quorum.call('CreateTopics', manualCreation('alone', [[1]], configs));
  const epoch = epochs[1] as number;
  const idOf = (topic: string): string => topicByName(quorum.active.image, topic)?.id ?? 'none';
  const assign = (topic: string, partitionIndex: number, directory: string, brokerEpoch = epoch) =>
    quorum.call('AssignReplicasToDirs', {
      brokerId: 1,
      brokerEpoch,
      directories: [{ id: directory, topics: [{ topicId: idOf(topic), partitions: [{ partitionIndex }] }] }],
    });
  const fail = (...offlineLogDirs: string[]) =>
    quorum.call('BrokerHeartbeat', heartbeat(1, BrokerEpoch(epoch), quorum.logEndOffset, { offlineLogDirs }));
  const of = (topic: string, index = 0) => partitionOf(quorum.active.image, topic, index);
  const resultOf = (answer: ReturnType<typeof assign>) => answer.directories[0]?.topics[0]?.partitions[0]?.errorCode;
  return { quorum, epoch, assign, fail, of, resultOf };
}

test('a replica on a broker with one directory lies there; on one with several it is unassigned until the broker says', (t) => {
  const { of, assign, resultOf } = cluster();
  t.deepEqual(of('orders')?.directories, [DIRECTORY_UNASSIGNED, testUuid(2, 2), testUuid(2, 3)]);
  const before = of('orders');
  t.is(resultOf(assign('orders', 0, B)), ErrorCode.NONE);
  t.deepEqual(of('orders')?.directories, [B, testUuid(2, 2), testUuid(2, 3)]);
  t.like(of('orders'), { leader: 1, isr: [1, 2, 3], leaderEpoch: before?.leaderEpoch });
});

test('a directory that failed: its replicas leave ISR and leadership, those of other directories do not', (t) => {
  const { quorum, of, assign, fail } = cluster();
  assign('orders', 0, A);
  assign('orders', 1, B);
  t.is(fail(A).errorCode, ErrorCode.NONE);
  t.like(of('orders', 0), { leader: 2, isr: [2, 3] });
  t.like(of('orders', 1), { leader: 1, isr: [1, 2, 3] });
  t.deepEqual(quorum.active.image.brokers.get(1)?.directories, [B]);
  const end = quorum.logEndOffset;
  fail(A);
  t.is(quorum.logEndOffset, end, 'told again, nothing changes');
});

test('the last replica of an ISR stays in it without a leader, and leads again when its directory is back', (t) => {
  const { quorum, of, assign, fail } = cluster();
  assign('alone', 0, A);
  fail(A);
  t.like(of('alone'), { leader: -1, isr: [1] });
  quorum.world.run(9_001);
  const logDirs = [A, B];
  const { brokerEpoch } = quorum.call('BrokerRegistration', registration(1, 1, { logDirs }));
  t.like(of('alone'), { leader: -1, isr: [1] });
  quorum.call('BrokerHeartbeat', heartbeat(1, BrokerEpoch(brokerEpoch), quorum.logEndOffset));
  t.like(of('alone'), { leader: 1, isr: [1] });
});

test('a broker that comes back without a directory does not lead what lay in it', (t) => {
  const { quorum, of, assign, fail } = cluster();
  assign('alone', 0, A);
  fail(A);
  quorum.world.run(9_001);
  const { brokerEpoch } = quorum.call('BrokerRegistration', registration(1, 1, { logDirs: [B] }));
  quorum.call('BrokerHeartbeat', heartbeat(1, BrokerEpoch(brokerEpoch), quorum.logEndOffset));
  t.false(quorum.active.image.brokers.get(1)?.fenced);
  t.like(of('alone'), { leader: -1, isr: [1], directories: [A] });
});

test('an assignment to a directory that has failed already takes the replica out', (t) => {
  const { of, assign, fail, resultOf } = cluster();
  fail(A);
  t.like(of('orders'), { leader: 1, isr: [1, 2, 3] });
  t.is(resultOf(assign('orders', 0, A)), ErrorCode.NONE);
  t.like(of('orders'), { leader: 2, isr: [2, 3], directories: [A, testUuid(2, 2), testUuid(2, 3)] });
  assign('orders', 1, DIRECTORY_LOST);
  t.like(of('orders', 1), { leader: 2, isr: [2, 3] });
});

test('a replica in a failed directory is no candidate, not even in an unclean election', (t) => {
  const { quorum, of, assign, fail } = cluster({ unclean: true });
  assign('orders', 0, A);
  assign('alone', 0, A);
  fail(A);
  t.like(of('alone'), { leader: -1 });
  const unclean = { electionType: 1, topicPartitions: [{ topic: 'alone', partitions: [0] }], timeoutMs: 1000 };
  const answer = quorum.call('ElectLeaders', unclean);
  t.is(answer.replicaElectionResults[0]?.partitionResult[0]?.errorCode, ErrorCode.ELIGIBLE_LEADERS_NOT_AVAILABLE);
  const preferred = { electionType: 0, topicPartitions: [{ topic: 'orders', partitions: [0] }], timeoutMs: 1000 };
  const other = quorum.call('ElectLeaders', preferred);
  t.is(other.replicaElectionResults[0]?.partitionResult[0]?.errorCode, ErrorCode.PREFERRED_LEADER_NOT_AVAILABLE);
});

test('what cannot be assigned is said for each partition; another incarnation is refused as a whole', (t) => {
  const { quorum, epoch, assign, resultOf } = cluster();
  quorum.call('CreateTopics', manualCreation('theirs', [[2, 3]]));
  t.is(resultOf(assign('nothing', 0, A)), ErrorCode.UNKNOWN_TOPIC_ID);
  t.is(resultOf(assign('orders', 7, A)), ErrorCode.UNKNOWN_TOPIC_OR_PARTITION);
  t.is(resultOf(assign('theirs', 0, A)), ErrorCode.NOT_LEADER_OR_FOLLOWER);
  t.is(assign('orders', 0, A, epoch - 1).errorCode, ErrorCode.STALE_BROKER_EPOCH);
});
