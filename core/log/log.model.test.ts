/** Random histories of one log against a plain array, with crashes and power losses. */
import test from 'ava';
import fc from 'fast-check';
import { LeaderEpoch, Offset } from '../protocol/numbers.ts';
import { forEachBatch } from '../protocol/records.ts';
import type { Log } from './log.ts';
import { batchOf, ok, openLog } from './testing/logs.ts';
import { TestEnvironment } from './testing/test-environment.ts';

interface ModelBatch {
  readonly baseOffset: number;
  readonly count: number;
  readonly epoch: number;
  readonly crc: number;
  readonly baseSequence: number;
}

type Command =
  | { readonly kind: 'append'; readonly count: number; readonly newEpoch: boolean }
  | { readonly kind: 'truncate'; readonly back: number }
  | { readonly kind: 'roll' | 'flush' | 'flush-begun' | 'crash' | 'retry' | 'clean-restart' | 'power-loss' };

const command: fc.Arbitrary<Command> = fc.oneof(
  {
    weight: 8,
    arbitrary: fc.record({ kind: fc.constant('append' as const), count: fc.integer({ min: 1, max: 4 }), newEpoch: fc.boolean() }),
  },
  { weight: 2, arbitrary: fc.record({ kind: fc.constant('truncate' as const), back: fc.integer({ min: 0, max: 8 }) }) },
  {
    weight: 4,
    arbitrary: fc.record({ kind: fc.constantFrom('roll', 'flush', 'flush-begun', 'crash', 'retry', 'clean-restart') }),
  },
  { weight: 2, arbitrary: fc.record({ kind: fc.constant('power-loss' as const) }) },
);

const CONFIG = { 'segment.bytes': 400, 'index.interval.bytes': 100 };

class Run {
  readonly env: TestEnvironment;
  log: Log;
  model: ModelBatch[] = [];
  epoch = 0;
  truncatedSinceFlush = false;

  constructor(seed: number) {
    this.env = new TestEnvironment({ seed, disk: { syncJitterUs: 10_000 } });
    this.log = openLog(this.env, CONFIG);
  }

  get end(): number {
    const last = this.model.at(-1);
    return last === undefined ? 0 : last.baseOffset + last.count;
  }

  step(command: Command): void {
    const { env } = this;
    env.advance(10);
    switch (command.kind) {
      case 'append': {
        if (command.newEpoch) this.epoch++;
        const last = this.model.at(-1);
        const baseSequence = last === undefined ? 0 : last.baseSequence + last.count;
        const bytes = batchOf(env, command.count, { producerId: 1, producerEpoch: 0, baseSequence });
        const info = ok(this.log.appendAsLeader(bytes, LeaderEpoch(this.epoch)));
        if (info.duplicateOf !== undefined || info.firstOffset !== this.end)
          throw new Error(`appended at ${info.firstOffset}, not ${this.end}`);
        this.model.push({ baseOffset: this.end, count: command.count, epoch: this.epoch, crc: crcOf(bytes), baseSequence });
        break;
      }
      case 'retry': {
        const last = this.model.at(-1);
        if (last === undefined) break;
        const bytes = batchOf(env, last.count, { producerId: 1, producerEpoch: 0, baseSequence: last.baseSequence });
        const offset = ok(this.log.appendAsLeader(bytes, LeaderEpoch(this.epoch))).duplicateOf?.offset;
        if (offset !== last.baseOffset) throw new Error(`a retry of ${last.baseOffset} was answered with ${offset}`);
        break;
      }
      case 'truncate': {
        const to = Math.max(0, this.end - command.back);
        this.log.truncateTo(Offset(to), 'test');
        const kept = this.model.filter((batch) => batch.baseOffset + batch.count <= to);
        if (kept.length < this.model.length) this.truncatedSinceFlush = true;
        this.model = kept;
        break;
      }
      case 'roll':
        this.log.roll();
        break;
      case 'flush-begun':
        this.log.flush(Offset(this.end), () => {});
        break;
      case 'flush':
        this.#flush();
        if (this.log.recoveryPoint !== this.end) throw new Error(`flushed to ${this.log.recoveryPoint}, not ${this.end}`);
        this.truncatedSinceFlush = false;
        break;
      case 'crash': {
        const { recoveryPoint } = this.log;
        this.log.close();
        env.crash();
        this.log = openLog(env, CONFIG, { recoveryPoint });
        break;
      }
      case 'clean-restart':
        this.log.takeProducerSnapshot();
        this.#flush();
        this.log.close();
        env.crash();
        this.log = openLog(env, CONFIG, { hadCleanShutdown: true, recoveryPoint: Offset(this.end) });
        this.truncatedSinceFlush = false;
        break;
      case 'power-loss':
        this.#losePower();
        break;
    }
    this.check();
  }

  #flush(): void {
    let isFlushed = false;
    this.log.flush(Offset(this.end), () => (isFlushed = true));
    this.env.world.runUntil(() => isFlushed, 60_000);
  }

  #losePower(): void {
    const { recoveryPoint } = this.log;
    const durable = this.model.filter((batch) => batch.baseOffset + batch.count <= recoveryPoint);
    this.log.close();
    this.env.losePower();
    this.log = openLog(this.env, CONFIG, { recoveryPoint });
    const found = this.found();
    for (const [at, batch] of durable.entries()) {
      if (found[at]?.crc !== batch.crc) throw new Error(`batch ${batch.baseOffset} was flushed and is lost`);
    }
    if (!this.truncatedSinceFlush) {
      for (const [at, batch] of found.entries())
        if (this.model[at]?.crc !== batch.crc) throw new Error(`batch ${batch.baseOffset} is new`);
    }
    this.model = found;
    this.epoch = Math.max(this.epoch, found.at(-1)?.epoch ?? 0);
  }

  found(): ModelBatch[] {
    const found: ModelBatch[] = [];
    let at = 0;
    while (at < this.log.logEndOffset) {
      const read = this.log.read(Offset(at), { maxBytes: 150, minOneMessage: true, upperBound: 'log-end' });
      if (read === 'out-of-range' || read.endOffset === at) throw new Error(`nothing at ${at}`);
      forEachBatch(read.records, ({ baseOffset, recordCount: count, leaderEpoch: epoch, crc, baseSequence }) => {
        found.push({ baseOffset, count, epoch, crc, baseSequence });
      });
      at = read.endOffset;
    }
    return found;
  }

  check(): void {
    const found = this.found();
    if (JSON.stringify(found) !== JSON.stringify(this.model)) {
      throw new Error(`log ${JSON.stringify(found)} is not ${JSON.stringify(this.model)}`);
    }
    if (this.log.logEndOffset !== this.end) throw new Error(`end ${this.log.logEndOffset} is not ${this.end}`);
    const epochs: { epoch: number; startOffset: number }[] = [];
    for (const batch of found) {
      if (batch.epoch !== epochs.at(-1)?.epoch) epochs.push({ epoch: batch.epoch, startOffset: batch.baseOffset });
    }
    if (JSON.stringify(this.log.epochEntries()) !== JSON.stringify(epochs)) {
      throw new Error(`epochs ${JSON.stringify(this.log.epochEntries())} are not ${JSON.stringify(epochs)}`);
    }
    const { recoveryPoint, logEndOffset } = this.log;
    if (recoveryPoint > logEndOffset) throw new Error(`recovery point ${recoveryPoint} is above the end ${logEndOffset}`);
  }
}

function crcOf(bytes: Uint8Array): number {
  let crc = 0;
  forEachBatch(bytes, (header) => {
    crc = header.crc;
  });
  return crc;
}

test('a log behaves as an array does, through crashes and power losses', (t) => {
  fc.assert(
    fc.property(fc.nat(1_000_000), fc.array(command, { maxLength: 60, size: 'max' }), (seed, commands) => {
      const run = new Run(seed);
      for (const next of commands) run.step(next);
      run.log.close();
    }),
    { numRuns: 150 },
  );
  t.pass();
});
