/** Coordinators over one shared log, and short ways to ask them things. */
import { SharedLog } from '../../coordinator/testing/shared-log.ts';
import type { ApiName, RequestTypes, ResponseTypes } from '../../protocol/messages/index.ts';
import type { Draft } from '../../protocol/schema.ts';
import { encodeMessage } from '../../protocol/codec.ts';
import { ZERO_UUID } from '../../protocol/uuid.ts';
import { Asked } from '../../testing/asked.ts';
import { TestWorld } from '../../testing/test-world.ts';
import type { GroupRequestContext } from '../api.ts';
import type { GroupConfig } from '../config.ts';
import type { ConsumerGroupConfig } from '../consumer/consumer-group-settings.ts';
import type { MigrationPolicy } from '../../config/migration-policy.ts';
import { NO_TOPICS, type TopicsView } from '../consumer/topics-view.ts';
import { GroupCoordinator } from '../group-coordinator.ts';

const CONFIG: GroupConfig = {
  'group.coordinator.append.linger.ms': -1,
  'group.initial.rebalance.delay.ms': 3_000,
  'group.max.session.timeout.ms': 1_800_000,
  'group.min.session.timeout.ms': 6_000,
  'group.max.size': 1_000,
  'message.max.bytes': 1_048_588,
  'offset.metadata.max.bytes': 10,
  'offsets.commit.timeout.ms': 5_000,
  'offsets.load.buffer.size': 300,
  'offsets.retention.check.interval.ms': 600_000,
  'offsets.retention.minutes': 60,
};

const CONSUMER_CONFIG: ConsumerGroupConfig = {
  sessionTimeoutMs: 45_000,
  heartbeatIntervalMs: 5_000,
  assignmentIntervalMs: 1_000,
  maxSize: 10,
  assignors: ['uniform', 'range'],
  defaultAssignor: 'uniform',
  regexRefreshMs: 600_000,
};

/** The APIs of groups are methods of their coordinator. */
type GroupApi = keyof GroupCoordinator & ApiName;

type GroupHandler<A extends GroupApi> = (
  context: GroupRequestContext,
  request: RequestTypes[A],
  done: (response: Draft<ResponseTypes[A]>) => void,
) => void;

export class GroupBench {
  readonly world = new TestWorld();
  readonly log = new SharedLog();
  /** Of the coordinators that are made from now on. */
  config: GroupConfig;
  node = 'b1';
  /** Of `t`, as the broker finds it when an offset of `t` is committed. */
  topicId = 'AAAAAAAAAAAAAAAAAAAAAQ';
  /** What consumer groups see of topics. */
  topics: TopicsView = NO_TOPICS;
  consumerConfig: ConsumerGroupConfig = CONSUMER_CONFIG;
  migrationPolicy: MigrationPolicy = 'bidirectional';
  #coordinators = new Map<string, GroupCoordinator>();

  constructor(config: Partial<GroupConfig> = {}) {
    this.config = { ...CONFIG, ...config };
    this.fail('b1', true);
  }

  get coordinator(): GroupCoordinator {
    return this.#coordinators.get(this.node) as GroupCoordinator;
  }

  /** Another broker leads; the one before is told unless it is cut off. The load takes a timer. */
  fail(to: string, keepTail: boolean, isToldToResign = true): void {
    const before = this.#coordinators.get(this.node);
    this.log.elect(to, keepTail);
    if (isToldToResign && to !== this.node) before?.onResignation(0, this.log.epoch);
    this.node = to;
    let now = this.#coordinators.get(to);
    if (now === undefined) {
      const migration = () => ({ policy: this.migrationPolicy, classicMaxSize: this.config['group.max.size'] });
      const consumerGroups = { topics: () => this.topics, group: () => this.consumerConfig, migration };
      const options = { config: this.config, log: this.log.view(to), partitionOf: () => 0, consumerGroups };
      now = new GroupCoordinator(this.world.environment(to), options);
      now.startup(() => 1);
      this.#coordinators.set(to, now);
    }
    now.onElection(0, this.log.epoch);
  }

  /** Time goes on. */
  pass(ms: number): void {
    this.world.run(ms);
  }

  ask<A extends GroupApi>(api: A, version: number, request: RequestTypes[A], node = this.node): Asked<Draft<ResponseTypes[A]>> {
    const asked = new Asked<Draft<ResponseTypes[A]>>();
    const handler = this.#coordinators.get(node)?.[api] as unknown as GroupHandler<A>;
    handler.call(
      this.#coordinators.get(node),
      { version, clientId: 'c', clientHost: '/10.0.0.1', maySeeTopic: () => true },
      request,
      (response) => asked.settle(response),
    );
    return asked;
  }

  join(memberId: string, options: Partial<RequestTypes['JoinGroup']> = {}, version = 9) {
    return this.ask('JoinGroup', version, {
      groupId: 'g',
      sessionTimeoutMs: 10_000,
      rebalanceTimeoutMs: 30_000,
      memberId,
      groupInstanceId: null,
      protocolType: 'consumer',
      protocols: [protocol('range')],
      reason: null,
      ...options,
    });
  }

  /** Joins as a new dynamic member, with the id it is given on the way. */
  joinNew(options: Partial<RequestTypes['JoinGroup']> = {}) {
    const id = this.join('', options).answer.memberId ?? '';
    return { id, joined: this.join(id, options) };
  }

  sync(
    memberId: string,
    generationId: number,
    assignments: Readonly<Record<string, string>> = {},
    instance: string | null = null,
  ) {
    return this.ask('SyncGroup', 5, {
      groupId: 'g',
      generationId,
      memberId,
      groupInstanceId: instance,
      protocolType: 'consumer',
      protocolName: 'range',
      assignments: Object.entries(assignments).map(([id, text]) => ({ memberId: id, assignment: bytes(text) })),
    });
  }

  heartbeat(memberId: string, generationId: number, groupInstanceId: string | null = null): number {
    return this.askHeartbeat(memberId, generationId, groupInstanceId).answer.errorCode ?? 0;
  }

  /** The answer may take its time: while something is written. */
  askHeartbeat(memberId: string, generationId: number, groupInstanceId: string | null = null) {
    return this.ask('Heartbeat', 4, { groupId: 'g', generationId, memberId, groupInstanceId });
  }

  leave(...members: { memberId: string; groupInstanceId?: string | null }[]) {
    const all = members.map(({ memberId, groupInstanceId = null }) => ({ memberId, groupInstanceId, reason: null }));
    return this.ask('LeaveGroup', 5, { groupId: 'g', memberId: '', members: all });
  }

  commit(
    offset: number,
    member: { id?: string; generation?: number; instance?: string | null; partition?: number } = {},
    version = 8,
  ) {
    return this.ask('OffsetCommit', version, {
      groupId: 'g',
      generationIdOrMemberEpoch: member.generation ?? -1,
      memberId: member.id ?? '',
      groupInstanceId: member.instance ?? null,
      retentionTimeMs: -1,
      topics: [
        {
          name: 't',
          topicId: this.topicId,
          partitions: [
            {
              partitionIndex: member.partition ?? 0,
              committedOffset: offset,
              committedLeaderEpoch: 3,
              committedMetadata: 'm',
            },
          ],
        },
      ],
    });
  }

  /** A commit in the transaction of a producer, which may tell of a member. */
  commitInTransaction(
    offset: number,
    producer: { id?: number; epoch?: number } = {},
    member: { id?: string; generation?: number; instance?: string | null; partition?: number; groupId?: string } = {},
    version = 5,
  ) {
    const { partition: partitionIndex = 0, groupId = 'g' } = member;
    const partition = { partitionIndex, committedOffset: offset, committedLeaderEpoch: 3, committedMetadata: 'm' };
    return this.ask('TxnOffsetCommit', version, {
      transactionalId: 'tx',
      groupId,
      producerId: producer.id ?? 7,
      producerEpoch: producer.epoch ?? 0,
      generationIdOrMemberEpoch: member.generation ?? -1,
      memberId: member.id ?? '',
      groupInstanceId: member.instance ?? null,
      topics: [{ name: 't', topicId: this.topicId, partitions: [partition] }],
    });
  }

  /** A marker for the transaction of a producer. */
  endTransaction(commit: boolean, producerId = 7): Asked<number> {
    const asked = new Asked<number>();
    const end = { producerId, producerEpoch: 0, coordinatorEpoch: 0, commit, transactionVersion: 1 };
    this.coordinator.completeTransaction(0, end, (error) => asked.settle(error));
    return asked;
  }

  /** The committed offset of t-0 (or another partition); -1: none; a negative error code's opposite if refused. */
  committed(partition = 0): number {
    const asked = this.fetch(partition);
    const [group] = asked.answer.groups ?? [];
    if (group?.errorCode) return -group.errorCode * 1_000;
    return group?.topics?.[0]?.partitions?.[0]?.committedOffset ?? -1;
  }

  fetch(partition = 0, requireStable = false, topicId = ZERO_UUID) {
    const topics = [{ name: 't', topicId, partitionIndexes: [partition] }];
    const groups = [{ groupId: 'g', memberId: null, memberEpoch: -1, topics }];
    return this.ask('OffsetFetch', 9, { groupId: 'g', topics, groups, requireStable });
  }

  describe() {
    const asked = this.ask('DescribeGroups', 5, { groups: ['g'], includeAuthorizedOperations: false });
    return asked.answer.groups?.[0];
  }

  /** A stable group of so many new dynamic members; their ids, the leader first, and the generation. */
  stable(size: number): { ids: string[]; generation: number } {
    const members = Array.from({ length: size }, () => this.joinNew());
    this.pass(6_000);
    const generation = members[0]?.joined.answer.generationId ?? -1;
    const ids = members.map(({ id }) => id);
    for (const id of ids.slice(1)) this.sync(id, generation);
    const leader = ids[0] as string;
    this.sync(leader, generation, Object.fromEntries(ids.map((id, index) => [id, `part ${index}`])));
    return { ids, generation };
  }
}

export function bytes(text: string): Uint8Array {
  return new TextEncoder().encode(text);
}

/** A protocol whose metadata is a subscription to `t`, or to other topics. */
export function protocol(name: string, topics: readonly string[] = ['t']): { name: string; metadata: Uint8Array } {
  const body = encodeMessage('ConsumerProtocolSubscription', 0, { topics: [...topics] });
  const metadata = new Uint8Array(body.length + 2);
  metadata.set(body, 2);
  return { name, metadata };
}

export function firstError(response: Draft<ResponseTypes['OffsetCommit']>): number {
  return response.topics?.[0]?.partitions?.[0]?.errorCode ?? 0;
}
