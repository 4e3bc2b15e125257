/** What is wrong with heartbeats, whatever the group is, and whom a group knows. */
import type { RequestTypes } from '../../../../core/protocol/messages/index.ts';
import type { Draft } from '../../../../core/protocol/schema.ts';
import { type Conversation, versions } from '../../conversation.ts';
import { createTopic, joining, Member, untilAssignable } from './member.ts';

type Heartbeat = Draft<RequestTypes['ConsumerGroupHeartbeat']>;

export async function requests(talk: Conversation): Promise<void> {
  const topicId = await createTopic(talk, 'asked', 2);
  const fresh = joining(['asked']);
  for (const version of versions('ConsumerGroupHeartbeat', 0)) {
    const groupId = `requests-v${version}`;
    const ask = (step: string, body: Heartbeat): Promise<unknown> =>
      talk.ask(`${step}, ${groupId}`, 'ConsumerGroupHeartbeat', version, { groupId, memberId: 'm', ...body });
    await ask('no group', { memberEpoch: 1 });
    await ask('leaving no group', { memberEpoch: -1 });
    await ask('empty group id', { ...fresh, groupId: '' });
    await ask('blank group id', { ...fresh, groupId: '  ' });
    await ask('empty member id', { ...fresh, groupId: `${groupId}-unnamed`, memberId: '' });
    await ask('empty member id in an epoch', { memberEpoch: 1, memberId: '' });
    await ask('blank member id', { ...fresh, groupId: `${groupId}-blank`, memberId: ' ' });
    await ask('empty instance id', { ...fresh, instanceId: '' });
    await ask('empty rack', { ...fresh, rackId: '' });
    await ask('no rebalance timeout', { ...fresh, rebalanceTimeoutMs: -1 });
    await ask('no partitions told', { ...fresh, topicPartitions: null });
    await ask('partitions of who joins', { ...fresh, topicPartitions: [{ topicId, partitions: [0] }] });
    await ask('no subscription', { ...fresh, subscribedTopicNames: null });
    await ask('an unknown assignor', { ...fresh, serverAssignor: 'best' });
    await ask('epoch -2 without an instance', { memberEpoch: -2 });
    await ask('epoch -3', { memberEpoch: -3 });
    await ask('subscribed to nothing', { ...fresh, groupId: `${groupId}-nothing`, subscribedTopicNames: [] });
    await ask('subscribed to what is not there', {
      ...fresh,
      groupId: `${groupId}-missing`,
      subscribedTopicNames: ['not-there'],
    });
    await ask('joins', fresh);
    await ask('is there', { memberEpoch: 2 });
    await ask('says all', { ...fresh, memberEpoch: 2, topicPartitions: [{ topicId, partitions: [0, 1] }] });
    await ask('says what it has not', { memberEpoch: 2, topicPartitions: [{ topicId, partitions: [7] }] });
    await ask('a later epoch', { memberEpoch: 3 });
    await ask('an earlier epoch', { memberEpoch: 1 });
    await ask('an earlier epoch, with partitions', { memberEpoch: 1, topicPartitions: [{ topicId, partitions: [0, 1] }] });
    await ask('somebody else', { memberEpoch: 2, memberId: 'n' });
    await ask('somebody else leaves', { memberEpoch: -1, memberId: 'n' });
    await ask('joins once more', fresh);
    await ask('an instance of nobody', { memberEpoch: 2, instanceId: 'i' });
    await ask('an instance of nobody leaves', { memberEpoch: -2, instanceId: 'i' });
    await ask('leaves', { memberEpoch: -1 });
    await ask('is gone', { memberEpoch: 2 });
    await talk.ask(`empty, ${groupId}`, 'ConsumerGroupDescribe', 1, { groupIds: [groupId] });
    await untilAssignable();
    await ask('comes back', fresh);
    await ask('leaves again', { memberEpoch: -1 });
  }
}

/** Who may be in a group of which protocol: with nobody in it, a group takes either. */
export async function kinds(talk: Conversation): Promise<void> {
  await createTopic(talk, 'of-kinds', 1);
  const consumer = new Member(talk, 'kinds', 'm');
  await consumer.beat('joins', 0, joining(['of-kinds']));
  const asConsumer = { groupId: 'kinds', generationId: 2, memberId: 'm' };
  await talk.ask('of a consumer group', 'Heartbeat', 4, asConsumer);
  await talk.ask('of a consumer group', 'SyncGroup', 3, { ...asConsumer, assignments: [] });
  await talk.ask('of a consumer group', 'DescribeGroups', 6, { groups: ['kinds'] });
  await talk.ask('of a consumer group', 'DescribeGroups', 5, { groups: ['kinds'] });
  await talk.ask('of a consumer group', 'DeleteGroups', 2, { groupsNames: ['kinds'] });
  await talk.ask('who is not in it', 'LeaveGroup', 5, { groupId: 'kinds', members: [{ memberId: 'n' }] });
  await talk.ask('a consumer member', 'LeaveGroup', 5, { groupId: 'kinds', members: [{ memberId: 'm' }] });
  await consumer.beat('leaves', -1);
  await talk.ask('of an empty consumer group', 'DescribeGroups', 6, { groups: ['kinds'] });
}
