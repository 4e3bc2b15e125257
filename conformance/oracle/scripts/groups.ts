/** Groups: coordinators, membership in the classic protocol, static members, committed offsets, and what operators ask. */
import { type Conversation, type SharedScript, versions } from '../conversation.ts';
import { offsets } from './group-offsets.ts';
import { alone, ask, bytes, joinBody, NOBODY } from './members.ts';

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

async function administration(talk: Conversation): Promise<void> {
  await alone(talk, 'described', { protocols: ['range', 'roundrobin'] });
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
