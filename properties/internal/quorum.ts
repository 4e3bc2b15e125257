/** The metadata quorum (Raft): K1-K12, K14-K16, K18. K13 is absent, because voters are static; K4 is found with R4 (log-agreement). */
import { METADATA_PARTITION } from '../../core/protocol/partition.ts';
import type { PropertyId } from '../registry.ts';
import type { TraceEventOf } from '../../core/trace.ts';
import type { QuorumRole } from '../../core/trace/quorum-events.ts';
import type { Checker, ClusterView, Occurrence, PropertyDefinition, ViolationFacts } from '../../sim/observe.ts';
import { nodesOf } from '../../sim/cluster.ts';
import type { CheckContext } from '../judge.ts';
import { type ClusterGhost, type GhostListener, ghostOf } from './ghost.ts';
import { type ReplicaGhost } from './replica-ghost.ts';

/** What must survive a voter's restarts, and what belongs to one life. */
interface Voter {
  /** Candidate by epoch. */
  readonly votes: Map<number, number>;
  durableEpoch: number;
  /** Whom it voted for in that epoch, as its disk has it. */
  durableVote: number;
  /** What was durable when this life began. Within a life the transitions of a step are told after the write that ends it. */
  durableAtStart: number;
  incarnation: number;
  role: QuorumRole;
  epoch: number;
  highWatermark: number;
}

/** Roles that may follow in the same epoch. `voted` is unattached with a vote given. */
const SAME_EPOCH: Readonly<Record<QuorumRole, readonly QuorumRole[]>> = {
  unattached: ['unattached', 'voted', 'prospective', 'follower'],
  voted: ['voted', 'prospective', 'follower'],
  prospective: ['unattached', 'voted', 'prospective', 'follower'],
  candidate: ['leader', 'prospective', 'follower'],
  leader: ['resigned'],
  follower: ['prospective'],
  resigned: [],
  observer: ['observer'],
};
const LATER_EPOCH: readonly QuorumRole[] = ['unattached', 'voted', 'follower'];

class Quorum implements Checker, GhostListener {
  readonly #context: CheckContext;
  readonly #ghost: ClusterGhost;
  readonly #voters = new Map<number, Voter>();
  readonly #leaders = new Map<number, { readonly nodeId: number; readonly incarnation: number; readonly start: number }>();
  readonly #snapshots = new Map<number, number>();
  readonly #activations = new Map<number, number>();
  /** Process names by node id. */
  readonly #names: ReadonlyMap<number, string>;

  constructor(context: CheckContext) {
    this.#context = context;
    this.#ghost = ghostOf(context);
    this.#ghost.listen(this);
    this.#names = new Map(nodesOf(context.plan).map(({ nodeId, name }) => [nodeId, name]));
    context.on('quorum-transition', (event, at) => this.#onTransition(event, at));
    context.on('quorum-voted', (event, at) => this.#onVoted(event, at));
    context.on('quorum-state-persisted', (event, at) => this.#onPersisted(event, at));
    context.on('quorum-leader-elected', (event, at) => this.#onElected(event, at));
    context.on('quorum-high-watermark-advanced', (event, at) => this.#onHighWatermark(event, at));
    context.on('quorum-truncation-refused', (event, at) => this.#onTruncationRefused(event, at));
    context.on('snapshot-created', (event, at) => this.#onSnapshot(event, at));
    context.on('snapshot-loaded', (event, at) => this.#onSnapshotLoaded(event, at));
    context.on('controller-activated', (event, at) => this.#onActivated(event, at));
    context.onWorld((change) => {
      if (change.type === 'disk-wiped' || change.type === 'disk-restored') this.#voters.delete(change.nodeId);
    });
  }

  #voter(at: Occurrence): Voter {
    let voter = this.#voters.get(at.nodeId);
    if (voter === undefined) {
      voter = {
        votes: new Map(),
        durableEpoch: -1,
        durableVote: -1,
        durableAtStart: -1,
        incarnation: at.incarnation,
        role: 'unattached',
        epoch: -1,
        highWatermark: 0,
      };
      this.#voters.set(at.nodeId, voter);
    }
    if (voter.incarnation !== at.incarnation) {
      voter.incarnation = at.incarnation;
      voter.durableAtStart = voter.durableEpoch;
      voter.role = 'unattached';
      voter.epoch = -1;
      voter.highWatermark = 0;
    }
    return voter;
  }

  #nameOf(nodeId: number): string {
    return this.#names.get(nodeId) ?? (nodeId < 0 ? 'nobody' : `node ${nodeId}`);
  }

  #report(property: PropertyId, message: string, facts: ViolationFacts): void {
    this.#ghost.violatedWithinBudget(property, this.#ghost.metadata, message, facts);
  }

  #onTransition(event: TraceEventOf<'quorum-transition'>, at: Occurrence): void {
    const voter = this.#voter(at);
    const facts = { nodeId: at.nodeId, leaderEpoch: event.epoch };
    this.#context.evaluated('K16');
    const isLegal =
      event.epoch > voter.epoch
        ? LATER_EPOCH.includes(event.to) || event.to === 'observer' || (event.from === 'prospective' && event.to === 'candidate')
        : event.epoch === voter.epoch && SAME_EPOCH[event.from].includes(event.to);
    // The first transition of a life starts from what the disk says; its epoch is not known here.
    const isFirst = voter.epoch === -1;
    if (!isFirst && (!isLegal || event.from !== voter.role)) {
      const message = `${at.node} went from ${event.from} to ${event.to} in epoch ${event.epoch}; it was ${voter.role} in epoch ${voter.epoch}`;
      this.#context.violated('K16', message, facts);
    }
    if (!event.isVoter && event.to !== 'observer') {
      this.#context.violated('K16', `${at.node} is no voter and became ${event.to} in epoch ${event.epoch}`, facts);
    }
    const led = this.#leaders.get(event.epoch);
    if (led !== undefined && led.nodeId === at.nodeId && (led.incarnation !== at.incarnation || event.to === 'resigned')) {
      this.#context.evaluated('K11');
      if (event.to === 'leader' || event.to === 'candidate' || event.to === 'follower') {
        this.#report('K11', `${at.node} became ${event.to} in epoch ${event.epoch}, which it had led before`, facts);
      }
    }
    if (event.epoch < voter.durableAtStart) {
      this.#report(
        'K3',
        `${at.node} is in epoch ${event.epoch} after it had made epoch ${voter.durableAtStart} durable in an earlier life`,
        facts,
      );
    }
    voter.role = event.to;
    voter.epoch = event.epoch;
    if (event.to === 'candidate') this.#vote(voter, at, event.epoch, at.nodeId);
  }

  #vote(voter: Voter, at: Occurrence, epoch: number, candidate: number): void {
    const facts = { nodeId: at.nodeId, otherNodeId: candidate, leaderEpoch: epoch };
    this.#context.evaluated('K2');
    const before = voter.votes.get(epoch);
    if (before !== undefined && before !== candidate) {
      this.#report(
        'K2',
        `${at.node} voted for ${this.#nameOf(candidate)} in epoch ${epoch}, and before for ${this.#nameOf(before)}`,
        facts,
      );
    }
    voter.votes.set(epoch, candidate);
    const leader = this.#leaders.get(epoch);
    if (leader !== undefined && leader.nodeId === at.nodeId) {
      this.#context.evaluated('K11');
      const message = `${at.node} voted for ${this.#nameOf(candidate)} in epoch ${epoch}, which it has led itself`;
      if (candidate !== at.nodeId || leader.incarnation !== at.incarnation) this.#report('K11', message, facts);
    }
  }

  #onVoted(event: TraceEventOf<'quorum-voted'>, at: Occurrence): void {
    const voter = this.#voter(at);
    const facts = { nodeId: at.nodeId, otherNodeId: event.candidate, leaderEpoch: event.epoch };
    this.#vote(voter, at, event.epoch, event.candidate);
    // The vote is being answered: a power loss right after it must not make the voter free again.
    if (voter.durableEpoch !== event.epoch || voter.durableVote !== event.candidate) {
      const disk = voter.durableEpoch === -1 ? 'nothing' : `${this.#nameOf(voter.durableVote)} in epoch ${voter.durableEpoch}`;
      this.#report(
        'K2',
        `${at.node} answers with its vote for ${this.#nameOf(event.candidate)} in epoch ${event.epoch}, while its disk says ${disk}`,
        facts,
      );
    }
    this.#context.evaluated('K14');
    const own = this.#ghost.replica(at.nodeId, METADATA_PARTITION);
    // With an empty log after a snapshot the last epoch is the snapshot's, which only the node knows.
    const lastEpoch = own !== undefined && own.log.count > 0 ? own.log.lastEpoch : event.lastEpoch;
    const end = own?.log.end ?? event.endOffset;
    const isUpToDate =
      event.candidateLastEpoch > lastEpoch || (event.candidateLastEpoch === lastEpoch && event.candidateEndOffset >= end);
    if (isUpToDate) return;
    const message = `${at.node}, whose log ends at ${end} in epoch ${lastEpoch}, voted in epoch ${event.epoch} for ${this.#nameOf(event.candidate)}, whose log ends at ${event.candidateEndOffset} in epoch ${event.candidateLastEpoch}`;
    this.#report('K14', message, facts);
  }

  #onPersisted(event: TraceEventOf<'quorum-state-persisted'>, at: Occurrence): void {
    const voter = this.#voter(at);
    this.#context.evaluated('K3');
    if (event.epoch < voter.durableEpoch) {
      this.#report('K3', `${at.node} made epoch ${event.epoch} durable after epoch ${voter.durableEpoch}`, {
        nodeId: at.nodeId,
        leaderEpoch: event.epoch,
      });
    }
    voter.durableEpoch = event.epoch;
    voter.durableVote = event.votedId;
  }

  #onElected(event: TraceEventOf<'quorum-leader-elected'>, at: Occurrence): void {
    const before = this.#leaders.get(event.epoch);
    const facts = { nodeId: at.nodeId, leaderEpoch: event.epoch };
    this.#context.evaluated('K1');
    if (before !== undefined && before.nodeId !== at.nodeId) {
      this.#report('K1', `${at.node} and ${this.#nameOf(before.nodeId)} both lead the quorum in epoch ${event.epoch}`, {
        ...facts,
        otherNodeId: before.nodeId,
      });
    } else if (before !== undefined) {
      this.#report('K11', `${at.node} leads the quorum in epoch ${event.epoch} a second time`, facts);
    }
    this.#leaders.set(event.epoch, { nodeId: at.nodeId, incarnation: at.incarnation, start: event.epochStartOffset });
    const replica = this.#ghost.replica(at.nodeId, METADATA_PARTITION);
    const { ledger } = this.#ghost.metadata;
    const end = ledger.endBefore(event.epoch);
    if (replica === undefined || end === 0) return;
    this.#context.evaluated('K6');
    if (!agrees(replica, ledger.batches.prefixAt(end), end)) {
      const message = `${at.node} leads the quorum in epoch ${event.epoch}, but its log (end ${replica.log.end}) is not what was committed up to ${end}`;
      this.#report('K6', message, { ...facts, offset: end });
    }
  }

  #onHighWatermark(event: TraceEventOf<'quorum-high-watermark-advanced'>, at: Occurrence): void {
    const voter = this.#voter(at);
    const facts = { nodeId: at.nodeId, leaderEpoch: event.epoch, offset: event.to };
    const replica = this.#ghost.replica(at.nodeId, METADATA_PARTITION);
    const { ledger } = this.#ghost.metadata;
    this.#context.evaluated('K9');
    if (event.to <= event.from || event.to < voter.highWatermark) {
      const message = `${at.node}'s metadata high watermark went from ${Math.max(event.from, voter.highWatermark)} to ${event.to}`;
      this.#report('K9', message, facts);
    }
    voter.highWatermark = event.to;
    if (replica !== undefined) {
      this.#context.evaluated('K5');
      const end = Math.min(event.to, ledger.end);
      if (event.to > ledger.end)
        this.#report(
          'K5',
          `${at.node}'s metadata high watermark ${event.to} is above what any leader committed, ${ledger.end}`,
          facts,
        );
      else if (!agrees(replica, ledger.batches.prefixAt(end), end)) {
        this.#report('K5', `${at.node}'s metadata log below its high watermark ${event.to} is not what was committed`, facts);
      }
    }
    if (event.role === 'follower' && event.voters.includes(at.nodeId)) {
      this.#context.evaluated('K18');
      const durableTo = this.#durableTo(at.nodeId);
      if (event.to > durableTo) {
        const message = `${at.node}, a voter, took the metadata log as committed up to ${event.to}, and has it on its disk up to ${durableTo}`;
        this.#report('K18', message, facts);
      }
    }
    if (event.role !== 'leader') return;
    this.#context.evaluated('K8');
    if (event.to <= event.epochStartOffset) {
      const message = `${at.node} committed up to ${event.to} in epoch ${event.epoch}, which began at ${event.epochStartOffset}`;
      this.#report('K8', message, facts);
    }
    this.#context.evaluated('K7');
    let holders = 0;
    for (const id of event.voters) if (this.#durableTo(id) >= event.to) holders += 1;
    if (holders > event.voters.length / 2) return;
    const durable = event.voters.map((id) => `${id} to ${this.#durableTo(id)}`).join(', ');
    const message = `${at.node} committed the metadata log up to ${event.to}, durable on ${holders} of ${event.voters.length} voters (${durable})`;
    this.#report('K7', message, facts);
  }

  #durableTo(voter: number): number {
    const { metadata } = this.#ghost;
    const held = metadata.replicas.get(voter);
    return held === undefined ? 0 : Math.max(held.flushedTo, held.logStartOffset);
  }

  onTruncating(replica: ReplicaGhost, event: TraceEventOf<'log-truncated'>): void {
    if (replica.partition.name !== METADATA_PARTITION) return;
    const voter = this.#voters.get(replica.nodeId);
    if (voter === undefined) return;
    if (event.from > event.to) this.#context.evaluated('K9');
    const highWatermark = voter.incarnation === replica.incarnation ? voter.highWatermark : 0;
    if (event.to < highWatermark && event.reason !== 'snapshot') {
      this.#report('K9', `${replica.node} truncated the metadata log to ${event.to}, below its high watermark ${highWatermark}`, {
        nodeId: replica.nodeId,
        offset: event.to,
      });
    }
    this.#context.evaluated('K10');
    if (voter.role === 'leader' && voter.incarnation === replica.incarnation) {
      this.#report(
        'K10',
        `${replica.node} truncated the metadata log from ${event.from} to ${event.to} while it led epoch ${voter.epoch}`,
        { nodeId: replica.nodeId, leaderEpoch: voter.epoch, offset: event.to },
      );
    }
  }

  /** Nobody may ask for it, unless a voter lost what it had stored. */
  #onTruncationRefused(event: TraceEventOf<'quorum-truncation-refused'>, at: Occurrence): void {
    this.#context.evaluated('K9');
    const message = `${this.#nameOf(event.leaderId)}, the quorum's leader in epoch ${event.epoch}, has the metadata log of ${at.node} up to ${event.to} only, below its high watermark ${event.highWatermark}`;
    this.#report('K9', message, {
      nodeId: event.leaderId,
      otherNodeId: at.nodeId,
      leaderEpoch: event.epoch,
      offset: event.to,
    });
  }

  #onSnapshot(event: TraceEventOf<'snapshot-created'>, at: Occurrence): void {
    const { ledger } = this.#ghost.metadata;
    const voter = this.#voter(at);
    const facts = { nodeId: at.nodeId, leaderEpoch: event.epoch, offset: event.endOffset };
    this.#context.evaluated('K12');
    this.#snapshots.set(event.endOffset, event.epoch);
    const at1 = ledger.batches.indexOf(event.endOffset - 1);
    const epoch = ledger.batches.epochs[at1];
    if (event.endOffset > Math.max(voter.highWatermark, ledger.end)) {
      this.#report(
        'K12',
        `${at.node} made a snapshot at ${event.endOffset}, above its high watermark ${voter.highWatermark}`,
        facts,
      );
    } else if (epoch !== event.epoch || ledger.batches.lasts[at1] !== event.endOffset - 1) {
      this.#report(
        'K12',
        `${at.node} made the snapshot (${event.endOffset}, epoch ${event.epoch}); the committed log has epoch ${epoch} there`,
        facts,
      );
    }
  }

  #onSnapshotLoaded(event: TraceEventOf<'snapshot-loaded'>, at: Occurrence): void {
    const voter = this.#voter(at);
    const facts = { nodeId: at.nodeId, offset: event.endOffset };
    this.#context.evaluated('K10');
    if (voter.role === 'leader')
      this.#report('K10', `${at.node} loaded a snapshot at ${event.endOffset} while it led epoch ${voter.epoch}`, {
        ...facts,
        leaderEpoch: voter.epoch,
      });
    if (event.endOffset > 0 && this.#snapshots.get(event.endOffset) !== event.epoch) {
      // Its maker may have died after the rename and before it could say so: then it must fit the committed log all the same.
      const { ledger } = this.#ghost.metadata;
      const last = ledger.batches.indexOf(event.endOffset - 1);
      const fits = event.endOffset <= ledger.end && ledger.batches.epochs[last] === event.epoch;
      if (fits) this.#snapshots.set(event.endOffset, event.epoch);
      else
        this.#report('K12', `${at.node} loaded the snapshot (${event.endOffset}, epoch ${event.epoch}), which nobody made`, {
          ...facts,
          leaderEpoch: event.epoch,
        });
    }
    if (voter.highWatermark < event.endOffset) voter.highWatermark = event.endOffset;
  }

  /** K15: who becomes the active controller has applied everything below its epoch's start. */
  #onActivated(event: TraceEventOf<'controller-activated'>, at: Occurrence): void {
    const leader = this.#leaders.get(event.epoch);
    const facts = { nodeId: at.nodeId, leaderEpoch: event.epoch };
    this.#context.evaluated('K15');
    const before = this.#activations.get(event.epoch);
    if (before !== undefined)
      this.#report('C1', `${at.node} is the active controller of epoch ${event.epoch}, as was node ${before} before`, {
        ...facts,
        otherNodeId: before,
      });
    this.#activations.set(event.epoch, at.nodeId);
    if (leader === undefined || leader.nodeId !== at.nodeId || leader.incarnation !== at.incarnation) {
      this.#report('K15', `${at.node} became the active controller of epoch ${event.epoch}, which it does not lead`, facts);
      return;
    }
    const replica = this.#ghost.replica(at.nodeId, METADATA_PARTITION);
    if (replica !== undefined && replica.highWatermark <= leader.start) {
      const message = `${at.node} became the active controller of epoch ${event.epoch} with only ${replica.highWatermark} committed; the epoch begins at ${leader.start}`;
      this.#report('K15', message, { ...facts, offset: leader.start });
    }
  }

  /** K12: each log begins at 0 or at a snapshot. */
  atEnd(view: ClusterView): void {
    for (const node of view.nodes.values()) {
      const { logStartOffset } = node.quorum;
      if (logStartOffset === 0) continue;
      this.#context.evaluated('K12');
      if (this.#snapshots.has(logStartOffset)) continue;
      this.#report(
        'K12',
        `the metadata log of ${this.#nameOf(node.nodeId)} begins at ${logStartOffset}, where nobody made a snapshot`,
        {
          nodeId: node.nodeId,
          offset: logStartOffset,
        },
      );
    }
  }
}

function agrees(replica: ReplicaGhost, prefix: number, end: number): boolean {
  if (replica.log.end < end) return false;
  return replica.log.start >= end || replica.log.prefixAt(end) === prefix;
}

export const quorum = {
  properties: [
    { id: 'K1', title: 'at most one quorum leader in an epoch' },
    { id: 'K2', title: 'a voter votes for one candidate in an epoch, across crashes' },
    { id: 'K3', title: "a node's durable quorum epoch never decreases" },
    { id: 'K4', title: 'metadata logs that agree on an offset and its epoch agree on all before' },
    { id: 'K5', title: 'below their high watermarks all nodes have the committed metadata log' },
    { id: 'K6', title: 'a new quorum leader has everything that was committed in earlier epochs' },
    { id: 'K7', title: 'what is committed is durable on a majority of voters' },
    { id: 'K8', title: 'a leader commits only with an entry of its own epoch' },
    { id: 'K9', title: 'the metadata high watermark never decreases, nothing below it is truncated' },
    { id: 'K10', title: 'a quorum leader neither truncates nor loads a snapshot' },
    { id: 'K11', title: 'a node that led an epoch neither leads it again nor votes in it' },
    { id: 'K12', title: 'snapshots are of committed offsets, and logs begin at one' },
    { id: 'K14', title: 'votes go only to candidates whose log is as up to date' },
    { id: 'K15', title: 'the controller activates only as leader that has committed its own epoch start' },
    { id: 'K16', title: 'quorum roles change only along the legal table' },
    { id: 'K18', title: 'a voter takes as committed only what it has on its disk' },
  ],
  create: (context): Checker => new Quorum(context),
} as const satisfies PropertyDefinition;
