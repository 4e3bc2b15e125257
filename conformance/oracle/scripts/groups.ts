/** Groups: coordinators, membership in the classic protocol, static members, committed offsets, and what operators ask. */
import type { ResponseTypes } from '../../../core/protocol/messages/index.ts';
import { ZERO_UUID } from '../../../core/protocol/uuid.ts';
import { type Conversation, type SharedScript, versions } from '../conversation.ts';

const bytes = (text: string): Uint8Array => Buffer.from(text);
/** What OffsetCommit and OffsetFetch call topics by from here on (KIP-848). */
const TOPIC_IDS = 10;
const NO_TOPIC_ID = 'AAAAAAAAAAAAAAAAAAAAAQ';
const NOBODY = 'nobody-0f8fad5b-d9cb-469f-a165-70867728950e';

interface Join {
  readonly version?: number;
  readonly memberId?: string;
  readonly instance?: string;
  readonly protocols?: readonly string[];
  readonly protocolType?: string;
  readonly sessionTimeoutMs?: number;
  readonly metadata?: string;
}

function joinBody(groupId: string, join: Join): object {
  const {
    memberId = '',
    instance,
    protocols = ['range'],
    protocolType = 'consumer',
    sessionTimeoutMs = 10_000,
    metadata = 'm',
  } = join;
  return {
    groupId,
    sessionTimeoutMs,
    rebalanceTimeoutMs: 10_000,
    memberId,
    protocolType,
    protocols: protocols.map((name) => ({ name, metadata: Buffer.from(metadata, 'latin1') })),
    ...(instance === undefined ? {} : { groupInstanceId: instance }),
  };
}

const ask = (talk: Conversation, step: string, groupId: string, join: Join = {}): Promise<ResponseTypes['JoinGroup'] | null> =>
  talk.ask(step, 'JoinGroup', join.version ?? 5, joinBody(groupId, join) as { groupId: string });

/** Joins as a new member that gets its id first, and syncs as the only one. */
async function alone(talk: Conversation, groupId: string, more: Join = {}): Promise<{ memberId: string; generationId: number }> {
  const first = await talk.quietly('JoinGroup', 5, joinBody(groupId, more) as { groupId: string });
  const joined =
    first.errorCode === 79
      ? await talk.quietly('JoinGroup', 5, joinBody(groupId, { ...more, memberId: first.memberId }) as { groupId: string })
      : first;
  const { memberId, generationId } = joined;
  await talk.quietly('SyncGroup', 3, {
    groupId,
    generationId,
    memberId,
    groupInstanceId: more.instance ?? null,
    assignments: [{ memberId, assignment: bytes('a') }],
  });
  return { memberId, generationId };
}

/** Nobody coordinates: the topic of the offsets is made when a coordinator is looked for. */
async function before(talk: Conversation): Promise<void> {
  const groupId = 'before';
  const member = { groupId, memberId: 'nobody', generationId: 1 };
  await ask(talk, 'before there is a coordinator', groupId);
  await talk.ask('before there is a coordinator', 'SyncGroup', 5, { ...member, assignments: [] });
  await talk.ask('before there is a coordinator', 'Heartbeat', 4, member);
  await talk.ask('before there is a coordinator', 'LeaveGroup', 5, { groupId, members: [{ memberId: 'nobody' }] });
  await talk.ask('before there is a coordinator', 'OffsetCommit', 9, {
    groupId,
    generationIdOrMemberEpoch: -1,
    memberId: '',
    topics: [{ name: 'known', partitions: [{ partitionIndex: 0, committedOffset: 1, committedMetadata: '' }] }],
  });
  for (const version of [7, 9]) {
    const wanted = { groupId, topics: [{ name: 'known', partitionIndexes: [0] }] };
    await talk.ask('before there is a coordinator', 'OffsetFetch', version, version < 8 ? wanted : { groups: [wanted] });
  }
  await talk.ask('before there is a coordinator', 'OffsetDelete', 0, {
    groupId,
    topics: [{ name: 'known', partitions: [{ partitionIndex: 0 }] }],
  });
  await talk.ask('before there is a coordinator', 'DescribeGroups', 5, { groups: [groupId] });
  await talk.ask('before there is a coordinator', 'ListGroups', 5, {});
  await talk.ask('before there is a coordinator', 'DeleteGroups', 2, { groupsNames: [groupId] });
}

async function coordinators(talk: Conversation): Promise<void> {
  await talk.until('FindCoordinator', 0, { key: 'some-group' }, ({ errorCode }) => errorCode === 0);
  // Enough names to reach every coordinator.
  const names = Array.from({ length: 400 }, (_, index) => `name-${index}`);
  await talk.until('DescribeGroups', 0, { groups: names }, ({ groups }) =>
    groups.every(({ errorCode }) => errorCode < 14 || errorCode > 16),
  );
  for (const version of versions('FindCoordinator', 0)) {
    const find = (step: string, keyType: number, ...keys: string[]): Promise<unknown> =>
      talk.ask(step, 'FindCoordinator', version, {
        ...(version >= 1 ? { keyType } : {}),
        ...(version >= 4 ? { coordinatorKeys: keys } : { key: keys[0] ?? '' }),
      });
    await find('group', 0, 'some-group');
    await find('empty group', 0, '');
    if (version >= 1) await find('unknown type', 7, 'x');
    if (version >= 4) await find('several', 0, 'a', 'b', 'a', '');
    if (version >= 4) await find('none', 0);
    if (version >= 6) await find('share', 2, 'g:AAAAAAAAAAAAAAAAAAAAAQ:0');
  }
}

async function joining(talk: Conversation): Promise<void> {
  for (const version of versions('JoinGroup', 0)) {
    const group = `join-v${version}`;
    const first = await ask(talk, 'new', group, { version });
    const memberId = first?.memberId ?? '';
    const joined = version >= 4 ? await ask(talk, 'with the id given', group, { version, memberId }) : first;
    await ask(talk, 'unknown member', group, { version, memberId: NOBODY });
    await ask(talk, 'empty group id', '', { version });
    await ask(talk, 'session too short', `${group}-x`, { version, sessionTimeoutMs: 10 });
    await ask(talk, 'session too long', `${group}-x`, { version, sessionTimeoutMs: 10_000_000 });
    await ask(talk, 'no protocols', `${group}-x`, { version, protocols: [] });
    await ask(talk, 'no protocol type', `${group}-x`, { version, protocolType: '' });
    await ask(talk, 'unknown member of an unknown group', `${group}-y`, { version, memberId: NOBODY });
    await ask(talk, 'inconsistent protocol', group, { version, protocols: ['other'] });
    await ask(talk, 'inconsistent type', group, { version, protocolType: 'connect' });
    const { generationId = -1 } = joined ?? {};
    const sync = Math.min(version, 5);
    const more = sync >= 5 ? { protocolType: 'consumer', protocolName: 'range' } : {};
    const syncing = (step: string, body: object): Promise<unknown> =>
      talk.ask(`${step}, group v${version}`, 'SyncGroup', sync, {
        groupId: group,
        generationId,
        memberId,
        assignments: [{ memberId, assignment: bytes('assigned') }],
        ...more,
        ...body,
      });
    await syncing('wrong generation', { generationId: generationId + 1 });
    await syncing('unknown member', { memberId: NOBODY });
    await syncing('unknown group', { groupId: 'no-such-group' });
    await syncing('empty group id', { groupId: '' });
    if (sync >= 5) await syncing('wrong protocol', { protocolName: 'other' });
    if (sync >= 5) await syncing('wrong type', { protocolType: 'other' });
    if (sync >= 5) await syncing('no type', { protocolType: null });
    await syncing('leader', {});
    await syncing('once more', { assignments: [] });
    const beat = Math.min(version, 4);
    const beating = (step: string, body: object): Promise<unknown> =>
      talk.ask(`${step}, group v${version}`, 'Heartbeat', beat, { groupId: group, generationId, memberId, ...body });
    await beating('good', {});
    await beating('wrong generation', { generationId: 77 });
    await beating('unknown member', { memberId: NOBODY });
    await beating('unknown group', { groupId: 'no-such-group' });
    await beating('empty group id', { groupId: '' });
    await ask(talk, 'leader joins again', group, { version, memberId });
    await beating('while rebalancing', {});
    await syncing('after joining again', { generationId: generationId + 1 });
    const leave = Math.min(version, 5);
    const leaving = (step: string, id: string, groupId = group): Promise<unknown> =>
      talk.ask(`${step}, group v${version}`, 'LeaveGroup', leave, {
        groupId,
        ...(leave >= 3 ? { members: [{ memberId: id }] } : { memberId: id }),
      });
    await leaving('unknown member', NOBODY);
    await leaving('unknown group', NOBODY, 'no-such-group');
    await leaving('empty group id', NOBODY, '');
    await leaving('good', memberId);
    await leaving('again', memberId);
    await beating('after leaving', {});
  }
}

async function staticMembers(talk: Conversation): Promise<void> {
  const group = 'static';
  const first = await ask(talk, 'static', group, { instance: 'one' });
  const { memberId = '', generationId = 0 } = first ?? {};
  await talk.ask('static', 'SyncGroup', 3, {
    groupId: group,
    generationId,
    memberId,
    groupInstanceId: 'one',
    assignments: [{ memberId, assignment: bytes('a') }],
  });
  await ask(talk, 'static with an id of nobody', group, { instance: 'one', memberId: NOBODY });
  await ask(talk, 'static with an id and an unknown instance', group, { instance: 'two', memberId: NOBODY });
  const again = await ask(talk, 'static, come back', group, { instance: 'one' });
  const now = again?.memberId ?? '';
  const generation = again?.generationId ?? 0;
  await talk.ask('static, fenced', 'Heartbeat', 3, {
    groupId: group,
    generationId: generation,
    memberId,
    groupInstanceId: 'one',
  });
  await talk.ask('static, good', 'Heartbeat', 3, {
    groupId: group,
    generationId: generation,
    memberId: now,
    groupInstanceId: 'one',
  });
  await talk.ask('static, unknown instance', 'Heartbeat', 3, {
    groupId: group,
    generationId: generation,
    memberId: now,
    groupInstanceId: 'two',
  });
  await talk.ask('static, come back', 'SyncGroup', 3, {
    groupId: group,
    generationId: generation,
    memberId: now,
    groupInstanceId: 'one',
    assignments: [],
  });
  await talk.ask('static, fenced', 'SyncGroup', 3, {
    groupId: group,
    generationId: generation,
    memberId,
    groupInstanceId: 'one',
    assignments: [],
  });
  await talk.quietly('CreateTopics', 5, {
    topics: [{ name: 'for-groups', numPartitions: 3, replicationFactor: 1 }],
    timeoutMs: 5_000,
  });
  await talk.until(
    'Metadata',
    8,
    { topics: [{ name: 'for-groups' }], allowAutoTopicCreation: false },
    ({ topics }) => topics[0]?.errorCode === 0,
  );
  const topics = [{ name: 'for-groups', partitions: [{ partitionIndex: 0, committedOffset: 1, committedMetadata: null }] }];
  await talk.ask('static, fenced', 'OffsetCommit', 7, {
    groupId: group,
    generationIdOrMemberEpoch: generation,
    memberId,
    groupInstanceId: 'one',
    topics,
  });
  await talk.ask('static, good', 'OffsetCommit', 7, {
    groupId: group,
    generationIdOrMemberEpoch: generation,
    memberId: now,
    groupInstanceId: 'one',
    topics,
  });
  await talk.ask('static', 'DescribeGroups', 5, { groups: [group] });
  await ask(talk, 'static, changed metadata', group, { instance: 'one', metadata: 'other' });
  const members = (...list: { memberId?: string; groupInstanceId?: string | null }[]): object[] =>
    list.map(({ memberId: id = '', groupInstanceId = null }) => ({ memberId: id, groupInstanceId }));
  for (const version of [3, 4, 5]) {
    await talk.ask('static, wrong id', 'LeaveGroup', version, {
      groupId: group,
      members: members({ memberId: NOBODY, groupInstanceId: 'one' }) as [],
    });
    await talk.ask('static, unknown instance', 'LeaveGroup', version, {
      groupId: group,
      members: members({ groupInstanceId: 'three' }, { memberId: NOBODY }) as [],
    });
  }
  await talk.ask('static, by instance', 'LeaveGroup', 5, { groupId: group, members: members({ groupInstanceId: 'one' }) as [] });
  await talk.ask('static, nobody', 'LeaveGroup', 5, { groupId: group, members: [] });
}

async function offsets(talk: Conversation): Promise<void> {
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

async function administration(talk: Conversation): Promise<void> {
  const { memberId, generationId } = await alone(talk, 'described', { protocols: ['range', 'roundrobin'] });
  await talk.quietly('JoinGroup', 5, joinBody('pending', {}) as { groupId: string });
  await talk.until('DescribeGroups', 5, { groups: ['pending'] }, ({ groups }) => groups[0]?.groupState === 'Empty');
  for (const version of versions('DescribeGroups', 0)) {
    await talk.ask('several', 'DescribeGroups', version, {
      groups: ['described', 'committing', 'simple-v6', 'no-such-group', '', 'pending', 'join-v5'],
    });
    await talk.ask('none', 'DescribeGroups', version, { groups: [] });
    if (version >= 3)
      await talk.ask('with operations', 'DescribeGroups', version, { groups: ['described'], includeAuthorizedOperations: true });
  }
  for (const version of versions('ListGroups', 0)) {
    await talk.ask('all', 'ListGroups', version, {});
    if (version < 4) continue;
    for (const states of [
      ['Stable'],
      ['Empty'],
      ['stable'],
      ['nonsense'],
      ['Dead'],
      ['PreparingRebalance', 'CompletingRebalance'],
      ['Assigning'],
    ]) {
      await talk.ask(`in ${states.join(' or ')}`, 'ListGroups', version, { statesFilter: states });
    }
    if (version >= 5)
      for (const types of [['classic'], ['Classic'], ['consumer'], ['nonsense'], ['share']])
        await talk.ask(`of type ${types.join()}`, 'ListGroups', version, { typesFilter: types });
  }
  for (const version of versions('DeleteGroups', 0)) {
    await alone(talk, `kept-v${version}`);
    await talk.quietly('OffsetCommit', 5, {
      groupId: `gone-v${version}`,
      generationIdOrMemberEpoch: -1,
      memberId: '',
      topics: [{ name: 'for-groups', partitions: [{ partitionIndex: 0, committedOffset: 1, committedMetadata: '' }] }],
    });
    await talk.ask('several', 'DeleteGroups', version, {
      groupsNames: [`kept-v${version}`, `gone-v${version}`, 'no-such-group', ''],
    });
    await talk.ask('again', 'DeleteGroups', version, { groupsNames: [`gone-v${version}`] });
    await talk.ask('twice', 'DeleteGroups', version, { groupsNames: ['no-such-group', 'no-such-group'] });
  }
  void memberId;
  void generationId;
}

/** Two members: the first learns of the second by its heartbeat, both join, the leader assigns. */
async function rebalance(talk: Conversation): Promise<void> {
  const group = 'two';
  const first = await alone(talk, group, { protocols: ['range', 'roundrobin'] });
  const other = await talk.connect();
  const entering = await other.call(
    'JoinGroup',
    5,
    joinBody(group, { protocols: ['roundrobin', 'range'] }) as { groupId: string },
  );
  const secondId = typeof entering === 'string' ? '' : entering.memberId;
  // Named in this order, whatever the order of random ids.
  talk.record('the members', { first: first.memberId, second: secondId });
  other.send('JoinGroup', 5, joinBody(group, { memberId: secondId, protocols: ['roundrobin'] }) as { groupId: string });
  await talk.until(
    'Heartbeat',
    3,
    { groupId: group, generationId: first.generationId, memberId: first.memberId },
    ({ errorCode }) => errorCode !== 0,
  );
  await talk.ask('while another joins', 'Heartbeat', 3, {
    groupId: group,
    generationId: first.generationId,
    memberId: first.memberId,
  });
  await talk.ask('while another joins', 'SyncGroup', 3, {
    groupId: group,
    generationId: first.generationId,
    memberId: first.memberId,
    assignments: [],
  });
  await talk.ask('while another joins', 'OffsetCommit', 7, {
    groupId: group,
    generationIdOrMemberEpoch: first.generationId,
    memberId: first.memberId,
    topics: [{ name: 'for-groups', partitions: [{ partitionIndex: 0, committedOffset: 1, committedMetadata: '' }] }],
  });
  await talk.ask('while another joins', 'DescribeGroups', 5, { groups: [group] });
  const rejoined = await ask(talk, 'the first joins again', group, {
    memberId: first.memberId,
    protocols: ['range', 'roundrobin'],
  });
  talk.record('the other was answered', (await other.next()).length > 20);
  const generationId = rejoined?.generationId ?? 0;
  await talk.ask('before the assignment', 'OffsetCommit', 7, {
    groupId: group,
    generationIdOrMemberEpoch: generationId,
    memberId: first.memberId,
    topics: [{ name: 'for-groups', partitions: [{ partitionIndex: 0, committedOffset: 1, committedMetadata: '' }] }],
  });
  await talk.ask('before the assignment', 'Heartbeat', 3, { groupId: group, generationId, memberId: first.memberId });
  const assignments = [first.memberId, secondId].map((memberId, index) => ({ memberId, assignment: bytes(`part ${index}`) }));
  await talk.ask('the leader assigns', 'SyncGroup', 3, { groupId: group, generationId, memberId: first.memberId, assignments });
  talk.record(
    'the other syncs',
    await other.call('SyncGroup', 3, { groupId: group, generationId, memberId: secondId, assignments: [] }),
    'SyncGroup',
  );
  await talk.ask('of two', 'DescribeGroups', 5, { groups: [group] });
}

async function run(talk: Conversation): Promise<void> {
  await before(talk);
  await coordinators(talk);
  await joining(talk);
  await staticMembers(talk);
  await offsets(talk);
  await rebalance(talk);
  await administration(talk);
}

export const GROUPS: SharedScript = { name: 'groups', brokers: 1, run };
