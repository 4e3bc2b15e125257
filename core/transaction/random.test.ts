/**
 * Producers that begin, add partitions, commit, abort and come back as zombies at random, over both protocols and a level that changes,
 * while appends are slow or refused, markers are refused or lost, and the coordinator moves: the log holds legal transitions alone, no
 * marker goes out before its decision is committed, what a producer is told holds, and once it is calm every id is usable again.
 */
import test from 'ava';
import fc from 'fast-check';
import { invariant } from '../../ports/invariant.ts';
import { ErrorCode } from '../protocol/errors.ts';
import { Offset } from '../protocol/numbers.ts';
import { topicPartitionKey } from '../protocol/partition.ts';
import { pureCompression } from '../protocol/compression.ts';
import { decodeRecords, forEachBatch } from '../protocol/records.ts';
import type { Asked } from '../testing/asked.ts';
import { decodeStored } from './records.ts';
import { type Producer, TransactionBench } from './testing/transaction-bench.ts';
import type { EndResult } from './transaction-ending.ts';
import type { InitResult } from './producer-initialization.ts';
import type { Transaction } from './transaction-metadata.ts';
import { isIdle, isLegalTransition, isPrepared, LEGAL_PREVIOUS_STATES, type TransactionState } from './transaction-state.ts';

const IDS = ['x', 'y'] as const;
const MARKER_ERRORS = [
  ErrorCode.NONE,
  ErrorCode.NOT_LEADER_OR_FOLLOWER,
  ErrorCode.UNKNOWN_TOPIC_OR_PARTITION,
  ErrorCode.TRANSACTION_COORDINATOR_FENCED,
  ErrorCode.UNKNOWN_SERVER_ERROR,
];

/** A process with a transactional id; another may have the same. */
interface Client {
  readonly id: string;
  /** The protocol that it speaks: by the level when it began. */
  version: 0 | 2;
  own: Producer | null;
  init: Asked<InitResult> | null;
  end: { readonly asked: Asked<EndResult>; readonly by: Producer; readonly commit: boolean } | null;
}

/** A transition in the log: what a record makes of an id. */
interface Step {
  readonly id: string;
  readonly from: Transaction | null;
  /** Null: a tombstone. */
  readonly to: Transaction | null;
}

class Model {
  readonly bench: TransactionBench;
  readonly clients: Client[] = IDS.flatMap((id) => [newClient(id), newClient(id)]);
  /** Every transition of every run, as it is in the log. */
  readonly reached: Set<string>;
  #markersSeen = 0;

  constructor(seed: number, reached: Set<string>) {
    this.bench = new TransactionBench(
      { 'transactional.id.expiration.ms': 400_000, 'transaction.remove.expired.transaction.cleanup.interval.ms': 600_000 },
      { seed, buggify: true },
    );
    this.bench.markerAnswer = null;
    this.reached = reached;
  }

  /** What the log holds up to the high watermark, in order. */
  steps(): Step[] {
    const steps: Step[] = [];
    const present = new Map<string, Transaction>();
    const { records } = this.bench.log.from(Offset(0));
    forEachBatch(records, (header, position) => {
      if (header.baseOffset >= this.bench.log.highWatermark) return;
      for (const { key, value } of decodeRecords(records, position, pureCompression)) {
        const stored = decodeStored(key as Uint8Array, value);
        invariant(stored.kind === 'transaction', () => 'a record that is none of transactions');
        const { transactionalId: id, transaction: to } = stored;
        steps.push({ id, from: present.get(id) ?? null, to });
        if (to === null) present.delete(id);
        else present.set(id, to);
      }
    });
    return steps;
  }

  act(kind: number, pick: number): void {
    const { bench } = this;
    const client = this.clients[pick % this.clients.length] as Client;
    const { id } = client;
    if (kind < 2) {
      // With the epoch that it has, or as a process that begins.
      const expected = pick % 3 === 0 ? client.own : null;
      if (client.init === null) client.init = bench.init(expected, id, 30_000);
    } else if (kind < 7 && client.own !== null) bench.add(client.own, [pick % 3], client.version, id);
    else if (kind < 13 && client.own !== null && client.end === null) {
      const commit = pick % 3 !== 0;
      client.end = { asked: bench.end(client.own, commit, client.version, id), by: client.own, commit };
    } else if (kind === 13) bench.pass(pick % 60);
    else if (kind === 14) bench.pass(pick % 25_000);
    else if (kind === 15) bench.pass(pick % 3 === 0 ? 2_000_000 : 1);
    else if (kind === 16) bench.log.commitsAtOnce = pick % 2 === 0;
    else if (kind === 17) bench.log.commit(1 + (pick % 3));
    else if (kind === 18) bench.log.refusal = pick % 4 === 0 ? ErrorCode.NOT_ENOUGH_REPLICAS : ErrorCode.NONE;
    else if (kind === 19) bench.fail(bench.node === 'b1' ? 'b2' : 'b1', pick % 2 === 0, pick % 3 !== 0);
    else if (kind === 20) bench.fail(bench.node, pick % 2 === 0);
    else if (kind === 21) bench.transactionVersion = pick % 3;
    else if (kind === 22) {
      bench.leaders.set(topicPartitionKey('t', pick % 3), ([1, 2, 'gone', 'unavailable'] as const)[pick % 4] ?? 1);
      bench.coordinator().onMetadataUpdate();
    } else if (kind < 28) {
      const markers = bench.sent[pick % Math.max(1, bench.sent.length)];
      if (pick % 11 === 0) markers?.lose();
      else markers?.answer(pick % 2 === 0 ? ErrorCode.NONE : MARKER_ERRORS[pick % MARKER_ERRORS.length]);
    } else {
      // Everything goes well for a moment.
      bench.log.commit();
      for (const markers of [...bench.sent]) markers.answer();
    }
    bench.pass(0);
    this.hear();
    this.check();
  }

  /** Clients take note of what they were answered. */
  hear(): void {
    for (const client of this.clients) {
      if (client.init?.isAnswered === true) {
        const { error, producerId, producerEpoch } = client.init.answer;
        client.init = null;
        if (error === ErrorCode.NONE) {
          client.own = { producerId, producerEpoch };
          client.version = this.bench.transactionVersion === 2 ? 2 : 0;
        }
      }
      if (client.end?.asked.isAnswered === true) this.#hearEnd(client, client.end);
    }
  }

  #hearEnd(client: Client, { asked, by, commit }: NonNullable<Client['end']>): void {
    const { error, producerId, producerEpoch } = asked.answer;
    client.end = null;
    if (error !== ErrorCode.NONE) return;
    // With an epoch for each transaction, what it is told is in the log under that epoch or the next, and its opposite is not.
    if (client.version === 2) {
      const decided = this.steps().flatMap(({ to }) => (to !== null && isPrepared(to.state) ? [to] : []));
      const own = decided.filter((to) => to.producerId === by.producerId && to.producerEpoch === by.producerEpoch + 1);
      const wanted = commit ? 'PrepareCommit' : 'PrepareAbort';
      invariant(
        own.length > 0 && own.every(({ state }) => state === wanted),
        () => `${client.id}: ${wanted} was answered and is not there`,
      );
      client.own = { producerId, producerEpoch };
    }
  }

  check(): void {
    const steps = this.steps();
    const epochs = new Map<number, number>();
    for (const { id, from, to } of steps) {
      if (to === null) {
        // An id whose first record was refused is forgotten like any other.
        if (from === null) continue;
        invariant(isIdle(from.state), () => `${id} is forgotten in ${from.state}`);
        this.reached.add(`${from.state}>Dead`);
        continue;
      }
      if (from === null) invariant(to.state === 'Empty', () => `${id} begins in ${to.state}`);
      else {
        invariant(isLegalTransition(from.state, to.state), () => `${id} goes from ${from.state} to ${to.state}`);
        this.reached.add(`${from.state}>${to.state}`);
      }
      const last = epochs.get(to.producerId) ?? -1;
      invariant(
        to.producerEpoch >= last,
        () => `${id}: the epoch of ${to.producerId} goes back from ${last} to ${to.producerEpoch}`,
      );
      epochs.set(to.producerId, to.producerEpoch);
    }
    this.#checkMarkers(steps);
  }

  /** Of the markers that were sent since the last time, each has a committed decision, and no other. */
  #checkMarkers(steps: readonly Step[]): void {
    const markers = this.bench.world.events('transaction-markers-sent');
    for (const { transactionalId, producerId, producerEpoch, commit } of markers.slice(this.#markersSeen)) {
      const state = commit ? 'PrepareCommit' : 'PrepareAbort';
      const isDecided = steps.some(
        ({ id, to }) =>
          id === transactionalId && to?.state === state && to.producerId === producerId && to.producerEpoch === producerEpoch,
      );
      invariant(isDecided, () => `${transactionalId}: a marker of a ${state} that is not committed`);
    }
    this.#markersSeen = markers.length;
  }

  /** Nothing is in the way any more: every id comes to rest, and a new producer can use it. */
  calm(): void {
    const { bench } = this;
    bench.log.refusal = ErrorCode.NONE;
    bench.log.commitsAtOnce = true;
    bench.log.commit();
    bench.leaders.clear();
    bench.markerAnswer = ErrorCode.NONE;
    for (const markers of [...bench.sent]) markers.answer();
    // Whoever was told that it is fenced sends no more markers: the next coordinator does.
    bench.fail('b3', true);
    bench.pass(120_000);
    this.hear();
    this.check();
    const last = new Map(this.steps().map(({ id, to }) => [id, to]));
    for (const known of bench.coordinator().transactions()) {
      const logged = last.get(known.transactionalId);
      invariant(isIdle(known.state as TransactionState), () => `${known.transactionalId} stays ${known.state}`);
      // An id whose first record was refused is in memory alone.
      if (logged === undefined || logged === null) continue;
      const isSame =
        logged.state === known.state && logged.producerEpoch === known.producerEpoch && logged.producerId === known.producerId;
      invariant(isSame, () => `${known.transactionalId} is ${known.state} in memory and ${logged.state} in the log`);
    }
    for (const client of this.clients) {
      invariant(client.init === null && client.end === null, () => `${client.id} was not answered`);
    }
    for (const id of IDS) {
      const { error, ...producer } = bench.init(null, id).answer;
      invariant(error === ErrorCode.NONE, () => `${id} cannot be used: ${error}`);
      invariant(bench.add(producer, [0], 0, id).answer === ErrorCode.NONE, () => `${id} has no transaction`);
      invariant(bench.end(producer, true, 0, id).answer.error === ErrorCode.NONE, () => `${id} does not commit`);
    }
  }
}

function newClient(id: string): Client {
  return { id, version: 0, own: null, init: null, end: null };
}

test('at random: legal transitions, committed decisions, answers that hold, and ids that are usable in the end', (t) => {
  const reached = new Set<string>();
  const fences = new Set<string>();
  const act = fc.tuple(fc.nat({ max: 31 }), fc.nat({ max: 1_000_000 }));
  fc.assert(
    fc.property(fc.nat(), fc.array(act, { minLength: 20, maxLength: 120, size: 'max' }), (seed, acts) => {
      const model = new Model(seed, reached);
      for (const [kind, pick] of acts) model.act(kind, pick);
      model.calm();
      for (const { from, to } of model.bench.world.events('transaction-transition-begun')) {
        if (to === 'PrepareEpochFence') fences.add(`${from}>${to}`);
      }
    }),
    { numRuns: 500, seed: 20_261_129 },
  );
  const legal = Object.entries(LEGAL_PREVIOUS_STATES).flatMap(([to, from]) => from.map((state) => `${state}>${to}`));
  // What follows a fence has its own record, which follows the one before the fence.
  const logged = legal.filter((each) => !each.includes('PrepareEpochFence'));
  t.deepEqual([...reached].sort(), logged.sort());
  t.deepEqual([...fences], ['Ongoing>PrepareEpochFence']);
});
