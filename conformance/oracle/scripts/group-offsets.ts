/** Offsets that groups have committed: OffsetCommit, OffsetFetch and OffsetDelete in all their versions. */
import type { ResponseTypes } from '../../../core/protocol/messages/index.ts';
import { ZERO_UUID } from '../../../core/protocol/uuid.ts';
import { type Conversation, versions } from '../conversation.ts';
import { alone, NOBODY } from './members.ts';

/** What OffsetCommit and OffsetFetch call topics by from here on (KIP-848). */
const TOPIC_IDS = 10;
const NO_TOPIC_ID = 'AAAAAAAAAAAAAAAAAAAAAQ';

/** There must be the topic `for-groups`. */
export async function offsets(talk: Conversation): Promise<void> {
  const known = await talk.topicId('for-groups');
  talk.record('the id of the topic', known);
  const called = (version: number, name: string): object => {
    if (version < TOPIC_IDS) return { name };
    return { topicId: name === 'for-groups' ? known : NO_TOPIC_ID };
  };
  const { memberId, generationId } = await alone(talk, 'committing');
  for (const version of versions('OffsetCommit', 2)) {
    const topics = (
      committedOffset: number,
      metadata: string | null = 'meta',
      name = 'for-groups',
      partitionIndex = 0,
    ): object[] => [{ ...called(version, name), partitions: [{ partitionIndex, committedOffset, committedMetadata: metadata }] }];
    const commit = (step: string, body: object): Promise<ResponseTypes['OffsetCommit'] | null> =>
      talk.ask(step, 'OffsetCommit', version, {
        groupId: 'committing',
        generationIdOrMemberEpoch: generationId,
        memberId,
        topics: topics(version) as [],
        ...body,
      });
    await commit('as a member', {});
    await commit('wrong generation', { generationIdOrMemberEpoch: 99 });
    await commit('unknown member', { memberId: NOBODY });
    await commit('as nobody', { memberId: '', generationIdOrMemberEpoch: -1 });
    await commit('as nobody, to a new group', { groupId: `simple-v${version}`, memberId: '', generationIdOrMemberEpoch: -1 });
    await commit('with a generation, to a new group', { groupId: `new-v${version}`, memberId: '', generationIdOrMemberEpoch: 3 });
    await commit('to an empty group id', { groupId: '', memberId: '', generationIdOrMemberEpoch: -1 });
    await commit('unknown topic', { topics: topics(1, '', 'no-such-topic') });
    await commit('unknown partition', { topics: topics(1, '', 'for-groups', 9) });
    const mixed = await commit('known and unknown', { topics: [...topics(7), ...topics(1, '', 'no-such-topic')] });
    talk.record(`OffsetCommit v${version} known and unknown, in this order`, inOrder(mixed, known));
    if (version >= TOPIC_IDS) {
      const ids = [known, NO_TOPIC_ID, ZERO_UUID, 'AAAAAAAAAAAAAAAAAAAAAg'];
      const partitions = [{ partitionIndex: 0, committedOffset: 7, committedMetadata: '' }];
      const one = await commit('one known id, three unknown', { topics: ids.map((topicId) => ({ topicId, partitions })) });
      talk.record(`OffsetCommit v${version} one known id, three unknown, in this order`, inOrder(one, known));
    }
    const partitions = [0, 9].map((index) => ({ partitionIndex: index, committedOffset: 7, committedMetadata: '' }));
    const within = await commit('known and unknown partitions', {
      topics: [{ ...called(version, 'for-groups'), partitions }, ...topics(1, '', 'no-such-topic')],
    });
    talk.record(`OffsetCommit v${version} known and unknown partitions, in this order`, inOrder(within, known));
    await commit('too much metadata', { topics: topics(1, 'x'.repeat(5000)) });
    // Characters are counted: those of the first take two bytes each, those of the second four and two of Java's characters.
    await commit('as much metadata as may be', { topics: topics(1, 'é'.repeat(4096)) });
    await commit('too many characters of metadata', { topics: topics(1, 'é'.repeat(4097)) });
    await commit('as many characters of two halves as may be', { topics: topics(1, '😀'.repeat(2048)) });
    await commit('too many characters of two halves', { topics: topics(1, '😀'.repeat(2049)) });
    await commit('no metadata', { topics: topics(8, null) });
    await commit('a negative offset', { topics: topics(-5) });
    await commit('no topics', { topics: [] });
    await commit('a topic twice', { topics: [...topics(3), ...topics(4)] });
  }
  for (const version of versions('OffsetFetch', 1)) {
    const fetch = (step: string, groupId: string, list: object[] | null, more: object = {}): Promise<unknown> =>
      talk.ask(step, 'OffsetFetch', version, {
        ...(version >= 8
          ? { groups: [{ groupId, topics: list as [] | null, ...more }] }
          : { groupId, topics: list as [] | null }),
      });
    const some = [
      { ...called(version, 'for-groups'), partitionIndexes: [0, 1, 9] },
      { ...called(version, 'no-such-topic'), partitionIndexes: [0] },
    ];
    await fetch('some', 'committing', some);
    await fetch('of an unknown group', 'no-such-group', some);
    await fetch('of an empty group id', '', some);
    await fetch('of no topics', 'committing', []);
    if (version >= 2) await fetch('all', 'committing', null);
    if (version >= 2) await fetch('all of an unknown group', 'no-such-group', null);
    if (version >= 7)
      await talk.ask('stable', 'OffsetFetch', version, {
        ...(version >= 8 ? { groups: [{ groupId: 'committing', topics: some }] } : { groupId: 'committing', topics: some }),
        requireStable: true,
      });
    if (version >= 8)
      await talk.ask('several groups', 'OffsetFetch', version, {
        groups: ['committing', 'simple-v5', 'no-such-group', '', 'committing'].map((groupId) => ({ groupId, topics: some })),
      });
    if (version >= 8) await talk.ask('no groups', 'OffsetFetch', version, { groups: [] });
    if (version >= 9) await fetch('as an unknown member', 'committing', some, { memberId: NOBODY, memberEpoch: 3 });
  }
  const remove = (step: string, groupId: string, name: string, partitionIndex = 0): Promise<unknown> =>
    talk.ask(step, 'OffsetDelete', 0, { groupId, topics: [{ name, partitions: [{ partitionIndex }] }] });
  await remove('of a group with members', 'committing', 'for-groups');
  await remove('of a simple group', 'simple-v5', 'for-groups');
  await remove('once more', 'simple-v5', 'for-groups');
  await remove('of an unknown topic', 'simple-v6', 'no-such-topic');
  await remove('of an unknown partition', 'simple-v6', 'for-groups', 9);
  await remove('of an unknown group', 'no-such-group', 'for-groups');
  await remove('of an empty group id', '', 'for-groups');
  const mixed = await talk.ask('known and unknown', 'OffsetDelete', 0, {
    groupId: 'simple-v6',
    topics: [
      { name: 'for-groups', partitions: [{ partitionIndex: 0 }, { partitionIndex: 9 }] },
      { name: 'no-such-topic', partitions: [{ partitionIndex: 0 }] },
    ],
  });
  talk.record('OffsetDelete v0 known and unknown, in this order', inOrder(mixed));
  await subscriptions(talk);
}

/** Offsets that are in use are not deleted: which, the members' subscriptions say, however they are written. */
async function subscriptions(talk: Conversation): Promise<void> {
  await talk.quietly('CreateTopics', 5, {
    topics: [{ name: 'not-wanted', numPartitions: 1, replicationFactor: 1 }],
    timeoutMs: 10_000,
  });
  await talk.until('DescribeTopicPartitions', 0, { topics: [{ name: 'not-wanted' }], responsePartitionLimit: 9 }, ({ topics }) =>
    topics.every(({ errorCode }) => errorCode === 0),
  );
  const whole = Buffer.from('000000000001000a666f722d67726f757073ffffffff', 'hex');
  const written = {
    'version 0': whole,
    'version 1 without its own part': Buffer.concat([Buffer.from([0, 1]), whole.subarray(2)]),
    'version 3 without its own part': Buffer.concat([Buffer.from([0, 3]), whole.subarray(2)]),
    'a version from the future': Buffer.concat([Buffer.from([0, 99]), whole.subarray(2), Buffer.from('more')]),
  };
  for (const [step, metadata] of Object.entries(written)) {
    const groupId = `subscribed: ${step}`;
    await alone(talk, groupId, { metadata: metadata.toString('latin1') });
    for (const name of ['for-groups', 'not-wanted'])
      await talk.ask(`${name}, ${step}`, 'OffsetDelete', 0, { groupId, topics: [{ name, partitions: [{ partitionIndex: 0 }] }] });
  }
}

/** What the comparison does not see, since it goes by names. */
function inOrder(
  answer: {
    readonly topics: readonly {
      readonly name: string;
      readonly topicId?: string;
      readonly partitions: readonly { partitionIndex: number }[];
    }[];
  } | null,
  knownId = '',
): string {
  const topics = answer?.topics ?? [];
  return topics
    .map(({ name, topicId, partitions }) => {
      const called = name === '' ? (topicId === knownId ? 'the known topic' : String(topicId)) : name;
      return `${called}: ${partitions.map((each) => each.partitionIndex).join(' ')}`;
    })
    .join(', ');
}
