/**
 * A data directory goes both ways. What a node is formatted with is what Kafka's StorageTool writes; a directory that Kafka wrote is
 * served with every record and committed offset, and Kafka takes it back. (That it takes one that was served from the start, the tools
 * show.)
 */
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { formatStorage } from '../../core/broker/index.ts';
import { decodeRecords, encodeBatch, forEachBatch } from '../../core/protocol/records.ts';
import { FileDisk } from '../../server/disk.ts';
import { NodeProcess } from '../../server/process.ts';
import { systemRandom } from '../../server/random.ts';
import { serve } from '../../server/serve.ts';
import { Conversation } from './conversation.ts';
import type { KafkaProcess } from './java.ts';
import { combinedNode, freePort, type Workplace } from './servers.ts';
import { Findings } from './tools.ts';

const TOOLS = 'org.apache.kafka.tools';
const CLUSTER_ID = 'oracle-exchanges-one-Q';
const TOPIC = 'exchanged';
const PARTITIONS = 2;
const RECORDS = 50;
/** Levels that core lacks are left out here, as a new cluster of `trial serve` has none of them. */
const WITHOUT = ['share.version', 'streams.version'];

export async function checkExchange(workplace: Workplace): Promise<Findings> {
  const findings = new Findings();
  await compareFormats(workplace, findings);
  await exchange(workplace, findings);
  return findings;
}

async function compareFormats({ java, folder }: Workplace, findings: Findings): Promise<void> {
  const [theirs, ours] = [join(folder, 'formatted-by-kafka'), join(folder, 'formatted-here')];
  const node = combinedNode([{ port: 9092, controllerPort: 9093 }], 0, theirs, {});
  const levels = WITHOUT.flatMap((feature) => ['--feature', `${feature}=0`]);
  const options = ['format', '-t', CLUSTER_ID, '-c', java.propertiesFile(node), ...levels];
  const formatted = await java.tool('kafka.tools.StorageTool', options);
  findings.expect('StorageTool format', formatted.status === 0, formatted.text);
  const process = new NodeProcess('formatting', () => {});
  formatStorage(new FileDisk(process, { durable: false }), systemRandom.stream('directory-id'), {
    clusterId: CLUSTER_ID,
    nodeId: 1,
    directories: [ours],
    controller: { metadataDirectory: ours },
    wallMs: Date.now(),
  });
  const files = filesIn(theirs);
  findings.expect(
    'the files of a formatted node',
    files.join() === filesIn(ours).join(),
    `${files.join()} ${filesIn(ours).join()}`,
  );
  for (const file of files) {
    const [their, our] = [withoutIdsAndTimes(join(theirs, file)), withoutIdsAndTimes(join(ours, file))];
    findings.expect(`${file} byte for byte`, their === our, `${their}\n${our}`);
  }
  process.end({ kind: 'stopped', reason: '' });
}

function filesIn(directory: string): string[] {
  return readdirSync(directory, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) => join(entry.parentPath, entry.name).slice(directory.length + 1))
    .sort();
}

/** In a snapshot: the times of its batches, with their checksums, and the one in its header. */
function withoutIdsAndTimes(file: string): string {
  const bytes = new Uint8Array(readFileSync(file));
  if (!file.endsWith('.checkpoint')) {
    return new TextDecoder()
      .decode(bytes)
      .replace(/^#\w{3} .*$/m, '#(time)')
      .replace(/^directory.id=.*$/m, 'directory.id=(id)');
  }
  const [crc, times, headerTime] = [
    [17, 4],
    [27, 16],
    [73, 8],
  ] as const;
  forEachBatch(bytes.slice(), (header, position) => {
    for (const [at, length] of [crc, times, ...(position === 0 ? [headerTime] : [])]) {
      bytes.fill(0, position + at, position + at + length);
    }
    return header.sizeInBytes > 0 ? undefined : false;
  });
  return Buffer.from(bytes).toString('hex');
}

async function exchange(workplace: Workplace, findings: Findings): Promise<void> {
  const { java, folder } = workplace;
  const data = join(folder, 'exchange');
  const port = await freePort();
  const properties = combinedNode([{ port, controllerPort: await freePort() }], 0, join(data, 'broker-1'), {});
  const formatted = await java.tool('kafka.tools.StorageTool', [
    'format',
    '-t',
    CLUSTER_ID,
    '-c',
    java.propertiesFile(properties),
  ]);
  findings.expect('StorageTool format', formatted.status === 0, formatted.text);
  let kafka = await java.startBroker(properties, port);
  try {
    await fill(port);
    await useTools(workplace, port, findings);
  } finally {
    await kafka.stop();
  }
  const theirs = quorumState(data);
  await serveIt(data, findings);
  const ours = quorumState(data);
  findings.expect('quorum-state, but for the epoch', theirs === ours, `${theirs}\n${ours}`);
  kafka = await java.startBroker(properties, port);
  try {
    await readAll(workplace, port, kafka, findings);
  } finally {
    await kafka.stop();
  }
}

function quorumState(data: string): string {
  const text = readFileSync(join(data, 'broker-1', '__cluster_metadata-0', 'quorum-state'), 'utf8');
  return text.replace(/"leaderEpoch":\d+/, '"leaderEpoch":(epoch)');
}

async function fill(port: number): Promise<void> {
  const talk = Conversation.with([port]);
  const topics = [
    { name: TOPIC, numPartitions: PARTITIONS, replicationFactor: 1, configs: [{ name: 'retention.ms', value: '-1' }] },
  ];
  await talk.quietly('CreateTopics', 5, { topics, timeoutMs: 10_000 });
  for (let index = 0; index < PARTITIONS; index++) await produce(talk, index, 0, RECORDS);
  talk.close();
}

/** Records with numbers as values, a batch of each ten. */
async function produce(talk: Conversation, index: number, from: number, to: number): Promise<void> {
  const id = await talk.topicId(TOPIC);
  for (let first = from; first < to; first += 10) {
    const numbers = Array.from({ length: Math.min(10, to - first) }, (_, at) => first + at);
    const records = encodeBatch(
      numbers.map((value) => ({ key: null, value: new TextEncoder().encode(String(value)), timestamp: Date.now() })),
    );
    const topicData = [{ topicId: id, partitionData: [{ index, records }] }];
    const request = { acks: -1, timeoutMs: 10_000, topicData };
    // A partition that was just created may not be led yet.
    await talk.until('Produce', 13, request, ({ responses: [topic] }) => topic?.partitionResponses[0]?.errorCode === 0);
  }
}

/** Groups of both protocols with committed offsets, and something in the metadata that core does not have. */
async function useTools({ java }: Workplace, port: number, findings: Findings): Promise<void> {
  const at = ['--bootstrap-server', `127.0.0.1:${port}`];
  const all = String(PARTITIONS * RECORDS);
  const reading = ['--topic', TOPIC, '--from-beginning', '--max-messages', all, '--timeout-ms', '30000'];
  for (const protocol of ['classic', 'consumer']) {
    const group = ['--group', protocol, '--command-property', `group.protocol=${protocol}`];
    const read = await java.tool(`${TOOLS}.consumer.ConsoleConsumer`, [...at, ...reading, ...group]);
    findings.expect(
      `Kafka's group of the protocol ${protocol}`,
      read.text.includes(`Processed a total of ${all} messages`),
      read.text,
    );
  }
  const quota = [
    '--alter',
    '--entity-type',
    'clients',
    '--entity-name',
    'somebody',
    '--add-config',
    'producer_byte_rate=1000000000',
  ];
  const altered = await java.tool(`${TOOLS}.ConfigCommand`, [...at, ...quota]);
  findings.expect('a client quota in Kafka', altered.status === 0, altered.text);
}

async function serveIt(data: string, findings: Findings): Promise<void> {
  const told: string[] = [];
  const failed: string[] = [];
  const cluster = await serve({
    port: 0,
    data,
    quiet: true,
    onTrace: (_, event) => {
      if (event.type === 'features-lacking') told.push(event.names.toSorted().join(', '));
    },
    onNodeFailed: (_, reason) => failed.push(reason),
    onRequestError: (_, api, error) => failed.push(`${api}: ${error instanceof Error ? error.stack : String(error)}`),
  });
  try {
    const lacking = 'client quotas, share.version 2, streams.version 1';
    findings.expect('what is lacking here is told of once', told.join('; ') === lacking, told.join('; '));
    const talk = Conversation.with([Number(cluster.bootstrapServers.split(':').at(-1))]);
    findings.expect('the cluster is the same', cluster.clusterId === CLUSTER_ID, cluster.clusterId);
    for (let index = 0; index < PARTITIONS; index++) {
      const values = await valuesOf(talk, index);
      findings.expect(`the records of ${TOPIC}-${index}`, isCount(values, RECORDS), values.join(' '));
    }
    for (const groupId of ['classic', 'consumer']) {
      const partitionIndexes = Array.from({ length: PARTITIONS }, (_, index) => index);
      const { topics } = await talk.until(
        'OffsetFetch',
        5,
        { groupId, topics: [{ name: TOPIC, partitionIndexes }] },
        ({ errorCode }) => errorCode === 0,
      );
      const committed = topics[0]?.partitions.map(({ committedOffset }) => committedOffset) ?? [];
      const isAll = committed.length === PARTITIONS && committed.every((offset) => offset === RECORDS);
      findings.expect(`the committed offsets of ${groupId}`, isAll, committed.join(' '));
    }
    for (let index = 0; index < PARTITIONS; index++) await produce(talk, index, RECORDS, RECORDS + 10);
    talk.close();
  } finally {
    await cluster.stop();
  }
  findings.expect('serving it', failed.length === 0, failed.join('\n'));
}

async function valuesOf(talk: Conversation, index: number): Promise<string[]> {
  const topicId = await talk.topicId(TOPIC);
  const values: string[] = [];
  for (let next = 0; ; ) {
    const partitions = [{ partition: index, fetchOffset: next, partitionMaxBytes: 1 << 20 }];
    const request = { maxWaitMs: 0, minBytes: 0, maxBytes: 1 << 20, sessionEpoch: -1, topics: [{ topicId, partitions }] };
    const { responses } = await talk.quietly('Fetch', 13, request);
    const bytes = responses[0]?.partitions[0]?.records ?? new Uint8Array(0);
    const before = next;
    forEachBatch(bytes, (header, position) => {
      for (const { value } of decodeRecords(bytes, position)) values.push(new TextDecoder().decode(value ?? undefined));
      next = Number(header.lastOffset) + 1;
      return undefined;
    });
    if (next === before) return values;
  }
}

function isCount(values: readonly string[], length: number): boolean {
  return values.length === length && values.every((value, index) => value === String(index));
}

/** Kafka again, on what was served meanwhile. */
async function readAll({ java }: Workplace, port: number, kafka: KafkaProcess, findings: Findings): Promise<void> {
  const at = ['--bootstrap-server', `127.0.0.1:${port}`];
  const all = String(PARTITIONS * (RECORDS + 10));
  const reading = ['--topic', TOPIC, '--from-beginning', '--max-messages', all, '--timeout-ms', '30000'];
  const read = await java.tool(`${TOOLS}.consumer.ConsoleConsumer`, [...at, ...reading]);
  findings.expect(
    'Kafka reads back what was written in between',
    read.text.includes(`Processed a total of ${all} messages`),
    read.text,
  );
  for (const name of ['classic', 'consumer']) {
    const group = await java.tool(`${TOOLS}.consumer.group.ConsumerGroupCommand`, [...at, '--describe', '--group', name]);
    const line = new RegExp(`${name}\\s+${TOPIC}\\s+1\\s+${RECORDS}\\s+${RECORDS + 10}\\s+10\\b`);
    findings.expect(`Kafka still knows the offsets of ${name}`, line.test(group.text), group.text);
  }
  // A machine that has other things to do is no fault of the directory's.
  findings.expect('Kafka starts on it without complaint', kafka.complaints.length === 0, kafka.complaints.join('\n'));
}
