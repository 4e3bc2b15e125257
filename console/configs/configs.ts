/** `trial configs`: tells and changes the configs of topics, brokers and groups, as kafka-configs.sh does. */
import type { Admin } from '../../core/client/admin/admin.ts';
import { KafkaError } from '../../core/client/errors.ts';
import { connected } from '../connection.ts';
import { type ExitStatus, RefusedError, UsageError } from '../errors.ts';
import { runTool } from '../run.ts';
import { standardStreams, type Terminal } from '../terminal.ts';
import { configLines, type DescribedConfig, shownConfigs, singular } from './description.ts';
import { type Alteration, type ConfigsOptions, configsAction, type Entity, RESOURCE_TYPE_OF } from './options.ts';

/** Runs the tool; resolves with the exit status. */
export function runConfigs(options: ConfigsOptions, terminal: Terminal = standardStreams): Promise<ExitStatus> {
  return runTool(terminal, async () => {
    const action = configsAction(options);
    await connected(options, terminal, async ({ admin }) => {
      if (action.kind === 'describe') await describe(admin, action.entity, action.all, terminal);
      else await alter(admin, action.entity, action.alteration, terminal);
    });
    return undefined;
  });
}

async function describe(admin: Admin, entity: Entity, all: boolean, terminal: Terminal): Promise<void> {
  const names = entity.name === null ? await allNames(admin, entity) : [entity.name];
  for (const name of names) {
    const configs = await configsOf(admin, { type: entity.type, name });
    for (const line of configLines(entity.type, name, configs, all)) terminal.out(`${line}\n`);
  }
}

/** Sorted, the brokers' defaults last. */
async function allNames(admin: Admin, { type }: Entity): Promise<string[]> {
  switch (type) {
    case 'topics':
      return (await admin.listTopics({ listInternal: true })).map(({ name }) => name).toSorted();
    case 'brokers':
    case 'broker-loggers': {
      const told = await listed(admin, 'broker');
      const names = told ?? (await admin.describeCluster()).brokers.map(({ brokerId }) => String(brokerId));
      const sorted = names.toSorted((a, b) => Number(a) - Number(b));
      return type === 'brokers' ? [...sorted, ''] : sorted;
    }
    case 'client-metrics':
      return (await admin.listConfigResources(['client-metrics'])).map(({ name }) => name).toSorted();
    case 'groups': {
      // A group may have configs before it has members or offsets, and members or offsets without configs.
      const groups = (await admin.listConsumerGroups()).map(({ groupId }) => groupId);
      return [...new Set([...groups, ...((await listed(admin, 'group')) ?? [])])].toSorted();
    }
  }
}

/** Names of what has configs; null: the broker does not list it, being one before Kafka 4.1. */
async function listed(admin: Admin, type: 'broker' | 'group'): Promise<string[] | null> {
  try {
    return (await admin.listConfigResources([type])).map(({ name }) => name);
  } catch (error) {
    if (error instanceof KafkaError && error.errorName === 'UNSUPPORTED_VERSION') return null;
    throw error;
  }
}

async function configsOf(admin: Admin, { type, name }: Entity & { readonly name: string }): Promise<readonly DescribedConfig[]> {
  if ((type === 'brokers' || type === 'broker-loggers') && name !== '') {
    const { brokers } = await admin.describeCluster();
    if (!brokers.some(({ brokerId }) => brokerId === Number(name)))
      throw new RefusedError(`there is no broker ${name} (BROKER_NOT_AVAILABLE)`);
  }
  const [result] = await admin.describeConfigs([{ type: RESOURCE_TYPE_OF[type], name }]);
  return result?.configs ?? [];
}

async function alter(
  admin: Admin,
  entity: Entity & { readonly name: string },
  { add, remove }: Alteration,
  terminal: Terminal,
): Promise<void> {
  const { type, name } = entity;
  const own = shownConfigs(type, name, await configsOf(admin, entity), false);
  const isThere = new Set(own.map((config) => config.name));
  const absent = remove.filter((key) => !isThere.has(key));
  if (absent.length > 0)
    throw new UsageError(
      `--delete-config ${absent.join(',')} is not set for ${name === '' ? 'the brokers' : `${singular(type)} ${name}`}`,
    );
  await admin.incrementalAlterConfigs([
    {
      resource: { type: RESOURCE_TYPE_OF[type], name },
      changes: [
        ...Object.entries(add).map(([key, value]) => ({ name: key, operation: 'set' as const, value })),
        ...remove.map((key) => ({ name: key, operation: 'delete' as const, value: '' })),
      ],
    },
  ]);
  terminal.out(
    name === ''
      ? `Completed updating default config for ${type} in the cluster.\n`
      : `Completed updating config for ${singular(type)} ${name}.\n`,
  );
}
