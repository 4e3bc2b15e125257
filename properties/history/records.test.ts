import test from 'ava';
import { type Reads, Story } from '../testing/story.ts';
import { records } from './records.ts';

test('J1: an offset with two values is reported, one that acks=1 was answered with is not', (t) => {
  const bad = new Story(records).partition();
  const writer = bad.producer();
  bad.sent(writer, 'a', 0).sent(writer, 'b', 0);
  t.deepEqual(bad.violated, ['J1']);

  const legal = new Story(records).partition();
  const hasty = legal.producer({ acks: '1' });
  legal.sent(hasty, 'a', 0).sent(hasty, 'b', 0);
  t.deepEqual(legal.end([[0, 'b']]), []);
});

test('J1, J2: of a topic that was deleted and made again each one is judged, as far as readers know which they read', (t) => {
  const run = (reads: Reads, lossEverywhere = false) => {
    const story = new Story(records).madeAgain();
    const writer = story.producer();
    for (const value of ['a', 'b']) story.unsent(writer, value, 'info');
    if (lossEverywhere) story.powerLossEverywhere();
    const reader = story.consumer();
    for (const read of reads) story.polled(reader, [read]);
    return story.violated;
  };
  const one: Reads = [
    [0, 'a', 'A'],
    [0, 'b', 'A'],
  ];
  t.deepEqual(
    run([
      [0, 'a', 'B'],
      [0, 'b', 'B'],
    ]),
    ['J1'],
  );
  t.deepEqual(run(one), ['J1'], 'the deleted one, too, while somebody can read it');
  t.deepEqual(
    run([
      [0, 'a', 'A'],
      [0, 'b', 'B'],
    ]),
    [],
  );
  t.deepEqual(
    run([
      [0, 'a'],
      [0, 'b', 'B'],
    ]),
    [],
    'read by name: of either',
  );
  t.deepEqual(run(one, true), []);
  t.deepEqual(
    run([
      [0, 'a', 'B'],
      [1, 'a', 'B'],
    ]),
    ['J2'],
  );
  t.deepEqual(
    run([
      [0, 'a', 'A'],
      [1, 'a', 'B'],
    ]),
    [],
    'once in each',
  );
  t.deepEqual(
    run([
      [0, 'a', 'A'],
      [1, 'a', 'B'],
      [2, 'a', 'B'],
    ]),
    ['J2'],
  );
  t.deepEqual(
    run([
      [0, 'a'],
      [1, 'a', 'B'],
    ]),
    [],
  );
  t.deepEqual(
    run(
      [
        [0, 'a', 'B'],
        [1, 'a', 'B'],
      ],
      true,
    ),
    [],
  );
});

test('J4: what was sent when no broker served the deleted topic any more is the new one’s to keep', (t) => {
  const run = (brokers: readonly number[], heardBefore: boolean, power: boolean) => {
    const story = new Story(records).madeAgain();
    const writer = story.producer();
    if (heardBefore) story.hearsOfDeletion(...brokers);
    story.sent(writer, 'a', 0);
    if (!heardBefore) story.hearsOfDeletion(...brokers);
    if (power) story.powerLossEverywhere();
    return story.end([]);
  };
  t.deepEqual(run([1, 2, 3], true, false), ['J4']);
  t.deepEqual(run([1, 2], true, false), [], 'broker 3 may have taken it');
  t.deepEqual(run([1, 2, 3], false, false), [], 'any may have');
  t.deepEqual(run([1, 2, 3], true, true), []);
});

test('J2: a second copy is legal if the first had been removed on purpose, for brokers forget with it', (t) => {
  const run = (removedBelow: number) => {
    const story = new Story(records).partition();
    story.sent(story.producer(), 'a', 0);
    const advanced = { type: 'log-start-offset-advanced', partition: 'orders-0', from: 0, reason: 'retention' } as const;
    story.context.emit(1, { ...advanced, to: removedBelow });
    const reader = story.consumer();
    story
      .assign(reader)
      .polled(reader, [[0, 'a']])
      .polled(reader, [[5, 'a']]);
    return story.violated;
  };
  t.deepEqual(run(1), []);
  t.deepEqual(run(0), ['J2']);
});

test('J2: a broker that forgot a silent producer may take its batch a second time; another producer it may not', (t) => {
  const run = (forgotten: number) => {
    const story = new Story(records).partition();
    const writer = story.producer();
    story.context.emit(writer.client, { type: 'producer-id-acquired', producerId: 7, producerEpoch: 0 });
    story.sent(writer, 'a', 0);
    story.context.emit(1, { type: 'producers-expired', partition: 'orders-0', producerIds: [forgotten] });
    return story.end([
      [0, 'a'],
      [1, 'a'],
    ]);
  };
  t.deepEqual(run(7), []);
  t.deepEqual(run(8), ['J2']);
});

test('J2: a value twice is reported under idempotence only', (t) => {
  const bad = new Story(records).partition();
  bad.sent(bad.producer(), 'a', 0);
  t.deepEqual(
    bad.end([
      [0, 'a'],
      [1, 'a'],
    ]),
    ['J2'],
  );

  const legal = new Story(records).partition();
  legal.sent(legal.producer({ 'enable.idempotence': false }), 'a', 0);
  t.deepEqual(
    legal.end([
      [0, 'a'],
      [1, 'a'],
    ]),
    [],
  );
  t.is(legal.context.marks['record twice in the log, without idempotence'], 1);
});

test('J3: an acknowledged record that all readers passed by is reported; one still to be read is not', (t) => {
  const run = (reads: readonly (readonly [number, string])[]) => {
    const story = new Story(records).partition();
    const writer = story.producer();
    story.sent(writer, 'a', 0).sent(writer, 'b', 1).sent(writer, 'c', 2).polled(story.consumer(), reads);
    return story.end([
      [0, 'a'],
      [1, 'b'],
      [2, 'c'],
    ]);
  };
  t.deepEqual(
    run([
      [0, 'a'],
      [2, 'c'],
    ]),
    ['J3'],
  );
  t.deepEqual(
    run([
      [0, 'a'],
      [1, 'b'],
    ]),
    [],
  );
});

test('J4: a lost acknowledged record is reported with the facts; one of acks=1, of unknown fate, or below the log start is not', (t) => {
  const bad = new Story(records).partition();
  const writer = bad.producer();
  bad.sent(writer, 'a', 0).sent(writer, 'b', 1);
  t.deepEqual(bad.end([[0, 'a']]), ['J4']);
  t.is(
    bad.context.violations[0]?.message,
    'record orders-0@1 (b) was lost; acks=all, in-sync set of 3 at the time, no unclean election, no power loss: forbidden',
  );

  const legal = new Story(records).partition();
  legal.sent(legal.producer({ acks: '1' }), 'a', 0).unsent(legal.producer(), 'b', 'info');
  legal.sent(legal.producer(), 'retained no longer', 0);
  t.deepEqual(legal.end([], 1), []);
});

test('J4: beyond the durability budget the partition is left out, and the excuse says so', (t) => {
  const story = new Story(records).partition();
  story.sent(story.producer(), 'a', 0).powerLossEverywhere();
  t.deepEqual(story.end([]), []);
  t.regex(story.context.excuses['J4'] ?? '', /orders-0 is left out: broker \d lost power/);
});

test('J5: what failed for certain must not be read, what may have failed may be', (t) => {
  const run = (type: 'fail' | 'info') => {
    const story = new Story(records).partition();
    story.unsent(story.producer(), 'a', type).polled(story.consumer(), [[0, 'a']]);
    return story.end([[0, 'a']]);
  };
  t.deepEqual(run('fail'), ['J5']);
  t.deepEqual(run('info'), []);
});

test('J5: a read before the verdict counts too', (t) => {
  const story = new Story(records).partition();
  const writer = story.producer();
  const op = story.invoke(writer, { f: 'send', topic: 'orders', partition: null, key: null, value: 'a' });
  story.polled(story.consumer(), [[0, 'a']]);
  story.context.history({
    step: 99,
    timeUs: 0,
    session: writer,
    type: 'fail',
    op,
    call: { f: 'send', topic: 'orders', partition: null, key: null, value: 'a' },
    error: 'NOT_ENOUGH_REPLICAS',
  });
  t.deepEqual(story.violated, ['J5']);
});

test('N9: a value nobody sent is reported, and one in another partition than acknowledged', (t) => {
  const unknown = new Story(records).partition();
  unknown.polled(unknown.consumer(), [[0, 'never sent']]);
  t.deepEqual(unknown.violated, ['N9']);

  const elsewhere = new Story(records).partition();
  elsewhere.sent(elsewhere.producer(), 'a', 0, 1).polled(elsewhere.consumer(), [[0, 'a']]);
  t.deepEqual(elsewhere.violated, ['N9']);

  const unanswered = new Story(records).partition();
  unanswered.unsent(unanswered.producer({ acks: '0' }), 'a', 'info').polled(unanswered.consumer(), [[0, 'a']]);
  t.deepEqual(unanswered.end([[0, 'a']]), []);
});

test('a value that an application sends twice is none of which it could be told that it is there twice, but is lost if it is not there', (t) => {
  const twice = new Story(records).partition();
  const writer = twice.producer();
  twice.sent(writer, 'a', 0).sent(writer, 'a', 1);
  t.deepEqual(
    twice.end([
      [0, 'a'],
      [1, 'a'],
    ]),
    [],
  );

  const lost = new Story(records).partition();
  const other = lost.producer();
  lost.sent(other, 'a', 0).sent(other, 'a', 1);
  t.deepEqual(lost.end([]), ['J4']);
});
