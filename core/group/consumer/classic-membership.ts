/** JoinGroup, SyncGroup and Heartbeat to consumer groups: their members that still go by the classic protocol (KIP-848, migration). */
import type { RandomStream } from '../../../ports/random.ts';
import type { ClientEnvironment } from '../../environment.ts';
import { ErrorCode } from '../../protocol/errors.ts';
import type { RequestTypes } from '../../protocol/messages/index.ts';
import { randomUuid } from '../../protocol/uuid.ts';
import { joinError, syncError } from '../answers.ts';
import type { GroupRequestContext } from '../api.ts';
import { hostAsJava } from '../client-host.ts';
import type { GroupShard } from '../groups.ts';
import type { JoinCallback, SyncCallback } from '../member.ts';
import { assignmentOf, classicMember, decideClassicJoin, mustRejoin, protocolOf, syncRefusal } from './classic-members.ts';
import type { ConsumerGroup } from './consumer-group.ts';
import type { ConsumerGroupSettings } from './consumer-group-settings.ts';
import { NEW_STATE } from './consumer-group-state.ts';
import type { ConsumerGroupWriter } from './consumer-group-writer.ts';
import type { ConsumerMember } from './consumer-member.ts';
import { downgrades } from './conversion.ts';

/** From here on a new member must come back with its id before it counts (KIP-394). */
const KNOWN_ID_VERSION = 4;

export class ClassicMembership {
  readonly #env: ClientEnvironment;
  readonly #settings: ConsumerGroupSettings;
  readonly #writer: ConsumerGroupWriter;
  readonly #ids: RandomStream;

  constructor(env: ClientEnvironment, settings: ConsumerGroupSettings, writer: ConsumerGroupWriter) {
    this.#env = env;
    this.#settings = settings;
    this.#writer = writer;
    this.#ids = env.random.stream('group/member-ids');
  }

  /** `done` is called once. Nobody waits for others: each goes its own way to the target assignment. */
  join(
    shard: GroupShard,
    group: ConsumerGroup,
    context: GroupRequestContext,
    request: RequestTypes['JoinGroup'],
    done: JoinCallback,
  ): void {
    const migration = this.#settings.migration();
    if (group.state === null || migration.policy === 'disabled') {
      done(joinError(ErrorCode.INCONSISTENT_GROUP_PROTOCOL, request.memberId));
      return;
    }
    const isUnknown = request.memberId === '';
    const memberId = isUnknown ? randomUuid(this.#ids) : request.memberId;
    const { state } = group;
    const { maxSize, defaultAssignor, assignmentIntervalMs } = this.#settings.group(group.id);
    const decided = decideClassicJoin(state, request, {
      topics: this.#settings.topics(),
      wallMs: this.#env.clock.wallMs(),
      assignmentIntervalMs,
      defaultAssignor,
      needsTopicsRefresh: group.needsTopicsRefresh,
      clientId: context.clientId ?? '',
      clientHost: hostAsJava(context.clientHost),
      maxSize,
      memberId,
      rebalanceTimeoutMs: request.rebalanceTimeoutMs,
      mustComeBack: isUnknown && request.groupInstanceId === null && context.version >= KNOWN_ID_VERSION,
      downgradesWith: (replaced) => replaced.classic === null && downgrades(state, new Set([replaced]), migration, true),
    });
    const isRefused = typeof decided === 'number';
    if (isRefused) {
      done(joinError(decided, decided === ErrorCode.MEMBER_ID_REQUIRED ? memberId : request.memberId));
      return;
    }
    this.#heard(group, memberId, request.memberId === '' ? -1 : (state.members.get(memberId)?.memberEpoch ?? -1));
    const { member, draft, replaced, downgrade } = decided;
    const answer = (error: number): void => {
      if (error !== ErrorCode.NONE) done(joinError(error, request.memberId));
      else
        done({
          errorCode: ErrorCode.NONE,
          generationId: member.memberEpoch,
          protocolType: 'consumer',
          protocolName: protocolOf(member),
          leader: '',
          skipAssignment: false,
          memberId,
          members: [],
        });
    };
    if (replaced !== null) this.#writer.stopTimers(group, replaced.memberId);
    if (downgrade !== null) {
      const members = [...draft.state.members.values()];
      this.#writer.downgrade(shard, group, { draft, members, rebalances: downgrade.rebalances, reason: 'fenced' }, answer);
      return;
    }
    this.#writer.write(shard, group, { draft }, answer);
    if (decided.sawTopics) group.sawTopicsIn(draft.state.epoch);
    const timers = this.#writer.timersOf(group, memberId);
    timers.endRebalance();
    timers.endJoin();
    timers.startSync(request.rebalanceTimeoutMs, () => this.#writer.fence(shard, group, memberId, 'sync-timeout'));
    this.#extend(shard, group, member);
  }

  /** `done` is called once: with a refusal, or with what the member has when that is in the log. */
  sync(shard: GroupShard, group: ConsumerGroup, request: RequestTypes['SyncGroup'], done: SyncCallback): void {
    const state = group.state ?? NEW_STATE;
    const member = classicMember(state, request);
    if (typeof member === 'number') {
      done(syncError(member));
      return;
    }
    const refused = syncRefusal(state, member, request);
    if (refused !== ErrorCode.NONE) {
      if (refused === ErrorCode.REBALANCE_IN_PROGRESS) this.#waitForJoin(shard, group, member);
      done(syncError(refused));
      return;
    }
    this.#heard(group, member.memberId, request.generationId);
    this.#writer.timersOf(group, member.memberId).endSync();
    this.#extend(shard, group, member);
    const assignment = assignmentOf(member, this.#settings.topics());
    const { protocolType, protocolName } = request;
    shard.whenSettled((error) =>
      done(error === ErrorCode.NONE ? { errorCode: error, protocolType, protocolName, assignment } : syncError(error)),
    );
  }

  /** Error code of a Heartbeat. */
  heartbeat(shard: GroupShard, group: ConsumerGroup, request: RequestTypes['Heartbeat']): number {
    const state = group.state ?? NEW_STATE;
    const member = classicMember(state, request);
    if (typeof member === 'number') return member;
    this.#extend(shard, group, member);
    if (!mustRejoin(state, member)) return ErrorCode.NONE;
    this.#waitForJoin(shard, group, member);
    return ErrorCode.REBALANCE_IN_PROGRESS;
  }

  #extend(shard: GroupShard, group: ConsumerGroup, { memberId, classic }: ConsumerMember): void {
    this.#writer.extendSession(shard, group, memberId, classic?.sessionTimeoutMs);
  }

  #waitForJoin(shard: GroupShard, group: ConsumerGroup, { memberId, rebalanceTimeoutMs }: ConsumerMember): void {
    const timers = this.#writer.timersOf(group, memberId);
    timers.startJoin(rebalanceTimeoutMs, () => this.#writer.fence(shard, group, memberId, 'rebalance-timeout'));
  }

  /** Whatever it asks is a sign of life. */
  #heard({ id: group }: ConsumerGroup, member: string, generation: number): void {
    this.#env.tracer.emit({ type: 'group-heartbeat-received', group, member, generation, error: ErrorCode.NONE });
  }
}
