/** The options of `trial topics`, as kafka-topics.sh has them, and which of them go together. */
import type { ConnectionOptions } from '../client-properties.ts';
import { UsageError } from '../errors.ts';
import { exactlyOne, notWith, onlyWith } from '../options.ts';

export interface TopicsOptions extends ConnectionOptions {
  readonly create?: boolean;
  readonly list?: boolean;
  readonly describe?: boolean;
  readonly alter?: boolean;
  readonly delete?: boolean;
  /** A name; with all actions but create a regular expression. */
  readonly topic?: string;
  readonly topicId?: string;
  readonly partitions?: number;
  readonly replicationFactor?: number;
  /** Brokers of a partition joined by :, partitions by a comma. */
  readonly replicaAssignment?: string;
  /** NAME=VALUE each. */
  readonly config?: readonly string[];
  readonly ifExists?: boolean;
  readonly ifNotExists?: boolean;
  readonly excludeInternal?: boolean;
  readonly underReplicatedPartitions?: boolean;
  readonly unavailablePartitions?: boolean;
  readonly underMinIsrPartitions?: boolean;
  readonly atMinIsrPartitions?: boolean;
  readonly topicsWithOverrides?: boolean;
}

export type TopicsAction = 'create' | 'list' | 'describe' | 'alter' | 'delete';

const ACTIONS = ['list', 'describe', 'create', 'alter', 'delete'] as const;

/** Options that show only some of the partitions. */
const REPORTS = [
  'underReplicatedPartitions',
  'unavailablePartitions',
  'underMinIsrPartitions',
  'atMinIsrPartitions',
] as const satisfies readonly (keyof TopicsOptions)[];

const MAX_REPLICATION_FACTOR = 32_767;

/** Checks the options and finds what is to be done. Throws UsageError. */
export function topicsAction(options: TopicsOptions): TopicsAction {
  const action = exactlyOne(options, ACTIONS);
  if (action === 'alter' && (options.config ?? []).length > 0)
    throw new UsageError('--config goes with --create; "trial configs --alter" changes the configs of a topic');
  onlyWith(options, action, {
    config: ['create'],
    partitions: ['create', 'alter'],
    replicationFactor: ['create'],
    replicaAssignment: ['create', 'alter'],
    ifExists: ['alter', 'delete', 'describe'],
    ifNotExists: ['create'],
    excludeInternal: ['list', 'describe'],
    topicId: ['describe'],
    topicsWithOverrides: ['describe'],
    ...Object.fromEntries(REPORTS.map((report) => [report, ['describe']])),
  });
  notWith(options, 'topicsWithOverrides', REPORTS);
  if (action === 'create') notWith(options, 'replicaAssignment', ['partitions', 'replicationFactor']);
  const needsTopic = action !== 'list' && action !== 'describe';
  if (needsTopic && (options.topic ?? '') === '') throw new UsageError(`--${action} needs --topic`);
  if (action === 'describe' && options.ifExists === true && options.topic === undefined && options.topicId === undefined)
    throw new UsageError('--if-exists needs --topic or --topic-id');
  if (action === 'alter' && options.partitions === undefined) throw new UsageError('--alter needs --partitions');
  const { partitions, replicationFactor } = options;
  if (partitions !== undefined && partitions < 1)
    throw new UsageError(`--partitions is ${partitions}, but it must be at least 1`);
  if (replicationFactor !== undefined && (replicationFactor < 1 || replicationFactor > MAX_REPLICATION_FACTOR))
    throw new UsageError(`--replication-factor is ${replicationFactor}, but it must be between 1 and ${MAX_REPLICATION_FACTOR}`);
  return action;
}

/** 0:1,1:2 -> the brokers of each partition, the preferred leader first. Throws UsageError. */
export function parseReplicaAssignment(text: string): number[][] {
  const partitions = text.split(',').map((brokers, index) =>
    brokers.split(':').map((given) => {
      const broker = given.trim();
      if (!/^\d+$/.test(broker))
        throw new UsageError(`--replica-assignment has ${JSON.stringify(broker)} in partition ${index}, which is no broker id`);
      return Number(broker);
    }),
  );
  for (const [index, brokers] of partitions.entries()) {
    if (new Set(brokers).size < brokers.length)
      throw new UsageError(`--replica-assignment names a broker twice in partition ${index} (${brokers.join(':')})`);
    if (brokers.length !== partitions[0]?.length)
      throw new UsageError(
        `--replica-assignment has ${brokers.length} brokers in partition ${index}, but ${partitions[0]?.length} in partition 0`,
      );
  }
  return partitions;
}

/** NAME=VALUE each. Throws UsageError. */
export function parseTopicConfigs(given: readonly string[]): Record<string, string> {
  const configs: Record<string, string> = {};
  for (const text of given) {
    const [, name = '', value = ''] = /^\s*([^=\s]+)\s*=\s*(.+?)\s*$/s.exec(text) ?? [];
    if (name === '') throw new UsageError(`--config ${text} must be NAME=VALUE`);
    configs[name] = value;
  }
  return configs;
}
