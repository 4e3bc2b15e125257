import test from 'ava';
import type { Session } from '../../sim/history.ts';
import { Story } from '../testing/story.ts';
import { cooperative } from './cooperative.ts';
import { ownership } from './ownership.ts';

const COOPERATIVE = { 'partition.assignment.strategy': 'cooperative-sticky' };

/** The coordinator tells a member what it has in a generation. */
function told(story: Story, { client }: Session, generation: number, ...partitions: readonly string[]): void {
  const known = { group: 'readers', member: client, generation, partitions };
  story.context.emit(client, { type: 'consumer-rebalanced', ...known });
  story.context.emit(1, { type: 'group-sync-answered', ...known });
}

test('GR15: what a member has it keeps, unless it leaves, or does not subscribe to it any more', (t) => {
  const run = (what: (story: Story, member: Session) => Story, generation = 1) => {
    const story = new Story(cooperative).partition();
    const member = story.member(COOPERATIVE);
    told(story, member, generation, 'orders-0');
    what(story.assigned(member, generation), member);
    return [story.violated, story.context.evaluations['GR15'] ?? 0];
  };
  const afterwards = (story: Story, member: Session) => story.revoked(member, 1).polled(member, []);
  t.deepEqual(run(afterwards), [['GR15'], 1]);
  t.deepEqual(
    run((story, member) => story.revoked(member, 1)),
    [[], 1],
  );
  t.deepEqual(
    run((story, member) =>
      story
        .call(member, { f: 'subscribe', topics: ['payments'] }, 'subscribe')
        .revoked(member, 1)
        .polled(member, []),
    ),
    [[], 1],
  );
  t.deepEqual(
    run((story, member) => {
      told(story, member, 2);
      return story.revoked(member, 2).polled(member, []);
    }),
    [[], 1],
  );
});

test('GR15: by the eager protocol everything is given up', (t) => {
  const story = new Story(cooperative).partition();
  const member = story.member({ 'partition.assignment.strategy': 'cooperative-sticky,range' });
  told(story, member, 1, 'orders-0');
  story.assigned(member, 1).revoked(member, 1).polled(member, []);
  t.deepEqual(story.violated, []);
});

test('GR3: by the cooperative protocol nobody is given what another has who takes part in the same generation', (t) => {
  const run = (what: (story: Story, owner: Session, other: Session) => Story) => {
    const story = new Story(ownership).partition();
    const owner = story.member(COOPERATIVE);
    const other = story.member(COOPERATIVE);
    what(story.assigned(owner, 1), owner, other);
    return story.violated;
  };
  t.deepEqual(
    run((story, owner, other) => story.revoked(owner, 2).assigned(other, 3)),
    [],
  );
  t.deepEqual(
    run((story, owner, other) => story.assigned(other, 2).revoked(owner, 2)),
    ['GR3'],
  );
  t.deepEqual(
    run((story, owner, other) => story.assigned(other, 2).assigned(owner, 2)),
    ['GR3'],
  );
  t.deepEqual(
    run((story, _owner, other) => story.assigned(other, 1)),
    ['GR3'],
  );
  // It did not take part: it is put out, or a static member that comes too late.
  t.deepEqual(
    run((story, owner, other) => story.assigned(other, 2).lost(owner).assigned(owner, 3)),
    [],
  );
  t.deepEqual(
    run((story, owner, other) => story.assigned(other, 2).revoked(owner, 3)),
    [],
  );
});

test('GR3: who is put out before it takes what it was given takes it from nobody', (t) => {
  const run = (isRemoved: boolean) => {
    const story = new Story(ownership).partition();
    const late = story.member({ 'group.protocol': 'consumer' });
    const other = story.member({ 'group.protocol': 'consumer' });
    for (const { client } of [late, other]) {
      const rebalanced = { group: 'readers', member: client, generation: 1, partitions: [] };
      story.context.emit(client, { type: 'consumer-rebalanced', ...rebalanced });
    }
    const removed = { group: 'readers', member: late.client, reason: 'session-expired' } as const;
    if (isRemoved)
      story.context.emit(1, { type: 'group-member-removed', ...removed, sinceHeartbeatMs: 2_000, sessionTimeoutMs: 2_000 });
    return story.assigned(other, 7).assigned(late, 2).violated;
  };
  t.deepEqual(run(true), []);
  t.deepEqual(run(false), ['GR3']);
});

test('GR3: a static member of a consumer group that has left is no member, though it keeps its place', (t) => {
  const run = (epoch: number) => {
    const story = new Story(ownership).partition();
    const left = story.member({ 'group.protocol': 'consumer' });
    const other = story.member({ 'group.protocol': 'consumer' });
    const rebalanced = { group: 'readers', member: left.client, generation: 1, partitions: [] };
    story.context.emit(left.client, { type: 'consumer-rebalanced', ...rebalanced });
    story.assigned(left, 1);
    const place = { member: left.client, instanceId: 'static', subscription: 'orders', epoch };
    story.context.emit(1, {
      ...{ type: 'consumer-group-changed', group: 'readers', offsetsPartition: 0, logOffset: 9, state: 'Reconciling', epoch: 2 },
      ...{ metadataHash: '0', assignmentEpoch: 2, members: [{ ...place, assigned: [], pendingRevocation: [], target: [] }] },
    });
    return story.assigned(other, 2).violated;
  };
  t.deepEqual(run(-2), []);
  t.deepEqual(run(1), ['GR3']);
});
