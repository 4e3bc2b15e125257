/**
 * GR3 and L10: who owns which partition, as the members' own listeners saw it. A zombie of an older generation may believe
 * to own what is another's by now; two members of one generation never may. After healing each group comes to rest.
 */
import { topicPartitionKey } from '../../core/protocol/partition.ts';
import type { Session } from '../../sim/history.ts';
import type { Checker, ClusterView, PropertyDefinition } from '../../sim/observe.ts';
import type { CheckContext, Unmet } from '../judge.ts';
import { type Guarantees, guaranteesOf } from '../guarantees.ts';
import { onOperations, Sessions } from './operations.ts';
import { keepsWhatStays } from './rebalance-protocol.ts';
import { partitionCount } from './topics.ts';

interface Owner {
  readonly session: Session;
  readonly generation: number;
}

/** Another was given what a member of a classic group has. */
interface Doubt {
  readonly group: string;
  readonly generation: number;
  readonly to: string;
}

/** A live session in a group, which has cooperative members. */
interface Stay {
  /** That it took part in last. */
  generation: number;
  /** By partition. */
  readonly doubts: Map<string, Doubt>;
}

/** The epoch of a static member that has left and keeps its place (KIP-848). */
const STATIC_LEAVE = -2;

interface GroupState {
  /** Members go by a protocol by which what they have does not end with a generation, or did. */
  isIncremental: boolean;
  /** Last member that was assigned the partition in the highest generation seen. */
  readonly latest: Map<string, Owner>;
}

export const ownership = {
  properties: [
    {
      id: 'GR3',
      title:
        'no two members of one generation are given the same partition; by the consumer and the cooperative protocol no member, while another has it',
    },
    { id: 'L10', title: 'after healing each group is stable, every partition has one owner, and the generation rests' },
  ],
  create: (context): Checker => new OwnershipChecker(context),
} as const satisfies PropertyDefinition;

class OwnershipChecker implements Checker {
  readonly #context: CheckContext;
  readonly #guarantees: Guarantees;
  readonly #groups = new Map<string, GroupState>();
  /** What each live session owns, with the generation it was given in. */
  readonly #owned: Sessions<Map<string, number>>;
  readonly #stays: Sessions<Stay>;
  /** By client, as whom it was given partitions last. */
  readonly #members = new Map<string, string>();
  /** Members that a coordinator put out, or that left, and that have not joined since, as `group/member`. */
  readonly #removed = new Set<string>();
  readonly #lastGeneration = new Map<string, number>();
  /** By group, the last generation in which a static leader came back to an assignment of its earlier life. */
  readonly #kept = new Map<string, number>();

  constructor(context: CheckContext) {
    this.#context = context;
    this.#guarantees = guaranteesOf(context);
    this.#owned = new Sessions(context, 'consumer', () => new Map());
    this.#stays = new Sessions(context, 'consumer', () => ({ generation: -1, doubts: new Map() }));
    this.#stays.on(['assigned'], (stay, { session, generation }) => {
      stay.generation = generation;
      for (const [key, doubt] of stay.doubts) this.#resolve(stay, key, doubt, session);
    });
    this.#stays.on(['revoked'], (stay, { session, partitions, generation }) => {
      stay.generation = generation;
      for (const { topic, partition } of partitions) {
        const key = topicPartitionKey(topic, partition);
        const doubt = stay.doubts.get(key);
        if (doubt !== undefined) this.#resolve(stay, key, doubt, session);
      }
    });
    this.#stays.on(['lost'], ({ doubts }) => doubts.clear());
    context.on('consumer-rebalanced', ({ member }, { node }) => this.#members.set(node, member));
    context.on('group-member-removed', ({ group, member }) => this.#removed.add(`${group}/${member}`));
    context.on('group-member-joined', ({ group, member }) => this.#removed.delete(`${group}/${member}`));
    // It left for a while: what it still had and was not to have any more is free at once (GroupMetadataManager.consumerGroupStaticMemberGroupLeave, 4.3.1).
    context.on('consumer-group-changed', ({ group, members }) => {
      for (const { member, epoch } of members) if (epoch === STATIC_LEAVE) this.#removed.add(`${group}/${member}`);
    });
    context.on('consumer-kept-assignment', ({ group, generation }) => this.#kept.set(group, generation));
    // Also of a session that has ended: its listener may come late.
    onOperations(context, ['assigned'], ({ session, partitions, generation }) => {
      for (const { topic, partition } of partitions) this.#assigned(session, topicPartitionKey(topic, partition), generation);
    });
    this.#owned.on(['revoked', 'lost'], (owned, { partitions }) => {
      for (const { topic, partition } of partitions) owned.delete(topicPartitionKey(topic, partition));
    });
  }

  unsettled(view: ClusterView): Unmet | null {
    const groups = new Map<string, ClusterView['consumers'][number][]>();
    for (const consumer of view.consumers) {
      const members = groups.get(consumer.group);
      if (members === undefined) groups.set(consumer.group, [consumer]);
      else members.push(consumer);
    }
    for (const [group, members] of groups) {
      if (members.length === 0 || this.#coordinatorIsExcused(view, group)) continue;
      const message = this.#restless(view, group, members);
      if (message !== null) return { property: 'L10', message, facts: { group }, concerns: [group] };
      this.#context.evaluated('L10');
    }
    return null;
  }

  #assigned(session: Session, key: string, generation: number): void {
    this.#owned.get(session.id)?.set(key, generation);
    const group = String(session.properties['group.id'] ?? '');
    let state = this.#groups.get(group);
    if (state === undefined) {
      state = { latest: new Map(), isIncremental: false };
      this.#groups.set(group, state);
    }
    state.isIncremental ||= keepsWhatStays(session);
    if (state.isIncremental) {
      this.#handedOver(state, session, key, generation);
      return;
    }
    const before = state.latest.get(key);
    if (before === undefined || generation > before.generation) {
      state.latest.set(key, { session, generation });
      // Who keeps what it had takes it from nobody.
      if (before !== undefined && before.session.id !== session.id) this.#context.evaluated('GR3');
      return;
    }
    // A late listener of an older generation is a zombie, which is legal.
    if (generation < before.generation || before.session.id === session.id) return;
    state.latest.set(key, { session, generation });
    this.#context.evaluated('GR3');
    // A static member that comes back takes its place in the same generation (KIP-345): its earlier life must have ended.
    if (this.#owned.get(before.session.id)?.get(key) !== generation) return;
    if (this.#guarantees.offsetsExcused('GR3', group)) return;
    this.#context.violated(
      'GR3',
      `${key} was given to ${before.session.client} and to ${session.client} in generation ${generation} of group ${group}`,
      { partition: key, group, client: session.client },
    );
  }

  /** GR3 in the form of KIP-848 and KIP-429: who had it has been told of as revoked, or was put out and believes to own it still. */
  #handedOver(state: GroupState, session: Session, key: string, generation: number): void {
    const before = state.latest.get(key);
    const group = String(session.properties['group.id'] ?? '');
    // Its listener comes late: it was put out meanwhile, and who got its partitions has them.
    if (before !== undefined && generation < before.generation && this.#isOut(session, group)) return;
    state.latest.set(key, { session, generation });
    if (before === undefined || before.session.id === session.id) return;
    this.#context.evaluated('GR3');
    if (this.#owned.get(before.session.id)?.has(key) !== true) return;
    if (before.session.properties['group.protocol'] !== 'consumer') {
      const stay = this.#stays.get(before.session.id);
      const doubt = { group, generation, to: session.client };
      if (stay === undefined) return;
      if (stay.generation < generation) stay.doubts.set(key, doubt);
      else this.#resolve(stay, key, doubt, before.session);
      return;
    }
    if (this.#isOut(before.session, group)) return;
    if (this.#guarantees.offsetsExcused('GR3', group)) return;
    this.#context.violated(
      'GR3',
      `${key} of group ${group} was given to ${session.client} in generation ${generation}, while ${before.session.client} had it and was a member`,
      { partition: key, group, client: session.client },
    );
  }

  /** Is it no member, as whom it was given partitions last? */
  #isOut({ client }: Session, group: string): boolean {
    const member = this.#members.get(client);
    return member === undefined || this.#removed.has(`${group}/${member}`);
  }

  /**
   * KIP-429: who takes part in the generation in which another was given what it has. Who does not may believe to own it still: a static member that
   * does not join in time keeps its place, and the leader knows of it what it said when it last joined.
   */
  #resolve(stay: Stay, key: string, { group, generation, to }: Doubt, session: Session): void {
    stay.doubts.delete(key);
    if (stay.generation !== generation || this.#guarantees.offsetsExcused('GR3', group)) return;
    this.#context.violated(
      'GR3',
      `${key} of group ${group} was given to ${to} in generation ${generation}, in which ${session.client} took part that had it`,
      { partition: key, group, client: session.client },
    );
  }

  #restless(view: ClusterView, group: string, members: ClusterView['consumers']): string | null {
    const summaries = [...view.nodes.values()]
      .flatMap((node) => node.broker?.groups ?? [])
      .filter((each) => each.group === group);
    const summary = summaries.reduce<(typeof summaries)[number] | null>(
      (best, each) => (best === null || each.generation > best.generation ? each : best),
      null,
    );
    if (summary === null) return `no coordinator knows group ${group}`;
    if (summary.state !== 'Stable') return `group ${group} is ${summary.state} in generation ${summary.generation}`;
    if (summary.members.length !== members.length)
      return `group ${group} has ${summary.members.length} members, but ${members.length} consumers are alive`;
    const before = this.#lastGeneration.get(group);
    this.#lastGeneration.set(group, summary.generation);
    if (before !== summary.generation) return `group ${group} moved to generation ${summary.generation}`;
    for (const topic of new Set(members.flatMap((member) => member.topics))) {
      const planned = view.plan.topics.find(({ name }) => name === topic)?.partitions ?? 0;
      const count = Math.max(planned, partitionCount(view, topic));
      for (let partition = 0; partition < count; partition++) {
        const key = topicPartitionKey(topic, partition);
        const isIncremental = this.#groups.get(group)?.isIncremental === true;
        const owners = members.filter((member) => {
          const since = this.#owned.get(member.session)?.get(key);
          return isIncremental ? since !== undefined : since === summary.generation;
        });
        if (owners.length === 0 && this.#kept.get(group) === summary.generation) {
          // KIP-814: it takes the topics as it finds them for those that it assigned (ConsumerCoordinator.onLeaderElected).
          this.#context.excuse('L10', `${key} may have come while the static leader of group ${group} was away`);
          continue;
        }
        if (owners.length !== 1)
          return `${key} has ${owners.length} owners in generation ${summary.generation} of group ${group}${owners.map((owner) => ` ${owner.client}`).join('')}`;
      }
    }
    return null;
  }

  #coordinatorIsExcused(view: ClusterView, group: string): boolean {
    for (const { topic, partition } of this.#context.durability.partitions) {
      const why = topic === '__consumer_offsets' ? view.excusedPartitions.get(partition) : undefined;
      if (why === undefined) continue;
      this.#context.excuse('L10', `group ${group} may have no coordinator: ${why}`);
      return true;
    }
    return false;
  }
}
