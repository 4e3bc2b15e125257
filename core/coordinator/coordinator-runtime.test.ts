/** A coordinator that is none of groups: its state is the last value of each key. */
import test from 'ava';
import { ErrorCode } from '../protocol/errors.ts';
import { LeaderEpoch } from '../protocol/numbers.ts';
import { DecodeError } from '../protocol/reader.ts';
import { TestWorld } from '../testing/test-world.ts';
import { CoordinatorRuntime } from './coordinator-runtime.ts';
import type { CoordinatorShard } from './coordinator-shard.ts';
import type { Replay } from './replay.ts';
import { SharedLog } from './testing/shared-log.ts';

type Values = Map<string, string>;

const utf8 = (text: string): Uint8Array => new TextEncoder().encode(text);
const text = (bytes: Uint8Array | null): string => new TextDecoder().decode(bytes ?? undefined);

const listed = (values: Values): string => [...values].map(([key, value]) => `${key}=${value}`).join(' ') || 'nothing';

class ValueReplay implements Replay<Values> {
  readonly state: Values = new Map();
  apply(key: Uint8Array, value: Uint8Array | null): void {
    if (text(value) === 'rot') throw new DecodeError('no value of ours');
    this.state.set(text(key), text(value));
  }
  endTransaction(): void {
    throw new Error('there are no transactions here');
  }
  finish(): void {
    this.state.delete('temporary');
  }
}

/** A coordinator of such values on each of two brokers, over one log, and what they told. */
function setUp() {
  const world = new TestWorld();
  const log = new SharedLog();
  const told: string[] = [];
  const coordinator = (node: string) =>
    new CoordinatorRuntime<Values, ValueReplay>(world.environment(node), {
      kind: {
        goesOnInNextEpoch: true,
        servesUncommitted: true,
        newReplay: () => new ValueReplay(),
        onLoading: (shard, endOffset) => told.push(`${node} loads up to ${endOffset} in epoch ${shard.leaderEpoch}`),
        onLoaded: (_shard, { state }) => told.push(`${node} loaded ${listed(state)}`),
        onLoadFailed: () => told.push(`${node} failed to load`),
        onUnloaded: ({ state }) => told.push(`${node} gives up ${listed(state)}`),
      },
      log: log.view(node),
      partitionOf: () => 0,
      loadBufferBytes: 1,
      writes: { timeoutMs: 5_000, lingerMs: -1, maxBatchBytes: 1_000 },
    });
  const coordinators = { a: coordinator('a'), b: coordinator('b') };
  return {
    ...coordinators,
    log,
    told,
    run: () => world.run(0),
    elect: (node: 'a' | 'b', keepTail = true) => {
      log.elect(node, keepTail);
      coordinators[node].onElection(0, log.epoch);
    },
  };
}

function write(runtime: CoordinatorRuntime<Values, ValueReplay>, ...entries: readonly string[]): void {
  for (const entry of entries) {
    const [key = '', value = ''] = entry.split('=');
    const shard = runtime.shardFor(key) as CoordinatorShard<Values>;
    const settled = (error: number): void => void (error === ErrorCode.NONE && shard.state.set(key, value));
    shard.write([{ key: utf8(key), value: utf8(value), timestamp: 0 }], settled, () => {});
  }
}

test('who is elected loads the state that the records stand for, and answers for its keys then', (t) => {
  const { a, told, run, elect } = setUp();
  t.is(a.shardFor('x'), ErrorCode.NOT_COORDINATOR);
  elect('a');
  t.is(a.shardFor('x'), ErrorCode.COORDINATOR_LOAD_IN_PROGRESS);
  t.true(a.isLoading);
  run();
  write(a, 'x=1', 'y=1', 'x=2', 'temporary=1');
  elect('b');
  a.onResignation(0, LeaderEpoch(2));
  run();
  t.deepEqual(told, [
    'a loads up to 0 in epoch 1',
    'a loaded nothing',
    'b loads up to 4 in epoch 2',
    'a gives up x=2 y=1 temporary=1',
    'b loaded x=2 y=1',
  ]);
  t.deepEqual([...a.active()], []);
  t.is(a.shardFor('x'), ErrorCode.NOT_COORDINATOR);
});

test('the same leader in the next epoch goes on, unless a write is under way or an epoch was skipped', (t) => {
  const { a, told, run, elect, log } = setUp();
  elect('a');
  run();
  write(a, 'x=1');
  elect('a');
  t.is((a.shardFor('x') as CoordinatorShard<Values>).leaderEpoch, LeaderEpoch(2));
  t.is(told.length, 2);
  log.commitsAtOnce = false;
  write(a, 'x=2');
  elect('a');
  run();
  t.deepEqual(told.slice(2), ['a gives up x=1', 'a loads up to 2 in epoch 3', 'a loaded x=2']);
  log.elect('b', true);
  elect('a');
  t.is(told.at(-1), 'a loads up to 2 in epoch 5');
});

test('a shard that cannot be loaded is given up, and the next election tries again', (t) => {
  const { a, told, run, elect } = setUp();
  elect('a');
  run();
  write(a, 'x=rot');
  a.onResignation(0, null);
  for (let election = 0; election < 2; election++) {
    told.length = 0;
    elect('a');
    run();
    t.deepEqual(told, [`a loads up to 1 in epoch ${election + 2}`, 'a failed to load', 'a gives up nothing']);
    t.is(a.shardFor('x'), ErrorCode.NOT_COORDINATOR);
  }
});

test('what is given up while it loads is not loaded, and who is shut down gives up everything', (t) => {
  const { a, told, run, elect } = setUp();
  elect('a');
  a.onResignation(0, LeaderEpoch(1));
  run();
  elect('a');
  a.shutdown();
  run();
  t.deepEqual(
    told,
    [1, 2].flatMap((epoch) => [`a loads up to 0 in epoch ${epoch}`, 'a gives up nothing']),
  );
  t.is(a.shardFor('x'), ErrorCode.COORDINATOR_NOT_AVAILABLE);
});
