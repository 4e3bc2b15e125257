import test from 'ava';
import type { TraceEventOf } from '../../core/trace.ts';
import type { ProducerSummary } from '../../core/trace/log-events.ts';
import { PARTITION, ScriptedCluster } from '../testing/cluster.ts';
import { producerState } from './producer-state.ts';

/** Producer 7 has written sequences 0 to 4 in two batches, producer 8 one batch at offset 3. */
function cluster(): ScriptedCluster {
  const c = new ScriptedCluster(producerState);
  c.boot();
  c.replicate({ base: 0, epoch: 0, crc: 1, count: 3, producerId: 7, producerEpoch: 0, sequence: 0 }, 1, 2, 3);
  c.replicate({ base: 3, epoch: 0, crc: 2, producerId: 8, producerEpoch: 2, sequence: 0 }, 1, 2, 3);
  c.replicate({ base: 4, epoch: 0, crc: 3, count: 2, producerId: 7, producerEpoch: 0, sequence: 3 }, 1, 2, 3);
  return c;
}

const SEVEN: ProducerSummary = { producerId: 7, producerEpoch: 0, lastSequence: 4, lastOffset: 5 };
const SEVEN_BEFORE: ProducerSummary = { producerId: 7, producerEpoch: 0, lastSequence: 2, lastOffset: 2 };
const EIGHT: ProducerSummary = { producerId: 8, producerEpoch: 2, lastSequence: 0, lastOffset: 3 };

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
