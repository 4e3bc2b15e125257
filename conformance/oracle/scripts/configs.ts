/** What DescribeConfigs tells of topics and brokers, and how configs are altered. */
import { sleep } from '../../testing/served.ts';
import { type Conversation, type SharedScript, versions } from '../conversation.ts';

/** How long a broker may take to apply what the controller has answered. */
const APPLIED_MS = 500;

const TOPIC = 2;
const BROKER = 4;
const BROKER_LOGGER = 8;
const CLIENT_METRICS = 16;
const GROUP = 32;
const [SET, DELETE, APPEND, SUBTRACT] = [0, 1, 2, 3];

const resource = (
  resourceType: number,
  resourceName: string,
  configurationKeys: string[] | null = null,
): { resourceType: number; resourceName: string; configurationKeys: string[] | null } => ({
  resourceType,
  resourceName,
  configurationKeys,
});

async function describe(talk: Conversation): Promise<void> {
  await talk.ask('topic, in full', 'DescribeConfigs', 4, {
    resources: [resource(TOPIC, 'configured')],
    includeSynonyms: true,
    includeDocumentation: true,
  });
  await talk.ask('broker, in full', 'DescribeConfigs', 4, {
    resources: [resource(BROKER, '1')],
    includeSynonyms: true,
    includeDocumentation: true,
  });
  await talk.ask('cluster defaults', 'DescribeConfigs', 4, { resources: [resource(BROKER, '')], includeSynonyms: true });
  for (const version of versions('DescribeConfigs', 1)) {
    const ask = (step: string, ...resources: object[]): Promise<unknown> =>
      talk.ask(step, 'DescribeConfigs', version, { resources: resources as [] });
    await ask('some keys', resource(TOPIC, 'configured', ['retention.ms', 'no.such.config', 'cleanup.policy']));
    await ask('no keys', resource(TOPIC, 'configured', []));
    await ask('unknown topic', resource(TOPIC, 'no-such-topic', ['flush.ms']));
    await ask('bad topic name', resource(TOPIC, 'bad name', ['flush.ms']));
    await ask('empty topic name', resource(TOPIC, '', ['flush.ms']));
    await ask('another broker', resource(BROKER, '7', ['num.partitions']));
    await ask('a broker that is no number', resource(BROKER, 'one', ['num.partitions']));
    await ask('unknown resource type', resource(77, 'x', []));
    await ask('resource type 0', resource(0, 'x', []));
    await ask('broker logger of another', resource(8, '7', []));
    await ask('a topic twice', resource(TOPIC, 'configured', ['flush.ms']), resource(TOPIC, 'configured', ['flush.ms']));
    await ask('nothing');
  }
}

async function incremental(talk: Conversation): Promise<void> {
  for (const version of versions('IncrementalAlterConfigs', 0)) {
    const alter = (
      step: string,
      resourceType: number,
      resourceName: string,
      configs: (readonly [string, number | undefined, string | null])[],
      validateOnly = false,
    ): Promise<unknown> =>
      talk.ask(step, 'IncrementalAlterConfigs', version, {
        resources: [
          {
            resourceType,
            resourceName,
            configs: configs.map(([name, configOperation = 0, value]) => ({ name, configOperation, value })),
          },
        ],
        validateOnly,
      });
    const topic = 'configured';
    await alter('set', TOPIC, topic, [['retention.ms', SET, '123456']]);
    await alter('set and delete', TOPIC, topic, [
      ['flush.ms', SET, '1000'],
      ['retention.ms', DELETE, null],
    ]);
    await alter('delete what is not set', TOPIC, topic, [['segment.ms', DELETE, null]]);
    await alter('append', TOPIC, topic, [['cleanup.policy', APPEND, 'compact']]);
    await alter('append again', TOPIC, topic, [['cleanup.policy', APPEND, 'compact']]);
    await alter('subtract', TOPIC, topic, [['cleanup.policy', SUBTRACT, 'delete']]);
    await alter('subtract the last', TOPIC, topic, [['cleanup.policy', SUBTRACT, 'compact']]);
    await alter('subtract what is not there', TOPIC, topic, [['cleanup.policy', SUBTRACT, 'compact']]);
    await sleep(APPLIED_MS);
    await talk.ask(`after lists v${version}`, 'DescribeConfigs', 4, {
      resources: [resource(TOPIC, topic, ['cleanup.policy', 'flush.ms', 'retention.ms'])],
    });
    await alter('delete', TOPIC, topic, [
      ['cleanup.policy', DELETE, null],
      ['flush.ms', DELETE, null],
    ]);
    await alter('append to no list', TOPIC, topic, [['flush.ms', APPEND, '1']]);
    await alter('append to an unknown config', TOPIC, topic, [['no.such.config', APPEND, '1']]);
    await alter('set an unknown config', TOPIC, topic, [['no.such.config', SET, '1']]);
    await alter('delete an unknown config', TOPIC, topic, [['no.such.config', DELETE, null]]);
    await alter('set to null', TOPIC, topic, [['flush.ms', SET, null]]);
    await alter('append null', TOPIC, topic, [['cleanup.policy', APPEND, null]]);
    await alter('set to no number', TOPIC, topic, [['flush.ms', SET, 'x']]);
    await alter('set out of range', TOPIC, topic, [['min.insync.replicas', SET, '0']]);
    await alter('set more than replicas', TOPIC, topic, [['min.insync.replicas', SET, '5']], true);
    await alter('set to blanks', TOPIC, topic, [['flush.ms', SET, ' 7 ']], true);
    await alter('set to nothing', TOPIC, topic, [['flush.ms', SET, '']], true);
    await alter('append an unknown policy', TOPIC, topic, [['cleanup.policy', APPEND, 'forget']]);
    await alter('an unknown operation', TOPIC, topic, [['flush.ms', 9, '1']]);
    await alter('a config twice', TOPIC, topic, [
      ['flush.ms', SET, '1'],
      ['flush.ms', SET, '2'],
    ]);
    await alter('only validated', TOPIC, topic, [['flush.ms', SET, '1']], true);
    await alter('no configs', TOPIC, topic, []);
    await alter('unknown topic', TOPIC, 'no-such-topic', [['flush.ms', SET, '1']]);
    await alter('bad topic name', TOPIC, 'bad name', [['flush.ms', SET, '1']]);
    await alter('empty topic name', TOPIC, '', [['flush.ms', SET, '1']]);
    await alter('unknown resource type', 77, 'x', [['flush.ms', SET, '1']]);
    await alter('broker, dynamic', BROKER, '1', [['log.retention.ms', SET, '5000000']], true);
    await alter('broker, read only', BROKER, '1', [['num.partitions', SET, '3']]);
    await alter('broker, unknown config', BROKER, '1', [['no.such.config', SET, '3']], true);
    await alter('broker, out of range', BROKER, '1', [['message.max.bytes', SET, '-1']]);
    await alter('broker, unknown broker', BROKER, '9', [['message.max.bytes', SET, '1000']]);
    await alter('broker, no number', BROKER, 'one', [['message.max.bytes', SET, '1000']]);
    await alter('cluster defaults', BROKER, '', [['log.flush.interval.ms', SET, '70000']]);
    await sleep(APPLIED_MS);
    await talk.ask(`after cluster defaults v${version}`, 'DescribeConfigs', 4, {
      resources: [resource(BROKER, ''), resource(BROKER, '1', ['log.flush.interval.ms']), resource(TOPIC, topic, ['flush.ms'])],
      includeSynonyms: true,
    });
    await alter('cluster defaults, back', BROKER, '', [['log.flush.interval.ms', DELETE, null]]);
    await alter('cluster defaults, for one broker only', BROKER, '', [['listeners', SET, 'PLAINTEXT://127.0.0.1:1']], true);
    await talk.ask('a resource twice', 'IncrementalAlterConfigs', version, {
      resources: [0, 1].map(() => ({
        resourceType: TOPIC,
        resourceName: topic,
        configs: [{ name: 'flush.ms', configOperation: SET as number, value: '1' }],
      })),
      validateOnly: false,
    });
    await talk.ask('nothing', 'IncrementalAlterConfigs', version, { resources: [], validateOnly: false });
  }
}

async function whole(talk: Conversation): Promise<void> {
  for (const version of versions('AlterConfigs', 0)) {
    const alter = (
      step: string,
      resourceType: number,
      resourceName: string,
      configs: (readonly [string, string | null])[],
      validateOnly = false,
    ): Promise<unknown> =>
      talk.ask(step, 'AlterConfigs', version, {
        resources: [{ resourceType, resourceName, configs: configs.map(([name, value]) => ({ name, value })) }],
        validateOnly,
      });
    const topic = 'configured';
    await alter('two', TOPIC, topic, [
      ['flush.ms', '1000'],
      ['retention.ms', '5000'],
    ]);
    await alter('one of them', TOPIC, topic, [['flush.ms', '2000']]);
    await sleep(APPLIED_MS);
    await talk.ask(`after altering v${version}`, 'DescribeConfigs', 4, {
      resources: [resource(TOPIC, topic, ['flush.ms', 'retention.ms'])],
    });
    await alter('null', TOPIC, topic, [['flush.ms', null]]);
    await alter('unknown config', TOPIC, topic, [['no.such.config', '1']]);
    await alter('no number', TOPIC, topic, [['flush.ms', 'x']]);
    await alter('a config twice', TOPIC, topic, [
      ['flush.ms', '1'],
      ['flush.ms', '2'],
    ]);
    await alter('unknown topic', TOPIC, 'no-such-topic', [['flush.ms', '1']]);
    await alter('empty topic name', TOPIC, '', [['flush.ms', '1']]);
    await alter('unknown resource type', 77, 'x', []);
    await alter('unknown broker', BROKER, '9', []);
    await alter('read-only broker config', BROKER, '1', [['num.partitions', '3']]);
    await alter('none', TOPIC, topic, []);
  }
}

/** Topic configs that not every server knows. */
async function special(talk: Conversation): Promise<void> {
  for (const [name, value] of [
    ['remote.storage.enable', 'true'],
    ['leader.replication.throttled.replicas', '0:1'],
    ['leader.replication.throttled.replicas', 'x'],
    ['compression.gzip.level', '9'],
    ['compression.gzip.level', '10'],
  ] as const) {
    const topic = { name: 'special', numPartitions: 1, replicationFactor: 1, configs: [{ name, value }] };
    const { topics } = await talk.quietly('CreateTopics', 7, { topics: [topic], timeoutMs: 5_000, validateOnly: true });
    talk.record(`a topic with ${name}=${value}`, topics[0]?.errorCode);
  }
}

/** What may change while brokers run, of which much has no meaning to a served cluster, and names that nobody knows. */
async function dynamic(talk: Conversation): Promise<void> {
  const changes: readonly (readonly [string, string])[] = [
    ['background.threads', '9'],
    ['num.io.threads', '7'],
    ['num.network.threads', '4'],
    ['num.recovery.threads.per.data.dir', '3'],
    ['num.replica.fetchers', '2'],
    ['log.cleaner.threads', '2'],
    ['log.cleaner.io.buffer.size', '600000'],
    ['log.cleaner.io.buffer.load.factor', '0.8'],
    ['log.cleaner.io.max.bytes.per.second', '1000000.0'],
    ['max.connection.creation.rate', '1000'],
    ['metric.reporters', 'org.apache.kafka.common.metrics.JmxReporter'],
    ['transaction.partition.verification.enable', 'false'],
    ['producer.id.expiration.ms', '90000000'],
    ['compression.gzip.level', '5'],
    ['remote.fetch.max.wait.ms', '600'],
    ['leader.replication.throttled.rate', '1000'],
    ['follower.replication.throttled.rate', '1000'],
    ['somebody.elses.property', 'x'],
  ];
  const alter = (step: string, configs: readonly (readonly [string, number, string | null])[], name = ''): Promise<unknown> =>
    talk.ask(step, 'IncrementalAlterConfigs', 1, {
      resources: [
        {
          resourceType: BROKER,
          resourceName: name,
          configs: configs.map(([key, configOperation, value]) => ({ name: key, configOperation, value })),
        },
      ],
      validateOnly: false,
    });
  for (const [name, value] of changes) await alter(`dynamic ${name}`, [[name, SET as number, value]]);
  await sleep(APPLIED_MS);
  const names = changes.map(([name]) => name);
  await talk.ask('dynamic, of all brokers', 'DescribeConfigs', 4, {
    resources: [resource(BROKER, '')],
    includeSynonyms: true,
    includeDocumentation: true,
  });
  await talk.ask('dynamic, of one', 'DescribeConfigs', 4, { resources: [resource(BROKER, '1', names)], includeSynonyms: true });
  for (const name of names) await alter(`dynamic ${name}, back`, [[name, DELETE as number, null]]);
  await alter('of a broker, a name that nobody knows', [['somebody.elses.property', SET as number, 'y']], '1');
  await sleep(APPLIED_MS);
  await talk.ask('a name that nobody knows', 'DescribeConfigs', 4, {
    resources: [resource(BROKER, '1', ['somebody.elses.property', 'num.io.threads'])],
    includeSynonyms: true,
  });
  await alter('of a broker, back', [['somebody.elses.property', DELETE as number, null]], '1');
  const refused: readonly (readonly [string, string])[] = [
    ['num.io.threads', '0'],
    ['num.io.threads', 'x'],
    ['log.cleaner.threads', '-1'],
    ['leader.replication.throttled.rate', '-1'],
    ['broker.id', '7'],
    ['socket.send.buffer.bytes', '70000'],
    ['queued.max.requests', '70'],
    ['ssl.keystore.location', '/nowhere'],
    ['log.dirs', '/nowhere'],
  ];
  for (const [name, value] of refused) await alter(`refused ${name} ${value}`, [[name, SET as number, value]]);
}

/** Of groups and of subscriptions to clients' metrics. */
async function others(talk: Conversation): Promise<void> {
  const alter = (step: string, type: number, name: string, configs: readonly (readonly [string, number, string | null])[]) =>
    talk.ask(step, 'IncrementalAlterConfigs', 1, {
      resources: [
        {
          resourceType: type,
          resourceName: name,
          configs: configs.map(([key, configOperation, value]) => ({ name: key, configOperation, value })),
        },
      ],
      validateOnly: false,
    });
  const described = async (step: string, type: number, name: string): Promise<void> => {
    const kind = type === GROUP ? 'group' : 'client metrics';
    for (const version of versions('DescribeConfigs', 1))
      await talk.ask(`${step}, ${kind}`, 'DescribeConfigs', version, {
        resources: [
          resource(type, name),
          resource(type, name, [type === CLIENT_METRICS ? 'match' : 'share.auto.offset.reset', 'no.such']),
        ],
        includeSynonyms: true,
        ...(version >= 3 ? { includeDocumentation: true } : {}),
      });
  };
  const tries: Readonly<Record<number, readonly (readonly [string, string])[]>> = {
    [GROUP]: [
      ['consumer.session.timeout.ms', '50000'],
      ['consumer.session.timeout.ms', '10'],
      ['consumer.heartbeat.interval.ms', '6000'],
      ['consumer.heartbeat.interval.ms', 'x'],
      ['share.record.lock.duration.ms', '20000'],
      ['share.record.lock.duration.ms', '1'],
      ['share.auto.offset.reset', 'earliest'],
      ['share.auto.offset.reset', 'by_duration:PT1H'],
      ['share.auto.offset.reset', 'sometimes'],
      ['no.such.config', '1'],
    ],
    [CLIENT_METRICS]: [
      ['metrics', 'org.apache.kafka.producer.'],
      ['interval.ms', '60000'],
      ['interval.ms', '1'],
      ['match', 'client_software_name=Java,client_id=c.*'],
      ['match', 'nobody=Java'],
      ['match', 'client_id'],
      ['match', 'client_id=['],
      ['no.such.config', '1'],
    ],
  };
  for (const [type, name] of [
    [GROUP, 'some-group'],
    [CLIENT_METRICS, 'clients'],
  ] as const) {
    await described('before', type, name);
    for (const [key, value] of tries[type] ?? [])
      await alter(`${type} ${key}=${value}`, type, name, [[key, SET as number, value]]);
    await alter(`${type} append`, type, name, [
      [type === GROUP ? 'share.auto.offset.reset' : 'metrics', APPEND as number, 'more.'],
    ]);
    await alter(`${type} without a name`, type, '', [['interval.ms', SET as number, '70000']]);
    await sleep(APPLIED_MS);
    await described('after', type, name);
    await described('without a name', type, '');
    await talk.ask(`${type} replaced`, 'AlterConfigs', 2, {
      resources: [{ resourceType: type, resourceName: name, configs: [] }],
      validateOnly: false,
    });
    await sleep(APPLIED_MS);
    await described('after it was replaced', type, name);
  }
}

/** Whose configs there are: by type, all types if none is named (KIP-1142). */
async function listed(talk: Conversation): Promise<void> {
  for (const [type, name, key, value] of [
    [GROUP, 'configured-group', 'consumer.session.timeout.ms', '50000'],
    [CLIENT_METRICS, 'configured-metrics', 'interval.ms', '60000'],
  ] as const)
    await talk.quietly('IncrementalAlterConfigs', 1, {
      resources: [{ resourceType: type, resourceName: name, configs: [{ name: key, configOperation: 0, value }] }],
      validateOnly: false,
    });
  await sleep(APPLIED_MS);
  await talk.ask('of client metrics', 'ListConfigResources', 0, {});
  const types = [[], [TOPIC], [BROKER], [BROKER_LOGGER], [CLIENT_METRICS], [GROUP], [1], [0], [77], [TOPIC, GROUP], [GROUP, 77]];
  for (const resourceTypes of types)
    await talk.ask(`of types ${resourceTypes.join(' and ')}`, 'ListConfigResources', 1, { resourceTypes });
}

async function run(talk: Conversation): Promise<void> {
  const configs = [
    { name: 'retention.ms', value: '1000000' },
    { name: 'cleanup.policy', value: 'delete' },
  ];
  await talk.quietly('CreateTopics', 5, {
    topics: [{ name: 'configured', numPartitions: 1, replicationFactor: 1, configs }],
    timeoutMs: 5_000,
  });
  await describe(talk);
  await incremental(talk);
  await whole(talk);
  await special(talk);
  await dynamic(talk);
  await others(talk);
  await listed(talk);
}

export const CONFIGS: SharedScript = { name: 'configs', brokers: 1, run };
