/** What checkpoint files told, and whether it is there again: S13. */
import type { TraceEventOf } from '../../core/trace.ts';
import type { Checker, Occurrence, PropertyDefinition, WorldChange } from '../../sim/observe.ts';
import type { CheckContext } from '../judge.ts';
import { type ClusterGhost, ghostOf } from './ghost.ts';
import { logOf } from './replica-ghost.ts';

type CheckpointFile = TraceEventOf<'checkpoint-written'>['file'];

/** Whoever loses what these told does not get it back by looking at the log. A recovery point goes back by itself after a crash, to the beginning of its segment. */
const OFFSET_FILES = ['high-watermark', 'log-start'] as const satisfies readonly CheckpointFile[];
type OffsetFile = (typeof OFFSET_FILES)[number];

/** Of one log of a node. */
interface Told {
  topicId: string;
  readonly offsets: Map<OffsetFile, number>;
}

class Checkpoints {
  readonly #context: CheckContext;
  readonly #ghost: ClusterGhost;
  /** By node and partition, what was written last, of what is still in the log. */
  readonly #told = new Map<number, Map<string, Told>>();
  /** Nodes whose disks do not keep what they have taken, and why. */
  readonly #untrue = new Map<number, string>();

  constructor(context: CheckContext) {
    this.#context = context;
    this.#ghost = ghostOf(context);
    context.on('checkpoint-written', (event, at) => this.#onWritten(event, at));
    context.on('log-loaded', (event, at) => this.#onLoaded(event, at));
    context.on('high-watermark-set', ({ partition, to, reason }, at) => {
      if (reason === 'load') this.#expect(partition, 'high-watermark', to, at);
    });
    context.on('log-truncated', ({ partition, to }, { nodeId }) => {
      const offsets = this.#told.get(nodeId)?.get(partition)?.offsets;
      for (const [file, offset] of offsets ?? []) offsets?.set(file, Math.min(offset, to));
    });
    context.on('replica-stopped', ({ partition, deleted }, { nodeId }) => {
      if (deleted) this.#told.get(nodeId)?.delete(partition);
    });
    context.on('log-directory-failed', (_, { nodeId }) => void this.#untrue.set(nodeId, 'had a log directory that failed'));
    context.onWorld((change) => this.#onWorld(change));
  }

  #onWorld(change: WorldChange): void {
    const { type, nodeId } = change;
    if (type === 'disk-wiped' || type === 'disk-restored') this.#told.delete(nodeId);
    // A new disk has done nothing yet.
    if (type === 'disk-wiped' && change.directory === null) this.#untrue.delete(nodeId);
    else if (type === 'sync-lied') this.#untrue.set(nodeId, 'had syncs that lied');
    else if (type === 'disk-corrupted') this.#untrue.set(nodeId, 'had bytes that rotted');
  }

  #onWritten({ file, entries }: TraceEventOf<'checkpoint-written'>, { nodeId }: Occurrence): void {
    const of = OFFSET_FILES.find((each) => each === file);
    if (of === undefined) return;
    for (const [partition, offset] of entries) {
      const topicId = this.#ghost.replica(nodeId, partition)?.partition.topicId;
      if (topicId === undefined) continue;
      this.#of(nodeId, partition, topicId).offsets.set(of, offset);
    }
  }

  #onLoaded({ partition, topicId, logStartOffset }: TraceEventOf<'log-loaded'>, at: Occurrence): void {
    this.#of(at.nodeId, partition, topicId);
    this.#expect(partition, 'log-start', logStartOffset, at);
  }

  #of(nodeId: number, partition: string, topicId: string): Told {
    let ofNode = this.#told.get(nodeId);
    if (ofNode === undefined) {
      ofNode = new Map();
      this.#told.set(nodeId, ofNode);
    }
    let told = ofNode.get(partition);
    if (told === undefined || told.topicId !== topicId) {
      told = { topicId, offsets: new Map() };
      ofNode.set(partition, told);
    }
    return told;
  }

  /** At least what was written, as far as the log goes. */
  #expect(partition: string, file: OffsetFile, found: number, { node, nodeId }: Occurrence): void {
    const replica = this.#ghost.replica(nodeId, partition);
    const written = this.#told.get(nodeId)?.get(partition)?.offsets.get(file);
    if (replica === undefined || written === undefined) return;
    const expected = Math.min(written, replica.log.end);
    const untrue = this.#untrue.get(nodeId);
    if (untrue === undefined) this.#context.evaluated('S13');
    if (found >= expected) return;
    if (untrue !== undefined) {
      this.#context.excuse('S13', `${node} ${untrue}`);
      return;
    }
    const message = `${node} loaded ${partition} with the ${file.replace('-', ' ')} ${found}; ${written} had been written, and the log ends at ${replica.log.end}`;
    this.#context.violated('S13', message, { ...logOf(replica), offset: found });
  }
}

export const checkpoints = {
  properties: [{ id: 'S13', title: 'what a checkpoint has told is known again after a restart, as far as the log goes' }],
  create: (context): Checker => {
    new Checkpoints(context);
    return {};
  },
} as const satisfies PropertyDefinition;
