import test from 'ava';
import type { Marker } from './batches.ts';
import { PRODUCER, ScriptedCoordinator } from '../testing/coordinator.ts';
import { PARTITION, ScriptedCluster } from '../testing/cluster.ts';
import { fakePlan } from '../testing/fake-context.ts';
import { transactionLogs } from './transaction-logs.ts';
import { transactionStates } from './transaction-states.ts';

/** A log that only its leader writes, and a coordinator; each batch is committed at once, unless it is said otherwise. */
class Scripted {
  readonly cluster: ScriptedCluster;
  readonly coordinator: ScriptedCoordinator;
  readonly #checkers;
  #end = 0;

  constructor(version = 2, plan = fakePlan()) {
    this.cluster = new ScriptedCluster([], plan);
    this.#checkers = [transactionStates, transactionLogs].map((definition) => this.cluster.context.check(definition));
    this.cluster.boot();
    this.coordinator = new ScriptedCoordinator(this.cluster.context, version).inits();
  }

  data(producerEpoch: number, { commit = true } = {}): this {
    return this.#append({ producerEpoch, transactional: true }, commit);
  }

  marker(producerEpoch: number, commit: boolean, coordinatorEpoch = 0): this {
    const marker: Marker = { commit, coordinatorEpoch };
    return this.#append({ producerEpoch, marker }, true);
  }

  /** The end of the run. */
  end(): string[] {
    for (const checker of this.#checkers) checker.atEnd?.({} as never);
    return this.cluster.violated;
  }

  #append(batch: { producerEpoch: number; transactional?: boolean; marker?: Marker }, commit: boolean): this {
    const base = this.#end++;
    this.cluster.replicate({ base, epoch: 0, crc: base + 1, producerId: PRODUCER, ...batch }, 1, 2, 3);
    if (commit) this.cluster.highWatermark(1, base, base + 1);
    return this;
  }
}

/** One whole transaction. */
function whole(version: number, plan = fakePlan()): Scripted {
  const made = new Scripted(version, plan);
  made.coordinator.adds(PARTITION);
  made.data(0).data(0);
  made.coordinator.decides(true).sendsMarkers(true);
  made.marker(version >= 2 ? 1 : 0, true);
  made.coordinator.hasMarkers(true, [PARTITION]).completes(true);
  return made;
}

test('T1, T2, T3, T8, T9: transactions whose markers come as they should, and come again, break nothing', (t) => {
  for (const version of [1, 2]) {
    const made = whole(version);
    const epoch = version >= 2 ? 1 : 0;
    made.coordinator.movesTo(2);
    made.marker(epoch, true, 1);
    made.coordinator.adds(PARTITION);
    made.data(epoch);
    t.deepEqual(made.end(), [], `version ${version}`);
    for (const id of ['T2', 'T8', 'T9']) t.true((made.cluster.context.evaluations[id] ?? 0) > 0, id);
  }
});

test('T9: a batch that opens a transaction which the coordinator does not know is reported once it is committed', (t) => {
  const unknown = new Scripted();
  t.deepEqual(unknown.data(0, { commit: false }).end(), []);
  unknown.cluster.highWatermark(1, 0, 1);
  t.deepEqual(unknown.end(), ['T9']);

  const elsewhere = new Scripted();
  elsewhere.coordinator.adds('orders-1');
  t.deepEqual(elsewhere.data(0).end(), ['T9']);

  const afterwards = whole(1).data(0);
  t.deepEqual(afterwards.end(), ['T9']);
});

test('T9: what was verified may come when the transaction is decided, up to its marker', (t) => {
  const made = new Scripted(1);
  made.coordinator.adds(PARTITION).decides(false);
  t.deepEqual(made.data(0).end(), []);
  made.marker(0, false).data(0);
  t.deepEqual(made.end(), ['T9']);
});

test('T9: a batch that goes on with what another epoch has open is one that the coordinator must know', (t) => {
  const made = new Scripted();
  made.coordinator.adds(PARTITION);
  t.deepEqual(made.data(0).data(1).end(), ['T9']);
});

test('T5: a batch of an epoch that InitProducerId has replaced is reported', (t) => {
  const made = new Scripted();
  made.coordinator.adds('orders-1').decides(false).hasMarkers(false).completes(false).inits();
  t.deepEqual(made.data(0).end(), ['T5']);
});

test('T3: a marker of what nobody has decided is reported, unless an operator has asked for it', (t) => {
  const undecided = new Scripted();
  undecided.coordinator.adds(PARTITION);
  t.deepEqual(undecided.data(0).marker(1, true).end(), ['T3']);

  const other = new Scripted();
  other.coordinator.adds(PARTITION);
  other.data(0).coordinator.decides(true);
  t.deepEqual(other.marker(1, false).end(), ['T3']);

  const byHand = (producerEpoch: number, commit: boolean): string[] => {
    const made = new Scripted();
    const session = { id: 1, client: 'operator', incarnation: 1, kind: 'admin', properties: {} } as const;
    const call = { f: 'admin', operation: 'abortTransaction', detail: `${PARTITION} ${PRODUCER} 0` } as const;
    made.cluster.context.history({ type: 'invoke', op: 1, step: 0, timeUs: 0, session, call });
    made.coordinator.adds(PARTITION);
    return made.data(0).marker(producerEpoch, commit).end();
  };
  t.deepEqual(byHand(0, false), []);
  t.deepEqual(byHand(0, true), ['T3'], 'an operator can only abort');
  t.deepEqual(byHand(1, false), ['T3'], 'of another epoch');
});

test('T2: a marker that comes late ends no other transaction with version 2; with version 1 it may', (t) => {
  const late = (version: number): string[] => {
    const made = whole(version);
    made.coordinator.adds(PARTITION);
    const epoch = version >= 2 ? 1 : 0;
    return made.data(epoch).marker(epoch, true).end();
  };
  t.deepEqual(late(2), ['T2']);
  t.deepEqual(late(1), []);
});

test('T2: where a broker knows only WriteTxnMarkers 1 a late marker may end another transaction with version 2, too', (t) => {
  const plan = fakePlan();
  const made = whole(2, { ...plan, cluster: { ...plan.cluster, releases: { b2: '4.0' } } });
  made.coordinator.adds(PARTITION);
  t.deepEqual(made.data(1).marker(1, true).end(), []);
});

test('T3: with version 1 a marker that comes late is of an earlier transaction of its epoch, which the last one may not share a partition with', (t) => {
  const late = (commit: boolean): string[] => {
    const made = whole(1);
    made.coordinator.adds('orders-1').decides(true);
    return made.marker(0, commit).end();
  };
  t.deepEqual(late(true), []);
  t.deepEqual(late(false), ['T3']);
});

test('T8: a marker of an older coordinator epoch behind one of a newer is reported', (t) => {
  t.deepEqual(whole(1).marker(0, true, 3).marker(0, true, 2).end(), ['T8']);
  t.deepEqual(whole(1).marker(0, true, 2).marker(0, true, 3).end(), []);
});

test('T1: a transaction that is complete has its marker in every partition', (t) => {
  const made = new Scripted();
  made.coordinator.adds(PARTITION).decides(true).hasMarkers(true).completes(true);
  t.deepEqual(made.end(), ['T1']);

  const second = whole(1);
  second.coordinator.adds(PARTITION).decides(true).hasMarkers(true).completes(true);
  t.deepEqual(second.end(), ['T1'], 'the marker of the transaction before is none of it');

  const open = new Scripted();
  open.coordinator.adds(PARTITION).decides(true);
  t.deepEqual(open.end(), []);
});

test('T1, T9: within a partition that has lost records nothing is promised', (t) => {
  const made = new Scripted();
  for (const broker of [1, 2, 3]) made.cluster.context.world(broker, { type: 'power-lost' });
  t.deepEqual(made.data(0).end(), []);
  t.regex(made.cluster.context.excuses['T9'] ?? '', /left out/);
});
