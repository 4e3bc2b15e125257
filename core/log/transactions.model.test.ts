/**
 * Random transactions in one log against a fold over what was appended: what is stable, what was aborted, what is remembered of producers,
 * through restarts, truncations, new segments and deletions.
 */
import test from 'ava';
import fc from 'fast-check';
import { LeaderEpoch, Offset } from '../protocol/numbers.ts';
import { type Log, isAppendError } from './log.ts';
import { appendInTransaction, appendMarker, batchOf, openLog } from './testing/logs.ts';
import { TestEnvironment } from './testing/test-environment.ts';

interface Batch {
  readonly kind: 'data' | 'commit' | 'abort';
  readonly producerId: number;
  readonly producerEpoch: number;
  readonly coordinatorEpoch: number;
  readonly isTransactional: boolean;
  readonly lastSequence: number;
  readonly base: number;
  readonly end: number;
  readonly timestamp: number;
}

/** A transaction in the log; `marker` -1: open. */
interface Transaction {
  readonly producerId: number;
  readonly first: number;
  marker: number;
  aborted: boolean;
}

interface Producer {
  producerEpoch: number;
  lastSequence: number;
  lastTimestamp: number;
  coordinatorEpoch: number;
  open: Transaction | null;
}

type Command =
  | { readonly kind: 'write'; readonly producer: number; readonly count: number; readonly isPlain: boolean }
  | { readonly kind: 'end'; readonly producer: number; readonly commit: boolean; readonly bump: boolean }
  | { readonly kind: 'truncate' | 'commit-up-to' | 'delete'; readonly share: number }
  | { readonly kind: 'roll' | 'flush' | 'crash' | 'clean-restart' | 'power-loss' };

const producer = fc.integer({ min: 1, max: 3 });
const share = fc.integer({ min: 0, max: 8 });
const command: fc.Arbitrary<Command> = fc.oneof(
  {
    weight: 8,
    arbitrary: fc.record({
      kind: fc.constant('write' as const),
      producer,
      count: fc.integer({ min: 1, max: 3 }),
      isPlain: fc.boolean(),
    }),
  },
  { weight: 6, arbitrary: fc.record({ kind: fc.constant('end' as const), producer, commit: fc.boolean(), bump: fc.boolean() }) },
  { weight: 4, arbitrary: fc.record({ kind: fc.constant('commit-up-to' as const), share }) },
  { weight: 2, arbitrary: fc.record({ kind: fc.constantFrom('truncate' as const, 'delete' as const), share }) },
  {
    weight: 4,
    arbitrary: fc.record({
      kind: fc.constantFrom('roll' as const, 'flush' as const, 'crash' as const, 'clean-restart' as const, 'power-loss' as const),
    }),
  },
);

const CONFIG = { 'segment.bytes': 500, 'retention.ms': -1 };

class Run {
  readonly #env: TestEnvironment;
  #log: Log;
  #batches: Batch[] = [];
  #highWatermark = 0;
  #logStart = 0;
  /** Markers that were above the high watermark when the log was built anew, from a snapshot perhaps: no one may know of them. */
  #forgettable = new Set<number>();

  constructor(seed: number) {
    this.#env = new TestEnvironment({ seed });
    this.#log = openLog(this.#env, CONFIG);
  }

  get #end(): number {
    return this.#batches.at(-1)?.end ?? this.#logStart;
  }

  step(command: Command): void {
    this.#env.advance(10);
    switch (command.kind) {
      case 'write':
        this.#write(command.producer, command.count, command.isPlain);
        break;
      case 'end':
        this.#finish(command.producer, command.commit, command.bump);
        break;
      case 'commit-up-to':
        this.#setHighWatermark(this.#uncommitted(command.share));
        break;
      case 'truncate':
        this.#truncate(this.#uncommitted(command.share));
        break;
      case 'delete':
        this.#logStart += Math.floor(((this.#highWatermark - this.#logStart) * command.share) / 8);
        this.#log.maybeIncrementLogStartOffset(Offset(this.#logStart), 'delete-records');
        this.#log.deleteOldSegments();
        break;
      case 'roll':
        this.#log.roll();
        break;
      case 'flush':
        this.#flush();
        break;
      default:
        this.#restart(command.kind);
    }
    this.#check();
  }

  close(): void {
    this.#log.close();
  }

  #write(producerId: number, count: number, isPlain: boolean): void {
    const known = this.#fold().producers.get(producerId);
    const producerEpoch = known?.producerEpoch ?? 0;
    const baseSequence = (known?.lastSequence ?? -1) + 1;
    const of = { producerId, producerEpoch, baseSequence };
    const isTransactional = !isPlain;
    const batch = batchOf(this.#env, count, { ...of, isTransactional });
    const result = isTransactional ? appendInTransaction(this.#log, batch, of) : this.#log.appendAsLeader(batch, LeaderEpoch(0));
    const isOpen = known !== undefined && known.open !== null;
    if (isAppendError(result) !== (isOpen && isPlain)) throw new Error(`a batch: ${JSON.stringify(result)}`);
    if (isAppendError(result)) return;
    const [base, lastSequence] = [result.firstOffset, baseSequence + count - 1];
    const { nowMs: timestamp } = this.#env;
    this.#append({
      ...of,
      kind: 'data',
      coordinatorEpoch: -1,
      isTransactional,
      lastSequence,
      base,
      end: base + count,
      timestamp,
    });
  }

  #finish(producerId: number, commit: boolean, bump: boolean): void {
    const known = this.#fold().producers.get(producerId);
    const producerEpoch = (known?.producerEpoch ?? 0) + (bump ? 1 : 0);
    const coordinatorEpoch = this.#batches.length;
    const end = { commit, producerEpoch, coordinatorEpoch, transactionVersion: bump ? 2 : 1 };
    const result = appendMarker(this.#env, this.#log, producerId, end);
    if (isAppendError(result)) throw new Error(`a marker: ${result.message}`);
    const base = result.firstOffset;
    const of = { producerId, producerEpoch, coordinatorEpoch, isTransactional: true, lastSequence: -1 };
    this.#append({ ...of, kind: commit ? 'commit' : 'abort', base, end: base + 1, timestamp: this.#env.nowMs });
  }

  #append(batch: Batch): void {
    if (batch.base !== this.#end) throw new Error(`appended at ${batch.base}, not ${this.#end}`);
    this.#batches.push(batch);
  }

  /** The end of a batch above the high watermark, or that. */
  #uncommitted(share: number): number {
    const ends = this.#batches.map(({ end }) => end).filter((end) => end > this.#highWatermark);
    return [this.#highWatermark, ...ends][Math.floor((ends.length * share) / 8)] as number;
  }

  #setHighWatermark(offset: number): void {
    this.#highWatermark = offset;
    this.#log.updateHighWatermark(Offset(offset));
  }

  /** Not below the high watermark, as followers do it. */
  #truncate(offset: number): void {
    this.#log.truncateTo(Offset(offset), 'test');
    this.#batches = this.#batches.filter(({ end }) => end <= offset);
    this.#forgetDecided();
    this.#setHighWatermark(Math.min(this.#highWatermark, this.#end));
  }

  #flush(): void {
    let isFlushed = false;
    this.#log.flush(Offset(this.#end), () => (isFlushed = true));
    this.#env.world.runUntil(() => isFlushed, 60_000);
  }

  #restart(kind: 'crash' | 'clean-restart' | 'power-loss'): void {
    const isClean = kind === 'clean-restart';
    if (isClean) {
      this.#log.takeProducerSnapshot();
      this.#flush();
    }
    const { recoveryPoint } = this.#log;
    this.#log.close();
    if (kind === 'power-loss') this.#env.losePower();
    else this.#env.crash();
    const logStartOffset = Offset(this.#logStart);
    this.#log = openLog(this.#env, CONFIG, { logStartOffset, recoveryPoint, hadCleanShutdown: isClean });
    if (kind === 'power-loss') {
      const { logEndOffset, firstSegmentBaseOffset } = this.#log;
      // A log that had lost all above its start begins anew there.
      const isNew = firstSegmentBaseOffset === logEndOffset && this.#rebuiltFrom() === null;
      this.#batches = this.#batches.filter(({ end }) => end <= logEndOffset && !isNew);
      this.#highWatermark = Math.max(this.#logStart, Math.min(this.#highWatermark, logEndOffset));
    }
    this.#forgetDecided();
    this.#log.updateHighWatermark(Offset(this.#highWatermark));
  }

  /** The snapshot that the state of the producers was built from. */
  #rebuiltFrom(): number | null {
    return this.#env.eventsOf('producer-state-rebuilt').at(-1)?.snapshotOffset ?? null;
  }

  #forgetDecided(): void {
    for (const { kind, base } of this.#batches) if (kind !== 'data' && base >= this.#highWatermark) this.#forgettable.add(base);
  }

  #fold(): { readonly producers: Map<number, Producer>; readonly transactions: Transaction[] } {
    const producers = new Map<number, Producer>();
    const transactions: Transaction[] = [];
    for (const { kind, producerId, base, timestamp, ...batch } of this.#batches) {
      const known = producers.get(producerId);
      const isSameEpoch = known?.producerEpoch === batch.producerEpoch;
      let open = known?.open ?? null;
      if (kind !== 'data') {
        if (open !== null) [open.marker, open.aborted] = [base, kind === 'abort'];
        open = null;
      } else if (open === null && batch.isTransactional) {
        open = { producerId, first: base, marker: -1, aborted: false };
        transactions.push(open);
      }
      producers.set(producerId, {
        producerEpoch: batch.producerEpoch,
        lastSequence: kind === 'data' ? batch.lastSequence : isSameEpoch ? known.lastSequence : -1,
        lastTimestamp: timestamp,
        coordinatorEpoch: kind === 'data' ? (known?.coordinatorEpoch ?? -1) : batch.coordinatorEpoch,
        open,
      });
    }
    return { producers, transactions };
  }

  #check(): void {
    const { producers, transactions } = this.#fold();
    const log = this.#log;
    const stable = (isUnstable: (transaction: Transaction) => boolean): number => {
      const firsts = transactions.filter(isUnstable).map(({ first }) => Math.max(first, this.#logStart));
      return Math.min(this.#highWatermark, ...firsts);
    };
    const isUndecided = ({ marker }: Transaction): boolean => marker < 0 || marker >= this.#highWatermark;
    const lowest = stable(isUndecided);
    const highest = stable((transaction) => isUndecided(transaction) && !this.#forgettable.has(transaction.marker));
    equal('end', log.logEndOffset, this.#end);
    equal('high watermark', log.highWatermark, this.#highWatermark);
    if (log.lastStableOffset < lowest || log.lastStableOffset > highest)
      throw new Error(`last stable offset: ${log.lastStableOffset}, not ${lowest} to ${highest}`);

    const from = Math.floor((log.logStartOffset + this.#end) / 2);
    for (const [start, end] of [
      [log.logStartOffset, from],
      [from, this.#end],
    ] as const) {
      if (start >= end) continue;
      const aborted = transactions.filter((each) => each.aborted && each.marker >= start);
      const told = aborted
        .sort((a, b) => a.marker - b.marker)
        .map(({ producerId, first: firstOffset }) => ({ producerId, firstOffset }));
      const named = log.abortedTransactions(Offset(start), Offset(end));
      const isNamed = ({ firstOffset }: { readonly firstOffset: number }) =>
        named.some((other) => other.firstOffset === firstOffset);
      // All that begin in what is read, and of those behind it some.
      equal(
        `aborted in ${start} to ${end}`,
        named,
        told.filter((each) => each.firstOffset < end || isNamed(each)),
      );
    }

    const active = [...producers].map(([producerId, { open, ...rest }]) => ({
      producerId,
      ...rest,
      currentTxnStartOffset: open?.first ?? -1,
    }));
    const byId = <T extends { readonly producerId: number }>(list: readonly T[]): T[] =>
      list.toSorted((a, b) => a.producerId - b.producerId);
    const sorted = byId(log.activeProducers()).map((told) => Object.fromEntries(Object.entries(told).sort()));
    equal(
      'producers',
      sorted,
      byId(active).map((expected) => Object.fromEntries(Object.entries(expected).sort())),
    );
    const open = transactions.filter(({ marker }) => marker < 0).map(({ first }) => first);
    equal(
      'open',
      log.openTransactions().map(({ firstOffset }) => firstOffset),
      open,
    );
  }
}

function equal(what: string, actual: unknown, expected: unknown): void {
  const [is, should] = [JSON.stringify(actual), JSON.stringify(expected)];
  if (is !== should) throw new Error(`${what}: ${is}, not ${should}`);
}

test('a log knows its transactions as a fold over its batches does, whatever happens to it', (t) => {
  fc.assert(
    fc.property(fc.nat(1_000_000), fc.array(command, { maxLength: 60, size: 'max' }), (seed, commands) => {
      const run = new Run(seed);
      for (const next of commands) run.step(next);
      run.close();
    }),
    { numRuns: 300 },
  );
  t.pass();
});
