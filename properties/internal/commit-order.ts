/** GR14: a member goes forward, and so does what it commits: an older commit is not applied after a newer one. */
import { topicPartitionKey } from '../../core/protocol/partition.ts';
import type { TraceEventOf } from '../../core/trace.ts';
import type { HistoryEvent } from '../../sim/history.ts';
import type { CheckContext, Occurrence, PropertyDefinition } from '../../sim/observe.ts';
import { type Guarantees, guaranteesOf } from '../guarantees.ts';

interface MemberCommit {
  member: string;
  generation: number;
  offset: number;
}

/** What is known of one group. */
class GroupCommits {
  /** By partition, the last one that a member of a generation made there. */
  readonly last = new Map<string, MemberCommit>();
  /** By partition, offsets whose request was sent and not answered: it may be applied at any later time (PROPERTIES section 0). */
  readonly unanswered = new Map<string, Set<number>>();
  /** Its application goes back on purpose: it seeks, or names the offsets that it commits. */
  mayGoBack = false;

  addUnanswered(partition: string, offset: number): void {
    const offsets = this.unanswered.get(partition);
    if (offsets === undefined) this.unanswered.set(partition, new Set([offset]));
    else offsets.add(offset);
  }
}

class CommitOrder {
  readonly #context: CheckContext;
  readonly #guarantees: Guarantees;
  readonly #groups = new Map<string, GroupCommits>();

  constructor(context: CheckContext) {
    this.#context = context;
    this.#guarantees = guaranteesOf(context);
    context.on('offset-committed', (event, at) => this.#onCommitted(event, at));
    context.on('consumer-commit-unanswered', ({ group, offsets }) => {
      for (const { topic, partition, offset } of offsets)
        this.#of(group).addUnanswered(topicPartitionKey(topic, partition), offset);
    });
    context.onHistory((event) => this.#onHistory(event));
  }

  #onCommitted(event: TraceEventOf<'offset-committed'>, at: Occurrence): void {
    const { group, partition, member, generation, offset } = event;
    if (generation < 0 || member === '') return;
    const commits = this.#of(group);
    const last = commits.last.get(partition);
    if (last === undefined) {
      commits.last.set(partition, { member, generation, offset });
      return;
    }
    if (last.member === member && last.generation === generation) {
      if (!commits.mayGoBack) this.#context.evaluated('GR14');
      const isBack = offset < last.offset;
      const isAllowed = commits.mayGoBack || commits.unanswered.get(partition)?.has(offset) === true;
      // In a topic that was made again its place is another.
      if (isBack && !isAllowed && !this.#guarantees.deletionExcuses('GR14', partition)) {
        const message = `${at.node} took ${partition}@${offset} from member '${member}' of group ${group} in generation ${generation}, which had committed @${last.offset} before`;
        this.#context.violated('GR14', message);
      }
    }
    last.member = member;
    last.generation = generation;
    last.offset = offset;
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
  create: (context) => {
    new CommitOrder(context);
    return {};
  },
} as const satisfies PropertyDefinition;
