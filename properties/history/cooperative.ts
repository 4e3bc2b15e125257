/**
 * GR15: members of a classic group that go by the cooperative protocol (KIP-429) give up what they are not assigned any more, and keep the rest
 * while the group rebalances. What a listener was told to be revoked is compared with what the coordinator told the member that it has.
 */
import { topicPartitionKey } from '../../core/protocol/partition.ts';
import type { Session } from '../../sim/history.ts';
import type { Checker, PropertyDefinition } from '../../sim/observe.ts';
import type { CheckContext } from '../judge.ts';
import { Sessions } from './operations.ts';
import { isCooperative } from './rebalance-protocol.ts';

/** States of a classic group in which its members are on their way into the next generation. */
const REBALANCING: ReadonlySet<string> = new Set(['PreparingRebalance', 'CompletingRebalance']);

interface Member {
  readonly session: Session;
  readonly group: string;
  topics: readonly string[];
  /** Partitions that it gave up although it has them, and when it was to have them: who leaves the group may. */
  suspicion: { readonly partition: string; readonly generation: number } | null;
}

class CooperativeMembers {
  readonly #context: CheckContext;
  /** By client, as whom it was given partitions last. */
  readonly #memberIds = new Map<string, string>();
  /** By group and member, what the coordinator last told it that it has. */
  readonly #told = new Map<string, { readonly generation: number; readonly partitions: ReadonlySet<string> }>();
  readonly #rebalancing = new Set<string>();

  constructor(context: CheckContext) {
    this.#context = context;
    context.on('consumer-rebalanced', ({ member }, { node }) => void this.#memberIds.set(node, member));
    context.on('group-sync-answered', ({ group, member, generation, partitions }) => {
      this.#told.set(`${group}/${member}`, { generation, partitions: new Set(partitions) });
    });
    context.on('group-transition', ({ group, to }) => {
      if (REBALANCING.has(to)) this.#rebalancing.add(group);
      else this.#rebalancing.delete(group);
    });
    const members = new Sessions<Member>(context, 'consumer', (session) => {
      const group = String(session.properties['group.id'] ?? '');
      return isCooperative(session) ? { session, group, topics: [], suspicion: null } : null;
    });
    members.on(['invoke subscribe'], (member, { call }) => {
      member.topics = call.topics;
    });
    members.on(['revoked'], (member, { partitions, generation }) => this.#revoked(member, partitions, generation));
    members.on(['assigned', 'invoke poll', 'ok poll'], (member) => this.#report(member));
    members.on(['ok poll'], ({ group }, { result }) => {
      if (result.records.length > 0 && this.#rebalancing.has(group)) context.mark('records read while the group rebalances');
    });
  }

  #revoked(
    member: Member,
    partitions: readonly { readonly topic: string; readonly partition: number }[],
    generation: number,
  ): void {
    const { session, group, topics } = member;
    const told = this.#told.get(`${group}/${this.#memberIds.get(session.client)}`);
    if (told === undefined || told.generation !== generation) return;
    this.#context.evaluated('GR15');
    for (const { topic, partition } of partitions) {
      const key = topicPartitionKey(topic, partition);
      if (topics.includes(topic) && told.partitions.has(key)) member.suspicion ??= { partition: key, generation };
    }
  }

  /** It goes on: so it did not leave. */
  #report(member: Member): void {
    const { suspicion, session, group } = member;
    if (suspicion === null) return;
    member.suspicion = null;
    const { partition, generation } = suspicion;
    this.#context.violated(
      'GR15',
      `${session.client} gave up ${partition}, which generation ${generation} of group ${group} gives it`,
      { partition, group, generation, client: session.client },
    );
  }
}

export const cooperative = {
  properties: [
    { id: 'GR15', title: 'by the cooperative protocol a member gives up what it is not assigned any more, and keeps the rest' },
  ],
  create: (context): Checker => {
    new CooperativeMembers(context);
    return {};
  },
} as const satisfies PropertyDefinition;
