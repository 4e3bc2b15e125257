/** confluent-kafka and kafka-python against three served brokers. Skipped, and said so, where they cannot be installed. */
import anyTest, { type TestFn } from 'ava';
import { NotAvailable } from './oracle/artifacts.ts';
import { killAndRestart, Load, missingForKafkajs } from './testing/acknowledged.ts';
import { pythonWith } from './testing/python.ts';
import { eventually, type Served, servedCluster } from './testing/served.ts';
import { PipedProducer, type Program, sessionFile, wholeSession } from './testing/session.ts';
import { pipedTransform, transformed } from './testing/transform.ts';

const test = anyTest as TestFn<Served>;
/** Programs of other languages take the processor from brokers, which are not to be fenced for it. */
const CONFIG = { 'default.replication.factor': 3, 'min.insync.replicas': 2, 'broker.session.timeout.ms': 12_000 };
const LIBRARIES = [
  { name: 'confluent-kafka', version: '2.16.1', session: 'confluent_session.py', read: 100 },
  { name: 'kafka-python', version: '3.0.12', session: 'kafka_python_session.py', read: 40 },
] as const;

/** What each library calls the same refusals. */
const REFUSALS = {
  'confluent-kafka': {
    'created again': 'TOPIC_ALREADY_EXISTS',
    'badly named': 'TOPIC_EXCEPTION',
    'too many replicas': 'INVALID_REPLICATION_FACTOR',
    shrunk: 'INVALID_PARTITIONS',
    'deleted again': 'UNKNOWN_TOPIC_OR_PART',
  },
  'kafka-python': {
    'created again': 'TopicAlreadyExistsError',
    'badly named': 'InvalidTopicError',
    'too many replicas': 'InvalidReplicationFactorError',
    shrunk: 'InvalidPartitionsError',
    'deleted again': 'UnknownTopicOrPartitionError',
  },
} as const;

const available: { library: (typeof LIBRARIES)[number]; program: Program }[] = [];
for (const library of LIBRARIES) {
  try {
    available.push({ library, program: [await pythonWith(library.name, library.version), sessionFile(library.session)] });
  } catch (error) {
    if (!(error instanceof NotAvailable)) throw error;
    console.log(`${error.message}: ${library.name} is not tried`);
  }
}
if (available.length > 0) servedCluster(test, { brokers: 3, config: CONFIG });
else test.skip('clients in Python', () => undefined);

for (const { library, program } of available) {
  const { name, version, read } = library;
  test.serial(`a session of ${name} ${version}: topics, configs, records, groups`, async (t) => {
    const facts = await wholeSession(program, t.context.brokers);
    t.like(facts, { created: null, grown: null, altered: null, deleted: null, brokers: [1, 2, 3], policy: 'delete,compact' });
    t.like(facts, REFUSALS[name]);
    t.deepEqual(
      facts['offsets'],
      Array.from({ length: read }, (_, index) => index),
    );
    t.is((facts['values'] as string[]).length, read);
    t.is((facts['values'] as string[])[20], 'gzip 0');
    t.true(facts['by time'] === true || (facts['by time'] as unknown[])[0] === true);
    if (name === 'confluent-kafka') {
      t.like(facts, { 'too large': ['MSG_SIZE_TOO_LARGE'], committed: [40, -1001], watermarks: [0, 100], 'resumed at': 40 });
      t.deepEqual(facts['headers'], [
        ['codec', 'none'],
        ['none', null],
      ]);
      for (const strategy of ['range', 'roundrobin', 'cooperative-sticky']) t.deepEqual(facts[`shared by ${strategy}`], [2, 2]);
      t.deepEqual(facts['shared by consumer protocol'], [2, 2]);
      t.deepEqual(facts['migrating'], [[4], [2, 2], [4], [2, 2], [4]]);
      t.like(facts, { group: ['EMPTY', 0], 'group offsets': [40], 'group offsets moved': [7], 'group deleted': null });
      t.like(facts, { 'group deleted again': 'GROUP_ID_NOT_FOUND', 'max timestamp': true });
    } else {
      t.like(facts, { committed: 25, ends: [0, 40], 'resumed at': 25, shared: [2, 2], group: 'Empty', 'group offsets': 25 });
      t.true((facts['features'] as string[]).includes('metadata.version'));
    }
  });

  test.serial(`what a producer of ${name} has acknowledged is there after a broker was killed`, async (t) => {
    const topic = `killed-${name}`;
    const producer = new PipedProducer(program, t.context.brokers, topic);
    const load = new Load(4, (value) => producer.send(value));
    await eventually('the first record', () => (load.acknowledged.length > 0 ? true : null), 60_000);
    await killAndRestart(t.context, load);
    await producer.close();
    t.deepEqual(await missingForKafkajs(t.context.brokers, topic, load.acknowledged), []);
  });

  if (name !== 'confluent-kafka') continue;
  test.serial(`consume-transform-produce of ${name}, while a broker is killed: each input comes out once`, async (t) => {
    await transformed(t, 'confluent-transform', async (of) => pipedTransform(t, program, of));
  });
}
