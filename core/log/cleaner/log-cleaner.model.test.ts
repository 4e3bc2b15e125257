/**
 * A log that is written to, compacted, killed and cut off from power at any moment, against a fold over what was written: no start finds less than
 * it, and no start finds what was superseded where what superseded it is gone.
 */
import test from 'ava';
import fc from 'fast-check';
import { LeaderEpoch } from '../../protocol/numbers.ts';
import { isAppendError, type Log } from '../log.ts';
import type { LogManager } from '../log-manager.ts';
import { COMPACTED, batchesOf, foldOf, keyed, ordersOf, startManager } from '../testing/cleaned-logs.ts';
import { appendInTransaction, appendMarker } from '../testing/logs.ts';
import { TestEnvironment } from '../testing/test-environment.ts';

type Command =
  | { readonly kind: 'write'; readonly key: number; readonly isTombstone: boolean; readonly producer: number }
  | { readonly kind: 'transaction'; readonly keys: readonly number[]; readonly producer: number; readonly commit: boolean }
  | { readonly kind: 'wait'; readonly ms: number }
  | { readonly kind: 'roll' | 'crash' | 'power-loss' | 'clean-restart' };

const key = fc.integer({ min: 0, max: 4 });
const command: fc.Arbitrary<Command> = fc.oneof(
  {
    weight: 10,
    arbitrary: fc.record({
      kind: fc.constant('write' as const),
      key,
      isTombstone: fc.boolean(),
      producer: fc.integer({ min: -1, max: 2 }),
    }),
  },
  {
    weight: 4,
    arbitrary: fc.record({
      kind: fc.constant('transaction' as const),
      keys: fc.array(key, { minLength: 1, maxLength: 3 }),
      producer: fc.integer({ min: 5, max: 6 }),
      commit: fc.boolean(),
    }),
  },
  { weight: 6, arbitrary: fc.record({ kind: fc.constant('wait' as const), ms: fc.integer({ min: 1, max: 400 }) }) },
  { weight: 1, arbitrary: fc.record({ kind: fc.constant('wait' as const), ms: fc.constant(70_000) }) },
  {
    weight: 6,
    arbitrary: fc.record({
      kind: fc.constantFrom('roll' as const, 'crash' as const, 'power-loss' as const, 'clean-restart' as const),
    }),
  },
);

const TOPIC = { ...COMPACTED, 'min.cleanable.dirty.ratio': 0.01, 'flush.messages': 1, 'segment.bytes': 300 };

class Story {
  readonly env: TestEnvironment;
  manager: LogManager;
  log: Log;
  #expected = new Map<string, string>();
  readonly #sequences = new Map<number, number>();
  #count = 0;

  constructor(seed: number) {
    this.env = new TestEnvironment({ seed, disk: { syncBaseUs: 15_000, syncJitterUs: 10_000 } });
    this.manager = startManager(this.env, TOPIC, { 'log.cleaner.backoff.ms': 50 });
    this.log = ordersOf(this.manager);
    // Whose log it is becomes durable with its first flush.
    this.#write(-1, [0], false, null);
  }

  run(one: Command): void {
    if (one.kind === 'write') this.#write(one.producer, [one.key], one.isTombstone, null);
    else if (one.kind === 'transaction') this.#transaction(one);
    else if (one.kind === 'wait') this.env.advance(one.ms);
    else if (one.kind === 'roll') this.log.roll();
    else this.#restart(one.kind);
    this.#check(one.kind);
  }

  #transaction({ keys, producer, commit }: Extract<Command, { kind: 'transaction' }>): void {
    this.#write(producer, keys, false, commit);
    if (isAppendError(appendMarker(this.env, this.log, producer, { commit }))) throw new Error('a marker was refused');
    this.#commit();
  }

  #write(producer: number, keys: readonly number[], isTombstone: boolean, commits: boolean | null): void {
    const isTransactional = commits !== null;
    const baseSequence = producer < 0 ? -1 : (this.#sequences.get(producer) ?? 0);
    const texts = keys.map((name) => (isTombstone ? `k${name}` : `k${name}=${this.#count++}`));
    const of = { producerId: producer, producerEpoch: producer < 0 ? -1 : 0, baseSequence };
    const batch = keyed(this.env, texts, { ...of, isTransactional });
    const result = isTransactional ? appendInTransaction(this.log, batch, of) : this.log.appendAsLeader(batch, LeaderEpoch(0));
    if (isAppendError(result)) throw new Error(`after sequence ${baseSequence} of ${producer}: ${result.message}`);
    if (producer >= 0) this.#sequences.set(producer, baseSequence + keys.length);
    this.#commit();
    if (commits === false) return;
    for (const text of texts) {
      const [name, value] = text.split('=') as [string, string?];
      if (value === undefined) this.#expected.delete(name);
      else this.#expected.set(name, value);
    }
  }

  /** All replicas have it, on disk. */
  #commit(): void {
    this.env.world.runUntil(() => this.log.visibleEndOffset === this.log.logEndOffset, 10_000);
    this.log.updateHighWatermark(this.log.logEndOffset);
  }

  #restart(how: 'crash' | 'power-loss' | 'clean-restart'): void {
    const { log, manager, env } = this;
    const end = log.logEndOffset;
    let isDown = how !== 'clean-restart';
    if (!isDown) manager.shutdown(() => (isDown = true));
    env.world.runUntil(() => isDown, 60_000);
    manager.close();
    if (how === 'power-loss') env.losePower();
    else env.crash();
    this.manager = startManager(env, TOPIC, { 'log.cleaner.backoff.ms': 50 });
    this.log = ordersOf(this.manager);
    if (this.log.logEndOffset !== end)
      throw new Error(`the log ended at ${end}, and ends at ${this.log.logEndOffset} after ${how}`);
    this.log.updateHighWatermark(end);
    const left = env.disk.list('d1/orders-0').filter((name) => /\.(swap|cleaned|deleted)$/.test(name));
    if (left.length > 0) throw new Error(`${left.join(' ')} left after ${how}`);
  }

  #check(after: string): void {
    const expected = JSON.stringify(Object.fromEntries([...this.#expected].sort()));
    const found = JSON.stringify(foldOf(this.log));
    if (found !== expected)
      throw new Error(`after ${after}: ${found}, expected ${expected}, in ${batchesOf(this.log).join(', ')}`);
  }
}

test('whatever interrupts a cleaner, the log means what was written to it', (t) => {
  const reached = new Set<string>();
  fc.assert(
    fc.property(fc.integer({ min: 1, max: 1_000_000 }), fc.array(command, { minLength: 20, maxLength: 60 }), (seed, commands) => {
      const story = new Story(seed);
      for (const one of commands) story.run(one);
      for (const { name } of story.env.eventsOf('mark')) reached.add(name);
    }),
    { numRuns: 60, seed: 20_260_729 },
  );
  for (const mark of [
    'log/recovery-completed-a-swap',
    'log/recovery-dropped-a-copy',
    'log/tombstone-removed',
    'log/marker-removed',
  ]) {
    t.true(reached.has(mark), mark);
  }
});
