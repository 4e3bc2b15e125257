/** Apache Kafka's Java clients against three served brokers. Skipped, and said so, without Java, Maven or a network. */
import anyTest, { type TestFn } from 'ava';
import { KAFKA_VERSION, kafkaClassPath, NotAvailable } from './oracle/artifacts.ts';
import { killAndRestart, Load, missingForKafkajs } from './testing/acknowledged.ts';
import { eventually, type Served, servedCluster } from './testing/served.ts';
import { PipedProducer, type Program, sessionFile, wholeSession } from './testing/session.ts';
import { pipedTransform, transformed } from './testing/transform.ts';

const test = anyTest as TestFn<Served>;
/** Programs of other languages take the processor from brokers, which are not to be fenced for it. */
const CONFIG = { 'default.replication.factor': 3, 'min.insync.replicas': 2, 'broker.session.timeout.ms': 12_000 };

async function javaSession(): Promise<Program | null> {
  try {
    const options = ['-Xmx300m', '-XX:+UseSerialGC', '-XX:TieredStopAtLevel=1', '-Dorg.slf4j.simpleLogger.defaultLogLevel=error'];
    return ['java', ...options, '-cp', await kafkaClassPath(), sessionFile('JavaSession.java')];
  } catch (error) {
    if (!(error instanceof NotAvailable)) throw error;
    console.log(`${error.message}: the Java clients are not tried`);
    return null;
  }
}

const program = await javaSession();
if (program === null) test.skip('the Java clients', () => undefined);
else {
  servedCluster(test, { brokers: 3, config: CONFIG });

  test.serial(`a session of the Java clients ${KAFKA_VERSION}: topics, configs, records, groups`, async (t) => {
    const facts = await wholeSession(program, t.context.brokers);
    t.like(facts, {
      created: null,
      grown: null,
      altered: null,
      'group altered': null,
      deleted: null,
      brokers: [1, 2, 3],
      quorum: 3,
    });
    t.like(facts, {
      'created again': 'TopicExistsException',
      'badly named': 'InvalidTopicException',
      'too many replicas': 'InvalidReplicationFactorException',
      shrunk: 'InvalidPartitionsException',
      'too large': 'RecordTooLargeException',
      'group deleted again': 'GroupIdNotFoundException',
      'no such group': 'GroupIdNotFoundException',
      'deleted again': 'UnknownTopicOrPartitionException',
    });
    t.is(facts['policy'], 'delete,compact');
    t.deepEqual(facts['groups with configs'], ['java-configured']);
    t.deepEqual(
      facts['offsets'],
      Array.from({ length: 100 }, (_, index) => index),
    );
    t.is((facts['values'] as string[])[99], 'zstd 19');
    t.deepEqual(
      facts['partitions'],
      [0, 1, 2, 3].map((partition) => [partition, 3, 3, 0]),
    );
    t.like(facts, { listed: [100, true, -1], directories: [4, 4, 4], headers: ['codec', 'none'] });
    t.like(facts, { committed: 40, ends: [0, 100], 'by time': true, 'resumed at': 40, 'read by duration': 100 });
    for (const assignor of ['Range', 'RoundRobin', 'Sticky', 'CooperativeSticky'])
      t.deepEqual(facts[`shared by ${assignor}Assignor`], [2, 2], assignor);
    for (const assignor of ['uniform', 'range']) t.deepEqual(facts[`shared by ${assignor}`], [2, 2], assignor);
    t.is(facts['matched'], 4);
    t.deepEqual(
      ['classic', 'of both', 'consumer', 'back', 'classic again'].map((step) => facts[`migrating, ${step}`]),
      [[4], [2, 2], [4], [2, 2], [4]],
    );
    t.like(facts, { 'migrating, committed': 11, 'migrating, committed again': 11 });
    t.like(facts, { group: ['Empty', 0], 'group offsets': 40, 'group offsets moved': 7, 'group deleted': null });
    t.like(facts, { before: [0, 1], after: 0 });
  });

  test.serial('what a Java producer has acknowledged is there after a broker was killed', async (t) => {
    const producer = new PipedProducer(program, t.context.brokers, 'killed-java');
    const load = new Load(4, (value) => producer.send(value));
    await eventually('the first record', () => (load.acknowledged.length > 0 ? true : null), 60_000);
    await killAndRestart(t.context, load);
    await producer.close();
    t.deepEqual(await missingForKafkajs(t.context.brokers, 'killed-java', load.acknowledged), []);
  });

  test.serial('consume-transform-produce in transactions, while a broker is killed: each input comes out once', async (t) => {
    await transformed(t, 'java-transform', async (of) => pipedTransform(t, program, of));
  });
}
