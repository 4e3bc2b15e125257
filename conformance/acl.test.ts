/** kafkajs, unmodified, against a served broker with an authorizer. */
import anyTest, { type TestFn } from 'ava';
import kafkajs, { type Admin, Kafka, logLevel } from 'kafkajs';
import { STANDARD_AUTHORIZER } from '../core/config/authorizer.ts';
import { eventually, type Served, servedCluster } from './testing/served.ts';

// Exports that Node does not find in a CommonJS module by name.
const { AclOperationTypes, AclPermissionTypes, AclResourceTypes, ResourcePatternTypes } = kafkajs;

const test = anyTest as TestFn<Served>;
process.env['KAFKAJS_NO_PARTITIONER_WARNING'] = '1';
// Nobody authenticates: everyone is User:ANONYMOUS, and what no ACL names is open.
servedCluster(test, {
  brokers: 1,
  config: { 'authorizer.class.name': STANDARD_AUTHORIZER, 'allow.everyone.if.no.acl.found': true },
});

function kafka(brokers: string[]): Kafka {
  return new Kafka({ brokers, logLevel: logLevel.NOTHING, retry: { retries: 2, initialRetryTime: 50 } });
}

async function withAdmin<T>(brokers: string[], use: (admin: Admin) => Promise<T>): Promise<T> {
  const admin = kafka(brokers).admin();
  await admin.connect();
  try {
    return await use(admin);
  } finally {
    await admin.disconnect();
  }
}

const WRITE_BY_OWNER = {
  resourceType: AclResourceTypes.TOPIC,
  resourceName: 'ledger',
  resourcePatternType: ResourcePatternTypes.LITERAL,
  principal: 'User:owner',
  host: '*',
  operation: AclOperationTypes.WRITE,
  permissionType: AclPermissionTypes.ALLOW,
};

const ALL_OF_LEDGER = {
  resourceType: AclResourceTypes.TOPIC,
  resourceName: 'ledger',
  resourcePatternType: ResourcePatternTypes.MATCH,
  operation: AclOperationTypes.ANY,
  permissionType: AclPermissionTypes.ANY,
};

/** The name of Kafka's error, which kafkajs wraps. */
function typeOf(error: unknown): string {
  const { type, cause, message } = error as Error & { type?: string };
  return type ?? (cause === undefined ? message : typeOf(cause));
}

async function send(brokers: string[], topic: string): Promise<string | null> {
  const producer = kafka(brokers).producer();
  await producer.connect();
  try {
    await producer.send({ topic, messages: [{ value: 'entry' }] });
    return null;
  } catch (error) {
    return typeOf(error);
  } finally {
    await producer.disconnect();
  }
}

test.serial('ANONYMOUS is denied what an ACL has closed, until an ACL allows it', async (t) => {
  const { brokers } = t.context;
  await withAdmin(brokers, async (admin) => {
    await admin.createTopics({ topics: [{ topic: 'ledger' }], waitForLeaders: true });
    t.is(await send(brokers, 'ledger'), null);
    t.true(await admin.createAcls({ acl: [WRITE_BY_OWNER] }));
    await eventually('a refusal', async () => ((await send(brokers, 'ledger')) === 'TOPIC_AUTHORIZATION_FAILED' ? true : null));
    await t.throwsAsync(admin.fetchTopicOffsets('ledger'), { message: /authorized/i });

    const forEveryone = { ...WRITE_BY_OWNER, principal: 'User:ANONYMOUS', host: '127.0.0.1' };
    t.true(await admin.createAcls({ acl: [forEveryone] }));
    await eventually('a success', async () => ((await send(brokers, 'ledger')) === null ? true : null));
    // Who may write may describe.
    const [offsets] = await admin.fetchTopicOffsets('ledger');
    t.true(Number(offsets?.high) >= 2);

    // Reading is something else.
    const consumer = kafka(brokers).consumer({ groupId: 'readers', retry: { retries: 0 } });
    await consumer.connect();
    await consumer.subscribe({ topic: 'ledger', fromBeginning: true });
    const crashed = new Promise<string>((resolve) => {
      consumer.on(consumer.events.CRASH, ({ payload }) => resolve(typeOf(payload.error)));
    });
    await consumer.run({ eachMessage: () => Promise.resolve() });
    t.is(await crashed, 'TOPIC_AUTHORIZATION_FAILED');
    await consumer.disconnect();
  });
});

test.serial('ACLs are described and deleted by filters', async (t) => {
  await withAdmin(t.context.brokers, async (admin) => {
    const prefixed = { ...WRITE_BY_OWNER, resourceName: 'led', resourcePatternType: ResourcePatternTypes.PREFIXED };
    await admin.createAcls({ acl: [prefixed, prefixed] });
    const described = await eventually('the prefix', async () => {
      const found = await admin.describeAcls(ALL_OF_LEDGER);
      return found.resources.some(({ resourceName }) => resourceName === 'led') ? found : null;
    });
    const names = described.resources.map(({ resourceName, acls }) => [resourceName, acls.map(({ principal }) => principal)]);
    t.deepEqual(names, [
      ['ledger', ['User:owner', 'User:ANONYMOUS']],
      ['led', ['User:owner']],
    ]);
    const { filterResponses } = await admin.deleteAcls({ filters: [{ ...ALL_OF_LEDGER, principal: 'User:owner' }] });
    t.deepEqual(
      filterResponses[0]?.matchingAcls.map(({ resourceName, principal }) => [resourceName, principal]),
      [
        ['ledger', 'User:owner'],
        ['led', 'User:owner'],
      ],
    );
    await eventually('one ACL', async () => ((await admin.describeAcls(ALL_OF_LEDGER)).resources.length === 1 ? true : null));
  });
});
