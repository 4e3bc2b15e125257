/** `trial topics`: creates, lists, describes, changes and deletes topics, as kafka-topics.sh does. */
import type { Admin, PartitionReassignment } from '../../core/client/admin/admin.ts';
import { KafkaError } from '../../core/client/errors.ts';
import { connected } from '../connection.ts';
import { type ExitStatus, RefusedError } from '../errors.ts';
import { runTool } from '../run.ts';
import { standardStreams, type Terminal } from '../terminal.ts';
import { descriptionLines } from './description.ts';
import { mustExist, topicFilter, topicNames } from './names.ts';
import { parseReplicaAssignment, parseTopicConfigs, topicsAction, type TopicsOptions } from './options.ts';

/** Runs the tool; resolves with the exit status. */
export function runTopics(options: TopicsOptions, terminal: Terminal = standardStreams): Promise<ExitStatus> {
  return runTool(terminal, async () => {
    const act = prepare(options, terminal);
    await connected(options, terminal, ({ admin }) => act(admin));
    return undefined;
  });
}

/** Everything that can be wrong with the options is found before a connection is opened. */
function prepare(options: TopicsOptions, terminal: Terminal): (admin: Admin) => Promise<void> {
  const action = topicsAction(options);
  const name = options.topic ?? '';
  const assignments = options.replicaAssignment === undefined ? null : parseReplicaAssignment(options.replicaAssignment);
  if (action === 'create') {
    const configs = parseTopicConfigs(options.config ?? []);
    return (admin) => create(admin, name, options, assignments, configs, terminal);
  }
  const filter = topicFilter(options.topic, options.excludeInternal === true);
  switch (action) {
    case 'list':
      return async (admin) => {
        for (const topic of await topicNames(admin, filter)) terminal.out(`${topic}\n`);
      };
    case 'describe':
      return async (admin) => {
        const names = options.topicId === undefined ? await topicNames(admin, filter) : await namesOfId(admin, options.topicId);
        mustExist(names, options.topicId ?? options.topic, options.ifExists);
        await describe(admin, names, options, terminal);
      };
    case 'alter':
      return async (admin) => {
        const names = await topicNames(admin, filter);
        mustExist(names, options.topic, options.ifExists);
        await addPartitions(admin, names, options.partitions ?? 0, assignments);
      };
    case 'delete':
      return async (admin) => {
        const names = await topicNames(admin, filter);
        mustExist(names, options.topic, options.ifExists);
        if (names.length > 0) await admin.deleteTopics(names);
      };
  }
}

async function create(
  admin: Admin,
  name: string,
  options: TopicsOptions,
  assignments: readonly (readonly number[])[] | null,
  configs: Readonly<Record<string, string>>,
  terminal: Terminal,
): Promise<void> {
  if (/[._]/.test(name))
    terminal.note(
      'trial: warning: metrics make no difference between . and _ in the names of topics; better use only one of them.',
    );
  const topic = {
    name,
    ...(options.partitions === undefined ? {} : { numPartitions: options.partitions }),
    ...(options.replicationFactor === undefined ? {} : { replicationFactor: options.replicationFactor }),
    ...(assignments === null ? {} : { assignments }),
    configs,
  };
  try {
    await admin.createTopics([topic]);
  } catch (error) {
    const isThere = error instanceof KafkaError && error.errorName === 'TOPIC_ALREADY_EXISTS';
    if (isThere && options.ifNotExists === true) return;
    throw error;
  }
  terminal.out(`Created topic ${name}.\n`);
}

async function namesOfId(admin: Admin, topicId: string): Promise<string[]> {
  const topics = await admin.listTopics({ listInternal: true });
  return topics.filter((topic) => topic.topicId === topicId).map(({ name }) => name);
}

async function describe(admin: Admin, names: readonly string[], options: TopicsOptions, terminal: Terminal): Promise<void> {
  if (names.length === 0) return;
  const [topics, configs, cluster, reassignments] = await Promise.all([
    admin.describeTopics(names),
    Promise.all(names.map((name) => admin.describeConfigs([{ type: 'topic', name }]))),
    admin.describeCluster(),
    reassignmentsUnderWay(admin),
  ]);
  const configsOf = new Map(configs.flat().map((result) => [result.resourceName, result.configs]));
  const liveBrokers = new Set(cluster.brokers.map(({ brokerId }) => brokerId));
  for (const topic of topics) {
    const described = {
      topic,
      configs: configsOf.get(topic.name) ?? [],
      reassignments: reassignments.filter((each) => each.topic === topic.name),
    };
    for (const line of descriptionLines(described, liveBrokers, options)) terminal.out(`${line}\n`);
  }
}

/** None if the broker does not tell, or not to us. */
async function reassignmentsUnderWay(admin: Admin): Promise<PartitionReassignment[]> {
  try {
    return await admin.listPartitionReassignments();
  } catch (error) {
    const notTold = ['UNSUPPORTED_VERSION', 'CLUSTER_AUTHORIZATION_FAILED'];
    if (error instanceof KafkaError && notTold.includes(error.errorName)) return [];
    throw error;
  }
}

async function addPartitions(
  admin: Admin,
  names: readonly string[],
  count: number,
  assignments: readonly (readonly number[])[] | null,
): Promise<void> {
  if (names.length === 0) return;
  if (assignments === null) {
    await admin.createPartitions(names.map((name) => ({ name, count })));
    return;
  }
  const topics = await admin.describeTopics(names);
  await admin.createPartitions(
    topics.map(({ name, partitions }) => {
      // The assignment names all partitions; those that are there stay as they are.
      const added = assignments.slice(partitions.length);
      if (added.length === 0)
        throw new RefusedError(`${name} has ${partitions.length} partitions, and --replica-assignment names no more`);
      return { name, count, assignments: added };
    }),
  );
}
