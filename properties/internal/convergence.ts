/** What a healed cluster must come to: L1-L7, L15, L16, L18, and R20 at the end. */
import { METADATA_PARTITION } from '../../core/protocol/partition.ts';
import { LogStarts } from '../log-starts.ts';
import type { BrokerInspection, NodeInspection, ReplicaInspection } from '../../core/broker/inspection.ts';
import { BROKER_CONFIG, numberGiven } from '../../core/config/index.ts';
import { decodeRecords } from '../../core/protocol/records.ts';
import type { Checker, ClusterView, PropertyDefinition } from '../../sim/observe.ts';
import type { CheckContext, Unmet } from '../judge.ts';
import { type CommittedMetadata, committedOf } from './committed.ts';
import { batchSize, emptyFacts, readFacts } from './batches.ts';
import { type ClusterGhost, ghostOf } from './ghost.ts';
import { type Contents, ContentsFold, firstDifference, textOf } from './log-contents.ts';
import { type MissedTombstones, missedTombstonesOf } from './missed-tombstones.ts';
import { factsOf, type PartitionGhost } from './replica-ghost.ts';

const READ_BYTES = 1 << 20;
/** Looks at the cluster (one per simulated second) without a leader epoch moving. */
const STABLE_LOOKS = 3;

class Convergence implements Checker {
  readonly #context: CheckContext;
  readonly #ghost: ClusterGhost;
  readonly #logStarts: LogStarts;
  readonly #metadata: CommittedMetadata;
  readonly #loading = new Map<string, { readonly nodeId: number; readonly node: string; readonly partition: string }>();
  /** Partitions with a follower that did not get on with what its leader sent. */
  readonly #gaveUp = new Set<string>();
  /** Where the leader's log of a partition ended when its replicas were last not alike. */
  readonly #targets = new Map<PartitionGhost, { readonly leaderEpoch: number; readonly end: number }>();
  readonly #missed: MissedTombstones;
  /** The latest metadata offset of any node at the last look. */
  #metadataDue: number | null = null;
  #epochs = -1;
  #stableLooks = 0;

  constructor(context: CheckContext) {
    this.#context = context;
    this.#ghost = ghostOf(context);
    this.#missed = missedTombstonesOf(context);
    this.#logStarts = new LogStarts(context);
    this.#metadata = committedOf(context);
    const key = (node: string, incarnation: number, partition: number) => `${node}/${incarnation}/${partition}`;
    context.on('coordinator-loading', (event, at) =>
      this.#loading.set(key(at.node, at.incarnation, event.offsetsPartition), {
        nodeId: at.nodeId,
        node: at.node,
        partition: `__consumer_offsets-${event.offsetsPartition}`,
      }),
    );
    context.on('coordinator-loaded', (event, at) => this.#loading.delete(key(at.node, at.incarnation, event.offsetsPartition)));
    context.on('coordinator-unloaded', (event, at) => this.#loading.delete(key(at.node, at.incarnation, event.offsetsPartition)));
    context.on('follower-gave-up', ({ partition }) => void this.#gaveUp.add(partition));
    context.onWorld((change) => {
      if (change.type !== 'crashed' && change.type !== 'stopped' && change.type !== 'power-lost') return;
      for (const [loading, { node }] of this.#loading) if (node === change.node) this.#loading.delete(loading);
    });
  }

  unsettled(view: ClusterView): Unmet | null {
    const unmet =
      this.#controller(view) ??
      concerning(this.#brokers(view), ['BrokerRegistration', 'BrokerHeartbeat']) ??
      this.#images(view) ??
      this.#partitions(view) ??
      this.#requests(view) ??
      this.#coordinators() ??
      this.#epochsStable();
    if (unmet === null)
      for (const id of ['L1', 'L2', 'L3', 'L4', 'L5', 'L6', 'L7', 'L15', 'L16'] as const) this.#context.evaluated(id);
    return unmet;
  }

  #controller({ nodes }: ClusterView): Unmet | null {
    let leader: NodeInspection | null = null;
    for (const node of nodes.values()) {
      if (!node.isController || node.quorum.role !== 'leader') continue;
      if (leader !== null)
        return {
          property: 'L1',
          message: `nodes ${leader.nodeId} and ${node.nodeId} both lead the metadata quorum`,
          facts: { nodeId: leader.nodeId, otherNodeId: node.nodeId, partition: METADATA_PARTITION },
        };
      leader = node;
    }
    if (leader === null)
      return { property: 'L1', message: 'no node leads the metadata quorum', facts: { partition: METADATA_PARTITION } };
    for (const node of nodes.values()) {
      const { epoch, leaderId } = node.quorum;
      if (epoch === leader.quorum.epoch && leaderId === leader.nodeId) continue;
      const message = `node ${node.nodeId} follows ${leaderId} in quorum epoch ${epoch}; ${leader.nodeId} leads in ${leader.quorum.epoch}`;
      return {
        property: 'L1',
        message,
        facts: { nodeId: node.nodeId, otherNodeId: leaderId, partition: METADATA_PARTITION, leaderEpoch: epoch },
      };
    }
    return null;
  }

  #brokers({ nodes, plan }: ClusterView): Unmet | null {
    const unmet = (nodeId: number, message: string): Unmet => ({ property: 'L2', message, facts: { brokerId: nodeId } });
    let count = 0;
    for (const node of nodes.values()) {
      if (node.broker === null) continue;
      count += 1;
      const registered = this.#metadata.brokers.get(node.nodeId);
      if (registered === undefined) return unmet(node.nodeId, `broker ${node.nodeId} is not registered`);
      if (registered.fenced || registered.inControlledShutdown) {
        return unmet(node.nodeId, `broker ${node.nodeId} is ${registered.fenced ? 'fenced' : 'shutting down'}`);
      }
      if (registered.brokerEpoch !== node.broker.brokerEpoch) {
        return unmet(
          node.nodeId,
          `broker ${node.nodeId} has epoch ${node.broker.brokerEpoch}, registered is ${registered.brokerEpoch}`,
        );
      }
    }
    return count < plan.cluster.brokers
      ? { property: 'L2', message: `${count} of ${plan.cluster.brokers} brokers are alive`, facts: {} }
      : null;
  }

  #images({ nodes }: ClusterView): Unmet | null {
    let latest = -1;
    for (const node of nodes.values()) latest = Math.max(latest, node.metadata.provenance.offset);
    // The end moves on by itself (a no-op record every metadata.max.idle.interval.ms, KIP-835): everybody must have come to where it
    // was at the last look. That images are equal at equal offsets is C9.
    const due = this.#metadataDue ?? latest;
    this.#metadataDue = latest;
    for (const node of nodes.values()) {
      const { offset } = node.metadata.provenance;
      if (offset < due)
        return {
          property: 'L7',
          message: `node ${node.nodeId} has metadata up to ${offset}, others had come to ${due} before`,
          facts: { nodeId: node.nodeId, offset },
        };
      const published = node.broker?.publishedOffset ?? offset;
      if (published < due)
        return {
          property: 'L7',
          message: `broker ${node.nodeId} acts on metadata of ${published}, others had come to ${due} before`,
          facts: { nodeId: node.nodeId, offset: published },
        };
    }
    return null;
  }

  #partitions(view: ClusterView): Unmet | null {
    const replicas = replicasOf(view);
    for (const partition of this.#ghost.partitions.values()) {
      const { committed, removed, name } = partition;
      if (committed === null || removed || view.excusedPartitions.has(name)) continue;
      const rotten = committed.replicas.find((id) => this.#ghost.hasRotted(id, partition));
      if (rotten !== undefined) {
        // Nobody can copy a batch whose CRC is wrong: Kafka's replica stays behind until somebody removes the log.
        for (const id of ['L4', 'L5', 'L6'] as const)
          this.#context.excuse(id, `broker ${rotten}'s log of ${name} rotted on its disk`);
        continue;
      }
      const lost = this.#gaveUp.has(name) ? this.#ghost.exceeded(partition) : null;
      if (lost !== null) {
        // Its log ends within a batch of the leader's: where records were lost the two may part below the leader's log start, unseen.
        for (const id of ['L4', 'L5', 'L6'] as const) this.#context.excuse(id, `a follower of ${name} gave up: ${lost}`);
        continue;
      }
      const hosted = replicas.get(keyOf(committed)) ?? new Map<number, ReplicaInspection>();
      const leader = hosted.get(committed.leader);
      const leads = leader?.role === 'leader' && leader.leaderEpoch === committed.leaderEpoch;
      if (!leads) {
        const is = leader === undefined ? 'not there' : `${leader.role} in epoch ${leader.leaderEpoch}`;
        const who =
          committed.leader === -1
            ? 'has no leader'
            : `should be led by ${committed.leader} in epoch ${committed.leaderEpoch}, which is ${is}`;
        return {
          property: 'L3',
          message: `${name} ${who}; ISR [${committed.isr.join(', ')}]`,
          facts: factsOf(committed),
          concerns: [name],
        };
      }
      if (committed.isr.length !== committed.replicas.length || committed.elr.length > 0) {
        const message = `the ISR of ${name} is [${committed.isr.join(', ')}], its replicas are [${committed.replicas.join(', ')}]`;
        return { property: 'L4', message, facts: factsOf(committed), concerns: [name, 'AlterPartition'] };
      }
      const unlike = this.#unlike(partition, leader, committed.replicas, hosted);
      if (unlike !== null && !this.#keepsUp(partition, leader, committed.replicas, hosted))
        return {
          property: 'L5',
          message: unlike.message,
          facts: { ...factsOf(committed), nodeId: unlike.nodeId },
          concerns: [name],
        };
      if (leader.isrChangePending) {
        const message = `an ISR change of ${name} waits for the controller`;
        return { property: 'L6', message, facts: factsOf(committed), concerns: ['AlterPartition'] };
      }
    }
    return null;
  }

  #unlike(
    partition: PartitionGhost,
    leader: ReplicaInspection,
    replicas: readonly number[],
    hosted: ReadonlyMap<number, ReplicaInspection>,
  ): { readonly nodeId: number; readonly message: string } | null {
    for (const id of replicas) {
      const replica = hosted.get(id);
      if (replica === undefined) return { nodeId: id, message: `broker ${id} has no replica of ${partition.name}` };
      const isEqual =
        replica.logEndOffset === leader.logEndOffset &&
        replica.highWatermark === leader.logEndOffset &&
        (replica.logStartOffset === leader.logStartOffset || this.#startsMayDiffer(partition));
      if (isEqual) continue;
      const bounds = `log start ${replica.logStartOffset}, high watermark ${replica.highWatermark}, log end ${replica.logEndOffset}`;
      const message = `broker ${id}'s replica of ${partition.name} has ${bounds}; the leader's log is [${leader.logStartOffset}, ${leader.logEndOffset})`;
      return { nodeId: id, message };
    }
    return null;
  }

  #startsMayDiffer(partition: PartitionGhost): boolean {
    const reason = this.#logStarts.mayDiffer(partition);
    if (reason === null) return false;
    this.#context.excuse('L5', `log starts of ${partition.name} are left out: ${reason}`);
    return true;
  }

  /**
   * Group members go on committing while the cluster settles, and a follower hears of a new high watermark only with its next
   * fetch, up to replica.fetch.wait.max.ms later. Then it is enough that everybody has committed all that the leader had at
   * an earlier look.
   */
  #keepsUp(
    partition: PartitionGhost,
    leader: ReplicaInspection,
    replicas: readonly number[],
    hosted: ReadonlyMap<number, ReplicaInspection>,
  ): boolean {
    const target = this.#targets.get(partition);
    const isReached =
      target !== undefined &&
      target.leaderEpoch === leader.leaderEpoch &&
      replicas.every((id) => {
        const replica = hosted.get(id);
        return replica !== undefined && replica.highWatermark >= target.end && replica.logStartOffset === leader.logStartOffset;
      });
    if (isReached || target === undefined || target.leaderEpoch !== leader.leaderEpoch) {
      this.#targets.set(partition, { leaderEpoch: leader.leaderEpoch, end: leader.logEndOffset });
    }
    return isReached;
  }

  #requests({ nodes }: ClusterView): Unmet | null {
    for (const node of nodes.values()) {
      const waiting = node.broker?.controllerRequests.alterPartition ?? 0;
      if (waiting > 0) {
        const message = `${waiting} AlterPartition requests of broker ${node.nodeId} are not answered`;
        return { property: 'L6', message, facts: { nodeId: node.nodeId }, concerns: ['AlterPartition'] };
      }
    }
    return null;
  }

  #coordinators(): Unmet | null {
    const [first] = this.#loading.values();
    if (first === undefined) return null;
    const { nodeId, node, partition } = first;
    return { property: 'L16', message: `${node} loads ${partition} and does not come to an end`, facts: { nodeId, partition } };
  }

  #epochsStable(): Unmet | null {
    let epochs = 0;
    for (const { committed, removed } of this.#ghost.partitions.values())
      if (committed !== null && !removed) epochs += committed.leaderEpoch;
    if (epochs === this.#epochs) this.#stableLooks += 1;
    else {
      this.#stableLooks = 0;
      this.#epochs = epochs;
    }
    return this.#stableLooks >= STABLE_LOOKS ? null : { property: 'L15', message: 'leader epochs still move', facts: {} };
  }

  /** R20, L5: byte for byte, and what is compacted by what it means. L18: the metadata log is bounded. */
  atEnd(view: ClusterView): void {
    const replicas = replicasOf(view);
    for (const partition of this.#ghost.partitions.values()) {
      const { committed, removed, name } = partition;
      if (committed === null || removed || view.excusedPartitions.has(name)) continue;
      const hosted = replicas.get(keyOf(committed));
      const leader = hosted?.get(committed.leader);
      if (leader === undefined) continue;
      for (const id of committed.isr) {
        const replica = hosted?.get(id);
        if (id !== committed.leader && replica !== undefined) this.#compare(partition, leader, replica, committed.leader, id);
      }
    }
    this.#boundedMetadata(view);
  }

  #compare(partition: PartitionGhost, a: ReplicaInspection, b: ReplicaInspection, idA: number, idB: number): void {
    const { name } = partition;
    const rotten = [idA, idB].find((id) => this.#ghost.hasRotted(id, partition));
    if (rotten !== undefined) {
      this.#context.excuse('R20', `broker ${rotten}'s log of ${name} rotted on its disk`);
      return;
    }
    const end = Math.min(a.highWatermark, b.highWatermark);
    let next = Math.max(a.logStartOffset, b.logStartOffset);
    if (next < end) this.#context.evaluated('R20');
    const isCompacted = [idA, idB].some((id) => (partition.replicas.get(id)?.compacted ?? null) !== null);
    if (isCompacted) return this.#compareContents(partition, a, b, idA, idB, next, end);
    while (next < end) {
      const left = a.read(next, READ_BYTES);
      const right = b.read(next, READ_BYTES);
      // Segments may end at different places: compare what both gave.
      const length = Math.min(left.length, right.length);
      const after = nextOffset(left, length);
      for (let at = 0; at < length; at++) {
        if (left[at] === right[at]) continue;
        this.#context.violated('R20', `replicas ${idA} and ${idB} of ${name} differ in the batches from ${next} on`, {
          nodeId: idB,
          otherNodeId: idA,
          partition: name,
          topicId: partition.topicId,
          offset: next,
        });
        return;
      }
      if (after <= next) return;
      next = after;
    }
  }

  /** Replicas are compacted each in its own time: they may differ in what is left, never in what it means. */
  #compareContents(
    partition: PartitionGhost,
    a: ReplicaInspection,
    b: ReplicaInspection,
    idA: number,
    idB: number,
    from: number,
    end: number,
  ): void {
    // What stands above may have had a cleaner remove what stood below.
    const except = new Set([...keysFrom(a, end), ...keysFrom(b, end)]);
    const ofA = contentsOf(a, from, end);
    const ofB = contentsOf(b, from, end);
    const { name, topicId, replicas } = partition;
    const stale = [...this.#missed.stale(replicas.get(idA), ofA, ofB), ...this.#missed.stale(replicas.get(idB), ofB, ofA)];
    if (stale.length > 0) this.#context.excuse('R20', `a replica of ${name} came to it when tombstones had been removed`);
    for (const key of stale) except.add(key);
    const key = firstDifference(ofA, ofB, except);
    if (key === null) return;
    this.#context.violated(
      'R20',
      `replicas ${idA} and ${idB} of ${name}, which are compacted, differ in the value of ${JSON.stringify(key)}`,
      {
        nodeId: idB,
        otherNodeId: idA,
        partition: name,
        topicId,
        offset: from,
      },
    );
  }

  #boundedMetadata({ nodes, plan }: ClusterView): void {
    const interval = numberGiven(BROKER_CONFIG, plan.cluster.properties, 'metadata.log.max.record.bytes.between.snapshots');
    // Every entry takes more than this many bytes; beyond, some snapshot must have been made.
    const bytesPerEntry = 16;
    for (const node of nodes.values()) {
      const { logEndOffset, logStartOffset } = node.quorum;
      if (logEndOffset * bytesPerEntry < 4 * interval) continue;
      this.#context.evaluated('L18');
      const isBounded = (logEndOffset - logStartOffset) * bytesPerEntry < 8 * interval;
      if (!isBounded) {
        const message = `node ${node.nodeId}'s metadata log is [${logStartOffset}, ${logEndOffset}), with a snapshot due every ${interval} bytes`;
        this.#context.violated('L18', message, { nodeId: node.nodeId, partition: METADATA_PARTITION, offset: logStartOffset });
      }
    }
  }
}

function concerning(unmet: Unmet | null, concerns: readonly string[]): Unmet | null {
  return unmet === null ? null : { ...unmet, concerns };
}

function keyOf({ topicId, partition }: { readonly topicId: string; readonly partition: string }): string {
  return `${topicId}/${partition}`;
}

/** By topic id and partition name, then node id. */
function replicasOf({ nodes }: ClusterView): Map<string, Map<number, ReplicaInspection>> {
  const replicas = new Map<string, Map<number, ReplicaInspection>>();
  for (const node of nodes.values()) {
    for (const replica of (node.broker as BrokerInspection | null)?.replicas ?? []) {
      const key = keyOf(replica);
      let hosted = replicas.get(key);
      if (hosted === undefined) {
        hosted = new Map();
        replicas.set(key, hosted);
      }
      hosted.set(node.nodeId, replica);
    }
  }
  return replicas;
}

/** What the batches from `from` on mean that end below `end`. */
function contentsOf(replica: ReplicaInspection, from: number, end: number): Contents {
  const fold = new ContentsFold();
  forEachBatchOf(replica, from, end, (bytes, at, lastOffset) => {
    if (lastOffset < end) fold.add(bytes, at);
  });
  return fold.contents;
}

/** Keys of records that end at `from` or above. */
function keysFrom(replica: ReplicaInspection, from: number): Set<string> {
  const keys = new Set<string>();
  forEachBatchOf(replica, from, replica.logEndOffset, (bytes, at) => {
    for (const { key } of decodeRecords(bytes, at)) if (key !== null) keys.add(textOf(key));
  });
  return keys;
}

function forEachBatchOf(
  replica: ReplicaInspection,
  from: number,
  end: number,
  visit: (bytes: Uint8Array, at: number, lastOffset: number) => void,
): void {
  const facts = emptyFacts();
  for (let next = from; next < end; ) {
    const bytes = replica.read(next, READ_BYTES);
    if (bytes.length === 0) break;
    for (let at = 0; at + 61 <= bytes.length; at += batchSize(bytes, at)) {
      readFacts(bytes, at, facts);
      visit(bytes, at, facts.lastOffset);
      next = facts.lastOffset + 1;
    }
  }
}

/** The offset after the last whole batch in the first `length` bytes. */
function nextOffset(bytes: Uint8Array, length: number): number {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  let next = -1;
  for (let at = 0; at + 61 <= length; ) {
    const size = view.getInt32(at + 8) + 12;
    if (at + size > length) break;
    next = Number(view.getBigInt64(at)) + view.getInt32(at + 23) + 1;
    at += size;
  }
  return next;
}

export const convergence = {
  properties: [
    { id: 'L1', title: 'one active controller, known to all' },
    { id: 'L2', title: 'every broker registered and unfenced' },
    { id: 'L3', title: 'every partition has a leader that knows it' },
    { id: 'L4', title: 'every ISR is full' },
    { id: 'L5', title: 'all replicas end alike, with everything committed' },
    { id: 'L6', title: 'no ISR change hangs' },
    { id: 'L7', title: 'all nodes have, and act on, the same metadata' },
    { id: 'L15', title: 'leader epochs stand still' },
    { id: 'L16', title: 'group coordinators finish loading' },
    { id: 'L18', title: 'the metadata log is bounded by snapshots' },
    { id: 'R20', title: 'at rest, in-sync replicas are equal byte for byte, and compacted ones in what they mean' },
  ],
  create: (context): Checker => new Convergence(context),
} as const satisfies PropertyDefinition;
