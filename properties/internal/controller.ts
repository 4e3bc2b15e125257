/** The controller and the metadata that it commits: C1-C14. C15 (reassignment) is absent. */
import type { TraceEventOf } from '../../core/trace.ts';
import type { BrokerRegistrationSummary, PartitionRegistrationSummary } from '../../core/trace/metadata-events.ts';
import { BROKER_CONFIG, givenOrDefault, type TopicConfigName } from '../../core/config/index.ts';
import type { Checker, Occurrence, PropertyDefinition, ViolationFacts } from '../../sim/observe.ts';
import type { CheckContext } from '../judge.ts';
import {
  type AppliedEvent,
  type CommittedListener,
  type CommittedMetadata,
  committedOf,
  isEmpty,
  type NodeView,
} from './committed.ts';
import { EndedRuns } from './ended-runs.ts';
import { type ClusterGhost, ghostOf } from './ghost.ts';
import { factsOf, type PartitionGhost } from './replica-ghost.ts';

/** Views that are compared are those of the last offsets; older ones are forgotten. */
const REMEMBERED_VIEWS = 20_000;

class Controller implements CommittedListener {
  readonly #context: CheckContext;
  readonly #ghost: ClusterGhost;
  readonly #metadata: CommittedMetadata;
  /** Hash of the whole state by offset, and who published it first. */
  readonly #hashes = new Map<number, { readonly hash: number; readonly node: string; readonly nodeId: number }>();
  readonly #removedTopics = new Set<string>();
  readonly #liveTopics = new Map<string, string>();
  /** Names that some topic ever had. */
  readonly #names = new Set<string>();
  /** Partitions whose committed state changed with the event being taken in. */
  readonly #changed: { ghost: PartitionGhost; before: PartitionRegistrationSummary | null }[] = [];
  readonly #newIncarnations: { readonly brokerId: number; readonly isAfterBreak: boolean }[] = [];
  readonly #endedRuns: EndedRuns;
  /** Who registered anew with the event being taken in. */
  readonly #registeredAnew = new Set<number>();
  /** Elections of a last leader in the step that must have struck out the last one that could lead otherwise. */
  readonly #lastLeaderElections: { readonly election: string; readonly other: number; readonly facts: ViolationFacts }[] = [];
  readonly #barred: number[] = [];
  #nextProducerId = 0;

  constructor(context: CheckContext) {
    this.#context = context;
    this.#ghost = ghostOf(context);
    this.#metadata = committedOf(context);
    this.#endedRuns = new EndedRuns(context);
    this.#metadata.listeners.push(this);
    context.on('controller-write-completed', (event, at) => this.#onWriteCompleted(event, at));
    context.on('alter-partition-answered', (event, at) => this.#onAlterPartition(event, at));
    context.on('controlled-shutdown-granted', (event, at) => this.#onShutdownGranted(event, at));
    context.on('producer-ids-allocated', (event, at) => {
      if (this.#nextProducerId > 0) context.evaluated('C13');
      if (event.firstId < this.#nextProducerId) {
        const message = `${at.node} gave broker ${event.broker} the producer ids from ${event.firstId}; all below ${this.#nextProducerId} were given away`;
        context.violated('C13', message, { nodeId: at.nodeId, brokerId: event.broker, producerId: event.firstId });
      }
      this.#nextProducerId = Math.max(this.#nextProducerId, event.firstId + event.count);
    });
  }

  /** C1: success is answered only for what is committed in the quorum's log. */
  #onWriteCompleted(event: TraceEventOf<'controller-write-completed'>, at: Occurrence): void {
    this.#context.evaluated('C1');
    const end = this.#ghost.metadata.ledger.end;
    if (event.offset < end) return;
    const message = `${at.node} answered ${event.operation} of epoch ${event.epoch}, written at offset ${event.offset}; committed is what is below ${end}`;
    this.#context.violated('C1', message, { nodeId: at.nodeId, leaderEpoch: event.epoch, offset: event.offset });
  }

  onApplying(event: AppliedEvent, view: NodeView, at: Occurrence): void {
    // One after the other, and nothing can go wrong.
    if (event.fromSnapshot || event.offset > view.offset + 1) {
      this.#context.evaluated('C10');
      this.#context.evaluated('K15');
    }
    if (event.offset <= view.offset) {
      const facts = { nodeId: at.nodeId, offset: event.offset };
      this.#context.violated('C10', `${nameOf(event, at)} applied metadata up to ${event.offset} after ${view.offset}`, facts);
      this.#context.violated(
        'K15',
        `${nameOf(event, at)} was given committed metadata of ${event.offset} after ${view.offset}`,
        facts,
      );
    }
    for (const partition of event.partitions) {
      const before = view.epochs.get(`${partition.topicId}/${partition.partition}`);
      if (before === undefined) continue;
      if (partition.leaderEpoch >= before.leaderEpoch && partition.partitionEpoch >= before.partitionEpoch) continue;
      const message = `${nameOf(event, at)} applied ${describe(partition)} after leader epoch ${before.leaderEpoch}, partition epoch ${before.partitionEpoch}`;
      this.#context.violated('C10', message, { ...factsOf(partition), nodeId: at.nodeId });
    }
    for (const { partitionEpoch, partition, topicId } of event.partitions) {
      if (!view.removed.has(`${topicId}/${partition}`)) continue;
      this.#context.violated(
        'C14',
        `${nameOf(event, at)} applied ${partition} of topic id ${topicId}, partition epoch ${partitionEpoch}, which was deleted`,
        { nodeId: at.nodeId, partition, topicId, offset: event.offset },
      );
    }
  }

  /** C9: whoever has applied up to an offset, through the log or a snapshot, has the same state. */
  onApplied(event: AppliedEvent, view: NodeView, at: Occurrence): void {
    const first = this.#hashes.get(event.offset);
    if (first === undefined) {
      this.#hashes.set(event.offset, { hash: view.hash, node: at.node, nodeId: at.nodeId });
      if (this.#hashes.size > REMEMBERED_VIEWS) this.#hashes.delete(this.#hashes.keys().next().value as number);
      return;
    }
    if (event.fromSnapshot || !isEmpty(event)) this.#context.evaluated('C9');
    if (event.fromSnapshot) this.#context.mark('c9-compared-after-snapshot');
    if (first.hash === view.hash) return;
    const how = event.fromSnapshot ? 'by a snapshot' : 'by the log';
    const message = `${at.node} (${event.role}, ${how}) and ${first.node} have different metadata at offset ${event.offset}`;
    this.#ghost.violatedWithinBudget('C9', this.#ghost.metadata, message, {
      nodeId: at.nodeId,
      otherNodeId: first.nodeId,
      offset: event.offset,
    });
  }

  onPartition(ghost: PartitionGhost, before: PartitionRegistrationSummary | null, after: PartitionRegistrationSummary): void {
    this.#changed.push({ ghost, before });
    const { topic } = after;
    const live = this.#liveTopics.get(topic);
    if (live !== after.topicId) {
      if (this.#names.has(topic)) this.#context.evaluated('C14');
      this.#names.add(topic);
      if (live !== undefined)
        this.#context.violated('C14', `topic ${topic} has the ids ${live} and ${after.topicId} at once`, factsOf(after));
      if (this.#removedTopics.has(after.topicId))
        this.#context.violated('C14', `the id ${after.topicId} of a deleted topic is used again`, factsOf(after));
      this.#liveTopics.set(topic, after.topicId);
    }
    this.#checkSets(before, after);
    if (before !== null) this.#checkChange(before, after);
  }

  onPartitionRemoved(ghost: PartitionGhost, topic: string): void {
    this.#removedTopics.add(ghost.topicId);
    if (this.#liveTopics.get(topic) === ghost.topicId) this.#liveTopics.delete(topic);
  }

  #checkSets(before: PartitionRegistrationSummary | null, p: PartitionRegistrationSummary): void {
    if (p.isr.length < p.replicas.length) this.#context.evaluated('C5');
    const problem =
      p.leader !== -1 && !p.isr.includes(p.leader)
        ? 'its leader is not in its ISR'
        : p.isr.some((id) => !p.replicas.includes(id)) || p.elr.some((id) => !p.replicas.includes(id))
          ? 'its ISR or ELR has members that are no replicas'
          : p.isr.length === 0 && !this.#mayBeEmpty(before, p)
            ? 'its ISR is empty'
            : p.isr.some((id) => p.elr.includes(id))
              ? 'a replica is in ISR and ELR'
              : new Set(p.isr).size !== p.isr.length || new Set(p.replicas).size !== p.replicas.length
                ? 'a replica is named twice'
                : null;
    if (problem !== null) this.#context.violated('C5', `${describe(p)}: ${problem}`, factsOf(p));
  }

  /** With eligible leader replicas, as long as it is known who may lead then; another min.insync.replicas makes that forgotten. */
  #mayBeEmpty(before: PartitionRegistrationSummary | null, p: PartitionRegistrationSummary): boolean {
    if (!this.#metadata.isElrEnabled) return false;
    return p.elr.length > 0 || p.lastKnownElr.length > 0 || before?.isr.length === 0;
  }

  /** Changes may come several at once: then only their sum can be judged. */
  #checkChange(before: PartitionRegistrationSummary, after: PartitionRegistrationSummary): void {
    const steps = after.partitionEpoch - before.partitionEpoch;
    const leaderSteps = after.leaderEpoch - before.leaderEpoch;
    const leaderChanged = before.leader !== after.leader;
    if (leaderChanged || steps > 1) this.#context.evaluated('C6');
    if (steps < 1 || leaderSteps < 0 || leaderSteps > steps || (leaderChanged && leaderSteps < 1)) {
      this.#context.violated('C6', `${describe(before)} became ${describe(after)}`, factsOf(after));
    }
    if (!leaderChanged || after.leader === -1 || steps !== 1) return;
    this.#context.evaluated('C7');
    if (before.isr.includes(after.leader) || isElrElection(before, after)) return;
    if (isLastLeaderElection(before, after)) {
      const election = `${describe(before)} became ${describe(after)}`;
      for (const other of [...before.isr, ...before.elr])
        this.#lastLeaderElections.push({ election, other, facts: factsOf(after) });
      return;
    }
    const isUncleanAllowed = this.#uncleanAllowed(after.topic);
    const isUncleanRight = isAlone(after) && after.recovering;
    if (isUncleanAllowed && isUncleanRight) return;
    const why = isUncleanAllowed ? 'an unclean leader must be alone in the ISR, and recovering' : 'unclean election is off';
    this.#context.violated('C7', `${describe(before)} became ${describe(after)}: ${why}`, {
      ...factsOf(after),
      brokerId: after.leader,
    });
  }

  #uncleanAllowed(topic: string): boolean {
    const name = 'unclean.leader.election.enable' satisfies TopicConfigName;
    const value =
      this.#metadata.configs.get(`topic:${topic}`)?.get(name) ??
      this.#metadata.configs.get('broker:')?.get(name) ??
      givenOrDefault(BROKER_CONFIG, this.#context.plan.cluster.properties, name);
    return String(value) === 'true';
  }

  onBroker(before: BrokerRegistrationSummary | null, after: BrokerRegistrationSummary, offset: number): void {
    const { brokerId } = after;
    const isNew = before === null || before.brokerEpoch !== after.brokerEpoch;
    if (isNew) {
      if (before !== null) this.#context.evaluated('C2');
      if (after.brokerEpoch > offset || (before !== null && after.brokerEpoch <= before.brokerEpoch)) {
        const message = `broker ${brokerId} registered with epoch ${after.brokerEpoch} at offset ${offset}; before it had ${before?.brokerEpoch ?? 'none'}`;
        this.#context.violated('C2', message, { brokerId, offset });
      }
    } else if (before.incarnationId !== after.incarnationId) {
      this.#context.violated('C2', `broker ${brokerId} changed its incarnation within broker epoch ${after.brokerEpoch}`, {
        brokerId,
        offset,
      });
    }
    if (before?.incarnationId !== after.incarnationId) this.#registeredAnew.add(brokerId);
    const isNewIncarnation = before !== null && before.incarnationId !== after.incarnationId;
    if (isNewIncarnation && after.fenced)
      this.#newIncarnations.push({ brokerId, isAfterBreak: this.#endedRuns.isBroken(before.incarnationId) });
    if (after.fenced || after.inControlledShutdown) this.#barred.push(brokerId);
    const isUnfenced = (before === null || before.fenced || isNew) && !after.fenced;
    if (!isUnfenced) return;
    this.#context.evaluated('C11');
    const applied = this.#metadata.appliedBy.get(brokerId) ?? -1;
    if (applied < after.brokerEpoch) {
      const message = `broker ${brokerId}, registered at offset ${after.brokerEpoch}, was unfenced when it had applied metadata up to ${applied}`;
      this.#context.violated('C11', message, { brokerId, offset });
    }
  }

  /** Checks of the state as a whole, between two atomic batches. */
  onAdvanced(): void {
    for (const { ghost, before } of this.#changed) if (ghost.committed !== null) this.#checkMembers(ghost.committed, before);
    this.#changed.length = 0;
    for (const { election, other, facts } of this.#lastLeaderElections) {
      if (this.#registeredAnew.has(other)) continue;
      this.#context.violated(
        'C7',
        `${election}: broker ${other} was in sync or eligible, and nothing says that it has lost records`,
        { ...facts, brokerId: other },
      );
    }
    this.#lastLeaderElections.length = 0;
    this.#registeredAnew.clear();
    if (this.#barred.length > 0) {
      for (const ghost of this.#ghost.partitions.values()) {
        if (ghost.committed === null || ghost.removed) continue;
        this.#checkMembers(ghost.committed, null);
        this.#checkNewIncarnations(ghost.committed);
      }
    }
    this.#barred.length = 0;
    this.#newIncarnations.length = 0;
  }

  /** C3: who is fenced or leaving neither leads nor is in the ISR, but for the last member of a leaderless partition without ELR. */
  #checkMembers(p: PartitionRegistrationSummary, _before: PartitionRegistrationSummary | null): void {
    if (p.replicas.some((id) => isBarred(this.#metadata.brokers.get(id)))) this.#context.evaluated('C3');
    for (const id of p.isr) {
      const broker = this.#metadata.brokers.get(id);
      if (!isBarred(broker) || this.#isLastMember(p)) continue;
      const state = broker === undefined ? 'not registered' : broker.fenced ? 'fenced' : 'shutting down';
      this.#context.violated('C3', `${describe(p)}: broker ${id} is ${state}`, { ...factsOf(p), brokerId: id });
      return;
    }
  }

  /** Without eligible leader replicas an ISR never becomes empty. */
  #isLastMember(p: PartitionRegistrationSummary): boolean {
    return !this.#metadata.isElrEnabled && p.isr.length === 1 && p.leader === -1;
  }

  /** C4: a new incarnation is no member of any ISR until it is admitted anew, leads nothing, and is eligible only after an end in order. */
  #checkNewIncarnations(p: PartitionRegistrationSummary): void {
    for (const { brokerId, isAfterBreak } of this.#newIncarnations) {
      if (!p.replicas.includes(brokerId)) continue;
      this.#context.evaluated('C4');
      const isInSync = p.leader === brokerId || (p.isr.includes(brokerId) && !this.#isLastMember(p));
      if (!isInSync && !(isAfterBreak && p.elr.includes(brokerId))) continue;
      const eligible = isInSync ? '' : `, and is eligible [${p.elr.join(', ')}] though its last run did not end in order`;
      this.#context.violated('C4', `${describe(p)}: broker ${brokerId} has registered anew since${eligible}`, {
        ...factsOf(p),
        brokerId,
      });
    }
  }

  /** C8: an applied AlterPartition was of the leader, the leader epoch and the partition epoch of that moment. */
  #onAlterPartition(event: TraceEventOf<'alter-partition-answered'>, at: Occurrence): void {
    const topicId = this.#metadata.topicIds.get(event.topic);
    if (topicId === undefined) return;
    const { recent } = this.#ghost.partition(event.partition, topicId);
    if (event.error !== 0) {
      this.#context.evaluated('C8');
      return;
    }
    const asked = recent.find((state) => state.partitionEpoch === event.partitionEpoch);
    const answered = recent.find((state) => state.partitionEpoch === event.partitionEpoch + 1);
    if (asked === undefined) return;
    this.#context.evaluated('C8');
    const request = `node ${event.broker}'s request for the ISR [${event.requestedIsr.join(', ')}] of ${event.partition} (leader epoch ${event.leaderEpoch}, partition epoch ${event.partitionEpoch})`;
    const facts = {
      nodeId: at.nodeId,
      brokerId: event.broker,
      partition: event.partition,
      topicId,
      leaderEpoch: event.leaderEpoch,
    };
    if (asked.leader !== event.broker || asked.leaderEpoch !== event.leaderEpoch) {
      this.#context.violated('C8', `${at.node} applied ${request} to ${describe(asked)}`, facts);
    } else if (answered !== undefined && !sameSet(answered.isr, event.requestedIsr)) {
      this.#context.violated('C8', `${at.node} answered ${request} with success, committed is ${describe(answered)}`, facts);
    }
    this.#checkIncarnations(event, request, at, facts);
  }

  /** C8: requester and members are the incarnations that were registered when it was decided (KIP-903). */
  #checkIncarnations(
    event: TraceEventOf<'alter-partition-answered'>,
    request: string,
    at: Occurrence,
    facts: ViolationFacts,
  ): void {
    const check = (brokerId: number, claimed: number): void => {
      const registered = this.#metadata.brokers.get(brokerId)?.brokerEpoch ?? -1;
      // A registration's epoch is its place in the log: one that came after the decision says nothing of it.
      if (claimed < 0 || claimed === registered || registered >= event.decidedAt) return;
      const message = `${at.node} applied ${request}, which names broker epoch ${claimed} of broker ${brokerId}; it is registered with ${registered}`;
      this.#context.violated('C8', message, { ...facts, brokerId });
    };
    check(event.broker, event.brokerEpoch);
    event.requestedIsr.forEach((brokerId, i) => {
      check(brokerId, event.requestedEpochs[i] ?? -1);
    });
  }

  /** C12, at the time of the decision: by that of the answer another heartbeat, sent before, may have unfenced the broker again. */
  #onShutdownGranted({ brokerId, decidedOn, decidedAt }: TraceEventOf<'controlled-shutdown-granted'>, at: Occurrence): void {
    this.#context.evaluated('C12');
    for (const { recent, recentOffsets, removed } of this.#ghost.partitions.values()) {
      if (removed) continue;
      // The decision fences the broker, which takes from it what it leads: it must have led nothing before (KAFKA-14296).
      const led = this.#hashes.has(decidedOn) ? recent[recentOffsets.findLastIndex((offset) => offset <= decidedOn)] : undefined;
      if (led?.leader === brokerId) {
        this.#context.violated(
          'C12',
          `${at.node} decided on metadata offset ${decidedOn} to let broker ${brokerId} shut down at once; there was ${describe(led)}`,
          { ...factsOf(led), nodeId: at.nodeId, brokerId },
        );
        return;
      }
      // What was told with a later offset may have come before the decision or after it.
      const decided = recentOffsets.findLastIndex((offset) => offset <= decidedAt);
      if (decided < 0) continue;
      const possible = recent.slice(decided);
      if (!possible.every(({ leader, isr }) => leader === brokerId || (isr.includes(brokerId) && isr.length > 1))) continue;
      const [state] = possible as [PartitionRegistrationSummary];
      this.#context.violated(
        'C12',
        `${at.node} decided at metadata offset ${decidedAt} to let broker ${brokerId} shut down; there was ${describe(state)}`,
        { ...factsOf(state), nodeId: at.nodeId, brokerId },
      );
      return;
    }
  }
}

/** An eligible replica leads when the ISR has lost its last member (KIP-966). It has all that was committed: this is no unclean election. */
function isElrElection(before: PartitionRegistrationSummary, after: PartitionRegistrationSummary): boolean {
  const isClean = before.recovering || !after.recovering;
  return before.isr.length <= 1 && before.elr.includes(after.leader) && isAlone(after) && isClean;
}

/** With nobody in sync or eligible (the last of them is struck out in this very step) the last leader is elected, uncleanly. */
function isLastLeaderElection(before: PartitionRegistrationSummary, after: PartitionRegistrationSummary): boolean {
  const isEmpty = before.isr.length + before.elr.length <= 1;
  return isEmpty && before.lastKnownElr.includes(after.leader) && isAlone(after) && after.recovering;
}

function isAlone({ isr, leader }: PartitionRegistrationSummary): boolean {
  return isr.length === 1 && isr[0] === leader;
}

/** Neither to lead nor to be in an ISR. */
function isBarred(broker: BrokerRegistrationSummary | undefined): boolean {
  return broker === undefined || broker.fenced || broker.inControlledShutdown;
}

function nameOf({ role }: AppliedEvent, { node }: Occurrence): string {
  return `${node} (${role})`;
}

function sameSet(a: readonly number[], b: readonly number[]): boolean {
  return a.length === b.length && a.every((value) => b.includes(value));
}

function describe(p: PartitionRegistrationSummary): string {
  return `${p.partition} (leader ${p.leader}, ISR [${p.isr.join(', ')}], leader epoch ${p.leaderEpoch}, partition epoch ${p.partitionEpoch})`;
}

export const controller = {
  properties: [
    { id: 'C1', title: 'the controller answers success only for what is committed' },
    { id: 'C2', title: 'each registration has a fresh, higher broker epoch' },
    { id: 'C3', title: 'no fenced or leaving broker leads or is in an ISR (but, without ELR, the last member of one)' },
    {
      id: 'C4',
      title: 'a new incarnation of a broker is out of every ISR at once, and eligible only if the last one ended in order',
    },
    {
      id: 'C5',
      title:
        'leader in ISR, ISR among replicas and not empty (but, with ELR, while somebody else may lead), nobody in ISR and ELR',
    },
    { id: 'C6', title: 'leader and partition epochs rise with every change' },
    {
      id: 'C7',
      title:
        'leaders are elected from the ISR; if that is empty, from the ELR or the last leader; from others only if that is on',
    },
    { id: 'C8', title: 'AlterPartition is applied only at the exact leader and partition epoch' },
    { id: 'C9', title: 'all nodes have the same metadata at the same offset' },
    { id: 'C10', title: 'nodes apply metadata in order' },
    { id: 'C11', title: 'a broker is unfenced only after it applied its own registration' },
    { id: 'C12', title: 'controlled shutdown is granted only to a broker that leads nothing' },
    { id: 'C13', title: 'producer id blocks never overlap' },
    { id: 'C14', title: 'topic ids are never reused, a name has one' },
  ],
  create: (context): Checker => {
    new Controller(context);
    return {};
  },
} as const satisfies PropertyDefinition;
