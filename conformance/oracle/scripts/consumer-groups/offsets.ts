/** Committed offsets of members: which epochs may commit what, and which are told. */
import type { Conversation } from '../../conversation.ts';
import { createTopic, joining, Member, untilAssignable } from './member.ts';

export async function offsets(talk: Conversation): Promise<void> {
  const topicId = await createTopic(talk, 'counted', 4);
  const [one, two] = ['o1', 'o2'].map((id) => new Member(talk, 'counting', id)) as [Member, Member];
  await one.beat('joins', 0, joining(['counted']));
  await one.owns('has all', 2, topicId, 0, 1, 2, 3);
  await one.commit('in its epoch', 2, topicId, [0, 1, 2, 3]);
  await one.commit('in a later epoch', 3, topicId, [0]);
  await one.commit('in an earlier epoch', 1, topicId, [0]);
  await one.commit('in no epoch', -1, topicId, [0]);
  await one.commit('without partitions, in an earlier epoch', 1, topicId, []);
  for (const version of [2, 7, 8]) await byName(talk, one, version);
  await byName(talk, one, 9);
  await new Member(talk, 'counting', 'nobody').commit('is not there', 2, topicId, [0]);
  await new Member(talk, 'counting', '').commit('is nobody', -1, topicId, [0]);
  await one.fetch('in its epoch', 2, topicId, [0, 3]);
  await one.fetch('in a later epoch', 3, topicId, [0]);
  await one.fetch('in an earlier epoch', 1, topicId, [0]);
  await one.fetch('in no epoch', -1, topicId, [0]);
  await new Member(talk, 'counting', 'nobody').fetch('is not there', 2, topicId, [0]);
  await new Member(talk, 'counting', 'nobody').fetch('is not there, in no epoch', -1, topicId, [0]);
  await new Member(talk, 'counting', '').fetch('is nobody', -1, topicId, [0]);
  await new Member(talk, 'counting', '').fetch('is nobody, stable', -1, topicId, [0], true);
  await talk.ask('of nobody, by name', 'OffsetFetch', 7, {
    groupId: 'counting',
    topics: [{ name: 'counted', partitionIndexes: [0] }],
  });
  await untilAssignable();
  await two.beat('joins', 0, joining(['counted']));
  await one.owns('is told to give up', 2, topicId, 0, 1, 2, 3);
  await one.commit('while giving up, all', 2, topicId, [0, 1, 2, 3], 2);
  await one.owns('has given up', 2, topicId, 0, 1);
  await one.commit('with the older epoch, what it kept', 2, topicId, [0, 1], 3);
  await one.commit('with the older epoch, what it gave up', 2, topicId, [2], 3);
  await one.commit('with the older epoch, both', 2, topicId, [0, 2], 3);
  await one.commit('with the new epoch, what it gave up', 3, topicId, [2], 4);
  await one.fetch('with the older epoch', 2, topicId, [0]);
  await one.fetch('with the older epoch, stable', 2, topicId, [0], true);
  await one.fetch('with the new epoch', 3, topicId, [0, 2]);
  await two.beat('gets them', 3);
  await two.commit('with an epoch before it had them', 2, topicId, [2], 5);
  await two.commit('what is not its own', 3, topicId, [0], 5);
  await inUse(talk);
  for (const member of [one, two]) await member.beat('leaves', -1);
  await new Member(talk, 'counting', '').commit('to the empty group, as nobody', -1, topicId, [0], 6);
  await one.commit('to the empty group, with an epoch', 3, topicId, [0], 6);
  await one.fetch('of the empty group', 3, topicId, [0]);
  await inUse(talk);
}

async function byName(talk: Conversation, { groupId, memberId }: Member, version: number): Promise<void> {
  const partitions = [{ partitionIndex: 0, committedOffset: 9, committedMetadata: '' }];
  await talk.ask(`by name, ${memberId}`, 'OffsetCommit', version, {
    groupId,
    memberId,
    generationIdOrMemberEpoch: 2,
    topics: [{ name: 'counted', partitions }],
  });
}

async function inUse(talk: Conversation): Promise<void> {
  await talk.ask('of a consumer group', 'OffsetDelete', 0, {
    groupId: 'counting',
    topics: ['counted', 'asked'].map((name) => ({ name, partitions: [{ partitionIndex: 3 }] })),
  });
}
