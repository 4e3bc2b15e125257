/** GR14: a member goes forward, and so does what it commits: an older commit is not applied after a newer one. */
import { topicPartitionKey } from '../../core/protocol/partition.ts';
import type { TraceEventOf } from '../../core/trace.ts';
import type { HistoryEvent } from '../../sim/history.ts';
import type { Checker, Occurrence, PropertyDefinition } from '../../sim/observe.ts';
import type { CheckContext } from '../judge.ts';
import { type Guarantees, guaranteesOf } from '../guarantees.ts';
import { Sessions } from '../history/operations.ts';
import { type ClusterGhost, ghostOf } from './ghost.ts';

interface MemberCommit {
  readonly member: string;
  readonly generation: number;
  readonly offset: number;
  /** Which coordinator told of it. */
  readonly node: string;
  readonly logOffset: number;
}

/**
 * A consumer was sent back in a partition that it holds: by a truncation, or because the log does not hold its position
 * (SubscriptionState.maybeCompleteValidation, KIP-320). Whether it may be is N4.
 */
interface Rewind {
  readonly from: number;
  readonly to: number;
}

/** What is known of one group. */
class GroupCommits {
  /** By partition, the last one that a member of a generation made there. */
  readonly last = new Map<string, MemberCommit>();
  /** By partition, offsets whose request was sent and not answered: it may be applied at any later time (docs/guarantees.md, "How an operation ends"). */
  readonly unanswered = new Map<string, Set<number>>();
  /** By client, then by partition, since the partition was assigned to it. */
  readonly #rewinds = new Map<string, Map<string, Rewind>>();
  /** Its application goes back on purpose: it seeks, or names the offsets that it commits. */
  mayGoBack = false;

  addUnanswered(partition: string, offset: number): void {
    const offsets = this.unanswered.get(partition);
    if (offsets === undefined) this.unanswered.set(partition, new Set([offset]));
    else offsets.add(offset);
  }

  assign(client: string, partition: string): void {
    this.#rewinds.get(client)?.delete(partition);
  }

  /** What the client had committed before may be applied after this, up to where it was. */
  rewind(client: string, partition: string, from: number, to: number): void {
    const ofClient = this.#rewinds.get(client) ?? new Map<string, Rewind>();
    this.#rewinds.set(client, ofClient);
    const before = ofClient.get(partition);
    ofClient.set(partition, { from: Math.max(from, before?.from ?? from), to: Math.min(to, before?.to ?? to) });
  }

  wasRewound(partition: string, from: number, to: number): boolean {
    for (const ofClient of this.#rewinds.values()) {
      const rewind = ofClient.get(partition);
      if (rewind !== undefined && from <= rewind.from && to >= rewind.to) return true;
    }
    return false;
  }
}

class CommitOrder {
  readonly #context: CheckContext;
  readonly #guarantees: Guarantees;
  readonly #ghost: ClusterGhost;
  readonly #groups = new Map<string, GroupCommits>();

  constructor(context: CheckContext) {
    this.#context = context;
    this.#ghost = ghostOf(context);
    this.#guarantees = guaranteesOf(context);
    context.on('offset-committed', (event, at) => this.#onCommitted(event, at));
    context.on('consumer-commit-unanswered', ({ group, offsets }) => {
      for (const { topic, partition, offset } of offsets)
        this.#of(group).addUnanswered(topicPartitionKey(topic, partition), offset);
    });
    context.onHistory((event) => this.#onHistory(event));
    const consumers = new Sessions(context, 'consumer', ({ client, properties }) => {
      const group = properties['group.id'];
      return group === undefined ? null : { client, commits: this.#of(String(group)) };
    });
    consumers.on(['assigned'], ({ client, commits }, { partitions }) => {
      for (const { topic, partition } of partitions) commits.assign(client, topicPartitionKey(topic, partition));
    });
    context.on('consumer-position-reset', ({ partition, from, to }, { node }) => {
      for (const { client, commits } of consumers.values()) if (client === node) commits.rewind(client, partition, from, to);
    });
  }

  #onCommitted(event: TraceEventOf<'offset-committed'>, at: Occurrence): void {
    const { group, partition, member, generation, offset, logOffset } = event;
    if (generation < 0 || member === '') return;
    const commits = this.#of(group);
    const last = commits.last.get(partition);
    // One that stood still tells of what is in the log before the commits that its successor has told of.
    if (last !== undefined && last.node !== at.node && logOffset < last.logOffset) return;
    commits.last.set(partition, { member, generation, offset, node: at.node, logOffset });
    if (last?.member === member && last.generation === generation) {
      if (!commits.mayGoBack) this.#context.evaluated('GR14');
      const isBack = offset < last.offset;
      const isAllowed =
        commits.mayGoBack ||
        commits.unanswered.get(partition)?.has(offset) === true ||
        commits.wasRewound(partition, last.offset, offset);
      // In a topic that was made again its place is another.
      if (isBack && !isAllowed && !this.#guarantees.deletionExcuses('GR14', partition)) {
        const message = `${at.node} took ${partition}@${offset} from member '${member}' of group ${group} in generation ${generation}, which had committed @${last.offset} before`;
        const offsets = this.#ghost.replica(at.nodeId, `__consumer_offsets-${event.offsetsPartition}`);
        // A group that lost its last generation makes another one with that number.
        const facts = { nodeId: at.nodeId, group, generation, member, partition, offset };
        if (offsets === undefined) this.#context.violated('GR14', message, facts);
        else this.#ghost.violatedWithinBudget('GR14', offsets.partition, message, facts);
      }
    }
  }

  #onHistory(event: HistoryEvent): void {
    const group = event.session.properties['group.id'];
    if (group === undefined || event.type !== 'invoke') return;
    const { call } = event;
    const isBack = call.f === 'seek' || (call.f === 'commit' && call.offsets !== null);
    if (isBack) this.#of(String(group)).mayGoBack = true;
  }

  #of(group: string): GroupCommits {
    let commits = this.#groups.get(group);
    if (commits === undefined) {
      commits = new GroupCommits();
      this.#groups.set(group, commits);
    }
    return commits;
  }
}

export const commitOrder = {
  properties: [{ id: 'GR14', title: 'within one member and generation a committed offset never goes back' }],
  create: (context): Checker => {
    new CommitOrder(context);
    return {};
  },
} as const satisfies PropertyDefinition;
