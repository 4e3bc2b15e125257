import test from 'ava';
import type { TraceEventOf } from '../../core/trace.ts';
import type { ProducerSummary } from '../../core/trace/log-events.ts';
import { PARTITION, ScriptedCluster } from '../testing/cluster.ts';
import { producerState } from './producer-state.ts';

/** Producer 7 has written sequences 0 to 4 in two batches, producer 8 one batch at offset 3. */
function cluster(): ScriptedCluster {
  const c = new ScriptedCluster([producerState]);
  c.boot();
  c.replicate({ base: 0, epoch: 0, crc: 1, count: 3, producerId: 7, producerEpoch: 0, sequence: 0 }, 1, 2, 3);
  c.replicate({ base: 3, epoch: 0, crc: 2, producerId: 8, producerEpoch: 2, sequence: 0 }, 1, 2, 3);
  c.replicate({ base: 4, epoch: 0, crc: 3, count: 2, producerId: 7, producerEpoch: 0, sequence: 3 }, 1, 2, 3);
  return c;
}

const NO_TRANSACTION = { coordinatorEpoch: -1, currentTxnFirstOffset: -1 } as const;
const SEVEN: ProducerSummary = { ...NO_TRANSACTION, producerId: 7, producerEpoch: 0, lastSequence: 4, lastOffset: 5 };
const SEVEN_BEFORE: ProducerSummary = { ...NO_TRANSACTION, producerId: 7, producerEpoch: 0, lastSequence: 2, lastOffset: 2 };
const EIGHT: ProducerSummary = { ...NO_TRANSACTION, producerId: 8, producerEpoch: 2, lastSequence: 0, lastOffset: 3 };

function told(
  c: ScriptedCluster,
  occasion: TraceEventOf<'producer-state-told'>['occasion'],
  endOffset: number,
  ...producers: ProducerSummary[]
): string[] {
  c.context.emit(2, { type: 'producer-state-told', partition: PARTITION, occasion, endOffset, producers });
  return c.violated;
}

test('S11: a snapshot holds the last batch of every producer below it', (t) => {
  const c = cluster();
  t.deepEqual(told(c, 'snapshot', 4, EIGHT, SEVEN_BEFORE), []);
  t.deepEqual(told(c, 'snapshot', 6, SEVEN, EIGHT), []);
  t.deepEqual(told(c, 'snapshot', 3, SEVEN_BEFORE), [], 'of an earlier offset');
  t.is(c.context.evaluations['S11'], 3);
  t.deepEqual(told(cluster(), 'snapshot', 6, SEVEN), ['S11'], 'one is missing');
  t.deepEqual(told(cluster(), 'snapshot', 6, SEVEN_BEFORE, EIGHT), ['S11'], 'one is old');
  t.deepEqual(told(cluster(), 'snapshot', 4, SEVEN, EIGHT), ['S11'], 'one is from above');
  t.deepEqual(told(cluster(), 'snapshot', 6, { ...SEVEN, producerEpoch: 1 }, EIGHT), ['S11'], 'another epoch');
});

test('I5: after a truncation nothing is remembered of what was cut, and everything of what was not', (t) => {
  const cut = (...producers: ProducerSummary[]): string[] => {
    const c = cluster();
    c.truncate(2, 6, 4);
    return told(c, 'truncation', 4, ...producers);
  };
  t.deepEqual(cut(SEVEN_BEFORE, EIGHT), []);
  t.deepEqual(cut(SEVEN, EIGHT), ['I5']);
  t.deepEqual(cut(EIGHT), ['I5']);
});

test('I5: who was silent too long may be forgotten; what retention removed may be remembered', (t) => {
  const c = cluster();
  c.context.emit(2, { type: 'producers-expired', partition: PARTITION, producerIds: [8] });
  t.deepEqual(told(c, 'load', 6, SEVEN), []);
  t.deepEqual(told(c, 'load', 6, SEVEN, EIGHT), []);
  const removed = cluster();
  removed.load(2, [{ base: 4, epoch: 0, crc: 3, count: 2 }], { logStartOffset: 4, logEndOffset: 6 });
  t.deepEqual(told(removed, 'load', 6, SEVEN, EIGHT), []);
  t.deepEqual(told(removed, 'load', 6, EIGHT), ['I5']);
});

test('I5, S11: open transactions, and the epochs of markers and coordinators, are remembered', (t) => {
  const transactions = (): ScriptedCluster => {
    const c = new ScriptedCluster([producerState]);
    c.boot();
    const of = { epoch: 0, producerId: 7 };
    c.replicate({ ...of, base: 0, crc: 1, producerEpoch: 0, sequence: 0, transactional: true }, 1, 2, 3);
    c.replicate({ ...of, base: 1, crc: 2, producerEpoch: 0, sequence: 1, transactional: true }, 1, 2, 3);
    c.replicate({ ...of, base: 2, crc: 3, producerEpoch: 1, marker: { commit: true, coordinatorEpoch: 4 } }, 1, 2, 3);
    c.replicate({ ...of, base: 3, crc: 4, producerEpoch: 1, sequence: 0, transactional: true }, 1, 2, 3);
    return c;
  };
  const open: ProducerSummary = { ...SEVEN, lastSequence: 1, lastOffset: 1, currentTxnFirstOffset: 0 };
  const ended: ProducerSummary = {
    ...open,
    producerEpoch: 1,
    lastSequence: -1,
    lastOffset: -1,
    coordinatorEpoch: 4,
    currentTxnFirstOffset: -1,
  };
  const next: ProducerSummary = { ...ended, lastSequence: 0, lastOffset: 3, currentTxnFirstOffset: 3 };
  for (const [endOffset, right, wrong] of [
    [2, open, { ...open, currentTxnFirstOffset: -1 }],
    [2, open, { ...open, currentTxnFirstOffset: 1 }],
    [3, ended, { ...ended, coordinatorEpoch: -1 }],
    [3, ended, { ...ended, producerEpoch: 0 }],
    [3, ended, { ...ended, currentTxnFirstOffset: 0 }],
    [4, next, { ...next, currentTxnFirstOffset: 0 }],
  ] as const) {
    t.deepEqual(told(transactions(), 'snapshot', endOffset, right), []);
    t.deepEqual(told(transactions(), 'snapshot', endOffset, wrong), ['S11']);
    t.deepEqual(told(transactions(), 'load', endOffset, wrong), ['I5']);
  }
  t.deepEqual(told(transactions(), 'snapshot', 3), ['S11'], 'a producer of which there is a marker only');
  const cut = (lastOffset: number): readonly string[] => {
    const c = new ScriptedCluster([producerState]);
    c.boot();
    const of = { epoch: 0, producerId: 7, producerEpoch: 0 };
    c.replicate({ ...of, base: 0, crc: 1, sequence: 0, transactional: true }, 1, 2, 3);
    c.replicate({ ...of, base: 1, crc: 2, marker: { commit: true, coordinatorEpoch: 4 } }, 1, 2, 3);
    c.load(2, [{ base: 1, epoch: 0, crc: 2, count: 1 }], { logStartOffset: 1, logEndOffset: 2 });
    return told(c, 'snapshot', 2, { ...ended, producerEpoch: 0, lastSequence: 0, lastOffset });
  };
  t.deepEqual(cut(0), [], 'below the start of the log its last batch may be remembered');
  t.deepEqual(cut(1), ['S11']);
  const forgotten = (): ScriptedCluster => {
    const c = transactions();
    c.context.emit(2, { type: 'producers-expired', partition: PARTITION, producerIds: [7] });
    return c;
  };
  t.deepEqual(told(forgotten(), 'snapshot', 4, { ...next, coordinatorEpoch: -1 }), [], 'forgotten before it wrote again');
  t.deepEqual(
    told(forgotten(), 'snapshot', 4, { ...next, lastSequence: -1, lastOffset: -1 }),
    [],
    'forgotten before its marker came',
  );
  t.deepEqual(told(forgotten(), 'snapshot', 4, { ...next, coordinatorEpoch: 3 }), ['S11']);
  const offsets = new ScriptedCluster([producerState]);
  offsets.boot();
  offsets.replicate({ base: 0, epoch: 0, crc: 1, count: 2, producerId: 7, producerEpoch: 0, transactional: true }, 1, 2, 3);
  const without = { ...open, lastSequence: -1 };
  t.deepEqual(told(offsets, 'snapshot', 2, without), [], 'what a coordinator writes in a transaction has no sequence');
});
