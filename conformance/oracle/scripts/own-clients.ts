/** Transactions by Trial's own producer, consumer and admin client, and what they make of the answers. */
import { Admin } from '../../../core/client/admin/admin.ts';
import { Consumer } from '../../../core/client/consumer/consumer.ts';
import { KafkaError } from '../../../core/client/errors.ts';
import { Producer } from '../../../core/client/producer/producer.ts';
import { utf8 } from '../../../core/client/serializers.ts';
import { clientProcess } from '../../../server/client-environment.ts';
import { eventually } from '../../testing/served.ts';
import type { Conversation, SharedScript } from '../conversation.ts';

const INPUT = { topic: 'own-in', partition: 0 };
const OUTPUT = { topic: 'own-out', partition: 0 };

async function tried(talk: Conversation, step: string, action: () => unknown): Promise<void> {
  try {
    talk.record(step, (await action()) ?? null);
  } catch (error) {
    if (!(error instanceof KafkaError)) throw error;
    const { errorName, errorClass, fatal, definite } = error;
    talk.record(step, { failed: errorName, errorClass, fatal, definite });
  }
}

async function run(talk: Conversation): Promise<void> {
  const clients = clientProcess({
    name: 'oracle',
    onFailed: (failed) => {
      throw new Error('a client failed', { cause: failed });
    },
  });
  const { environment } = clients;
  const servers = { 'bootstrap.servers': `127.0.0.1:${talk.port}` };
  const reading = { ...servers, 'auto.offset.reset': 'earliest', 'enable.auto.commit': false };
  const admin = new Admin(environment, servers);
  const names = [INPUT.topic, OUTPUT.topic];
  await admin.createTopics(names.map((name) => ({ name, numPartitions: 1, replicationFactor: 1 })));
  const plain = new Producer(environment, servers, { valueSerializer: utf8.serialize });
  await plain.send({ ...INPUT, value: 'x' });
  const consumer = new Consumer(environment, { ...reading, 'group.id': 'own', 'isolation.level': 'read_committed' });
  consumer.subscribe([INPUT.topic]);
  await eventually('a record', async () => ((await consumer.poll(500)).length === 0 ? null : true));

  // Down first: a new cluster has version 2, and producers learn of a raise only with their next connection.
  for (const version of [1, 2]) {
    const levels = { 'transaction.version': version };
    await tried(talk, `version ${version}`, () => admin.updateFeatures(levels, version === 1 ? { downgrade: 'safe' } : {}));
    const properties = { ...servers, 'transactional.id': `own-${version}` };
    const make = (more = {}) => new Producer(environment, { ...properties, ...more }, { valueSerializer: utf8.serialize });
    const say = (step: string, action: () => unknown) => tried(talk, `version ${version}: ${step}`, action);
    const send = async (producer: Producer<Uint8Array, string>, value: string) =>
      (await producer.send({ ...OUTPUT, value })).offset;
    const first = make();
    await say('begin too early', () => first.beginTransaction());
    await say('initialize', () => first.initTransactions());
    for (const [value, commits] of [
      ['a', true],
      ['b', false],
    ] as const) {
      first.beginTransaction();
      await say(`send ${value}`, () => send(first, value));
      await say(`end ${value}`, () => (commits ? first.commitTransaction() : first.abortTransaction()));
    }
    first.beginTransaction();
    await say('end nothing', () => first.commitTransaction());
    first.beginTransaction();
    await say('send offsets', () => first.sendOffsetsToTransaction([{ ...INPUT, offset: version }], consumer.groupMetadata()));
    await say('committed before the commit', () => consumer.committed([INPUT], 300));
    await say('commit offsets', () => first.commitTransaction());
    await say('committed after it', () => consumer.committed([INPUT]));
    first.beginTransaction();
    const stranger = { ...consumer.groupMetadata(), memberId: 'nobody' };
    await say('offsets of a stranger', () => first.sendOffsetsToTransaction([{ ...INPUT, offset: 9 }], stranger));
    await say('commit them', () => first.commitTransaction());
    await say('abort them', () => first.abortTransaction());
    first.beginTransaction();
    await say('leave open', () => send(first, 'c'));
    await say('list', () => admin.listTransactions({ states: ['Ongoing'], transactionalIdPattern: 'own-.' }));
    await say('describe', async () =>
      (await admin.describeTransactions([`own-${version}`])).map(({ startedMs: _, ...of }) => of),
    );
    const second = make();
    await say('initialize another', () => second.initTransactions());
    await say('commit of the first', () => first.commitTransaction());
    second.beginTransaction();
    await say('send of the second', () => send(second, 'd'));
    await say('fence', () => admin.fenceProducers([`own-${version}`]).then((fenced) => [...fenced.keys()]));
    await say('commit of the second', () => second.commitTransaction());
    await Promise.all([first.close(), second.close()]);
  }
  await tried(talk, 'a bad pattern', () => admin.listTransactions({ transactionalIdPattern: '(' }));
  await tried(talk, 'nobody', () => admin.describeTransactions(['own-0']));
  for (const isolation of ['read_committed', 'read_uncommitted']) {
    const reader = new Consumer(
      environment,
      { ...reading, 'isolation.level': isolation },
      { valueDeserializer: utf8.deserialize },
    );
    reader.assign([OUTPUT]);
    const values: (string | null)[] = [];
    const last = (await reader.endOffsets([OUTPUT]))[0]?.offset ?? 0;
    await eventually('all records', async () => {
      values.push(...(await reader.poll(200)).map(({ value }) => value));
      return (reader.positions()[0]?.offset ?? 0) < last ? null : true;
    });
    talk.record(isolation, { values, last });
    await reader.close();
  }
  await Promise.all([plain.close(), consumer.close(), admin.close()]);
  clients.end();
}

export const OWN_CLIENTS: SharedScript = { name: 'own-clients', brokers: 1, run };
