/** Groups with members that change their protocol: a classic one becomes a consumer group, has members of both, and becomes a classic one again. */
import { encodeMessage } from '../../../../core/protocol/codec.ts';
import type { RequestTypes, ResponseTypes } from '../../../../core/protocol/messages/index.ts';
import type { Draft } from '../../../../core/protocol/schema.ts';
import type { Conversation, LonelyScript, SharedScript } from '../../conversation.ts';
import { alone, bytes, NOBODY } from '../members.ts';
import { createTopic, describe, joining, Member, untilAssignable } from './member.ts';
import { records } from './records.ts';

const TOPIC = 'migrating';
const VERSION = 3;

function versioned(body: Uint8Array): Uint8Array {
  return Buffer.concat([Buffer.from([0, VERSION]), body]);
}

function subscription(owned: readonly number[], generationId: number, rackId: string | null = null): Uint8Array {
  const ownedPartitions = owned.length === 0 ? [] : [{ topic: TOPIC, partitions: [...owned] }];
  return versioned(
    encodeMessage('ConsumerProtocolSubscription', VERSION, {
      topics: [TOPIC],
      userData: null,
      ownedPartitions,
      generationId,
      rackId,
    }),
  );
}

function assignment(...partitions: readonly number[]): Uint8Array {
  const assignedPartitions = [{ topic: TOPIC, partitions: [...partitions] }];
  return versioned(encodeMessage('ConsumerProtocolAssignment', VERSION, { assignedPartitions, userData: null }));
}

/** A member of the classic protocol. */
class Classic {
  readonly #talk: Conversation;
  readonly groupId: string;
  readonly #name: string;
  memberId = '';
  generationId = -1;

  constructor(talk: Conversation, groupId: string, name: string) {
    this.#talk = talk;
    this.groupId = groupId;
    this.#name = name;
  }

  body(owned: readonly number[], more: Draft<RequestTypes['JoinGroup']> = {}): Draft<RequestTypes['JoinGroup']> {
    return {
      groupId: this.groupId,
      sessionTimeoutMs: 45_000,
      rebalanceTimeoutMs: 60_000,
      memberId: this.memberId,
      protocolType: 'consumer',
      protocols: ['range', 'roundrobin'].map((name) => ({ name, metadata: subscription(owned, this.generationId) })),
      ...more,
    };
  }

  async join(
    step: string,
    owned: readonly number[] = [],
    more: Draft<RequestTypes['JoinGroup']> = {},
    version = 9,
  ): Promise<void> {
    const joined = await this.#talk.ask(`${this.#name}: ${step}`, 'JoinGroup', version, this.body(owned, more));
    this.learn(joined);
  }

  learn(joined: ResponseTypes['JoinGroup'] | null): void {
    if (joined === null || (joined.errorCode !== 0 && joined.errorCode !== 79)) return;
    this.memberId = joined.memberId;
    this.generationId = joined.generationId;
  }

  sync(step: string, more: Draft<RequestTypes['SyncGroup']> = {}): Promise<unknown> {
    const { groupId, memberId, generationId } = this;
    const asked = { groupId, memberId, generationId, protocolType: 'consumer', protocolName: 'range', assignments: [], ...more };
    return this.#talk.ask(`${this.#name}: ${step}`, 'SyncGroup', 5, asked);
  }

  beat(step: string, more: Draft<RequestTypes['Heartbeat']> = {}): Promise<unknown> {
    const { groupId, memberId, generationId } = this;
    return this.#talk.ask(`${this.#name}: ${step}`, 'Heartbeat', 4, { groupId, memberId, generationId, ...more });
  }

  commit(step: string, topicId: string, partition: number, generationIdOrMemberEpoch = this.generationId): Promise<unknown> {
    const { groupId, memberId } = this;
    const partitions = [{ partitionIndex: partition, committedOffset: 1, committedMetadata: '' }];
    const asked = { groupId, memberId, generationIdOrMemberEpoch, topics: [{ topicId, partitions }] };
    return this.#talk.ask(`${this.#name}: ${step}`, 'OffsetCommit', 10, asked);
  }

  leave(step: string): Promise<unknown> {
    const { groupId, memberId } = this;
    return this.#talk.ask(`${this.#name}: ${step}`, 'LeaveGroup', 5, { groupId, members: [{ memberId }] });
  }
}

async function look(talk: Conversation, step: string, groupId: string): Promise<void> {
  await describe(talk, step, groupId);
  await talk.ask(step, 'DescribeGroups', 6, { groups: [groupId] });
}

async function upAndDown(talk: Conversation, topicId: string): Promise<void> {
  const groupId = 'moving';
  const one = new Classic(talk, groupId, 'one');
  await one.join('joins');
  await one.join('joins with its id');
  await one.sync('assigns', { assignments: [{ memberId: one.memberId, assignment: assignment(0, 1, 2, 3) }] });
  await one.commit('as a classic group', topicId, 0);
  await look(talk, 'classic', groupId);
  const consumer = new Member(talk, groupId, 'consumer');
  await consumer.beat('in an epoch', 2);
  await consumer.beat('leaves what it is not in', -1);
  await consumer.beat('joins', 0, joining([TOPIC]));
  await look(talk, 'of both', groupId);
  await one.beat('is told');
  await one.sync('is told');
  await one.commit('in its generation', topicId, 1);
  await one.commit('in a later generation', topicId, 1, one.generationId + 7);
  await one.beat('in another generation', { generationId: 77 });
  await one.beat('as another instance', { groupInstanceId: 'i' });
  await one.beat('as nobody', { memberId: NOBODY });
  await one.sync('as nobody', { memberId: NOBODY });
  await one.sync('another protocol', { protocolName: 'roundrobin' });
  await one.sync('another type', { protocolType: 'connect' });
  await consumer.beat('waits', 2);
  await one.join('joins again, with all', [0, 1, 2, 3]);
  await look(talk, 'to give up', groupId);
  await one.beat('still has to give up');
  await one.sync('is told what it keeps');
  await one.join('has given up', [0, 1]);
  await one.sync('has what it has');
  await one.beat('has what it has');
  await consumer.beat('gets the rest', 2);
  await consumer.beat('has the rest', 2, { topicPartitions: [{ topicId, partitions: [2, 3] }] });
  await look(talk, 'shared', groupId);
  await new Classic(talk, groupId, 'wrong').join('protocols of nobody', [], {
    protocols: [{ name: 'none', metadata: subscription([], -1) }],
  });
  await new Classic(talk, groupId, 'wrong').join('no protocols', [], { protocols: [] });
  await new Classic(talk, groupId, 'wrong').join('another type', [], { protocolType: 'connect' });
  await new Classic(talk, groupId, 'wrong').join('too short a session', [], { sessionTimeoutMs: 1 });
  const old = new Classic(talk, groupId, 'old');
  await untilAssignable();
  await old.join('an old client', [], {}, 3);
  await old.sync('an old client', { protocolName: null, protocolType: 'consumer' });
  await old.leave('an old client leaves');
  await old.leave('and again');
  await untilAssignable();
  await one.beat('after it left');
  await one.join('catches up', [0, 1]);
  await one.sync('catches up');
  await look(talk, 'caught up', groupId);
  await consumer.beat('leaves', -1);
  await look(talk, 'classic again', groupId);
  await one.beat('a rebalance');
  await one.join('joins once more', [0, 1]);
  await one.sync('assigns once more', { assignments: [{ memberId: one.memberId, assignment: assignment(0, 1, 2, 3) }] });
  await one.commit('as a classic group again', topicId, 2);
  await look(talk, 'stable again', groupId);
  await one.leave('leaves at last');
}

/** A static member changes its protocol in its place. */
async function staticMembers(talk: Conversation): Promise<void> {
  const groupId = 'moving-static';
  const consumer = new Member(talk, groupId, 'consumer');
  await consumer.beat('joins', 0, joining([TOPIC], { instanceId: 'i' }));
  const classic = new Classic(talk, groupId, 'static');
  await classic.join('takes its place', [], { groupInstanceId: 'i' });
  await look(talk, 'replaced by a classic one', groupId);
  await consumer.beat('is fenced', 2, { instanceId: 'i' });
  await classic.beat('is in it', { groupInstanceId: 'i' });
  await classic.sync('has it all', { groupInstanceId: 'i' });
  const back = new Member(talk, groupId, 'back');
  await back.beat('takes it back', 0, joining([TOPIC], { instanceId: 'i' }));
  await look(talk, 'replaced by a consumer', groupId);
  await classic.beat('is fenced', { groupInstanceId: 'i' });
  await back.beat('leaves', -1, { instanceId: 'i' });
}

/** What cannot be understood stays as it is. */
async function misfits(talk: Conversation): Promise<void> {
  await alone(talk, 'moving-foreign', { protocolType: 'connect' });
  await new Member(talk, 'moving-foreign', 'm').beat('to a group of another type', 0, joining([TOPIC]));
  await alone(talk, 'moving-malformed', { metadata: 'm' });
  await new Member(talk, 'moving-malformed', 'm').beat('to a malformed group', 0, joining([TOPIC]));
  const own = new Classic(talk, 'moving-own', 'own');
  await own.join('joins');
  await own.join('joins with its id');
  const body = { assignedPartitions: [{ topic: TOPIC, partitions: [0] }], userData: bytes('mine') };
  const assigned = versioned(encodeMessage('ConsumerProtocolAssignment', VERSION, body));
  await own.sync('assigns with data of its own', { assignments: [{ memberId: own.memberId, assignment: assigned }] });
  await new Member(talk, 'moving-own', 'm').beat('to a group with an assignor of its own', 0, joining([TOPIC]));
  await own.leave('leaves');
}

async function run(talk: Conversation): Promise<void> {
  await talk.until('FindCoordinator', 0, { key: 'any-group' }, ({ errorCode }) => errorCode === 0);
  await talk.until('DescribeGroups', 0, { groups: Array.from({ length: 400 }, (_, at) => `name-${at}`) }, ({ groups }) =>
    groups.every(({ errorCode }) => errorCode < 14 || errorCode > 16),
  );
  const topicId = await createTopic(talk, TOPIC, 4);
  await upAndDown(talk, topicId);
  await staticMembers(talk);
  await misfits(talk);
  await records(talk, 'moving', 'moving-static');
}

/** Members of the classic protocol alone in a consumer group, which may not become a classic one: nobody assigns what one of them leaves. */
async function leftAlone(talk: Conversation): Promise<void> {
  await talk.until('FindCoordinator', 0, { key: 'any-group' }, ({ errorCode }) => errorCode === 0);
  await createTopic(talk, TOPIC, 4);
  const groupId = 'left-alone';
  await talk.until('DescribeGroups', 0, { groups: [groupId] }, ({ groups }) => groups[0]?.errorCode === 0);
  const [one, other] = [new Classic(talk, groupId, 'one'), new Classic(talk, groupId, 'other')];
  await one.join('joins');
  await one.join('joins with its id');
  await one.sync('assigns', { assignments: [{ memberId: one.memberId, assignment: assignment(0, 1, 2, 3) }] });
  const consumer = new Member(talk, groupId, 'consumer');
  await consumer.beat('joins', 0, joining([TOPIC]));
  await other.join('joins', [], {}, 3);
  await consumer.beat('leaves', -1);
  await look(talk, 'left alone', groupId);
  await untilAssignable();
  await one.beat('hears of nothing');
  await other.beat('hears of nothing');
  await one.join('joins again', [0, 1, 2, 3]);
  await one.sync('joins again');
  await other.beat('hears of it');
  await other.join('joins again');
  await look(talk, 'assigned', groupId);
  await other.leave('leaves');
  await untilAssignable();
  await one.beat('hears of nothing more');
  await look(talk, 'with what nobody has', groupId);
}

export const GROUP_UPGRADE: LonelyScript = {
  name: 'group-upgrade',
  brokers: 1,
  config: {
    'broker.session.timeout.ms': 60_000,
    'group.consumer.migration.policy': 'upgrade',
    'offsets.topic.num.partitions': 1,
  },
  runAlone: leftAlone,
};

export const GROUP_MIGRATION: SharedScript = { name: 'group-migration', brokers: 1, run };
