/** Offsets of a group that are committed in transactions: TxnOffsetCommit in every version, and what OffsetFetch shows of it. */
import type { ResponseTypes } from '../../../../core/protocol/messages/index.ts';
import { ZERO_UUID } from '../../../../core/protocol/uuid.ts';
import type { Conversation } from '../../conversation.ts';
import { alone, NOBODY } from '../members.ts';
import { inState, settled, spoken, TOPIC, TransactionalProducer, type TransactionVersion } from './producer.ts';

/** What TxnOffsetCommit calls topics by from here on (KIP-1319). */
const TOPIC_IDS = 6;
/** The coordinator adds the group to the transaction by itself from here on. */
const ADDS_OFFSETS = 5;
const NO_TOPIC_ID = 'AAAAAAAAAAAAAAAAAAAAAQ';

const errorOf = ({ topics: [topic] }: ResponseTypes['TxnOffsetCommit']): number => topic?.partitions[0]?.errorCode ?? 0;

export async function committed(talk: Conversation, level: TransactionVersion): Promise<void> {
  const topicId = await talk.topicId(TOPIC);
  await talk.until('FindCoordinator', 0, { key: 'some-group' }, ({ errorCode }) => errorCode === 0);
  const groups = Array.from({ length: 400 }, (_, index) => `name-${index}`);
  await talk.until('DescribeGroups', 0, { groups }, (answer) =>
    answer.groups.every(({ errorCode }) => errorCode < 14 || errorCode > 16),
  );
  for (const version of spoken('TxnOffsetCommit', level)) await ofVersion(talk, level, version, topicId);
}

async function ofVersion(talk: Conversation, level: TransactionVersion, version: number, topicId: string): Promise<void> {
  const producer = await TransactionalProducer.with(talk, level, `commit-v${version}`);
  const group = `transactional-v${version}`;
  const { memberId, generationId } = await alone(talk, group, { instance: `instance-${version}`, sessionTimeoutMs: 60_000 });
  const called = (name: string): object => (version < TOPIC_IDS ? { name } : { topicId: name === TOPIC ? topicId : NO_TOPIC_ID });
  const topics = (committedOffset = 5, name = TOPIC, partitionIndex = 0, committedMetadata: string | null = 'meta'): object[] => [
    { ...called(name), partitions: [{ partitionIndex, committedOffset, committedMetadata }] },
  ];
  // Versions before 3 have no place for the member.
  const member =
    version >= 3 ? { memberId, generationIdOrMemberEpoch: generationId, groupInstanceId: `instance-${version}` } : {};
  const nobody = { memberId: '', generationIdOrMemberEpoch: -1, groupInstanceId: null };
  const commit = async (step: string, body: object = {}): Promise<void> => {
    const request = { ...producer.identity, groupId: group, topics: topics() as [], ...member, ...body };
    await settled(talk, step, 'TxnOffsetCommit', version, request, errorOf);
  };
  const fetch = async (step: string, groupId = group): Promise<void> => {
    for (const asked of [7, 9])
      for (const requireStable of [false, true])
        for (const names of [[{ name: TOPIC, partitionIndexes: [0, 1, 2] }], null]) {
          const wanted = { groupId, topics: names as [] | null };
          const what = `${step} by v${version}${requireStable ? ', stable' : ''}${names === null ? ', all' : ''}`;
          await talk.ask(what, 'OffsetFetch', asked, { ...(asked < 8 ? wanted : { groups: [wanted] }), requireStable });
        }
  };
  const addOffsets = async (groupId = group): Promise<void> => {
    if (version >= ADDS_OFFSETS && level === 2) return;
    await talk.until('AddOffsetsToTxn', 3, { ...producer.identity, groupId }, ({ errorCode }) => errorCode !== 51);
  };
  await commit('to a group that is not in the transaction');
  await producer.init();
  await addOffsets();
  await commit('of an unknown topic', { topics: topics(5, 'no-such-topic') });
  await commit('of an unknown topic, of an unknown transactional id', {
    topics: topics(5, 'no-such-topic'),
    transactionalId: 'no-such-id',
  });
  await commit('of an unknown partition', { topics: topics(5, TOPIC, 99) });
  await commit('of known and unknown', {
    topics: [
      ...topics(5, 'no-such-topic'),
      {
        ...called(TOPIC),
        partitions: [0, 99].map((partitionIndex) => ({ partitionIndex, committedOffset: 5, committedMetadata: null })),
      },
    ],
  });
  if (version >= TOPIC_IDS)
    await commit('of no topic id', { topics: [{ topicId: ZERO_UUID, partitions: [{ partitionIndex: 0 }] }] });
  await commit('of nothing', { topics: [] });
  await commit('too much metadata', { topics: topics(5, TOPIC, 0, 'x'.repeat(5_000)) });
  await commit('to an empty group id', { groupId: '', ...nobody });
  await commit('of an older epoch', { producerEpoch: producer.producerEpoch - 1 });
  await commit('of an epoch to come', { producerEpoch: producer.producerEpoch + 1 });
  await commit('of another producer id', { producerId: 999_999 });
  await commit('of an unknown transactional id', { transactionalId: 'no-such-id' });
  await commit('of an empty transactional id', { transactionalId: '' });
  await producer.init();
  await addOffsets();
  if (version >= 3) {
    await commit('wrong generation', { generationIdOrMemberEpoch: 99 });
    await commit('unknown member', { memberId: NOBODY, groupInstanceId: null });
    await commit('another member with its instance', { memberId: NOBODY });
    await commit('a member without its generation', { generationIdOrMemberEpoch: -1 });
    await commit('a generation without its member', { ...nobody, generationIdOrMemberEpoch: generationId });
  }
  await commit('as nobody, to a group with members', nobody);
  await addOffsets(`new-v${version}`);
  await commit('with a generation, to a new group', { ...nobody, groupId: `new-v${version}`, generationIdOrMemberEpoch: 3 });
  await commit('as nobody, to a new group', { ...nobody, groupId: `new-v${version}` });
  await talk.ask(`of a new group by v${version}`, 'DescribeGroups', 6, { groups: [`new-v${version}`] });
  await commit('as a member');
  await commit('once more, another', { topics: topics(6) });
  await commit('another partition', { topics: topics(9, TOPIC, 1) });
  await fetch('while it is open');
  await talk.ask(`with offsets by TxnOffsetCommit v${version}`, 'DescribeTransactions', 0, {
    transactionalIds: [producer.transactionalId],
  });
  await producer.end(true);
  await inState(talk, producer.transactionalId, 'CompleteCommit');
  await fetch('after it was committed');
  await addOffsets();
  await commit('in a transaction that is aborted', { topics: topics(77) });
  await fetch('while another is open');
  await producer.end(false);
  await inState(talk, producer.transactionalId, 'CompleteAbort');
  await fetch('after it was aborted');
  await addOffsets();
  await commit('to a group that is subscribed', { topics: topics(78, TOPIC, 2) });
  const remove = (step: string, groupId: string, partitionIndex: number): Promise<unknown> =>
    talk.ask(`${step} by v${version}`, 'OffsetDelete', 0, {
      groupId,
      topics: [{ name: TOPIC, partitions: [{ partitionIndex }] }],
    });
  await remove('of a group that is subscribed', group, 2);
  const simple = `simple-v${version}`;
  await addOffsets(simple);
  await commit('to a simple group', { ...nobody, groupId: simple, topics: topics(79) });
  await commit('to a simple group, another', { ...nobody, groupId: simple, topics: topics(80, TOPIC, 1) });
  await remove('of an open transaction', simple, 1);
  await fetch('of what was deleted', simple);
  await addOffsets(`new-v${version}`);
  await commit('to a group that is deleted before its end', { ...nobody, groupId: `new-v${version}`, topics: topics(81) });
  await talk.ask(`of an open transaction by v${version}`, 'DeleteGroups', 2, { groupsNames: [`new-v${version}`] });
  await fetch('of a deleted group', `new-v${version}`);
  await producer.end(true);
  await inState(talk, producer.transactionalId, 'CompleteCommit');
  await fetch('of a deleted group, after the end', `new-v${version}`);
  await fetch('of what was deleted, after the end', simple);
}
