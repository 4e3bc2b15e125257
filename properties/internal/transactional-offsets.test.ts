import test from 'ava';
import type { TraceEventOf } from '../../core/trace.ts';
import { FakeContext } from '../testing/fake-context.ts';
import { registered } from '../testing/registration.ts';
import { transactionalOffsets } from './transactional-offsets.ts';

const OF = { group: 'g', partition: 'orders-0' } as const;
const ID = { topicId: 'orders-id' } as const;

/** The coordinator of one group, on broker 1. */
class Scripted {
  readonly context = new FakeContext();

  constructor() {
    this.context.check(transactionalOffsets);
    this.context.durability.onPartition(registered('__consumer_offsets', 0));
  }

  get violated(): string[] {
    return this.context.violatedProperties;
  }

  commits(offset: number, logOffset: number): this {
    const by = { member: '', generation: -1, groupGeneration: 0, groupState: 'Empty', isCurrentMember: false } as const;
    const event = { ...OF, ...ID, ...by, offset, logOffset, leaderEpoch: 0, offsetsPartition: 0 } as const;
    this.context.emit(1, { type: 'offset-committed', ...event });
    return this;
  }

  writes(producerId: number, offset: number, logOffset: number): this {
    const by = { member: '', generation: -1, transactionalId: 't', producerId, producerEpoch: 0 } as const;
    const event = { ...OF, ...ID, ...by, offset, logOffset, leaderEpoch: 0, offsetsPartition: 0 } as const;
    this.context.emit(1, { type: 'transactional-offset-written', ...event });
    return this;
  }

  ends(producerId: number, isCommitted: boolean, offset: number, logOffset: number, isApplied: boolean): this {
    const offsets = [{ ...OF, ...ID, offset, logOffset, isApplied }];
    const event = { offsetsPartition: 0, producerId, producerEpoch: 0, isCommitted, offsets, logOffset: logOffset + 1 };
    this.context.emit(1, { type: 'transactional-offsets-ended', ...event });
    return this;
  }

  asked(offset: number, { requireStable = false, error = 0 }: Partial<TraceEventOf<'offset-fetched'>> = {}, node = 1): this {
    this.context.emit(node, { type: 'offset-fetched', ...OF, ...ID, offset, requireStable, error });
    return this;
  }

  expires(): this {
    this.context.emit(1, { type: 'offset-removal-begun', reason: 'topic-deleted', ageMs: 0, ...OF, offsetsPartition: 0 });
    this.context.emit(1, { type: 'offset-removed', ...OF, reason: 'expired', logOffset: 9 });
    return this;
  }
}

test('T11: what an open transaction commits is told to nobody, and what it may replace not to those who ask for stable offsets', (t) => {
  const open = () => new Scripted().commits(1, 0).writes(7, 5, 1);
  t.deepEqual(open().asked(1).violated, []);
  t.deepEqual(open().asked(5).violated, ['T11']);
  t.deepEqual(open().asked(-1, { requireStable: true, error: 88 }).violated, []);
  t.deepEqual(open().asked(1, { requireStable: true }).violated, ['T11']);
  t.is(open().asked(1).context.evaluations['T11'], 1);
  t.deepEqual(open().ends(7, true, 5, 1, true).asked(5, { requireStable: true }).violated, []);
  t.deepEqual(open().ends(7, false, 5, 1, false).asked(1, { requireStable: true }).violated, []);
});

test('T11: another coordinator, or the same in a later term, knows of open transactions what it has loaded', (t) => {
  const open = () => new Scripted().commits(1, 0).writes(7, 5, 1);
  t.deepEqual(open().asked(5, { requireStable: true }, 2).violated, []);
  const loaded = open();
  loaded.context.emit(1, { type: 'coordinator-loading', offsetsPartition: 0, leaderEpoch: 1, endOffset: 9 });
  t.deepEqual(loaded.asked(5, { requireStable: true }).violated, []);
});

test('T11: with its commit an offset counts from its place in the log on, after an abort not at all', (t) => {
  const open = () => new Scripted().writes(7, 5, 1);
  t.deepEqual(open().ends(7, true, 5, 1, true).violated, []);
  t.deepEqual(open().ends(7, true, 5, 1, false).violated, ['T11']);
  t.deepEqual(open().ends(7, false, 5, 1, true).violated, ['T11']);
  t.deepEqual(open().commits(6, 2).ends(7, true, 5, 1, false).violated, []);
  t.deepEqual(open().commits(6, 2).ends(7, true, 5, 1, true).violated, ['T11']);
});

test('GR9: an offset does not expire while a transaction is open that commits another one', (t) => {
  t.deepEqual(new Scripted().commits(1, 0).expires().violated, []);
  t.deepEqual(new Scripted().commits(1, 0).writes(7, 5, 1).expires().violated, ['GR9']);
  t.deepEqual(new Scripted().commits(1, 0).writes(7, 5, 1).ends(7, true, 5, 1, true).expires().violated, []);
  t.is(new Scripted().commits(1, 0).expires().context.evaluations['GR9'], 1);
});

test('T11, GR9: where the offsets partition has lost records nothing is promised', (t) => {
  const open = new Scripted().commits(1, 0).writes(7, 5, 1);
  for (const broker of [1, 2, 3]) open.context.world(broker, { type: 'power-lost' });
  t.deepEqual(open.asked(5).expires().violated, []);
});
