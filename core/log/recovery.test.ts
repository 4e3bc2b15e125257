import test from 'ava';
import { LeaderEpoch, Offset } from '../protocol/numbers.ts';
import { bytesToText, textToBytes } from './bytes.ts';
import type { Log } from './log.ts';
import { batchOf, ok, openLog, TOPIC_ID } from './testing/logs.ts';
import { TestEnvironment } from './testing/test-environment.ts';

const DIR = 'data/orders-0';
const CONFIG = { 'segment.bytes': 300, 'index.interval.bytes': 50 };

/** A flushed log of ten batches of one record in several segments, closed without a clean shutdown. */
function closedLog(): TestEnvironment {
  const env = new TestEnvironment();
  const log = openLog(env, CONFIG);
  for (let i = 0; i < 10; i++)
    ok(
      log.appendAsLeader(
        batchOf(env, 1, { producerId: 4, producerEpoch: 0, baseSequence: i }),
        LeaderEpoch(1 + Math.floor(i / 4)),
      ),
    );
  log.flush(Offset(10), () => {});
  env.advance(1);
  log.close();
  return env;
}

function files(env: TestEnvironment, suffix: string): string[] {
  return env.disk.list(DIR).filter((name) => name.endsWith(suffix));
}

function state(log: Log): unknown {
  return { start: log.logStartOffset, end: log.logEndOffset, epochs: log.epochEntries(), producers: log.activeProducers() };
}

test('every file but the logs can be lost or damaged', (t) => {
  const whole = state(openLog(closedLog(), CONFIG));
  const suffixes = ['.index', '.timeindex', '.snapshot', 'leader-epoch-checkpoint', 'partition.metadata'];
  for (const suffix of suffixes) {
    const lost = closedLog();
    for (const name of files(lost, suffix)) lost.disk.remove(`${DIR}/${name}`);
    t.deepEqual(state(openLog(lost, CONFIG)), whole, `${suffix} lost`);
    for (const damage of [(bytes: Uint8Array) => bytes.fill(0xff), (bytes: Uint8Array) => bytes.subarray(0, bytes.length >> 1)]) {
      const torn = closedLog();
      for (const name of files(torn, suffix)) torn.corrupt(`${DIR}/${name}`, damage);
      t.deepEqual(state(openLog(torn, CONFIG)), whole, `${suffix} damaged`);
    }
  }
});

test('the first bad batch ends the log, and later segments go', (t) => {
  const env = closedLog();
  const logs = files(env, '.log');
  t.true(logs.length >= 3);
  const second = logs[1] as string;
  env.corrupt(`${DIR}/${second}`, (bytes) => {
    bytes[bytes.length - 1] = (bytes[bytes.length - 1] as number) ^ 1;
    return bytes;
  });
  const log = openLog(env, CONFIG);
  t.is(log.logEndOffset, Offset(Number(logs[2]?.slice(0, 20)) - 1));
  t.is(files(env, '.log').length, 2);
  const [producer] = log.activeProducers();
  t.is(producer?.lastSequence, log.logEndOffset - 1);
});

test('a missing or shortened segment leaves no hole', (t) => {
  const missing = closedLog();
  missing.disk.remove(`${DIR}/${files(missing, '.log')[1]}`);
  const beforeGap = openLog(missing, CONFIG);
  t.is(beforeGap.logEndOffset, Offset(4));
  t.is(files(missing, '.log').length, 1);

  const short = closedLog();
  short.corrupt(`${DIR}/${files(short, '.log')[1]}`, () => new Uint8Array(0));
  const log = openLog(short, CONFIG);
  t.is(log.logEndOffset, Offset(4));
  ok(log.appendAsLeader(batchOf(short, 1), LeaderEpoch(9)));

  const zeros = closedLog();
  zeros.corrupt(`${DIR}/${files(zeros, '.log')[0]}`, (bytes) => bytes.fill(0));
  t.is(openLog(zeros, CONFIG).logEndOffset, Offset(0));
});

test('in a compacted log a gap between segments is a hole where it may not have been flushed, and a cleaned stretch where it was', (t) => {
  const config = { ...CONFIG, 'cleanup.policy': ['compact'] };
  const opened = (recoveryPoint: number) => {
    const env = closedLog();
    env.corrupt(`${DIR}/${files(env, '.log')[1]}`, () => new Uint8Array(0));
    return openLog(env, config, { recoveryPoint: Offset(recoveryPoint) }).logEndOffset;
  };
  t.is(opened(0), Offset(4));
  t.is(opened(4), Offset(4));
  t.is(opened(5), Offset(10));
});

test('producer snapshots beyond the end are dropped', (t) => {
  const env = closedLog();
  const logs = files(env, '.log');
  for (const name of logs.slice(1)) env.disk.remove(`${DIR}/${name}`);
  const log = openLog(env, CONFIG, { recoveryPoint: Offset(10) });
  t.is(log.activeProducers()[0]?.lastSequence, log.logEndOffset - 1);
  t.true(files(env, '.snapshot').every((name) => Number(name.slice(0, 20)) <= log.logEndOffset));
});

test('leftovers of deletion and of interrupted swaps', (t) => {
  const env = closedLog();
  const first = files(env, '.log')[0] as string;
  const bytes = env.contents(`${DIR}/${first}`);
  const put = (name: string, content: Uint8Array): void => env.disk.open(`${DIR}/${name}`, { create: true }).append(content);
  put('00000000000000000003.log.deleted', bytes);
  put('00000000000000000009.log.cleaned', bytes);
  put('00000000000000000077.index', new Uint8Array(8));
  put(`${first}.swap`, bytes);
  const log = openLog(env, CONFIG);
  t.is(log.logEndOffset, Offset(10));
  t.deepEqual(
    env.disk.list(DIR).filter((name) => /deleted|cleaned|swap|77/.test(name)),
    [],
  );
});

test('a log that ends below its log start begins anew there', (t) => {
  const log = openLog(closedLog(), CONFIG, { logStartOffset: Offset(40) });
  t.like(log, { logStartOffset: 40, logEndOffset: 40, highWatermark: 40 });
});

test('files are those of Kafka', (t) => {
  const env = closedLog();
  t.is(bytesToText(env.contents(`${DIR}/leader-epoch-checkpoint`)), '0\n3\n1 0\n2 4\n3 8\n');
  t.is(bytesToText(env.contents(`${DIR}/partition.metadata`)), `version: 0\ntopic_id: ${TOPIC_ID}\n`);
  t.true(files(env, '.snapshot').length > 0);
  env.corrupt(`${DIR}/leader-epoch-checkpoint`, () => textToBytes('0\n1\n9 3\n'));
  t.deepEqual(
    openLog(env, CONFIG)
      .epochEntries()
      .map(({ epoch }) => epoch),
    [1, 2, 3],
  );
});
