/**
 * Loads a log's directory after whatever ended the last process (Kafka's LogLoader): a clean shutdown, a crash, a power loss
 * that left files missing, short, torn or full of zeros, or names that had been renamed or removed.
 *
 * The log that comes out is a prefix of the one that was: whole batches that follow one another without a hole. The log
 * files decide; every other file (indexes, epochs, snapshots) is checked against them and rebuilt where it disagrees.
 */
import { greater, lesser } from '../../ports/brand.ts';
import type { Disk } from '../../ports/disk.ts';
import type { Environment } from '../environment.ts';
import { type LeaderEpoch, Offset } from '../protocol/numbers.ts';
import { DecodeError } from '../protocol/reader.ts';
import { type BatchHeader, isBatchValid, readBatchHeader } from '../protocol/records.ts';
import { hasPolicy } from './append-validation.ts';
import { CLEANED_SUFFIX, DELETED_SUFFIX, leadingOffset, parseSegmentFile, SWAP_SUFFIX, segmentFile } from './file-names.ts';
import { Segment } from './segment.ts';
import type { EpochEntry, LogOptions } from './types.ts';

export interface LoadedSegments {
  readonly segments: Segment[];
  /** Headers of every batch, in order. */
  readonly headers: readonly BatchHeader[];
  readonly logStartOffset: Offset;
  readonly logEndOffset: Offset;
  /** Producer state can only be trusted from snapshots at or below. */
  readonly trustedSnapshotOffset: Offset;
  /** Transactions aborted at or after are to be entered into the transaction indexes again. */
  readonly txnIndexFrom: Offset;
  readonly names: readonly string[];
}

/** Throws DiskError only. */
export function loadSegments(env: Environment, options: LogOptions, newSegment: (baseOffset: Offset) => Segment): LoadedSegments {
  const { disk } = env;
  const { directory } = options;
  cleanUp(env, directory);
  const mayHaveGaps = options.isCompacted === true || hasPolicy(options.config, 'compact');
  const bases = baseOffsets(disk, directory);
  dropBelowLogStart(disk, directory, bases, options.logStartOffset);

  let segments: Segment[] = [];
  let headers: BatchHeader[] = [];
  let expected = -1;
  let isCut = false;
  bases.forEach((base, at) => {
    if (isCut || (expected >= 0 && base < expected)) {
      env.tracer.emit({ type: 'mark', name: 'log/recovery-dropped-a-segment' });
      isCut = true;
      return removeSegmentFiles(disk, directory, base);
    }
    // What a cleaner removed had been flushed: of what is not known to be, the end of a segment may be missing.
    const isUnexplained = !mayHaveGaps || (!options.hadCleanShutdown && expected >= options.recoveryPoint);
    if (expected >= 0 && base > expected && isUnexplained) {
      if (base > options.recoveryPoint) {
        isCut = true;
        return removeSegmentFiles(disk, directory, base);
      }
      // What follows the hole had been flushed, so what precedes it was deleted (retention) and came back.
      for (const segment of segments) discard(disk, directory, segment);
      segments = [];
      headers = [];
    }
    const nextBase = bases[at + 1] ?? Number.POSITIVE_INFINITY;
    const isUnflushed = !options.hadCleanShutdown && nextBase > options.recoveryPoint;
    const segment = newSegment(base);
    const bytes = segment.log.read(0, segment.log.size);
    const scanned = scanBatches(bytes, base, isUnflushed);
    for (const header of scanned.headers) {
      segment.enterLoaded(header);
      headers.push(header);
    }
    segment.finishLoading();
    if (env.random.sometimes('log/index-rebuilt')) segment.rebuildIndexes();
    // After an unclean stop nobody knows what of it is on the disk: the next flush syncs it.
    if (!options.hadCleanShutdown) segment.dirty = true;
    segments.push(segment);
    // A bad batch ends the log: what comes after it would leave a hole.
    if (!scanned.isWhole) {
      env.tracer.emit({ type: 'mark', name: 'log/recovery-cut-a-segment' });
      isCut = true;
    }
    expected = segment.endOffset;
  });

  if ((segments.at(-1)?.endOffset ?? Offset(0)) < options.logStartOffset) {
    for (const segment of segments) discard(disk, directory, segment);
    segments = [];
    headers = [];
  }
  if (segments.length === 0) segments.push(newSegment(options.logStartOffset));
  const first = segments[0] as Segment;
  const logEndOffset = (segments.at(-1) as Segment).endOffset;
  let trusted = options.hadCleanShutdown ? logEndOffset : greater(lesser(options.recoveryPoint, logEndOffset), first.baseOffset);
  let txnIndexFrom = options.hadCleanShutdown ? logEndOffset : trusted;
  for (const segment of segments) {
    if (segment.txnIndex.load(segment.baseOffset, segment.endOffset)) continue;
    segment.txnIndex.reset();
    trusted = lesser(trusted, segment.baseOffset);
    txnIndexFrom = lesser(txnIndexFrom, segment.baseOffset);
  }
  for (const segment of segments) segment.txnIndex.truncateTo(txnIndexFrom);
  return {
    segments,
    headers,
    logStartOffset: greater(options.logStartOffset, first.baseOffset),
    logEndOffset,
    trustedSnapshotOffset: trusted,
    txnIndexFrom,
    names: disk.list(directory),
  };
}

interface Scan {
  readonly headers: readonly BatchHeader[];
  /** False: something follows the last good batch. */
  readonly isWhole: boolean;
}

/** The good batches that a segment begins with. Offsets that are missing in between are a cleaner's, perhaps that of a leader: nothing else leaves whole batches around them. */
function scanBatches(bytes: Uint8Array, baseOffset: Offset, checkCrc: boolean): Scan {
  const headers: BatchHeader[] = [];
  let position = 0;
  let nextOffset = baseOffset;
  while (position < bytes.length) {
    const header = headerAt(bytes, position);
    if (header === null || header.baseOffset < nextOffset) break;
    if (checkCrc && !isBatchValid(bytes, position)) break;
    headers.push(header);
    position += header.sizeInBytes;
    nextOffset = header.nextOffset;
  }
  return { headers, isWhole: position === bytes.length };
}

function headerAt(bytes: Uint8Array, position: number): BatchHeader | null {
  try {
    const header = readBatchHeader(bytes, position);
    const isWhole = position + header.sizeInBytes <= bytes.length;
    return isWhole && header.magic === 2 && header.lastOffset >= header.baseOffset ? header : null;
  } catch (error) {
    if (error instanceof DecodeError) return null;
    throw error;
  }
}

/**
 * The epochs of a log as its batches tell them, completed from the checkpoint where the log is silent: epochs whose records
 * were compacted away, and the last epoch of a log whose records are all deleted.
 */
export function reconcileEpochs(
  headers: readonly BatchHeader[],
  checkpoint: readonly EpochEntry[],
  logStartOffset: Offset,
  logEndOffset: Offset,
): EpochEntry[] {
  const runs: { epoch: LeaderEpoch; startOffset: Offset; endOffset: Offset }[] = [];
  for (const header of headers) {
    if (header.nextOffset <= logStartOffset || header.leaderEpoch < 0) continue;
    const last = runs.at(-1);
    if (last !== undefined && header.leaderEpoch <= last.epoch) last.endOffset = header.nextOffset;
    else
      runs.push({
        epoch: header.leaderEpoch,
        startOffset: greater(header.baseOffset, logStartOffset),
        endOffset: header.nextOffset,
      });
  }
  const entries: EpochEntry[] = [];
  if (runs.length === 0) {
    const before = checkpoint.filter((entry) => entry.startOffset <= logStartOffset && entry.startOffset < logEndOffset);
    const last = before.at(-1);
    return last === undefined ? [] : [{ epoch: last.epoch, startOffset: logStartOffset }];
  }
  let silentFrom = logStartOffset;
  let epochBefore = -1;
  for (const run of runs) {
    // Of this epoch, too, the first records may be gone.
    let { startOffset } = run;
    for (const entry of checkpoint) {
      const isInGap = entry.startOffset >= silentFrom && entry.startOffset < run.startOffset;
      if (isInGap && entry.epoch > epochBefore && entry.epoch < run.epoch) {
        entries.push(entry);
        epochBefore = entry.epoch;
      } else if (isInGap && entry.epoch === run.epoch) startOffset = entry.startOffset;
    }
    entries.push({ epoch: run.epoch, startOffset });
    silentFrom = run.endOffset;
    epochBefore = run.epoch;
  }
  return entries;
}

/** Removes `.deleted` and `.cleaned` leftovers and index files without a log; completes interrupted swaps (KAFKA-6264). */
function cleanUp({ disk, tracer }: Environment, directory: string): void {
  const names = disk.list(directory);
  let minCleaned = Number.POSITIVE_INFINITY;
  for (const name of names) {
    const path = `${directory}/${name}`;
    if (name.endsWith(DELETED_SUFFIX) && !name.endsWith(`.checkpoint${DELETED_SUFFIX}`)) disk.remove(path);
    if (!name.endsWith(CLEANED_SUFFIX)) continue;
    minCleaned = Math.min(minCleaned, leadingOffset(name) ?? Number.POSITIVE_INFINITY);
    disk.remove(path);
  }
  for (const name of names.filter((candidate) => candidate.endsWith(SWAP_SUFFIX))) {
    // Part of a split that was not finished: its originals are still there.
    if ((leadingOffset(name) ?? Number.POSITIVE_INFINITY) >= minCleaned) disk.remove(`${directory}/${name}`);
  }
  if (minCleaned < Number.POSITIVE_INFINITY) tracer.emit({ type: 'mark', name: 'log/recovery-dropped-a-copy' });
  if (completeSwaps(disk, directory)) tracer.emit({ type: 'mark', name: 'log/recovery-completed-a-swap' });
  const logs = new Set(baseOffsets(disk, directory));
  for (const name of disk.list(directory)) {
    const file = parseSegmentFile(name);
    if (file !== null && file.kind !== 'snapshot' && !logs.has(file.offset)) disk.remove(`${directory}/${name}`);
  }
}

/** False: there were none. */
function completeSwaps(disk: Disk, directory: string): boolean {
  let isCompleted = false;
  let from = Number.POSITIVE_INFINITY;
  let to = Number.NEGATIVE_INFINITY;
  for (const name of disk.list(directory)) {
    if (!name.endsWith(`.log${SWAP_SUFFIX}`)) continue;
    const base = leadingOffset(name) ?? Offset(0);
    const file = disk.open(`${directory}/${name}`);
    const last = scanBatches(file.read(0, file.size), base, true).headers.at(-1);
    file.close();
    from = Math.min(from, base);
    to = Math.max(to, last?.nextOffset ?? base);
  }
  for (const name of disk.list(directory)) {
    const file = parseSegmentFile(name);
    if (file !== null && file.offset >= from && file.offset < to) disk.remove(`${directory}/${name}`);
  }
  for (const name of disk.list(directory)) {
    if (!name.endsWith(SWAP_SUFFIX)) continue;
    disk.rename(`${directory}/${name}`, `${directory}/${name.slice(0, -SWAP_SUFFIX.length)}`);
    isCompleted = true;
  }
  return isCompleted;
}

function baseOffsets(disk: Disk, directory: string): Offset[] {
  const bases: Offset[] = [];
  for (const name of disk.list(directory)) {
    const file = parseSegmentFile(name);
    if (file?.kind === 'log') bases.push(file.offset);
  }
  return bases.sort((a, b) => a - b);
}

/** Segments wholly below the log start were on their way out. */
function dropBelowLogStart(disk: Disk, directory: string, bases: Offset[], logStartOffset: Offset): void {
  while (bases.length > 1 && (bases[1] as Offset) <= logStartOffset) removeSegmentFiles(disk, directory, bases.shift() as Offset);
}

function discard(disk: Disk, directory: string, segment: Segment): void {
  segment.close();
  removeSegmentFiles(disk, directory, segment.baseOffset);
}

function removeSegmentFiles(disk: Disk, directory: string, base: Offset): void {
  for (const kind of ['log', 'index', 'timeindex', 'txnindex'] as const) disk.remove(segmentFile(directory, base, kind));
}
