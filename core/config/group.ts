/**
 * Properties of a group. Consumer groups (KIP-848) go by theirs; share groups and streams groups (KIP-932, KIP-1071) are absent, and theirs are kept
 * and described.
 */
import {
  atLeast,
  boolean,
  choice,
  ConfigError,
  type ConfigKeys,
  type ConfigValue,
  defineConfig,
  int,
  internal,
  list,
  long,
  string,
} from './definition.ts';
import type { BrokerConfig } from './broker.ts';
import { boundsProblem, type GroupBrokerName } from './group-bounds.ts';
import { parseValue } from './parse.ts';
import { resetStrategy } from './reset-strategy.ts';

const DOC = 'No meaning here.';

export const GROUP_CONFIG = defineConfig({
  'consumer.session.timeout.ms': int(45_000, 'medium', 'A member not heard of for so long is put out.', atLeast(1)),
  'consumer.heartbeat.interval.ms': int(5_000, 'medium', 'How often members are told to send heartbeats.', atLeast(1)),
  'consumer.assignment.interval.ms': int(1_000, 'medium', 'Least time between two assignments.', atLeast(0)),
  'consumer.assignor.offload.enable': internal(boolean(true, 'medium', DOC)),
  'errors.deadletterqueue.copy.record.enable': boolean(false, 'medium', DOC),
  'errors.deadletterqueue.topic.name': string('', 'medium', DOC, (value) =>
    String(value).startsWith('__') ? 'a name that does not begin with __' : null,
  ),
  'share.session.timeout.ms': int(45_000, 'medium', DOC, atLeast(1)),
  'share.heartbeat.interval.ms': int(5_000, 'medium', DOC, atLeast(1)),
  'share.assignment.interval.ms': int(1_000, 'medium', DOC, atLeast(0)),
  'share.assignor.offload.enable': internal(boolean(true, 'medium', DOC)),
  'share.auto.offset.reset': string('latest', 'medium', DOC, (value) =>
    resetStrategy(String(value)) !== null ? null : 'earliest, latest, or by_duration: with a duration like PT1H',
  ),
  'share.delivery.count.limit': int(5, 'medium', DOC, atLeast(2)),
  'share.isolation.level': choice(['read_committed', 'read_uncommitted'], 'read_uncommitted', 'medium', DOC),
  'share.partition.max.record.locks': int(2_000, 'medium', DOC, atLeast(100)),
  'share.record.lock.duration.ms': int(30_000, 'medium', DOC, atLeast(1_000)),
  'share.renew.acknowledge.enable': boolean(true, 'medium', DOC),
  'streams.session.timeout.ms': int(45_000, 'medium', DOC, atLeast(1)),
  'streams.heartbeat.interval.ms': int(5_000, 'medium', DOC, atLeast(1)),
  'streams.assignment.interval.ms': int(1_000, 'medium', DOC, atLeast(0)),
  'streams.assignor.name': string(null, 'medium', DOC),
  'streams.assignor.offload.enable': internal(boolean(true, 'medium', DOC)),
  'streams.initial.rebalance.delay.ms': int(3_000, 'medium', DOC, atLeast(0)),
  'streams.num.standby.replicas': int(0, 'medium', DOC, atLeast(0)),
  'streams.num.warmup.replicas': internal(int(2, 'medium', DOC, atLeast(0))),
  'streams.rack.aware.assignment.tags': list([], 'low', DOC),
  'streams.task.offset.interval.ms': internal(int(60_000, 'medium', DOC, atLeast(1))),
  'streams.acceptable.recovery.lag': internal(long(10_000, 'medium', DOC, atLeast(0))),
});

type GroupConfigName = keyof (typeof GROUP_CONFIG)['keys'];

/** Those that no property of the broker gives a default. */
const WITHOUT_SYNONYM: ReadonlySet<string> = new Set([
  'errors.deadletterqueue.copy.record.enable',
  'errors.deadletterqueue.topic.name',
  'share.auto.offset.reset',
  'share.isolation.level',
  'share.renew.acknowledge.enable',
]);

/** The broker property that gives a group's property its default; null: none does. */
export function groupSynonym(name: string): GroupBrokerName | null {
  if (WITHOUT_SYNONYM.has(name)) return null;
  return name === 'streams.assignor.name' ? 'group.streams.assignors' : (`group.${name}` as GroupBrokerName);
}

function effective(broker: BrokerConfig, overrides: Readonly<Record<string, string>>, name: GroupConfigName): ConfigValue {
  const set = overrides[name];
  if (set !== undefined) return parseValue(name, (GROUP_CONFIG.keys as ConfigKeys)[name] as ConfigKeys[string], set);
  const behind = groupSynonym(name);
  if (behind === null) return GROUP_CONFIG.keys[name].default as ConfigValue;
  const value: ConfigValue = broker[behind];
  // Of assignors the first is the one that is used.
  return name === 'streams.assignor.name' ? ((value as readonly string[])[0] ?? null) : value;
}

/** The configuration of a group: its own over what the broker says of all. Throws ConfigError for a value that cannot be read. */
export function effectiveGroupConfig(
  broker: BrokerConfig,
  overrides: Readonly<Record<string, string>>,
): Readonly<Record<GroupConfigName, ConfigValue>> {
  const names = Object.keys(GROUP_CONFIG.keys) as GroupConfigName[];
  return Object.fromEntries(names.map((name) => [name, effective(broker, overrides, name)])) as Record<
    GroupConfigName,
    ConfigValue
  >;
}

/** Throws ConfigError if a group cannot have these overrides. */
export function checkGroupConfig(broker: BrokerConfig, overrides: Readonly<Record<string, string>>): void {
  const unknown = Object.keys(overrides).find((name) => !(name in GROUP_CONFIG.keys));
  if (unknown !== undefined) throw new ConfigError(`${unknown} is not a property of a group.`);
  const values = effectiveGroupConfig(broker, overrides);
  for (const name of Object.keys(overrides) as GroupConfigName[]) {
    const behind = groupSynonym(name);
    const problem = behind === null ? null : boundsProblem(broker, behind, name, values[name]);
    if (problem !== null) throw new ConfigError(problem);
  }
  for (const type of ['consumer', 'share', 'streams'] as const) {
    const [session, heartbeat] = [`${type}.session.timeout.ms`, `${type}.heartbeat.interval.ms`] as const;
    if ((values[session] as number) <= (values[heartbeat] as number))
      throw new ConfigError(
        `${session} is ${String(values[session])}, but it must be above ${heartbeat} (${String(values[heartbeat])}).`,
      );
  }
  const [assignor, known] = [values['streams.assignor.name'], broker['group.streams.assignors'] as readonly string[]];
  if (overrides['streams.assignor.name'] !== undefined && !known.includes(String(assignor)))
    throw new ConfigError(`streams.assignor.name is ${JSON.stringify(assignor)}, but it must be one of ${known.join(', ')}.`);
}
