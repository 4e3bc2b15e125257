/** The options of `trial configs`, as kafka-configs.sh has them: whose configs, and what to do with them. */
import type { ConfigResource } from '../../core/client/admin/admin.ts';
import type { ConnectionOptions } from '../client-properties.ts';
import { UsageError } from '../errors.ts';
import { exactlyOne, flag, isGiven, notWith, onlyWith } from '../options.ts';
import { readProperties } from '../properties.ts';

export interface ConfigsOptions extends ConnectionOptions {
  readonly describe?: boolean;
  readonly alter?: boolean;
  /** With --describe: static configs and defaults too. */
  readonly all?: boolean;
  readonly entityType?: string;
  readonly entityName?: string;
  readonly entityDefault?: boolean;
  readonly topic?: string;
  readonly broker?: string;
  readonly brokerDefaults?: boolean;
  readonly brokerLogger?: string;
  readonly clientMetrics?: string;
  readonly group?: string;
  /** k1=v1,k2=[v1,v2],k3=v3 */
  readonly addConfig?: string;
  readonly addConfigFile?: string;
  /** Names, joined by commas or given one by one. */
  readonly deleteConfig?: readonly string[];
}

export type EntityType = 'topics' | 'brokers' | 'broker-loggers' | 'client-metrics' | 'groups';

/** Whose configs. */
export interface Entity {
  readonly type: EntityType;
  /** '' is the default of all brokers; null: all entities of the type. */
  readonly name: string | null;
}

export interface Alteration {
  readonly add: Readonly<Record<string, string>>;
  readonly remove: readonly string[];
}

export type ConfigsAction =
  | { readonly kind: 'describe'; readonly entity: Entity; readonly all: boolean }
  | { readonly kind: 'alter'; readonly entity: Entity & { readonly name: string }; readonly alteration: Alteration };

export const RESOURCE_TYPE_OF: Readonly<Record<EntityType, ConfigResource['type']>> = {
  topics: 'topic',
  brokers: 'broker',
  'broker-loggers': 'broker-logger',
  'client-metrics': 'client-metrics',
  groups: 'group',
};

const SHORTHANDS = {
  topic: 'topics',
  broker: 'brokers',
  brokerLogger: 'broker-loggers',
  clientMetrics: 'client-metrics',
  group: 'groups',
} as const;

/** Checks the options. Throws UsageError. */
export function configsAction(options: ConfigsOptions): ConfigsAction {
  const action = exactlyOne(options, ['describe', 'alter']);
  onlyWith(options, action, { all: ['describe'], addConfig: ['alter'], addConfigFile: ['alter'], deleteConfig: ['alter'] });
  notWith(options, 'addConfig', ['addConfigFile']);
  const entity = entityOf(options);
  if (action === 'describe') {
    if (entity.name === '' && entity.type !== 'brokers')
      throw new UsageError(`--entity-default goes with brokers; ${entity.type} have no defaults of their own`);
    return { kind: 'describe', entity, all: options.all === true };
  }
  const { type, name } = entity;
  if (name === null || (name === '' && type !== 'brokers'))
    throw new UsageError(
      `--alter of ${type} needs ${type === 'brokers' ? '--entity-name or --entity-default' : '--entity-name'}`,
    );
  const remove = (options.deleteConfig ?? []).flatMap((names) => names.split(',')).map((each) => each.trim());
  const isAdding = options.addConfig !== undefined || options.addConfigFile !== undefined;
  if (!isAdding && remove.length === 0) throw new UsageError('--alter needs --add-config, --add-config-file or --delete-config');
  const add = {
    ...(options.addConfigFile === undefined ? {} : readProperties(options.addConfigFile)),
    ...(options.addConfig === undefined ? {} : parseAddConfig(options.addConfig)),
  };
  for (const key of Object.keys(add))
    if (!/^[\w.-]+$/.test(key)) throw new UsageError(`${JSON.stringify(key)} is not the name of a config`);
  return { kind: 'alter', entity: { type, name }, alteration: { add, remove } };
}

function entityOf(options: ConfigsOptions): Entity {
  const given = (Object.keys(SHORTHANDS) as (keyof typeof SHORTHANDS)[]).filter((name) => options[name] !== undefined);
  const names = [...given, ...(options.brokerDefaults === true ? ['brokerDefaults'] : [])];
  const isGeneral = isGiven(options.entityType) || isGiven(options.entityName) || isGiven(options.entityDefault);
  if (names.length > 0 && isGeneral)
    throw new UsageError(`--entity-type, --entity-name and --entity-default exclude ${names.map(flag).join(', ')}`);
  if (names.length > 1) throw new UsageError(`only one of ${names.map(flag).join(', ')} can be given`);
  if (options.brokerDefaults === true) return { type: 'brokers', name: '' };
  const [shorthand] = given;
  if (shorthand !== undefined) return checked({ type: SHORTHANDS[shorthand], name: options[shorthand] ?? '' });
  notWith(options, 'entityDefault', ['entityName']);
  const { entityType } = options;
  if (entityType === undefined) throw new UsageError('--entity-type is missing; it is one of topics, brokers, groups, ...');
  if (['users', 'clients', 'ips'].includes(entityType))
    throw new UsageError(`--entity-type ${entityType} is about quotas and credentials, which this command does not handle`);
  if (!(entityType in RESOURCE_TYPE_OF))
    throw new UsageError(`--entity-type ${entityType} must be one of ${Object.keys(RESOURCE_TYPE_OF).join(', ')}`);
  const name = options.entityDefault === true ? '' : (options.entityName ?? null);
  return checked({ type: entityType as EntityType, name });
}

function checked(entity: Entity): Entity {
  const isOfBroker = entity.type === 'brokers' || entity.type === 'broker-loggers';
  if (isOfBroker && entity.name !== null && !/^\d*$/.test(entity.name))
    throw new UsageError(`${JSON.stringify(entity.name)} must be the id of a broker`);
  return entity;
}

/** k1=v1,k2=[v1,v2],k3=: commas in square brackets belong to the value, and the brackets fall away. Throws UsageError. */
export function parseAddConfig(text: string): Record<string, string> {
  const configs: Record<string, string> = {};
  for (const pair of text.split(/,(?=[^\]]*(?:\[|$))/)) {
    const at = pair.indexOf('=');
    const name = pair.slice(0, at).trim();
    if (at < 0 || name === '') throw new UsageError(`--add-config has ${JSON.stringify(pair)}, which must be NAME=VALUE`);
    configs[name] = pair
      .slice(at + 1)
      .replaceAll(/[[\]]/g, '')
      .trim();
  }
  return configs;
}
