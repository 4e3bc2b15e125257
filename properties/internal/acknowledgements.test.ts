import test from 'ava';
import { ErrorCode } from '../../core/protocol/errors.ts';
import { PARTITION, ScriptedCluster } from '../testing/cluster.ts';
import { acknowledgements } from './acknowledgements.ts';

/** Node 1 leads epoch 0, has one record, and its high watermark has just passed that. */
function passed(): ScriptedCluster {
  const c = new ScriptedCluster([acknowledgements]);
  c.boot();
  c.append(1, 'leader', { base: 0, epoch: 0, crc: 1 });
  c.highWatermark(1, 0, 1);
  return c;
}

function timesOut(c: ScriptedCluster, lastOffset: number): void {
  c.context.emit(1, {
    type: 'produce-failed',
    partition: PARTITION,
    acks: -1,
    error: ErrorCode.REQUEST_TIMED_OUT,
    afterAppend: true,
    lastOffset,
    times: 1,
  });
}

test('R26: acks=all is answered in the step in which the high watermark passes, and not later', (t) => {
  const atOnce = passed();
  atOnce.ack(1, 0, { appendEpoch: 0 });
  t.deepEqual(atOnce.violated, []);
  t.is(atOnce.context.evaluations['R26'], 1);
  const late = passed();
  late.context.pass(30);
  late.ack(1, 0, { appendEpoch: 0 });
  t.deepEqual(late.violated, ['R26']);
  t.like(late.context.factsOf('R26'), { nodeId: 1, partition: PARTITION, leaderEpoch: 0, offset: 0 });
});

test('R26: what was sent again is asked for when it has long been passed, and another epoch has another high watermark', (t) => {
  const again = passed();
  again.context.pass(30);
  again.ack(1, 0);
  t.deepEqual(again.violated, []);
  const later = passed();
  later.lead(1, 1, 1);
  later.context.pass(30);
  later.ack(1, 0, { leaderEpoch: 1, appendEpoch: 1 });
  t.deepEqual(later.violated, []);
});

test('R26: nothing runs out of time that the high watermark has passed; what it has not may', (t) => {
  const forgotten = passed();
  forgotten.context.pass(30_000);
  timesOut(forgotten, 0);
  t.deepEqual(forgotten.violated, ['R26']);
  const waiting = passed();
  waiting.context.pass(30_000);
  timesOut(waiting, 1);
  t.deepEqual(waiting.violated, []);
});
