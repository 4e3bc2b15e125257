/**
 * Follows the committed metadata log: batches and snapshots become deltas and images, publishers are told, snapshots are
 * written. What it never sees is an uncommitted record: its images hold committed state only, and of a transaction (KIP-868)
 * nothing before its end.
 *
 * A log that Kafka wrote may hold records of what core does not have. They are passed over, and told of once.
 */
import type { Environment } from '../environment.ts';
import { invariant } from '../../ports/invariant.ts';
import type { Timer } from '../../ports/time.ts';
import { decodeMetadataRecord } from '../protocol/codec.ts';
import { type LeaderEpoch, Offset } from '../protocol/numbers.ts';
import type { CommittedBatch, RaftListener } from '../raft/types.ts';
import { metadataAppliedEvent } from './applied-event.ts';
import { MetadataDelta } from './delta.ts';
import { EMPTY_IMAGE, type MetadataImage } from './image.ts';
import { LackingFeatures } from './lacking-features.ts';
import { metadataVersionOf } from './features.ts';
import { encodeRecord, type MetadataRecord } from './records.ts';
import { imageToRecords } from './snapshot.ts';

/** How an image came to be. */
export interface MetadataManifest {
  /** The last offset applied. */
  readonly offset: Offset;
  readonly epoch: LeaderEpoch;
  /** A snapshot was loaded, or this is the first image that the publisher sees: the delta starts at its last image, or at the empty one. */
  readonly fromSnapshot: boolean;
}

export interface MetadataPublisher {
  onMetadataUpdate(delta: MetadataDelta, image: MetadataImage, manifest: MetadataManifest): void;
}

/** What the loader asks of the quorum's client. */
export interface LoaderRaft {
  /** One past the last committed offset that this node knows. */
  readonly highWatermark: Offset;
  createSnapshot(endOffset: Offset, epoch: LeaderEpoch, lastContainedTimestamp: number, records: readonly Uint8Array[]): void;
}

export interface MetadataLoaderOptions {
  readonly role: 'broker' | 'controller';
  readonly raft: LoaderRaft;
  readonly config: {
    /** A snapshot is written after this many bytes of records since the last one. */
    readonly 'metadata.log.max.record.bytes.between.snapshots': number;
    /** A snapshot is written when the oldest record that is in none is older than this; 0: never. */
    readonly 'metadata.log.max.snapshot.interval.ms': number;
  };
}

interface PublisherState {
  readonly publisher: MetadataPublisher;
  /** It has seen an image. */
  started: boolean;
}

export class MetadataLoader implements RaftListener {
  readonly #env: Environment;
  readonly #options: MetadataLoaderOptions;
  #publishers: PublisherState[] = [];
  #image: MetadataImage = EMPTY_IMAGE;
  #caughtUp = false;
  #closed = false;
  #bytesSinceSnapshot = 0;
  #snapshotTimer: Timer | null = null;
  /** What a transaction that has not ended would change. */
  #transaction: MetadataDelta | null = null;
  readonly #lacking: LackingFeatures;

  constructor(env: Environment, options: MetadataLoaderOptions) {
    this.#env = env;
    this.#options = options;
    this.#lacking = new LackingFeatures(env);
  }

  /** The committed metadata as far as this node has it. */
  get image(): MetadataImage {
    return this.#image;
  }

  /** Has this node once reached the high watermark since its start? Publishers hear nothing before. */
  get caughtUp(): boolean {
    return this.#caughtUp;
  }

  /** There are committed records of a transaction whose end is not committed. */
  get isTransactionOpen(): boolean {
    return this.#transaction !== null;
  }

  /** Those of the records that core can follow; the others are told of. */
  withoutLacking(records: readonly MetadataRecord[]): readonly MetadataRecord[] {
    return records.filter((record) => !this.#lacking.includes(record));
  }

  /** The publisher's first update holds the whole image, at once if the loader has caught up. */
  addPublisher(publisher: MetadataPublisher): void {
    const state: PublisherState = { publisher, started: false };
    this.#publishers.push(state);
    if (this.#caughtUp) this.#startPublisher(state);
  }

  removePublisher(publisher: MetadataPublisher): void {
    this.#publishers = this.#publishers.filter((state) => state.publisher !== publisher);
  }

  /** All batches of one call become one delta: a publisher may see several commits at once. */
  handleCommit(batches: readonly CommittedBatch[]): void {
    const last = batches.at(-1);
    if (this.#closed || last === undefined) return;
    if (batches.length > 1 && this.#env.random.sometimes('metadata/batch-by-batch')) {
      for (const batch of batches) this.handleCommit([batch]);
      return;
    }
    let delta = this.#transaction ?? new MetadataDelta(this.#image);
    for (const batch of batches) {
      const applied = this.#image.provenance.offset;
      invariant(
        batch.lastOffset > applied,
        () => `batch ending at ${batch.lastOffset} comes after offset ${applied} was applied`,
      );
      batch.records.forEach((bytes, index) => {
        this.#bytesSinceSnapshot += bytes.length;
        const record = decodeMetadataRecord(bytes) as MetadataRecord;
        if (record.type === 'BeginTransactionRecord') {
          delta = this.#beginTransaction(delta, batch, index);
        } else if (record.type === 'EndTransactionRecord') {
          this.#transaction = null;
        } else if (record.type === 'AbortTransactionRecord') {
          this.#transaction = null;
          delta = new MetadataDelta(this.#image);
        } else if (!this.#lacking.includes(record)) {
          delta.replay(record);
        }
      });
    }
    if (this.#transaction !== null) return;
    this.#advance(delta, last.lastOffset, last.epoch, last.appendTimestamp, false);
    this.#maybeSnapshot();
  }

  /** What came before the transaction is no part of it. */
  #beginTransaction(before: MetadataDelta, batch: CommittedBatch, index: number): MetadataDelta {
    invariant(this.#transaction === null, () => `a transaction begins at ${batch.baseOffset + index} within another`);
    const last = Offset(batch.baseOffset + index - 1);
    if (last > this.#image.provenance.offset) this.#advance(before, last, batch.epoch, batch.appendTimestamp, false);
    this.#transaction = new MetadataDelta(this.#image);
    return this.#transaction;
  }

  /** The snapshot replaces the image wholly: what it lacks is gone. */
  handleLoadSnapshot(snapshot: {
    readonly endOffset: Offset;
    readonly epoch: LeaderEpoch;
    readonly lastContainedTimestamp: number;
    readonly batches: readonly CommittedBatch[];
  }): void {
    if (this.#closed) return;
    const delta = new MetadataDelta(this.#image, 'snapshot');
    for (const batch of snapshot.batches) {
      for (const bytes of batch.records) {
        const record = decodeMetadataRecord(bytes) as MetadataRecord;
        if (!this.#lacking.includes(record)) delta.replay(record);
      }
    }
    delta.finishSnapshot();
    this.#transaction = null;
    this.#bytesSinceSnapshot = 0;
    this.#cancelSnapshotTimer();
    this.#advance(delta, Offset(snapshot.endOffset - 1), snapshot.epoch, snapshot.lastContainedTimestamp, true);
  }

  handleLeaderChange(): void {}

  /** No publisher is called and no snapshot written any more. */
  close(): void {
    this.#closed = true;
    this.#cancelSnapshotTimer();
  }

  #advance(
    delta: MetadataDelta,
    offset: Offset,
    epoch: LeaderEpoch,
    lastContainedTimestamp: number,
    fromSnapshot: boolean,
  ): void {
    this.#image = delta.apply({ offset, epoch, lastContainedTimestamp });
    this.#env.tracer.emit(metadataAppliedEvent(this.#options.role, delta, this.#image, fromSnapshot));
    const manifest = { offset, epoch, fromSnapshot };
    if (!this.#caughtUp) {
      if (offset + 1 < this.#options.raft.highWatermark) return;
      this.#caughtUp = true;
    }
    this.#lacking.tell();
    for (const state of this.#publishers) {
      if (!state.started) this.#startPublisher(state);
      else state.publisher.onMetadataUpdate(delta, this.#image, manifest);
    }
  }

  #startPublisher(state: PublisherState): void {
    state.started = true;
    const delta = new MetadataDelta(EMPTY_IMAGE, 'snapshot');
    for (const record of imageToRecords(this.#image)) delta.replay(record);
    delta.finishSnapshot();
    const { offset, epoch } = this.#image.provenance;
    state.publisher.onMetadataUpdate(delta, this.#image, { offset, epoch, fromSnapshot: true });
  }

  #maybeSnapshot(): void {
    const { config } = this.#options;
    const isDue = this.#bytesSinceSnapshot >= config['metadata.log.max.record.bytes.between.snapshots'];
    if (isDue || this.#env.random.sometimes('metadata/early-snapshot', 16)) {
      this.#writeSnapshot();
      return;
    }
    const intervalMs = config['metadata.log.max.snapshot.interval.ms'];
    if (intervalMs === 0 || this.#bytesSinceSnapshot === 0 || this.#snapshotTimer !== null) return;
    this.#snapshotTimer = this.#env.timers.after(intervalMs, () => {
      this.#snapshotTimer = null;
      // Before a transaction the image may end within a batch: the end of the transaction sees to the snapshot.
      if (!this.#closed && this.#transaction === null) this.#writeSnapshot();
    });
  }

  #writeSnapshot(): void {
    const { offset, epoch, lastContainedTimestamp } = this.#image.provenance;
    this.#bytesSinceSnapshot = 0;
    this.#cancelSnapshotTimer();
    const level = metadataVersionOf(this.#image.features);
    const records = imageToRecords(this.#image).map((record) => encodeRecord(record, level));
    this.#options.raft.createSnapshot(Offset(offset + 1), epoch, lastContainedTimestamp, records);
  }

  #cancelSnapshotTimer(): void {
    this.#snapshotTimer?.cancel();
    this.#snapshotTimer = null;
  }
}
