import test from 'ava';
import { pureCompression } from '../../protocol/compression.ts';
import { Offset } from '../../protocol/numbers.ts';
import { encodeBatch, encodeEndTxnMarker, readBatchHeader, rebaseBatch } from '../../protocol/records.ts';
import { CompletedFetch } from './completed-fetch.ts';

/** Batches one after another, as a log has them. */
class Log {
  readonly #batches: Uint8Array[] = [];
  end = 0;

  /** A batch of a transaction; producer -1: a plain one. */
  batch(producerId: number, ...values: string[]): this {
    const records = values.map((value) => ({ key: null, value: new TextEncoder().encode(value), timestamp: 1 }));
    const of = producerId < 0 ? {} : { producerId, producerEpoch: 0, baseSequence: 0, isTransactional: true };
    return this.#append(encodeBatch(records, of));
  }

  marker(producerId: number, type: 'ABORT' | 'COMMIT'): this {
    return this.#append(encodeEndTxnMarker({ type, producerId, producerEpoch: 0, coordinatorEpoch: 0, timestamp: 1 }));
  }

  #append(batch: Uint8Array): this {
    this.#batches.push(rebaseBatch(batch, this.end, 1));
    this.end += readBatchHeader(batch).recordCount;
    return this;
  }

  /** What is read from the batch with `offset` on. */
  read(offset: number, readCommitted: boolean, aborted: readonly (readonly [producerId: number, firstOffset: number])[]) {
    const batches = this.#batches.filter((batch) => readBatchHeader(batch).lastOffset >= offset);
    const records = new Uint8Array(batches.reduce((sum, { length }) => sum + length, 0));
    let at = 0;
    for (const batch of batches) {
      records.set(batch, at);
      at += batch.length;
    }
    const data = {
      partitionIndex: 0,
      errorCode: 0,
      highWatermark: this.end,
      lastStableOffset: this.end,
      logStartOffset: 0,
      divergingEpoch: { epoch: -1, endOffset: -1 },
      currentLeader: { leaderId: -1, leaderEpoch: -1 },
      snapshotId: { endOffset: -1, epoch: -1 },
      abortedTransactions: aborted.map(([producerId, firstOffset]) => ({ producerId, firstOffset })),
      preferredReadReplica: -1,
      records,
    };
    const fetch = new CompletedFetch(
      't-0',
      null,
      true,
      Offset(offset),
      data,
      { readCommitted, checkCrcs: true },
      pureCompression,
    );
    const values: string[] = [];
    for (let next = fetch.next(); next !== null; next = fetch.next())
      values.push(new TextDecoder().decode(next.record.value ?? undefined));
    return { values: values.join(''), nextOffset: Number(fetch.nextOffset) };
  }
}

test('only committed records are read, whatever stands between them, and the position goes past the rest', (t) => {
  const log = new Log();
  log.batch(1, 'a').batch(2, 'b').batch(-1, 'c').batch(1, 'd', 'e').marker(1, 'ABORT').batch(2, 'f').marker(2, 'COMMIT');
  log.batch(1, 'g').marker(1, 'COMMIT');
  t.deepEqual(log.read(0, true, [[1, 0]]), { values: 'bcfg', nextOffset: log.end });
  t.deepEqual(log.read(0, false, []), { values: 'abcdefg', nextOffset: log.end });
});

test('one producer aborts twice: the second range begins where the list says, not with the first', (t) => {
  const log = new Log().batch(1, 'a').marker(1, 'ABORT').batch(1, 'b').marker(1, 'COMMIT').batch(1, 'c').marker(1, 'ABORT');
  t.deepEqual(
    log.read(0, true, [
      [1, 4],
      [1, 0],
    ]),
    { values: 'b', nextOffset: 6 },
  );
});

test('a read that begins in an aborted range leaves out the rest of it', (t) => {
  const log = new Log().batch(1, 'a').batch(-1, 'x').batch(1, 'b', 'c').marker(1, 'ABORT');
  t.deepEqual(log.read(2, true, [[1, 0]]), { values: '', nextOffset: 5 });
});

test('markers are no records of anyone', (t) => {
  for (const readCommitted of [true, false])
    t.deepEqual(new Log().marker(1, 'COMMIT').marker(2, 'ABORT').read(0, readCommitted, []), { values: '', nextOffset: 2 });
});
