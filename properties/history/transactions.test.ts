/** Hand-made histories of transactions: those that break a promise, and those that come near it. */
import test from 'ava';
import { encodeEndTxnMarker } from '../../core/protocol/control-records.ts';
import { encodeBatch } from '../../core/protocol/records.ts';
import { committedReads } from './committed-reads.ts';
import { atomicity } from './atomicity.ts';
import { commits } from './commits.ts';
import { committedOffsets } from './committed-offsets.ts';
import { completion } from './completion.ts';
import { cycles } from './cycles.ts';
import { delivery } from './delivery.ts';
import { endOffsets } from './end-offsets.ts';
import { exactlyOnce } from './exactly-once.ts';
import { pollOrder } from './poll-order.ts';
import { positions } from './positions.ts';
import { realtime } from './realtime.ts';
import { records } from './records.ts';
import { tornReads } from './torn-reads.ts';
import { finalRead, type Reads, Story } from '../testing/story.ts';

const story = (definition: ConstructorParameters<typeof Story>[0]): Story =>
  new Story(definition).partition().partition('orders', 1).partition('__transaction_state').partition('__consumer_offsets');

test('J9: a record of a transaction that nobody had asked to commit is reported, whatever becomes of it; for others it is not', (t) => {
  const early = story(committedReads);
  const transaction = early.begin(early.transactional('t')).send('a', 0);
  early.polled(early.committedReader(), [[0, 'a']]);
  transaction.commit();
  t.deepEqual(early.violated, ['J9']);

  const right = story(committedReads);
  const other = right.begin(right.transactional('t')).send('a', 0);
  right.polled(right.consumer(), [[0, 'a']]);
  other.asksToEnd(true);
  right.polled(right.committedReader(), [[0, 'a']]);
  t.deepEqual(right.violated, []);
  t.is(right.context.evaluations['J9'], 1);

  const never = story(committedReads);
  never.begin(never.transactional('t')).send('a', 0);
  t.deepEqual(never.endCommitted([[[0, 'a']]], [[[0, 'a']]]), ['J9']);
});

test('J5: what an aborted transaction wrote is read by nobody who asks for what is committed, before or after', (t) => {
  const after = story(committedReads);
  after.begin(after.transactional('t')).send('a', 0).abort();
  after.polled(after.consumer(), [[0, 'a']]);
  t.deepEqual(after.violated, []);
  t.is(after.context.evaluations['J5'], 1);
  after.polled(after.committedReader(), [[0, 'a']]);
  t.deepEqual(after.violated, ['J5']);

  const before = story(committedReads);
  const transaction = before.begin(before.transactional('t')).send('a', 0).asksToEnd(true);
  before.polled(before.committedReader(), [[0, 'a']]);
  transaction.abort();
  t.deepEqual(before.violated, ['J5']);
});

test('J5, J9: what is told of a partition, or decided in one, that lost its records is left out', (t) => {
  const lossy = story(committedReads);
  const transaction = lossy.begin(lossy.transactional('t')).send('a', 0);
  lossy.powerLossEverywhere().polled(lossy.committedReader(), [[0, 'a']]);
  transaction.abort();
  t.deepEqual(lossy.violated, []);
  t.regex(lossy.context.excuses['J9'] ?? '', /orders-0 is left out/);
});

test('J6: a transaction of which one record is passed and another one given is torn; one that lies across the reader’s ends is not', (t) => {
  const torn = (reads: Reads, position: number): string[] => {
    const each = story(tornReads);
    each.begin(each.transactional('t')).send('a', 1).send('b', 2).send('c', 5).commit();
    each.polled(each.committedReader(), reads, position);
    return each.endCommitted(
      [
        [
          [0, 'x'],
          [1, 'a'],
          [2, 'b'],
          [5, 'c'],
        ],
      ],
      [[]],
    );
  };
  t.deepEqual(
    torn(
      [
        [0, 'x'],
        [1, 'a'],
        [5, 'c'],
      ],
      6,
    ),
    ['J6'],
  );
  t.deepEqual(
    torn(
      [
        [0, 'x'],
        [1, 'a'],
      ],
      7,
    ),
    ['J6'],
  );
  t.deepEqual(torn([[0, 'x']], 7), []);
  t.deepEqual(
    torn(
      [
        [0, 'x'],
        [1, 'a'],
        [2, 'b'],
      ],
      5,
    ),
    [],
  );
  t.deepEqual(
    torn(
      [
        [2, 'b'],
        [5, 'c'],
      ],
      6,
    ),
    [],
  );
});

test('J6: a reader that seeks, or reads what is not committed, tears nothing', (t) => {
  const jumps = story(tornReads);
  jumps.begin(jumps.transactional('t')).send('a', 0).send('b', 1).commit();
  const reader = jumps.committedReader();
  jumps
    .polled(reader, [[0, 'a']])
    .seek(reader, 2)
    .polled(reader, [[2, 'x']]);
  jumps.polled(jumps.consumer(), [
    [0, 'a'],
    [2, 'x'],
  ]);
  t.deepEqual(
    jumps.endCommitted(
      [
        [
          [0, 'a'],
          [1, 'b'],
          [2, 'x'],
        ],
      ],
      [[]],
    ),
    [],
  );
});

test('J7: transactions that were made of each other are reported, a chain of them is not', (t) => {
  const round = (firstInput: string): Story => {
    const each = story(cycles);
    const one = each.begin(each.transactional('one')).send('a', 0, { input: firstInput });
    const two = each.begin(each.transactional('two')).send('b', 0, { partition: 1, input: 'a' });
    one.commit();
    two.commit();
    each.endCommitted([[[0, 'a']], [[0, 'b']]], [[[0, 'a']], [[0, 'b']]]);
    return each;
  };
  t.deepEqual(round('b').violated, ['J7']);
  t.deepEqual(round('x').violated, []);
  t.is(round('x').context.evaluations['J7'], 1);
});

test('J7: nothing is made of what was begun after it had ended, over however many transactions', (t) => {
  const each = story(cycles);
  each.begin(each.transactional('one')).send('a', 0, { input: 'c' }).commit();
  each.begin(each.transactional('two')).send('b', 1).commit();
  each.begin(each.transactional('three')).send('c', 2).commit();
  const log: Reads = [
    [0, 'a'],
    [1, 'b'],
    [2, 'c'],
  ];
  t.deepEqual(each.endCommitted([log], [log]), ['J7']);
});

test('J7: who reads what is not committed may read what comes after, and aborted transactions come nowhere', (t) => {
  const each = story(cycles);
  each.consumer({ 'group.id': 'g' });
  const reader = each.committedReader('g', 'p');
  t.is(reader.client, 'p');
  const one = each.begin(each.transactional('one', 'p')).send('a', 0, { input: 'b' });
  const two = each.begin(each.transactional('two')).send('b', 1, { input: 'a' });
  one.commit();
  two.abort();
  t.deepEqual(
    each.endCommitted(
      [
        [
          [0, 'a'],
          [1, 'b'],
        ],
      ],
      [[[0, 'a']]],
    ),
    [],
  );
});

test('G0: writes of transactions that interleave are marked and no violation', (t) => {
  const log: Reads = [
    [0, 'a'],
    [1, 'b'],
    [2, 'c'],
  ];
  const each = story(cycles);
  const one = each.begin(each.transactional('one')).send('a', 0);
  each.begin(each.transactional('two')).send('b', 1).commit();
  one.send('c', 2).commit();
  t.deepEqual(each.endCommitted([log], [log]), []);
  t.is(each.context.marks['writes of committed transactions interleave (G0)'], 1);
});

test('T1: a committed transaction is there with every record, one of unknown fate with all or none', (t) => {
  const ended = (how: 'commit' | 'commitInDoubt' | 'abort', committed: readonly Reads[]): string[] => {
    const each = story(atomicity);
    each.begin(each.transactional('t')).send('a', 0).send('b', 0, { partition: 1 })[how]();
    return each.endCommitted([[[0, 'a']], [[0, 'b']]], committed);
  };
  t.deepEqual(ended('commit', [[[0, 'a']], [[0, 'b']]]), []);
  t.deepEqual(ended('commit', [[[0, 'a']], []]), ['T1']);
  t.deepEqual(ended('commit', [[], []]), ['T1']);
  t.deepEqual(ended('commitInDoubt', [[], []]), []);
  t.deepEqual(ended('commitInDoubt', [[[0, 'a']], [[0, 'b']]]), []);
  t.deepEqual(ended('commitInDoubt', [[], [[0, 'b']]]), ['T1']);
  t.deepEqual(ended('abort', [[], []]), []);
});

test('T1: a commit with a record that failed is reported; what was removed, or could not be read, is not missed', (t) => {
  const failed = story(atomicity);
  failed.begin(failed.transactional('t')).send('a', null).send('b', 0).commit();
  t.deepEqual(failed.endCommitted([[[0, 'b']]], [[[0, 'b']]]), ['T1']);

  const unread = story(atomicity);
  unread.begin(unread.transactional('t')).send('a', 0).send('b', 0, { partition: 1 }).commit();
  t.deepEqual(unread.endCommitted([[[0, 'a']]], [[[0, 'a']]]), []);

  const lossy = story(atomicity);
  lossy.begin(lossy.transactional('t')).send('a', 0).send('b', 1).commit();
  t.deepEqual(lossy.powerLossEverywhere().endCommitted([[[0, 'a']]], [[[0, 'a']]]), []);
  t.regex(lossy.context.excuses['T1'] ?? '', /is left out/);
});

/** A pipeline of one process from `orders-0` to `orders-1`; 'x', 'y', 'z' are there. */
function pipeline() {
  const each = story(exactlyOnce);
  const input: Reads = [
    [0, 'x'],
    [1, 'y'],
    [2, 'z'],
  ];
  const consumer = each.committedReader('g', 'p');
  const producer = each.transactional('t', 'p');
  each.assigned(consumer, 1).polled(consumer, input);
  return { each, consumer, producer, input };
}

test('T12: of a record that its writer has repeated each copy is an input', (t) => {
  const run = (second: string) => {
    const { each, producer } = pipeline();
    each.begin(producer).send('x1', 0, { partition: 1, input: 'x' }).offset('g', 1).commit();
    each.begin(producer).send('x2', 1, { partition: 1, input: 'x' }).offset('g', 2).commit();
    const committed: Reads = [
      [0, 'x1'],
      [1, 'x2'],
    ];
    const input: Reads = [
      [0, 'x'],
      [1, second],
    ];
    return each.endCommitted([input, committed], [input, committed]);
  };
  t.deepEqual(run('x'), []);
  t.deepEqual(run('y'), ['T12']);
});

test('T12: each record that is committed past was an input of one committed transaction', (t) => {
  const { each, producer, input } = pipeline();
  each.begin(producer).send('x1', 0, { partition: 1, input: 'x' }).offset('g', 1).commit();
  each.begin(producer).send('y1', 1, { partition: 1, input: 'y' }).offset('g', 2).abort();
  each.begin(producer).send('y2', 3, { partition: 1, input: 'y' }).offset('g', 2).commit();
  const committed: Reads = [
    [0, 'x1'],
    [3, 'y2'],
  ];
  t.deepEqual(each.endCommitted([input, committed], [input, committed]), []);
  t.is(each.context.evaluations['T12'], 1);
});

test('T12: a record twice, one passed by, and one whose offset was not committed with it are reported', (t) => {
  const twice = pipeline();
  for (const [i, value] of ['x1', 'x2'].entries())
    twice.each.begin(twice.producer).send(value, i, { partition: 1, input: 'x' }).offset('g', 1).commit();
  t.deepEqual(twice.each.endCommitted([twice.input], [twice.input]), ['T12']);
  t.regex(twice.each.context.violations[0]?.message ?? '', /which were committed both/);

  const skipped = pipeline();
  skipped.each.begin(skipped.producer).send('y1', 0, { partition: 1, input: 'y' }).offset('g', 2).commit();
  t.deepEqual(skipped.each.endCommitted([skipped.input], [skipped.input]), ['T12']);
  t.regex(skipped.each.context.violations[0]?.message ?? '', /no committed transaction/);

  const uncovered = pipeline();
  uncovered.each
    .begin(uncovered.producer)
    .send('x1', 0, { partition: 1, input: 'x' })
    .send('y1', 1, { partition: 1, input: 'y' })
    .offset('g', 1)
    .commit();
  t.deepEqual(uncovered.each.endCommitted([uncovered.input], [uncovered.input]), ['T12']);
  t.regex(uncovered.each.context.violations[0]?.message ?? '', /without the offset/);
});

test('T12: who was sent back by a leader that was deposed takes its inputs again, and that is no fault of transactions', (t) => {
  const run = (leaderEpoch: number): string[] => {
    const { each, producer, input } = pipeline();
    each.partition('orders', 0, 3);
    const of = { partition: 'orders-0', from: 2, offsetEpoch: -1, leaderEpoch, to: 0, reason: 'out-of-range' } as const;
    each.context.emit('p', { type: 'consumer-position-reset', ...of });
    for (const [i, value] of ['x1', 'x2'].entries())
      each.begin(producer).send(value, i, { partition: 1, input: 'x' }).offset('g', 1).commit();
    return each.endCommitted([input], [input]);
  };
  t.deepEqual(run(2), []);
  t.deepEqual(run(3), ['T12']);
});

test('T12: a group that commits outside of transactions promises nothing, and says so', (t) => {
  const { each, consumer, producer, input } = pipeline();
  for (const [i, value] of ['x1', 'x2'].entries())
    each.begin(producer).send(value, i, { partition: 1, input: 'x' }).offset('g', 1).commit();
  each.commit(consumer, 1);
  t.deepEqual(each.endCommitted([input], [input]), []);
  t.regex(each.context.excuses['T12'] ?? '', /p commits outside of transactions/);
});

test('T12: whether a transaction of unknown outcome was committed can not be seen when what it wrote was removed', (t) => {
  const run = (removedBelow: number) => {
    const { each, producer, input } = pipeline();
    each.begin(producer).send('x1', 0, { partition: 1, input: 'x' }).offset('g', 1).commitInDoubt();
    each.begin(producer).send('y1', 1, { partition: 1, input: 'y' }).offset('g', 2).commit();
    each.context.emit(1, {
      type: 'log-start-offset-advanced',
      partition: 'orders-1',
      from: 0,
      to: removedBelow,
      reason: 'retention',
    });
    return each.endCommitted([input, []], [input, []]);
  };
  t.deepEqual(run(1), []);
  t.deepEqual(run(0), ['T12']);
});

test('T13: what was removed meanwhile can not be taken up again', (t) => {
  const run = (removedBelow: number) => {
    const { each, producer } = pipeline();
    each.begin(producer).send('x1', 0, { partition: 1, input: 'x' }).abort();
    each.context.emit(1, {
      type: 'log-start-offset-advanced',
      partition: 'orders-0',
      from: 0,
      to: removedBelow,
      reason: 'delete-records',
    });
    each.begin(producer).send('y1', 1, { partition: 1, input: 'y' });
    return each.violated;
  };
  t.deepEqual(run(1), []);
  t.deepEqual(run(0), ['T13']);
});

test('T13: who goes on after an abort without going back is reported; with another assignment there is nothing to go back to', (t) => {
  const aborted = () => {
    const made = pipeline();
    made.each.begin(made.producer).send('x1', 0, { partition: 1, input: 'x' }).abort();
    return made;
  };
  const forgets = aborted();
  forgets.each.begin(forgets.producer).send('y1', 1, { partition: 1, input: 'y' });
  t.deepEqual(forgets.each.violated, ['T13']);

  const goesBack = aborted();
  goesBack.each.begin(goesBack.producer).send('x2', 1, { partition: 1, input: 'x' });
  t.deepEqual(goesBack.each.violated, []);
  t.is(goesBack.each.context.evaluations['T13'], 1);

  const isTold = (committed: number) => {
    const { each, producer, consumer } = aborted();
    each.asksCommitted(consumer, committed).begin(producer).send('y1', 1, { partition: 1, input: 'y' });
    return each.violated;
  };
  t.deepEqual(isTold(1), [], 'others have taken what it had');
  t.deepEqual(isTold(0), ['T13']);

  const loses = aborted();
  loses.each.revoked(loses.consumer, 1).assigned(loses.consumer, 2);
  loses.each.begin(loses.producer).send('y1', 1, { partition: 1, input: 'y' });
  t.deepEqual(loses.each.violated, []);
});

test('J3: what was aborted may be passed by all readers, what was committed may not', (t) => {
  const passed = (end: 'commit' | 'abort', committed: Reads): string[] => {
    const each = story(records);
    const reader = each.committedReader();
    each.begin(each.transactional('t')).send('a', 0)[end]();
    each.sent(each.producer(), 'b', 2).polled(reader, [[2, 'b']]);
    return each.endCommitted(
      [
        [
          [0, 'a'],
          [2, 'b'],
        ],
      ],
      [committed],
    );
  };
  t.deepEqual(passed('abort', [[2, 'b']]), []);
  t.deepEqual(
    passed('commit', [
      [0, 'a'],
      [2, 'b'],
    ]),
    ['J3'],
  );
});

test('J12, N2: a reader of committed records may pass by aborted ones, and no others; one of all records may pass by none', (t) => {
  const passed = (isOfCommitted: boolean, committed: Reads): string[] => {
    const each = story([pollOrder, positions]);
    const reader = isOfCommitted ? each.committedReader() : each.consumer();
    each
      .assign(reader)
      .polled(reader, [[0, 'a']])
      .polled(reader, [[3, 'c']]);
    return each.endCommitted(
      [
        [
          [0, 'a'],
          [1, 'b'],
          [3, 'c'],
        ],
      ],
      [committed],
    );
  };
  t.deepEqual(
    passed(true, [
      [0, 'a'],
      [3, 'c'],
    ]),
    [],
  );
  t.deepEqual(
    passed(true, [
      [0, 'a'],
      [1, 'b'],
      [3, 'c'],
    ]),
    ['J12', 'N2'],
  );
  t.deepEqual(
    passed(false, [
      [0, 'a'],
      [3, 'c'],
    ]),
    ['J12', 'N2'],
  );
});

test('N11: a group that reads what is committed need not be given what was aborted', (t) => {
  const given = (committed: Reads): string[] => {
    const each = story(delivery);
    const reader = each.committedReader('readers');
    each
      .call(reader, { f: 'subscribe', topics: ['orders'] }, 'subscribe')
      .assigned(reader, 1)
      .polled(reader, [[0, 'a']]);
    const consumers = [{ session: reader.id, client: reader.client, group: 'readers', topics: ['orders'] }];
    const reads = (of: Reads) => new Map([finalRead(of)]);
    return each.end([], 0, {
      consumers,
      finalReads: reads([
        [0, 'a'],
        [1, 'b'],
      ]),
      finalCommittedReads: reads(committed),
    });
  };
  t.deepEqual(given([[0, 'a']]), []);
  t.deepEqual(
    given([
      [0, 'a'],
      [1, 'b'],
    ]),
    ['N11'],
  );
});

test('N3: over the hole that a marker leaves a group goes on to commit what it has processed, and no more', (t) => {
  const committed = (offset: number): string[] => {
    const each = story(commits);
    const member = each.member();
    each.assigned(member, 1);
    for (const reads of [[[0, 'a']], [[2, 'b']]] as const) each.polled(member, reads).processed(member, reads);
    const commit = { group: 'readers', partition: 'orders-0', topicId: 'orders-0', offset, leaderEpoch: 0 } as const;
    const by = { member: 'm', generation: 1, groupGeneration: 1, groupState: 'Stable', isCurrentMember: true } as const;
    each.context.emit(1, { type: 'offset-committed', ...commit, ...by, offsetsPartition: 0, logOffset: 0 });
    each.wait(1);
    each.processed(member, [[3, 'c']]);
    return each.endCommitted(
      [
        [
          [0, 'a'],
          [2, 'b'],
          [3, 'c'],
        ],
      ],
      [
        [
          [0, 'a'],
          [2, 'b'],
          [3, 'c'],
        ],
      ],
    );
  };
  t.deepEqual(committed(3), []);
  t.deepEqual(committed(4), ['N3']);
});

test('N10: a log may end with the marker of a transaction, and with nothing else that is no record', (t) => {
  const ended = (isTransactional: boolean): string[] => {
    const each = story(endOffsets);
    if (isTransactional) each.begin(each.transactional('t')).send('a', 0).commit();
    else each.sent(each.producer(), 'a', 0);
    const final = new Map([['orders-0', { ...finalRead([[0, 'a']])[1], endOffset: 2 }]]);
    return each.end([], 0, { finalReads: final, finalCommittedReads: final });
  };
  t.deepEqual(ended(true), []);
  t.deepEqual(ended(false), ['N10']);
});

test('N10: after the last reading nothing but markers comes to a log', (t) => {
  const batch = { timestamp: 0, key: null, value: new Uint8Array(1) };
  const marker = { type: 'COMMIT', producerId: 7, producerEpoch: 0, coordinatorEpoch: 0, timestamp: 0 } as const;
  const came = (bytes: Uint8Array, highWatermark = 2): string[] => {
    const each = story(endOffsets);
    each.sent(each.producer(), 'a', 0);
    const read = (from: number) => (from === 1 ? bytes : new Uint8Array());
    const replica = { partition: 'orders-0', role: 'leader', leaderEpoch: 0, highWatermark, read };
    return each.end([[0, 'a']], 0, { nodes: new Map([['b1', { broker: { groups: [], replicas: [replica] } } as never]]) });
  };
  t.deepEqual(came(encodeEndTxnMarker(marker, 1)), []);
  t.deepEqual(came(encodeEndTxnMarker(marker, 1), 3), ['N10']);
  t.deepEqual(came(encodeBatch([batch], { baseOffset: 1 })), ['N10']);
  t.deepEqual(came(new Uint8Array(), 0), ['N10']);
});

test('J18: who reads what is committed may be told of an earlier end', (t) => {
  const told = (isOfCommitted: boolean): string[] => {
    const each = story(realtime);
    each.begin(each.transactional('t')).send('a', 0);
    each.asksEnd(isOfCommitted ? each.committedReader() : each.consumer(), 0, 0);
    return each.violated;
  };
  t.deepEqual(told(true), []);
  t.deepEqual(told(false), ['J18']);
});

test('GR5: offsets of a committed transaction are found, those of an aborted one are not; one of unknown fate may be', (t) => {
  const found = (end: 'commit' | 'abort' | 'commitInDoubt', answer: number, isolation: 'committed' | 'all' = 'committed') => {
    const each = story(committedOffsets);
    const producer = each.transactional('t');
    each.begin(producer).offset('readers', 1).commit();
    each.begin(producer).offset('readers', 2)[end]();
    const reader = isolation === 'committed' ? each.committedReader('readers') : each.member();
    each.asksCommitted(reader, answer);
    return each;
  };
  t.deepEqual(found('commit', 2).violated, []);
  t.deepEqual(found('commit', 1).violated, ['GR5']);
  t.deepEqual(found('abort', 1).violated, []);
  t.deepEqual(found('abort', 2).violated, ['GR5']);
  t.deepEqual(found('commitInDoubt', 1).violated, []);
  t.deepEqual(found('commitInDoubt', 2).violated, []);
  t.regex(found('commit', 1, 'all').context.excuses['GR5'] ?? '', /does not wait/);
});

test('L8: a transaction lasts as long as its application likes, a call of it as long as its time-outs allow', (t) => {
  const each = story(completion);
  const transaction = each.begin(each.transactional('t'));
  each.wait(1_000_000);
  t.is(each.unsettled(), null);
  transaction.asksToEnd(true);
  each.wait(1_000_000);
  t.is(each.unsettled(), 'L8');
});
