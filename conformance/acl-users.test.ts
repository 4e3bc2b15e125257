/** Users with passwords, and ACLs for them: kafkajs, unmodified, against three served brokers. */
import anyTest, { type TestFn } from 'ava';
import kafkajs, { type Admin, Kafka, logLevel } from 'kafkajs';
import { STANDARD_AUTHORIZER } from '../core/config/authorizer.ts';
import { eventually, type Served, servedCluster } from './testing/served.ts';

// Exports that Node does not find in a CommonJS module by name.
const { AclOperationTypes, AclPermissionTypes, AclResourceTypes, ResourcePatternTypes } = kafkajs;

const test = anyTest as TestFn<Served>;
process.env['KAFKAJS_NO_PARTITIONER_WARNING'] = '1';
const USERS = { admin: 'admin-secret', alice: 'alice-secret' };
servedCluster(test, {
  brokers: 3,
  securityProtocol: 'SASL_PLAINTEXT',
  users: USERS,
  config: { 'authorizer.class.name': STANDARD_AUTHORIZER, 'super.users': 'User:admin' },
});

function kafka(brokers: string[], username: keyof typeof USERS): Kafka {
  const sasl = { mechanism: 'scram-sha-256' as const, username, password: USERS[username] };
  return new Kafka({ brokers, sasl, logLevel: logLevel.NOTHING, retry: { retries: 2, initialRetryTime: 50 } });
}

async function withAdmin<T>(client: Kafka, use: (admin: Admin) => Promise<T>): Promise<T> {
  const admin = client.admin();
  await admin.connect();
  try {
    return await use(admin);
  } finally {
    await admin.disconnect();
  }
}

async function send(client: Kafka, topic: string, count: number): Promise<boolean> {
  const producer = client.producer();
  await producer.connect();
  try {
    const messages = Array.from({ length: count }, (_, index) => ({ value: String(index) }));
    await producer.send({ topic, acks: -1, messages });
    return true;
  } catch {
    return false;
  } finally {
    await producer.disconnect();
  }
}

async function consume(client: Kafka, groupId: string, topic: string, count: number): Promise<string[]> {
  const consumer = client.consumer({ groupId, maxWaitTimeInMs: 100 });
  await consumer.connect();
  await consumer.subscribe({ topic, fromBeginning: true });
  const received: string[] = [];
  await consumer.run({
    eachMessage: ({ message }) => {
      received.push(String(message.value));
      return Promise.resolve();
    },
  });
  await eventually(`${count} messages`, () => (received.length >= count ? true : null));
  await consumer.disconnect();
  return received;
}

test('a user does what ACLs allow, by any broker, and the super user everything', async (t) => {
  const admin = kafka(t.context.brokers, 'admin');
  const alice = kafka(t.context.brokers, 'alice');
  const topic = 'accounts';
  await t.throwsAsync(
    withAdmin(alice, (client) => client.createTopics({ topics: [{ topic }] })),
    { message: /authoriz|creation/i },
  );
  // acks=-1 to three replicas: the followers fetch by the brokers' own listener.
  await withAdmin(admin, (client) =>
    client.createTopics({ topics: [{ topic, numPartitions: 3, replicationFactor: 3 }], waitForLeaders: true }),
  );
  t.true(await send(admin, topic, 3));
  t.false(await send(alice, topic, 3));
  t.deepEqual(await withAdmin(alice, (client) => client.listTopics()), []);

  const allow = (resourceType: number, resourceName: string, operation: number) => ({
    resourceType,
    resourceName,
    resourcePatternType: ResourcePatternTypes.PREFIXED,
    principal: 'User:alice',
    host: '*',
    operation,
    permissionType: AclPermissionTypes.ALLOW,
  });
  await withAdmin(admin, (client) =>
    client.createAcls({
      acl: [
        allow(AclResourceTypes.TOPIC, 'acc', AclOperationTypes.READ),
        allow(AclResourceTypes.TOPIC, 'acc', AclOperationTypes.WRITE),
        allow(AclResourceTypes.GROUP, 'alice-', AclOperationTypes.READ),
      ],
    }),
  );
  await eventually('leave to write', async () => ((await send(alice, topic, 3)) ? true : null));
  t.is((await consume(alice, 'alice-1', topic, 6)).length, 6);
  t.deepEqual(await withAdmin(alice, (client) => client.listTopics()), [topic]);
  await t.throwsAsync(
    withAdmin(alice, (client) => client.deleteTopics({ topics: [topic] })),
    { message: /authoriz/i },
  );
  await t.throwsAsync(
    withAdmin(alice, (client) => client.createAcls({ acl: [allow(AclResourceTypes.TOPIC, '*', AclOperationTypes.ALL)] })),
    { message: /authoriz/i },
  );
  await withAdmin(admin, (client) => client.deleteTopics({ topics: [topic] }));
});
