import test from 'ava';
import { ZERO_UUID } from '../../core/protocol/uuid.ts';
import { UsageError } from '../errors.ts';
import { descriptionLines } from './description.ts';
import { topicFilter } from './names.ts';
import { parseReplicaAssignment, parseTopicConfigs, topicsAction, type TopicsOptions } from './options.ts';

test('options that do not go together are refused in a sentence that names them', (t) => {
  const refused: [TopicsOptions, RegExp][] = [
    [{}, /exactly one of --list, --describe, --create, --alter and --delete/],
    [{ list: true, create: true }, /here are --list and --create/],
    [{ create: true }, /--create needs --topic/],
    [{ alter: true, topic: 't' }, /--alter needs --partitions/],
    [{ alter: true, topic: 't', partitions: 2, config: ['a=b'] }, /trial configs --alter/],
    [{ create: true, topic: 't', replicaAssignment: '0:1', partitions: 2 }, /--replica-assignment and --partitions exclude/],
    [{ list: true, ifExists: true }, /--if-exists goes with --alter, --delete and --describe, not with --list/],
    [{ describe: true, topicsWithOverrides: true, atMinIsrPartitions: true }, /exclude each other/],
    [{ create: true, topic: 't', partitions: 0 }, /--partitions is 0/],
    [{ create: true, topic: 't', replicationFactor: 40_000 }, /--replication-factor is 40000/],
    [{ describe: true, ifExists: true }, /--if-exists needs --topic or --topic-id/],
  ];
  for (const [options, message] of refused) t.throws(() => topicsAction(options), { instanceOf: UsageError, message });
  t.is(topicsAction({ describe: true, underReplicatedPartitions: true, config: [] }), 'describe');
});

test('replica assignments and configs', (t) => {
  t.deepEqual(parseReplicaAssignment('0:1, 1:2'), [
    [0, 1],
    [1, 2],
  ]);
  for (const bad of ['0:0', '0:1,2', '0:x', '']) t.throws(() => parseReplicaAssignment(bad), { instanceOf: UsageError }, bad);
  t.deepEqual(parseTopicConfigs(['a = b', 'c=d=e']), { a: 'b', c: 'd=e' });
  for (const bad of ['a', '=b', 'a=']) t.throws(() => parseTopicConfigs([bad]), { instanceOf: UsageError }, bad);
});

test('--topic is a list of regular expressions that match whole names', (t) => {
  const names = ['orders', 'orders-2', 'bills', 'my.orders'];
  const matching = (text: string) => names.filter((name) => topicFilter(text, false).pattern?.test(name));
  t.deepEqual(matching('orders'), ['orders']);
  t.deepEqual(matching('ord.*, bills'), ['orders', 'orders-2', 'bills']);
  t.deepEqual(matching('"bills"'), ['bills']);
  t.throws(() => topicFilter('(', false), { message: '--topic ( is not a regular expression' });
});

const partition = (number: number, leader: number, isr: number[]) => ({
  partition: number,
  leader,
  replicas: [1, 2, 3],
  isr,
  elr: [],
  lastKnownElr: null,
});
const DESCRIBED = {
  topic: {
    name: 'orders',
    topicId: 'AAAAAAAAAAAAAAAAAAAAAQ',
    isInternal: false,
    partitions: [partition(0, 1, [1, 2, 3]), partition(1, 2, [2, 3]), partition(2, -1, [3])],
  },
  configs: [
    { name: 'min.insync.replicas', value: '2', configSource: 1 },
    { name: 'segment.bytes', value: '1', configSource: 5 },
  ],
  reassignments: [],
};
const ALL = new Set([1, 2, 3]);

test('topics are described in the lines of kafka-topics.sh', (t) => {
  t.deepEqual(descriptionLines(DESCRIBED, ALL, {}), [
    'Topic: orders\tTopicId: AAAAAAAAAAAAAAAAAAAAAQ\tPartitionCount: 3\tReplicationFactor: 3\tConfigs: min.insync.replicas=2',
    '\tTopic: orders\tPartition: 0\tLeader: 1\tReplicas: 1,2,3\tIsr: 1,2,3\tElr: \tLastKnownElr: N/A',
    '\tTopic: orders\tPartition: 1\tLeader: 2\tReplicas: 1,2,3\tIsr: 2,3\tElr: \tLastKnownElr: N/A',
    '\tTopic: orders\tPartition: 2\tLeader: none\tReplicas: 1,2,3\tIsr: 3\tElr: \tLastKnownElr: N/A',
  ]);
  const old = { ...DESCRIBED, topic: { ...DESCRIBED.topic, topicId: ZERO_UUID } };
  t.regex(descriptionLines(old, ALL, { topicsWithOverrides: true }).join('\n'), /^Topic: orders\tPartitionCount: 3\t[^\n]*$/);
  t.deepEqual(descriptionLines({ ...DESCRIBED, configs: [] }, ALL, { topicsWithOverrides: true }), []);
});

test('reports show only the partitions that they are about', (t) => {
  const shown = (reports: object, live = ALL) =>
    descriptionLines(DESCRIBED, live, reports).map((line) => Number(/Partition: (\d)/.exec(line)?.[1]));
  t.deepEqual(shown({ underReplicatedPartitions: true }), [1, 2]);
  t.deepEqual(shown({ unavailablePartitions: true }), [2]);
  t.deepEqual(shown({ unavailablePartitions: true }, new Set([1])), [1, 2]);
  t.deepEqual(shown({ underMinIsrPartitions: true }), [2]);
  t.deepEqual(shown({ atMinIsrPartitions: true }), [1]);
});

test('replicas that are only being added do not count', (t) => {
  const reassignment = { topic: 'orders', partition: 0, replicas: [1, 2, 3], addingReplicas: [3], removingReplicas: [] };
  const [headline, first] = descriptionLines({ ...DESCRIBED, reassignments: [reassignment] }, ALL, {});
  t.regex(headline ?? '', /ReplicationFactor: 2/);
  t.regex(first ?? '', /\tAdding Replicas: 3\tRemoving Replicas: \t/);
});
