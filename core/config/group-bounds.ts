/**
 * Broker properties that stand behind the configs of groups: their defaults, and how far a group may go. Consumer groups (KIP-848) go by them;
 * share groups and streams groups (KIP-932, KIP-1071) are absent, and theirs are taken, kept and described.
 */
import {
  atLeast,
  between,
  boolean,
  ConfigError,
  type ConfigKey,
  type ConfigKeys,
  type ConfigValue,
  int,
  internal,
  list,
  long,
  notEmpty,
} from './definition.ts';

const DOC = 'No meaning here.';
const LIMIT = 'For the configs of groups of this kind: the default, or a bound.';
const [SESSION_MS, HEARTBEAT_MS, ASSIGNMENT_MS] = [45_000, 5_000, 1_000];

/** What consumer, share and streams groups have alike. */
function commonKeys<const T extends string>(type: T) {
  return {
    [`group.${type}.session.timeout.ms`]: int(SESSION_MS, 'medium', LIMIT, atLeast(1)),
    [`group.${type}.min.session.timeout.ms`]: int(SESSION_MS, 'medium', LIMIT, atLeast(1)),
    [`group.${type}.max.session.timeout.ms`]: int(60_000, 'medium', LIMIT, atLeast(1)),
    [`group.${type}.heartbeat.interval.ms`]: int(HEARTBEAT_MS, 'medium', LIMIT, atLeast(1)),
    [`group.${type}.min.heartbeat.interval.ms`]: int(HEARTBEAT_MS, 'medium', LIMIT, atLeast(1)),
    [`group.${type}.max.heartbeat.interval.ms`]: int(15_000, 'medium', LIMIT, atLeast(1)),
    [`group.${type}.assignment.interval.ms`]: int(ASSIGNMENT_MS, 'medium', LIMIT, atLeast(0)),
    [`group.${type}.min.assignment.interval.ms`]: int(0, 'medium', LIMIT, atLeast(0)),
    [`group.${type}.max.assignment.interval.ms`]: int(15_000, 'medium', LIMIT, atLeast(0)),
  } as Record<`group.${T}.${`${'' | 'min.' | 'max.'}${Timed}`}`, ConfigKey<number>>;
}

type Timed = 'session.timeout.ms' | 'heartbeat.interval.ms' | 'assignment.interval.ms';

export const GROUP_BROKER_KEYS = {
  ...commonKeys('consumer'),
  'group.consumer.assignor.offload.enable': internal(boolean(true, 'medium', DOC)),
  ...commonKeys('share'),
  'group.share.assignor.offload.enable': internal(boolean(true, 'medium', DOC)),
  'group.share.delivery.count.limit': int(5, 'medium', DOC, between(2, 10)),
  'group.share.min.delivery.count.limit': int(2, 'medium', DOC, between(2, 5)),
  'group.share.max.delivery.count.limit': int(10, 'medium', DOC, between(5, 25)),
  'group.share.partition.max.record.locks': int(2_000, 'medium', DOC, between(100, 10_000)),
  'group.share.min.partition.max.record.locks': int(100, 'medium', DOC, between(100, 2_000)),
  'group.share.max.partition.max.record.locks': int(4_000, 'medium', DOC, between(2_000, 10_000)),
  'group.share.record.lock.duration.ms': int(30_000, 'medium', DOC, between(1_000, 3_600_000)),
  'group.share.min.record.lock.duration.ms': int(15_000, 'medium', DOC, between(1_000, 30_000)),
  'group.share.max.record.lock.duration.ms': int(60_000, 'medium', DOC, between(30_000, 3_600_000)),
  ...commonKeys('streams'),
  'group.streams.assignor.offload.enable': internal(boolean(true, 'medium', DOC)),
  'group.streams.assignors': list(['sticky'], 'medium', DOC, notEmpty),
  'group.streams.rack.aware.assignment.tags': list([], 'low', DOC),
  'group.streams.initial.rebalance.delay.ms': int(3_000, 'medium', DOC, atLeast(0)),
  'group.streams.num.standby.replicas': int(0, 'medium', DOC, atLeast(0)),
  'group.streams.max.standby.replicas': int(2, 'medium', DOC, atLeast(0)),
  'group.streams.num.warmup.replicas': internal(int(2, 'medium', DOC, atLeast(0))),
  'group.streams.max.warmup.replicas': internal(int(20, 'medium', DOC, atLeast(0))),
  'group.streams.task.offset.interval.ms': internal(int(60_000, 'medium', DOC, atLeast(1))),
  'group.streams.min.task.offset.interval.ms': internal(int(15_000, 'medium', DOC, atLeast(1))),
  'group.streams.acceptable.recovery.lag': internal(long(10_000, 'medium', DOC, atLeast(0))),
} as const satisfies ConfigKeys;

export type GroupBrokerName = keyof typeof GROUP_BROKER_KEYS;

/** How far a group may go with what a broker property gives the default of. */
interface GroupBounds {
  readonly least: GroupBrokerName | null;
  readonly most: GroupBrokerName | null;
}

const timed = ['session.timeout.ms', 'heartbeat.interval.ms', 'assignment.interval.ms'] as const;
const types = ['consumer', 'share', 'streams'] as const;
const shared = ['delivery.count.limit', 'partition.max.record.locks', 'record.lock.duration.ms'] as const;

const GROUP_BOUNDS: ReadonlyMap<GroupBrokerName, GroupBounds> = new Map<GroupBrokerName, GroupBounds>([
  ...types.flatMap((type) =>
    timed.map((name): [GroupBrokerName, GroupBounds] => [
      `group.${type}.${name}`,
      { least: `group.${type}.min.${name}`, most: `group.${type}.max.${name}` },
    ]),
  ),
  ...shared.map((name): [GroupBrokerName, GroupBounds] => [
    `group.share.${name}`,
    { least: `group.share.min.${name}`, most: `group.share.max.${name}` },
  ]),
  ['group.streams.num.standby.replicas', { least: null, most: 'group.streams.max.standby.replicas' }],
  ['group.streams.num.warmup.replicas', { least: null, most: 'group.streams.max.warmup.replicas' }],
  ['group.streams.task.offset.interval.ms', { least: 'group.streams.min.task.offset.interval.ms', most: null }],
]);

type GroupBrokerValues = Readonly<Record<GroupBrokerName, ConfigValue>>;

/** Why a group (or a broker, for all of them) cannot have this value; null when it can. */
export function boundsProblem(
  broker: GroupBrokerValues,
  behind: GroupBrokerName,
  name: string,
  value: ConfigValue,
): string | null {
  const bounds = GROUP_BOUNDS.get(behind);
  if (bounds === undefined) return null;
  const { least, most } = bounds;
  if (least !== null && (value as number) < (broker[least] as number))
    return `${name} is ${String(value)}, but it must be at least ${least} (${String(broker[least])}).`;
  if (most !== null && (value as number) > (broker[most] as number))
    return `${name} is ${String(value)}, but it must be at most ${most} (${String(broker[most])}).`;
  return null;
}

/** Throws ConfigError if a broker's properties of groups do not fit each other. */
export function checkGroupBounds(broker: GroupBrokerValues): void {
  for (const name of GROUP_BOUNDS.keys()) {
    const problem = boundsProblem(broker, name, name, broker[name]);
    if (problem !== null) throw new ConfigError(problem);
  }
  for (const type of types) {
    const [session, heartbeat] = [`group.${type}.session.timeout.ms`, `group.${type}.heartbeat.interval.ms`] as const;
    if ((broker[session] as number) <= (broker[heartbeat] as number))
      throw new ConfigError(
        `${session} is ${String(broker[session])}, but it must be above ${heartbeat} (${String(broker[heartbeat])}).`,
      );
  }
}
