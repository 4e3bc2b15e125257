/**
 * Apache Kafka's own tools at a served cluster: its console clients and commands use it, kafka-dump-log reads every file that
 * it wrote, and a broker of Apache Kafka starts on its data directory and gives the records back.
 */
import { readdirSync, readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { encodeBatch } from '../../core/protocol/records.ts';
import { serve } from '../../server/serve.ts';
import { sleep } from '../testing/served.ts';
import { Conversation } from './conversation.ts';
import type { Java } from './java.ts';
import { TOPIC as TRANSACTIONAL_TOPIC, TransactionalProducer } from './scripts/transactions/producer.ts';
import { combinedNode, freePort, type Workplace } from './servers.ts';

const TOOLS = 'org.apache.kafka.tools';
const TOPIC = 'tools';
const BATCHES = 300;
/** The least that Kafka takes, and does not refuse to start on. */
const SEGMENT_BYTES = 1 << 20;
/** A batch's, so that all together fill three segments. */
const BATCH_BYTES = 10_000;
const SNAPSHOT_INTERVAL_MS = 1_500;
const COMPACTED = 'tools-compacted';
/** Of a compacted topic a segment is closed when it is this old, and cleaned soon after. */
const SEGMENT_MS = 500;
const CLEANED_LIMIT_MS = 60_000;

/** What went wrong, a sentence each. */
export class Findings {
  readonly problems: string[] = [];
  checks = 0;

  expect(what: string, isRight: boolean, text: string): void {
    this.checks++;
    if (!isRight) this.problems.push(`${what}: ${text.trim().slice(0, 2_000)}`);
  }
}

export async function checkTools(workplace: Workplace): Promise<Findings> {
  const findings = new Findings();
  const data = join(workplace.folder, 'tools');
  const config = {
    'metadata.log.max.snapshot.interval.ms': SNAPSHOT_INTERVAL_MS,
    'log.cleaner.enable': true,
    'log.cleaner.backoff.ms': 200,
  };
  const cluster = await serve({ port: 0, data, config, quiet: true });
  const port = Number(cluster.bootstrapServers.split(':').at(-1));
  try {
    await useCommands(workplace.java, cluster.bootstrapServers, findings);
    await writeMore(port);
    await useTransactions(workplace.java, port, findings);
    await compact(port, join(data, 'broker-1'), findings);
    await sleep(SNAPSHOT_INTERVAL_MS * 2);
  } finally {
    await cluster.stop();
  }
  const directory = join(data, 'broker-1');
  await dumpLogs(workplace.java, directory, findings);
  await startKafkaOn(workplace.java, directory, findings);
  return findings;
}

/** Kafka's command-line tools as clients. */
async function useCommands(java: Java, servers: string, findings: Findings): Promise<void> {
  const at = ['--bootstrap-server', servers];
  const created = await java.tool(`${TOOLS}.TopicCommand`, [
    ...at,
    '--create',
    '--topic',
    TOPIC,
    '--partitions',
    '2',
    '--config',
    'retention.ms=-1',
  ]);
  findings.expect('kafka-topics --create', created.status === 0, created.text);
  const described = await java.tool(`${TOOLS}.TopicCommand`, [...at, '--describe', '--topic', TOPIC]);
  findings.expect(
    'kafka-topics --describe',
    /PartitionCount: 2[\s\S]*Partition: 1\s+Leader: 1/.test(described.text),
    described.text,
  );
  const input = Array.from({ length: 10 }, (_, index) => `k${index}:value ${index}\n`).join('');
  const producing = [
    '--topic',
    TOPIC,
    '--reader-property',
    'parse.key=true',
    '--reader-property',
    'key.separator=:',
    '--compression-codec',
    'gzip',
  ];
  const produced = await java.tool(`${TOOLS}.ConsoleProducer`, [...at, ...producing], input);
  findings.expect('kafka-console-producer', produced.status === 0 && !/ERROR|WARN/.test(produced.text), produced.text);
  const reading = ['--topic', TOPIC, '--group', 'console', '--from-beginning', '--max-messages', '10', '--timeout-ms', '15000'];
  const consumed = await java.tool(`${TOOLS}.consumer.ConsoleConsumer`, [...at, ...reading]);
  const isAll = Array.from({ length: 10 }, (_, index) => consumed.text.includes(`value ${index}\n`)).every(Boolean);
  findings.expect('kafka-console-consumer', isAll && consumed.text.includes('Processed a total of 10 messages'), consumed.text);
  const group = await java.tool(`${TOOLS}.consumer.group.ConsumerGroupCommand`, [...at, '--describe', '--group', 'console']);
  findings.expect('kafka-consumer-groups --describe', /console\s+tools\s+1\s+\d+\s+\d+\s+0\b/.test(group.text), group.text);
  const ofModern = ['--group', 'modern', '--command-property', 'group.protocol=consumer'];
  const modern = await java.tool(`${TOOLS}.consumer.ConsoleConsumer`, [
    ...at,
    '--topic',
    TOPIC,
    '--from-beginning',
    '--max-messages',
    '10',
    '--timeout-ms',
    '30000',
    ...ofModern,
  ]);
  const isRead = modern.text.includes('Processed a total of 10 messages');
  findings.expect('kafka-console-consumer by the consumer protocol', isRead, modern.text);
  const modernGroup = await java.tool(`${TOOLS}.consumer.group.ConsumerGroupCommand`, [...at, '--describe', '--group', 'modern']);
  const hasOffset = /modern\s+tools\s+1\s+\d+\s+\d+\s+0\b/.test(modernGroup.text);
  findings.expect('kafka-consumer-groups --describe, of a consumer group', hasOffset, modernGroup.text);
  const altered = await java.tool(`${TOOLS}.ConfigCommand`, [
    ...at,
    '--alter',
    '--topic',
    TOPIC,
    '--add-config',
    `segment.bytes=${SEGMENT_BYTES}`,
  ]);
  findings.expect('kafka-configs --alter', altered.status === 0 && altered.text.includes('Completed updating'), altered.text);
  const configs = await java.tool(`${TOOLS}.ConfigCommand`, [...at, '--describe', '--topic', TOPIC]);
  findings.expect('kafka-configs --describe', configs.text.includes(`segment.bytes=${SEGMENT_BYTES}`), configs.text);
  const quorum = await java.tool(`${TOOLS}.MetadataQuorumCommand`, [...at, 'describe', '--status']);
  findings.expect('kafka-metadata-quorum', /LeaderId:\s+1/.test(quorum.text), quorum.text);
  const offsets = await java.tool(`${TOOLS}.GetOffsetShell`, [...at, '--topic', TOPIC]);
  findings.expect('kafka-get-offsets', /tools:0:\d+/.test(offsets.text), offsets.text);
}

/** Enough batches for several segments, entries in the indexes, and producer snapshots. */
async function writeMore(port: number): Promise<void> {
  const talk = Conversation.with([port]);
  const { producerId } = await talk.quietly('InitProducerId', 3, { transactionalId: null, transactionTimeoutMs: 1_000 });
  for (let index = 0; index < BATCHES; index++) {
    const value = new TextEncoder().encode(`more ${index} `.padEnd(BATCH_BYTES, '.'));
    const records = encodeBatch([{ key: null, value, timestamp: Date.now() }], {
      producerId,
      producerEpoch: 0,
      baseSequence: index,
    });
    const topicData = [{ name: TOPIC, partitionData: [{ index: 0, records }] }];
    const { responses } = await talk.quietly('Produce', 9, { transactionalId: null, acks: -1, timeoutMs: 5_000, topicData });
    const errorCode = responses[0]?.partitionResponses[0]?.errorCode;
    if (errorCode !== 0) throw new Error(`batch ${index} was answered ${errorCode}`);
  }
  talk.close();
}

/** Two values of each key, and a tombstone, in a topic that is compacted while it is there. */
async function compact(port: number, directory: string, findings: Findings): Promise<void> {
  const talk = Conversation.with([port]);
  const given = { 'cleanup.policy': 'compact', 'segment.ms': String(SEGMENT_MS), 'min.cleanable.dirty.ratio': '0.01' };
  const configs = Object.entries(given).map(([name, value]) => ({ name, value }));
  await talk.quietly('CreateTopics', 5, {
    topics: [{ name: COMPACTED, numPartitions: 1, replicationFactor: 1, configs }],
    timeoutMs: 10_000,
  });
  await talk.topicId(COMPACTED);
  const file = join(directory, `${COMPACTED}-0`, '00000000000000000000.log');
  const produce = async (...pairs: readonly (readonly [key: string, value: string | null])[]): Promise<void> => {
    const records = encodeBatch(
      pairs.map(([key, value]) => ({
        key: Buffer.from(key),
        value: value === null ? null : Buffer.from(value),
        timestamp: Date.now(),
      })),
    );
    const topicData = [{ name: COMPACTED, partitionData: [{ index: 0, records }] }];
    await talk.quietly('Produce', 9, { transactionalId: null, acks: -1, timeoutMs: 5_000, topicData });
  };
  await produce(['a', 'first of a'], ['b', 'first of b'], ['c', 'first of c']);
  for (const end = Date.now() + CLEANED_LIMIT_MS; Date.now() < end && readFileSync(file).includes('first of a'); ) {
    await sleep(SEGMENT_MS * 2);
    // Each closes the segment before it.
    await produce(['a', 'last of a'], ['b', null], ['d', 'last of d']);
  }
  findings.expect('a topic is compacted', !readFileSync(file).includes('first of a'), `${file} still has the first value`);
  talk.close();
}

/** A transaction that is committed, one that is open, and what kafka-transactions tells and does of them. */
async function useTransactions(java: Java, port: number, findings: Findings): Promise<void> {
  const talk = Conversation.with([port]);
  await talk.until('FindCoordinator', 1, { key: 'open', keyType: 1 }, ({ errorCode }) => errorCode === 0);
  await talk.quietly('CreateTopics', 5, {
    topics: [
      { name: TRANSACTIONAL_TOPIC, numPartitions: 1, replicationFactor: 1, configs: [{ name: 'retention.ms', value: '-1' }] },
    ],
    timeoutMs: 10_000,
  });
  await talk.topicId(TRANSACTIONAL_TOPIC);
  const committed = await TransactionalProducer.with(talk, 2, 'committed');
  await committed.send(0);
  await committed.end(true);
  const open = await TransactionalProducer.with(talk, 2, 'open');
  await open.send(0);
  const tool = async (...options: string[]): Promise<string> => {
    const all = ['--bootstrap-server', `127.0.0.1:${port}`, ...options];
    const { status, text } = await java.tool(`${TOOLS}.TransactionsCommand`, all);
    findings.expect(`kafka-transactions ${options[0]}`, status === 0, text);
    return text;
  };
  const expect = (what: string, pattern: RegExp, text: string): void =>
    findings.expect(`kafka-transactions ${what} shows ${pattern.source}`, pattern.test(text), text);
  expect('list', /committed\s+\t1\s+\t\d+\s+\tCompleteCommit/, await tool('list', '--transactional-id-pattern', 'comm.*'));
  expect(
    'describe',
    /1\s+\topen\s+\t\d+\s+\t0\s+\tOngoing.*transactional-0/,
    await tool('describe', '--transactional-id', 'open'),
  );
  const at = ['--topic', TRANSACTIONAL_TOPIC, '--partition', '0'];
  expect('describe-producers', /\t2\s+\t$/m, await tool('describe-producers', ...at));
  expect('find-hanging', /^Topic\s+Partition\s+ProducerId/m, await tool('find-hanging', '--topic', TRANSACTIONAL_TOPIC));
  await tool('abort', ...at, '--start-offset', '2');
  const text = await tool('describe-producers', ...at);
  findings.expect('kafka-transactions abort ends it', !/\t2\s+\t$/m.test(text) && /None/.test(text), text);
  await open.end(false);
  talk.close();
}

/** Lines that are no complaint. */
const PLAIN =
  /^(SLF4J: |baseOffset:|Dumping |Log starting offset:|Snapshot end offset:|\| offset:|offset: \d+ position:|timestamp: -?\d+ offset:|producerId: |\S+ is empty\.$)/;

/** What kafka-dump-log 4.4 says of every segment that does not begin at offset 0: it compares its first offset with -1. */
const OF_LATER_SEGMENTS = /^Non-consecutive offsets in \S*\/0*(\d+)\.log\n {2}-1 is followed by \1\n/gm;

async function dumpLogs(java: Java, directory: string, findings: Findings): Promise<void> {
  const all = readdirSync(directory, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile() && /\.(log|index|timeindex|snapshot|checkpoint)$/.test(entry.name))
    .map((entry) => join(entry.parentPath, entry.name));
  const isMetadata = (file: string): boolean => file.includes('__cluster_metadata');
  const groups = all.filter((file) => file.includes('__consumer_offsets') && file.endsWith('.log') && statSync(file).size > 0);
  const metadata = all.filter((file) => isMetadata(file) && /\.(log|checkpoint)$/.test(file));
  const compacted = all.filter((file) => file.includes(`/${COMPACTED}-`) && file.endsWith('.log'));
  const rest = all.filter((file) => ![groups, metadata, compacted].some((others) => others.includes(file)));
  const dump = async (what: string, files: readonly string[], options: readonly string[], ...wanted: RegExp[]): Promise<void> => {
    const { status, text } = await java.tool(`${TOOLS}.DumpLogSegments`, [...options, '--files', files.join(',')]);
    const lines = text.replaceAll(OF_LATER_SEGMENTS, '').split('\n');
    const odd = lines.filter((line) => (line !== '' && !PLAIN.test(line)) || line.includes('isvalid: false'));
    findings.expect(`kafka-dump-log of ${what}`, status === 0 && odd.length === 0, odd.join('\n'));
    for (const pattern of wanted) findings.expect(`kafka-dump-log of ${what} shows ${pattern.source}`, pattern.test(text), text);
  };
  await dump(
    'logs, indexes and producer snapshots',
    rest,
    ['--deep-iteration', '--print-data-log'],
    /payload: more 299/,
    /position: [1-9]/,
    /producerEpoch: 0 /,
  );
  await dump(
    'the groups',
    groups,
    ['--offsets-decoder'],
    /"group":"console","topic":"tools"/,
    /"protocolType":"consumer"/,
    // A member, what it was to have, and where it stood.
    /"groupId":"modern".*"subscribedTopicNames":\["tools"\]/,
    /"groupId":"modern".*"metadataHash":-?\d{5}/,
    /"groupId":"modern".*"assignmentEpoch":2/,
    /"groupId":"modern".*"memberEpoch":2/,
  );
  const { status, text } = await java.tool(`${TOOLS}.DumpLogSegments`, [
    '--deep-iteration',
    '--print-data-log',
    '--files',
    compacted.join(','),
  ]);
  const isWhole = status === 0 && !text.includes('isvalid: false') && /key: c payload: first of c/.test(text);
  const isClean = !/payload: first of [ab]/.test(text) && /key: a payload: last of a/.test(text);
  findings.expect('kafka-dump-log of a compacted log', isWhole && isClean, text);
  const transactions = all.filter(
    (file) => file.includes('__transaction_state') && file.endsWith('.log') && statSync(file).size > 0,
  );
  await dump(
    'the transactions',
    transactions,
    ['--transaction-log-decoder'],
    /"transactionalId":"committed"/,
    /"transactionStatus":"CompleteCommit"/,
  );
  await dump(
    'the metadata log and its snapshots',
    metadata,
    ['--cluster-metadata-decoder'],
    /"type":"TOPIC_RECORD"/,
    /SnapshotFooter/,
  );
  findings.expect(
    'there is a metadata snapshot',
    metadata.some((file) => file.endsWith('.checkpoint')),
    metadata.join(' '),
  );
}

/** A broker of Apache Kafka takes over the directory of a served combined node. */
async function startKafkaOn(java: Java, directory: string, findings: Findings): Promise<void> {
  const port = await freePort();
  const kafka = await java.startBroker(combinedNode([{ port, controllerPort: await freePort() }], 0, directory, {}), port);
  try {
    const at = ['--bootstrap-server', `127.0.0.1:${port}`];
    const count = BATCHES + 10;
    const reading = ['--topic', TOPIC, '--from-beginning', '--max-messages', String(count), '--timeout-ms', '20000'];
    const consumed = await java.tool(`${TOOLS}.consumer.ConsoleConsumer`, [...at, ...reading]);
    const isAll =
      consumed.text.includes(`Processed a total of ${count} messages`) && consumed.text.includes(`more ${BATCHES - 1} `);
    findings.expect('Apache Kafka reads back what was written', isAll, consumed.text);
    const group = await java.tool(`${TOOLS}.consumer.group.ConsumerGroupCommand`, [...at, '--describe', '--group', 'console']);
    findings.expect(
      'Apache Kafka knows the committed offsets',
      /console\s+tools\s+1\s+\d+\s+\d+\s+0\b/.test(group.text),
      group.text,
    );
    findings.expect('Apache Kafka starts without complaint', kafka.complaints.length === 0, kafka.complaints.join('\n'));
  } finally {
    await kafka.stop();
  }
}
