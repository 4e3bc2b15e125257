/** The tools against a served cluster, over TCP. */
import test, { type ExecutionContext } from 'ava';
import { deferred } from '../core/client/deferred.ts';
import { Producer } from '../core/client/producer/producer.ts';
import { utf8 } from '../core/client/serializers.ts';
import type { ClientEnvironment } from '../core/environment.ts';
import { encodeBatch } from '../core/protocol/records.ts';
import { RpcClient } from '../core/rpc/rpc-client.ts';
import { clientProcess } from '../server/client-environment.ts';
import { type Cluster, serve } from '../server/serve.ts';
import { runConfigs } from './configs/configs.ts';
import { runConsume } from './consume/consume.ts';
import type { ExitStatus } from './errors.ts';
import { runGroups } from './groups/groups.ts';
import { runProduce } from './produce/produce.ts';
import type { Terminal } from './terminal.ts';
import { runTopics } from './topics/topics.ts';
import type { TransactionsAction } from './transactions/options.ts';
import { runTransactions } from './transactions/transactions.ts';

interface Outcome {
  readonly status: ExitStatus;
  readonly out: string;
  readonly notes: string;
}

/** Runs a tool and collects what it writes. */
async function told(tool: (terminal: Terminal) => Promise<ExitStatus>): Promise<Outcome> {
  const out: Uint8Array[] = [];
  const notes: string[] = [];
  const status = await tool({
    out: (text) => out.push(Buffer.from(text)),
    note: (line) => notes.push(line),
    drained: () => Promise.resolve(),
    onClosed: () => ({ stop: () => undefined }),
  });
  return { status, out: Buffer.concat(out).toString(), notes: notes.join('\n') };
}

const never = new AbortController().signal;

/** The tools for one cluster. */
function toolsOf({ bootstrapServers }: Cluster) {
  const cluster = { bootstrapServer: bootstrapServers };
  return {
    topics: (options: Parameters<typeof runTopics>[0]) => told((terminal) => runTopics({ ...cluster, ...options }, terminal)),
    configs: (options: Parameters<typeof runConfigs>[0]) => told((terminal) => runConfigs({ ...cluster, ...options }, terminal)),
    groups: (options: Omit<Parameters<typeof runGroups>[0], 'timeout'>) =>
      told((terminal) => runGroups({ ...cluster, timeout: 20_000, ...options }, terminal)),
    transactions: (action: TransactionsAction) => told((terminal) => runTransactions({ ...cluster, action }, terminal)),
    produce: (options: Parameters<typeof runProduce>[0], text: string) =>
      told((terminal) => {
        const input = { chunks: lines(text), isInteractive: false };
        return runProduce({ ...cluster, timeout: 0, ...options }, input, never, terminal);
      }),
    consume: (options: Parameters<typeof runConsume>[0], signal = never) =>
      told((terminal) => runConsume({ ...cluster, ...options }, signal, terminal)),
  };
}

async function* lines(text: string): AsyncGenerator<Uint8Array> {
  yield Buffer.from(text);
}

async function served(t: ExecutionContext, more: Record<string, string | number | boolean> = {}): Promise<Cluster> {
  const config = { 'group.initial.rebalance.delay.ms': 0, 'offsets.topic.num.partitions': 1, 'num.partitions': 2, ...more };
  const cluster = await serve({ port: 0, config });
  t.teardown(() => cluster.stop());
  return cluster;
}

test.serial('topics: created, listed, described, altered, deleted, and refused', async (t) => {
  const { topics } = toolsOf(await served(t));
  t.deepEqual(await topics({ create: true, topic: 'orders', config: ['retention.ms=5000'] }), {
    status: 0,
    out: 'Created topic orders.\n',
    notes: '',
  });
  const again = await topics({ create: true, topic: 'orders' });
  t.is(again.status, 1);
  t.regex(again.notes, /^trial: .*TOPIC_ALREADY_EXISTS\)\.$/);
  t.like(await topics({ create: true, topic: 'orders', ifNotExists: true }), { status: 0, out: '' });
  await topics({ create: true, topic: 'bills', replicaAssignment: '1' });
  t.is((await topics({ list: true, excludeInternal: true })).out, 'bills\norders\n');
  t.is((await topics({ alter: true, topic: 'bi.*', partitions: 3, replicaAssignment: '1,1,1' })).status, 0);
  const described = await topics({ describe: true, topic: 'bills|orders' });
  t.regex(
    described.out,
    /^Topic: bills\tTopicId: \S{22}\tPartitionCount: 3\tReplicationFactor: 1\tConfigs: min\.insync\.replicas=1\n/,
  );
  t.regex(
    described.out,
    /\nTopic: orders\tTopicId: \S{22}\tPartitionCount: 2\tReplicationFactor: 1\tConfigs: min\.insync\.replicas=1,retention\.ms=5000\n/,
  );
  t.regex(described.out, /\n\tTopic: orders\tPartition: 1\tLeader: 1\tReplicas: 1\tIsr: 1\t/);
  const id = /TopicId: (\S+)/.exec(described.out)?.[1] ?? '';
  t.regex((await topics({ describe: true, topicId: id })).out, /^Topic: bills\t/);
  // The cluster's min.insync.replicas is dynamic in Kafka 4.4, so that every topic counts as one with overrides there.
  t.is((await topics({ describe: true, topicsWithOverrides: true, excludeInternal: true })).out.split('\n').length, 3);
  t.is((await topics({ describe: true, unavailablePartitions: true })).out, '');
  t.is((await topics({ delete: true, topic: 'b.*' })).status, 0);
  t.like(await topics({ delete: true, topic: 'bills' }), {
    status: 1,
    notes: 'trial: there is no topic bills (UNKNOWN_TOPIC_OR_PARTITION).',
  });
  t.like(await topics({ delete: true, topic: 'bills', ifExists: true }), { status: 0, notes: '' });
  t.is((await topics({ list: true, delete: true })).status, 2);
});

test.serial('configs: of a topic, a broker and all brokers', async (t) => {
  const { topics, configs } = toolsOf(await served(t));
  await topics({ create: true, topic: 'orders' });
  t.deepEqual(
    await configs({ alter: true, topic: 'orders', addConfig: 'cleanup.policy=[compact,delete],segment.bytes=1048576' }),
    {
      status: 0,
      out: 'Completed updating config for topic orders.\n',
      notes: '',
    },
  );
  const own = (await configs({ describe: true, entityType: 'topics', entityName: 'orders' })).out.split('\n');
  t.is(own[0], 'Dynamic configs for topic orders are:');
  t.regex(own[1] ?? '', /^ {2}cleanup.policy=compact,delete sensitive=false synonyms=\{DYNAMIC_TOPIC_CONFIG:cleanup.policy=/);
  t.is(own.length, 4);
  t.true((await configs({ describe: true, topic: 'orders', all: true })).out.split('\n').length > 20);
  t.is((await configs({ alter: true, topic: 'orders', deleteConfig: ['segment.bytes,cleanup.policy'] })).status, 0);
  t.is((await configs({ describe: true, topic: 'orders' })).out, 'Dynamic configs for topic orders are:\n');
  t.is((await configs({ alter: true, broker: '1', addConfig: 'log.retention.ms=600000' })).status, 0);
  t.is((await configs({ alter: true, brokerDefaults: true, addConfig: 'log.retention.bytes=5000000' })).status, 0);
  const brokers = (await configs({ describe: true, entityType: 'brokers' })).out;
  t.regex(brokers, /^Dynamic configs for broker 1 are:\n {2}log.retention.ms=600000 /);
  t.regex(brokers, /\nDefault configs for brokers in the cluster are:\n {2}log.retention.bytes=5000000 /);
  t.like(await configs({ alter: true, topic: 'orders', deleteConfig: ['retention.ms'] }), { status: 2 });
  t.regex((await configs({ alter: true, topic: 'orders', addConfig: 'nonsense=1' })).notes, /INVALID_CONFIG\)\.$/);
  t.like(await configs({ describe: true, broker: '9' }), {
    status: 1,
    notes: 'trial: there is no broker 9 (BROKER_NOT_AVAILABLE).',
  });
});

test.serial('configs: of all groups and client metrics, whether they have members or only configs yet', async (t) => {
  const { topics, produce, consume, configs } = toolsOf(await served(t));
  t.deepEqual(await configs({ describe: true, entityType: 'groups' }), { status: 0, out: '', notes: '' });
  await topics({ create: true, topic: 'orders', partitions: 1 });
  await produce({ topic: 'orders' }, 'one\n');
  await consume({ topic: 'orders', group: 'billing', fromBeginning: true, maxMessages: 1 });
  t.is((await configs({ alter: true, group: 'shipping', addConfig: 'consumer.session.timeout.ms=50000' })).status, 0);
  t.is((await configs({ alter: true, clientMetrics: 'slow', addConfig: 'interval.ms=60000' })).status, 0);
  const groups = (await configs({ describe: true, entityType: 'groups' })).out.split('\n');
  t.deepEqual(groups.slice(0, 2), ['Dynamic configs for group billing are:', 'Dynamic configs for group shipping are:']);
  t.regex(groups[2] ?? '', /^ {2}consumer\.session\.timeout\.ms=50000 sensitive=false synonyms=\{DYNAMIC_GROUP_CONFIG:/);
  const metrics = (await configs({ describe: true, entityType: 'client-metrics' })).out;
  t.regex(metrics, /^Dynamic configs for client-metric slow are:\n {2}interval\.ms=60000 /);
});

test.serial('records: produced with keys and headers, compressed, and consumed as they were', async (t) => {
  const { topics, produce, consume } = toolsOf(await served(t));
  await topics({ create: true, topic: 'orders', partitions: 1 });
  const property = ['parse.key=true', 'parse.headers=true', 'null.marker=NULL'];
  const text = 'h:1,i:NULL\tk\tone\nh:2\tNULL\tzwei é\nh:3\tk\tNULL\n';
  t.deepEqual(
    await produce({ topic: 'orders', readerProperty: property, compressionCodec: true, requestRequiredAcks: 'all' }, text),
    {
      status: 0,
      out: '',
      notes: '',
    },
  );
  t.is((await produce({ topic: 'orders', sync: true, requestRequiredAcks: '1' }, 'last')).status, 0);
  const print = ['print.offset=true', 'print.partition=true', 'print.headers=true', 'print.key=true'];
  t.deepEqual(await consume({ topic: 'orders', fromBeginning: true, maxMessages: 4, formatterProperty: print }), {
    status: 0,
    out: [
      'Partition:0\tOffset:0\th:1,i:null\tk\tone\n',
      'Partition:0\tOffset:1\th:2\tnull\tzwei é\n',
      'Partition:0\tOffset:2\th:3\tk\tnull\n',
      'Partition:0\tOffset:3\tNO_HEADERS\tnull\tlast\n',
    ].join(''),
    notes: 'Processed a total of 4 messages',
  });
  t.is((await consume({ topic: 'orders', partition: 0, offset: '1', maxMessages: 1 })).out, 'zwei é\n');
  const nothing = await consume({ topic: 'orders', partition: 0, offset: 'latest', timeoutMs: 100 });
  t.like(nothing, { status: 0, out: '', notes: 'trial: no message within 100 ms.\nProcessed a total of 0 messages' });
  const broken = await produce({ topic: 'orders', readerProperty: ['parse.key=true'] }, 'a\tb\nc\n');
  t.like(broken, { status: 2, notes: 'trial: line 2 has no key.separator "\\t": "c".' });
  t.is((await consume({ topic: 'orders', partition: 0, offset: '4', maxMessages: 1 })).out, 'b\n');
  const tooLarge = await produce({ topic: 'orders', commandProperty: ['max.request.size=100'] }, `${'x'.repeat(200)}\n`);
  t.is(tooLarge.status, 1);
  t.regex(tooLarge.notes, /^trial: a record for orders was not sent: .*MESSAGE_TOO_LARGE\)\.$/);
});

test.serial('groups: read in, described, reset and deleted', async (t) => {
  const { topics, produce, consume, groups } = toolsOf(await served(t));
  await topics({ create: true, topic: 'orders', partitions: 1 });
  await produce({ topic: 'orders' }, '0\n1\n2\n3\n4\n');
  t.is((await consume({ topic: 'orders', group: 'g', fromBeginning: true, maxMessages: 3 })).out, '0\n1\n2\n');
  t.is((await groups({ list: true })).out, 'g\n');
  t.regex((await groups({ list: true, state: true, type: true })).out, /\ng +Classic +Empty +\n$/);
  // Only what was asked for counts as read.
  const described = await groups({ describe: true, group: ['g'] });
  t.regex(described.out, /\ng +orders +0 +3 +5 +2 +- +- +-\n$/);
  t.is(described.notes, "\nConsumer group 'g' has no active members.");
  const reset = { resetOffsets: true, group: ['g'], allTopics: true };
  t.regex((await groups({ ...reset, shiftBy: -2, dryRun: true })).out, /\ng +orders +0 +1 +\n$/);
  t.is((await groups({ ...reset, toLatest: true, dryRun: true, export: true })).out, 'orders,0,5\n');
  t.regex((await groups({ ...reset, toOffset: 99, dryRun: true })).notes, /has offsets from 0 to 5, so 99 becomes 5/);
  t.is((await groups({ ...reset, byDuration: 'PT0S', dryRun: true, export: true })).out, 'orders,0,5\n');
  t.is((await groups({ ...reset, byDuration: 'P1D', dryRun: true, export: true })).out, 'orders,0,0\n');
  t.is((await groups({ resetOffsets: true, group: ['g'], topic: ['orders:0'], toOffset: 4, execute: true })).status, 0);
  t.is((await consume({ topic: 'orders', group: 'g', maxMessages: 1 })).out, '4\n');
  const absent = await groups({ resetOffsets: true, group: ['g'], topic: ['orders:7'], toEarliest: true, dryRun: true });
  t.like(absent, { status: 1, notes: 'trial: there is no partition 7 of topic orders (UNKNOWN_TOPIC_OR_PARTITION).' });
  t.regex((await groups({ deleteOffsets: true, group: ['g'], topic: ['orders'] })).out, /\norders +0 +Successful +\n$/);
  const deleted = await groups({ delete: true, group: ['g', 'nope'] });
  t.is(deleted.status, 1);
  t.is(deleted.out, "Deletion of requested consumer groups ('g') was successful.\n");
  t.regex(deleted.notes, /^trial: group nope is not deleted: .*GROUP_ID_NOT_FOUND\)\.$/);
  t.like(await groups({ describe: true, group: ['g'] }), {
    status: 1,
    notes: 'trial: there is no consumer group g (GROUP_ID_NOT_FOUND).',
  });
});

/** Writes a record, 20 minutes old, in a transaction that no coordinator knows of. */
async function hang(environment: ClientEnvironment, { bootstrapServers }: Cluster, topic: string, index: number): Promise<void> {
  const [host = '', port = ''] = bootstrapServers.split(':');
  const rpc = new RpcClient(environment, { clientId: 'test', versions: 'negotiate', requestTimeoutMs: 10_000 });
  const record = { key: null, value: utf8.serialize('hangs'), timestamp: Date.now() - 20 * 60_000 };
  const producer = { producerId: 4242, producerEpoch: 3, baseSequence: 0, isTransactional: true };
  const topicData = [{ name: topic, partitionData: [{ index, records: encodeBatch([record], producer) }] }];
  const request = { transactionalId: 'unknown', acks: -1, timeoutMs: 5_000, topicData };
  const answered = deferred<number | undefined>();
  rpc.send({ id: '1', host, port: Number(port) }, 'Produce', request, { version: 11 }, (result) =>
    answered.resolve(result.ok ? result.response.responses[0]?.partitionResponses[0]?.errorCode : -1),
  );
  const errorCode = await answered.promise;
  if (errorCode !== 0) throw new Error(`Produce: ${errorCode}`);
}

test.serial('transactions: listed, described, found where they hang, and aborted', async (t) => {
  const cluster = await served(t, { 'transaction.partition.verification.enable': false });
  const { topics, transactions, consume } = toolsOf(cluster);
  await topics({ create: true, topic: 'orders' });
  t.is((await transactions({ name: 'list', options: {} })).out, 'TransactionalId\tCoordinator\tProducerId\tTransactionState\t\n');
  t.like(await transactions({ name: 'describe', options: { transactionalId: 'billing' } }), {
    status: 1,
    notes: 'trial: there is no such transactional id (TRANSACTIONAL_ID_NOT_FOUND).',
  });
  const clients = clientProcess({ name: 'test', onFailed: ({ error }) => t.fail(String(error)) });
  t.teardown(() => clients.end());
  const properties = { 'bootstrap.servers': cluster.bootstrapServers, 'transactional.id': 'billing' };
  const producer = new Producer(clients.environment, properties, { valueSerializer: utf8.serialize });
  await producer.initTransactions();
  producer.beginTransaction();
  await producer.send({ topic: 'orders', partition: 1, value: 'one', timestamp: Date.now() - 20 * 60_000 });

  const listed = await transactions({ name: 'list', options: { transactionalIdPattern: 'bill.*' } });
  t.regex(listed.out, /\nbilling {8}\t1 {10}\t\d+ +\tOngoing {9}\t\n$/);
  t.notRegex((await transactions({ name: 'list', options: { transactionalIdPattern: 'bill' } })).out, /billing/);
  t.notRegex((await transactions({ name: 'list', options: { durationFilter: 3_600_000 } })).out, /billing/);
  t.like(await transactions({ name: 'list', options: { transactionalIdPattern: '(' } }), { status: 1 });
  const described = await transactions({ name: 'describe', options: { transactionalId: 'billing' } });
  t.regex(described.out, /^CoordinatorId\tTransactionalId\tProducerId\t.*\tTopicPartitions\t\n/);
  t.regex(described.out, /\n1 +\tbilling +\t\d+ +\t0 +\tOngoing +\t60000 +\t\d{13} +\t\d+ +\torders-1 +\t\n$/);
  const at = { topic: 'orders', partition: 1 };
  const producers = await transactions({ name: 'describe-producers', options: at });
  const titles =
    /^ProducerId\tProducerEpoch\tLatestCoordinatorEpoch\tLastSequence\tLastTimestamp\tCurrentTransactionStartOffset\t\n/;
  t.regex(producers.out, titles);
  t.regex(producers.out, /\n\d+ +\t0 +\t-1 +\t0 +\t\d{13}\t0 +\t\n$/);
  t.is((await transactions({ name: 'describe-producers', options: { ...at, brokerId: 1 } })).out, producers.out);
  const elsewhere = await transactions({ name: 'describe-producers', options: { topic: 'orders', partition: 7 } });
  t.like(elsewhere, { status: 1, notes: 'trial: there is no partition 7 of topic orders (UNKNOWN_TOPIC_OR_PARTITION).' });
  const nobody = { status: 1, notes: 'trial: there is no broker 9; brokers that are up: 1.' };
  t.like(await transactions({ name: 'describe-producers', options: { ...at, brokerId: 9 } }), nobody);
  t.like(await transactions({ name: 'find-hanging', options: { brokerId: 9, maxTransactionTimeout: 15 } }), nobody);
  t.like(await transactions({ name: 'find-hanging', options: { topic: 'bills', maxTransactionTimeout: 15 } }), {
    status: 1,
    notes: 'trial: there is no topic bills (UNKNOWN_TOPIC_OR_PARTITION).',
  });

  // Old as it is, its coordinator will end it.
  const searched = { topic: 'orders', maxTransactionTimeout: 15 };
  const nothing = await transactions({ name: 'find-hanging', options: searched });
  t.is(nothing.out.split('\n').length, 2);
  t.like(await transactions({ name: 'abort', options: { ...at, startOffset: 5 } }), {
    status: 1,
    notes: 'trial: no transaction is open that begins at offset 5 of partition 1 of orders.',
  });
  t.is((await transactions({ name: 'abort', options: { ...at, startOffset: 0 } })).status, 0);
  t.regex((await transactions({ name: 'describe-producers', options: at })).out, /\tNone +\t\n$/);
  await producer.abortTransaction();

  await hang(clients.environment, cluster, 'orders', 0);
  const found = await transactions({ name: 'find-hanging', options: searched });
  t.regex(
    found.out,
    /^Topic \tPartition\tProducerId\tProducerEpoch\tCoordinatorEpoch\tStartOffset\tLastTimestamp\tDuration\(min\)\t\n/,
  );
  t.regex(found.out, /\norders\t0 {8}\t4242 {6}\t3 {12}\t-1 {14}\t0 {10}\t\d{13}\t20 {11}\t\n$/);
  const all = await transactions({ name: 'find-hanging', options: { brokerId: 1, maxTransactionTimeout: 15 } });
  t.is(all.out, found.out);
  const one = await transactions({ name: 'find-hanging', options: { topic: 'orders', partition: 1, maxTransactionTimeout: 0 } });
  t.notRegex(one.out, /4242/);
  t.notRegex((await transactions({ name: 'find-hanging', options: { ...searched, maxTransactionTimeout: 30 } })).out, /4242/);
  const committed = { topic: 'orders', partition: 0, isolationLevel: 'read_committed' };
  t.is((await consume({ ...committed, fromBeginning: true, timeoutMs: 300 })).out, '');
  const ended = { topic: 'orders', partition: 0, producerId: 4242, producerEpoch: 3, coordinatorEpoch: -1 };
  t.is((await transactions({ name: 'abort', options: ended })).status, 0);
  t.notRegex((await transactions({ name: 'find-hanging', options: searched })).out, /4242/);
  t.is((await transactions({ name: 'forceTerminateTransaction', options: { transactionalId: 'billing' } })).status, 0);
  await t.throwsAsync(async () => {
    producer.beginTransaction();
    await producer.send({ topic: 'orders', partition: 1, value: 'fenced' });
    await producer.commitTransaction();
  });
  await producer.close();
  t.like(await transactions({ name: 'abort', options: at }), { status: 2 });
  t.like(await transactions({ name: 'abort', options: { ...at, producerId: 1 } }), { status: 2 });
  t.like(await transactions({ name: 'abort', options: { ...at, producerId: 1, producerEpoch: 1 } }), { status: 2 });
  t.like(await transactions({ name: 'find-hanging', options: { maxTransactionTimeout: 15 } }), { status: 2 });
  t.like(await transactions({ name: 'find-hanging', options: { brokerId: 1, partition: 1, maxTransactionTimeout: 15 } }), {
    status: 2,
  });
});

test.serial('a consumer is ended from outside: it leaves its group and tells the total', async (t) => {
  const cluster = await served(t);
  const { topics, produce, groups } = toolsOf(cluster);
  await topics({ create: true, topic: 'orders', partitions: 1 });
  await produce({ topic: 'orders' }, 'one\n');
  const controller = new AbortController();
  const first = deferred<void>();
  const outcome = told((terminal) => {
    const options = { bootstrapServer: cluster.bootstrapServers, include: 'ord.*', group: 'g', fromBeginning: true };
    const watched = {
      ...terminal,
      out: (text: string | Uint8Array) => {
        terminal.out(text);
        first.resolve();
      },
    };
    return runConsume(options, controller.signal, watched);
  });
  await first.promise;
  const members = await groups({ describe: true, group: ['g'], members: true, verbose: true });
  t.regex(members.out, /\ng +console-consumer-\S+ +\S*127.0.0.1 +console-consumer +1 +- +orders:0 +- +- +\n$/);
  t.regex((await groups({ describe: true, group: ['g'], state: true })).out, /\ng +127.0.0.1:\d+ {2}\(1\) +range +Stable +1\n$/);
  const busy = await groups({ resetOffsets: true, group: ['g'], allTopics: true, toEarliest: true, execute: true });
  t.like(busy, { status: 1 });
  t.regex(busy.notes, /NON_EMPTY_GROUP/);
  controller.abort();
  t.deepEqual(await outcome, { status: 0, out: 'one\n', notes: 'Processed a total of 1 messages' });
  t.regex((await groups({ describe: true, group: ['g'] })).out, /\ng +orders +0 +1 +1 +0 +- +- +-\n$/);
});

test.serial('a cluster that is not there is told at once', async (t) => {
  const cluster = await serve({ port: 0 });
  await cluster.stop();
  const { topics } = toolsOf(cluster);
  t.like(await topics({ list: true }), {
    status: 1,
    notes: `trial: no cluster can be reached: ${cluster.bootstrapServers} refuses the connection.`,
  });
  t.like(await topics({ list: true, bootstrapServer: 'nowhere' }), { status: 2 });
});

test.serial('a cluster that asks for TLS and a password', async (t) => {
  const cluster = await serve({ port: 0, securityProtocol: 'SASL_SSL', users: { alice: 'secret' } });
  t.teardown(() => cluster.stop());
  const { topics } = toolsOf(cluster);
  const as = (password: string): string[] => [
    'security.protocol=SASL_SSL',
    'sasl.mechanism=SCRAM-SHA-256',
    `sasl.jaas.config=org.apache.kafka.common.security.scram.ScramLoginModule required username="alice" password="${password}";`,
  ];
  const trust = ['ssl.truststore.type=PEM', `ssl.truststore.location=${cluster.certificateFile}`];
  t.is((await topics({ create: true, topic: 'orders', commandProperty: [...as('secret'), ...trust] })).status, 0);
  const wrong = await topics({ list: true, commandProperty: [...as('wrong'), ...trust] });
  t.is(wrong.status, 1);
  t.regex(wrong.notes, /invalid credentials with SASL mechanism SCRAM-SHA-256 \(SASL_AUTHENTICATION_FAILED\)\.$/);
  const untrusted = await topics({ list: true, commandProperty: as('secret') });
  t.is(untrusted.status, 1);
  t.regex(untrusted.notes, /shows a certificate of nobody that is trusted/);
});
