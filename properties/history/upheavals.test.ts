import test from 'ava';
import { Story } from '../testing/story.ts';
import { commits } from './commits.ts';
import { committedOffsets } from './committed-offsets.ts';
import { ownership } from './ownership.ts';
import { pollOrder } from './poll-order.ts';
import { positions } from './positions.ts';
import { realtime } from './realtime.ts';
import { records } from './records.ts';
import { sendOrder } from './send-order.ts';

const PRODUCER = { acks: 'all', 'enable.idempotence': true };

/** Another broker leads the partition. */
function newLeader(story: Story): void {
  const log = { partition: 'orders-0', topicId: 'A', logStartOffset: 0, logEndOffset: 1, highWatermark: 1 } as const;
  const registration = { leaderEpoch: 1, partitionEpoch: 1, isr: [1, 2, 3], replicas: [1, 2, 3] } as const;
  story.context.emit(2, { type: 'became-leader', ...log, ...registration });
  story.wait(5);
}

/** The producer sends a batch, for the nth time. */
function onTheWire(story: Story, client: string, attempt: number): void {
  const batch = { producerId: 1, producerEpoch: 0, baseSequence: 0, records: 1 } as const;
  story.context.emit(client, {
    type: 'producer-batch-sent',
    besides: 0,
    maxInFlight: 5,
    partition: 'orders-0',
    attempt,
    ...batch,
  });
  story.wait(5);
}

test('records that nothing happened to put no property to the test', (t) => {
  const counted = (upheaval: (story: Story) => void): unknown => {
    const story = new Story([records, realtime, positions]).partition();
    const producer = story.producer(PRODUCER);
    const reader = story.consumer();
    story
      .assign(reader)
      .sent(producer, 'a', 0)
      .polled(reader, [[0, 'a']]);
    upheaval(story);
    story.sent(producer, 'b', 1).polled(reader, [[1, 'b']]);
    story.end([
      [0, 'a'],
      [1, 'b'],
    ]);
    t.deepEqual(story.violated, []);
    const { J1 = 0, J3 = 0, J4 = 0, J17 = 0, N1 = 0, N2 = 0 } = story.context.evaluations;
    return { J1, J3, J4, J17, N1, N2 };
  };
  t.deepEqual(
    counted(() => undefined),
    { J1: 0, J3: 0, J4: 0, J17: 0, N1: 0, N2: 0 },
  );
  t.deepEqual(counted(newLeader), { J1: 1, J3: 1, J4: 1, J17: 1, N1: 1, N2: 1 });
});

test('J2, J14: only what may have been sent twice can be there twice, or in another order', (t) => {
  const counted = (attempts: number): unknown => {
    const story = new Story([records, sendOrder]).partition();
    const producer = story.producer(PRODUCER);
    const call = (value: string) => ({ f: 'send', topic: 'orders', partition: null, key: null, value }) as const;
    const one = story.invoke(producer, call('a'));
    const other = story.invoke(producer, call('b'));
    story.wait(5);
    for (let attempt = 1; attempt <= attempts; attempt++) onTheWire(story, producer.client, attempt);
    story.acknowledge(producer, one, 'a', 0).acknowledge(producer, other, 'b', 1);
    story.end([
      [0, 'a'],
      [1, 'b'],
    ]);
    t.deepEqual(story.violated, []);
    const { J2 = 0, J14 = 0 } = story.context.evaluations;
    return { J2, J14 };
  };
  t.deepEqual(counted(1), { J2: 0, J14: 0 });
  t.deepEqual(counted(2), { J2: 2, J14: 1 });
});

test('N3: who has processed all that it was given cannot commit too much', (t) => {
  const counted = (processed: number): number => {
    const story = new Story(commits);
    const reader = story.member();
    const given = [
      [0, 'a'],
      [1, 'b'],
    ] as const;
    story.assigned(reader, 1).polled(reader, given).processed(reader, given.slice(0, processed)).commit(reader, processed);
    t.deepEqual(story.violated, []);
    return story.context.evaluations['N3'] ?? 0;
  };
  t.deepEqual([counted(2), counted(1)], [0, 1]);
  // An automatic commit, which the history does not show.
  const story = new Story(commits);
  const reader = story.member();
  story.assigned(reader, 1).polled(reader, [[0, 'a']]);
  const commit = { group: 'readers', partition: 'orders-0', offset: 0, leaderEpoch: 0, member: 'm', generation: 1 } as const;
  const group = { groupGeneration: 1, groupState: 'Stable', isCurrentMember: true, offsetsPartition: 0, logOffset: 1 } as const;
  story.context.emit(1, { type: 'offset-committed', topicId: 'AAAAAAAAAAAAAAAAAAAAAA', ...commit, ...group });
  t.is(story.context.evaluations['N3'], 1);
});

test('GR3: a partition has to change its owner', (t) => {
  const story = new Story(ownership);
  const one = story.member();
  story.assigned(one, 1).revoked(one, 1).assigned(one, 2);
  t.is(story.context.evaluations['GR3'], undefined);
  story.revoked(one, 2).assigned(story.member(), 3);
  t.is(story.context.evaluations['GR3'], 1);
});

test('GR5: a coordinator has loaded since, or a commit is of unknown fate', (t) => {
  const story = new Story(committedOffsets);
  const reader = story.member();
  story.commit(reader, 5).asksCommitted(reader, 5);
  t.is(story.context.evaluations['GR5'], undefined);
  story.commit(reader, 6, 'info').asksCommitted(reader, 5);
  t.is(story.context.evaluations['GR5'], 1);
});

test('J10 to J13: records of one leader have no seam between them', (t) => {
  const story = new Story(pollOrder);
  const reader = story.consumer();
  story.assign(reader).polled(reader, [
    [0, 'a'],
    [1, 'b'],
  ]);
  t.deepEqual(story.context.evaluations, {});
});
