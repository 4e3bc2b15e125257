import test from 'ava';
import { ErrorCode } from '../protocol/errors.ts';
import type { RequestTypes } from '../protocol/messages/index.ts';
import { STANDARD_AUTHORIZER } from '../config/authorizer.ts';
import { BrokerEpoch, Offset } from '../protocol/numbers.ts';
import { creation as topicCreation, heartbeat, registration } from './testing/requests.ts';
import { TestQuorum } from './testing/quorum.ts';

const ALICE = { type: 'User', name: 'alice' };

type Creation = RequestTypes['CreateAcls']['creations'][number];
type Filter = RequestTypes['DeleteAcls']['filters'][number];

function setUp(config: Record<string, string | boolean> = { 'authorizer.class.name': STANDARD_AUTHORIZER }): TestQuorum {
  const quorum = new TestQuorum({ config: { ...config, 'super.users': 'User:ANONYMOUS' } });
  quorum.elect(0);
  quorum.commit();
  return quorum;
}

function creation(more: Partial<Creation> = {}): Creation {
  return {
    resourceType: 2,
    resourceName: 'orders',
    resourcePatternType: 3,
    principal: 'User:alice',
    host: '*',
    operation: 3,
    permissionType: 3,
    ...more,
  };
}

function filter(more: Partial<Filter> = {}): Filter {
  return {
    resourceTypeFilter: 1,
    resourceNameFilter: null,
    patternTypeFilter: 1,
    principalFilter: null,
    hostFilter: null,
    operation: 1,
    permissionType: 1,
    ...more,
  };
}

test('without an authorizer there are no ACLs to change', (t) => {
  const quorum = setUp({});
  const created = quorum.call('CreateAcls', { creations: [creation(), creation()] });
  t.deepEqual(
    created.results.map(({ errorCode }) => errorCode),
    [ErrorCode.SECURITY_DISABLED, ErrorCode.SECURITY_DISABLED],
  );
  const deleted = quorum.call('DeleteAcls', { filters: [filter()] });
  t.is(deleted.filterResults[0]?.errorCode, ErrorCode.SECURITY_DISABLED);
});

test('an ACL is created once, also within one request', (t) => {
  const quorum = setUp();
  quorum.call('CreateAcls', { creations: [creation()] });
  const before = quorum.logEndOffset;
  const again = quorum.call('CreateAcls', { creations: [creation(), creation({ operation: 4 }), creation({ operation: 4 })] });
  t.deepEqual(
    again.results.map(({ errorCode }) => errorCode),
    [0, 0, 0],
  );
  t.is(quorum.active.image.acls.size, 2);
  t.is(quorum.logEndOffset, Offset(before + 1));
});

test('an ACL that says nothing definite is refused, alone', (t) => {
  const quorum = setUp();
  const wrong: Partial<Creation>[] = [
    { resourceType: 0 },
    { resourceType: 1 },
    { resourceType: 99 },
    { resourceName: '' },
    { resourceType: 4, resourceName: 'my-cluster' },
    { resourcePatternType: 0 },
    { resourcePatternType: 1 },
    { resourcePatternType: 2 },
    { operation: 0 },
    { operation: 1 },
    { permissionType: 0 },
    { permissionType: 1 },
    { principal: 'alice' },
  ];
  const answer = quorum.call('CreateAcls', { creations: [...wrong.map(creation), creation()] });
  for (const [index, { errorCode, errorMessage }] of answer.results.entries()) {
    t.is(errorCode, index < wrong.length ? ErrorCode.INVALID_REQUEST : ErrorCode.NONE, JSON.stringify(wrong[index]));
    t.is(errorMessage === null, index === wrong.length);
  }
  t.is(quorum.active.image.acls.size, 1);
});

test('each filter tells what it deleted', (t) => {
  const quorum = setUp();
  const prefixed = creation({ resourcePatternType: 4, resourceName: 'ord' });
  quorum.call('CreateAcls', { creations: [creation(), prefixed, creation({ principal: 'User:bob' })] });
  const answer = quorum.call('DeleteAcls', {
    filters: [
      filter({ resourceNameFilter: 'orders', patternTypeFilter: 2, principalFilter: 'User:alice' }),
      filter({ patternTypeFilter: 4 }),
      filter({ operation: 0 }),
    ],
  });
  t.deepEqual(
    answer.filterResults.map(({ errorCode, matchingAcls }) => [errorCode, matchingAcls.map((acl) => acl.resourceName)]),
    [
      [ErrorCode.NONE, ['orders', 'ord']],
      [ErrorCode.NONE, ['ord']],
      [ErrorCode.INVALID_REQUEST, []],
    ],
  );
  t.deepEqual(
    [...quorum.active.image.acls.values()].map(({ principal }) => principal),
    ['User:bob'],
  );
});

test('who may create, grow, change and delete topics', (t) => {
  const quorum = setUp();
  const { brokerEpoch } = quorum.call('BrokerRegistration', registration(1));
  quorum.call('BrokerHeartbeat', heartbeat(1, BrokerEpoch(brokerEpoch), quorum.logEndOffset));
  const as = { principal: ALICE, version: 7 };
  const create = (name: string) => quorum.call('CreateTopics', topicCreation(name, 1, 1), as).topics[0];
  t.is(create('orders')?.errorCode, ErrorCode.TOPIC_AUTHORIZATION_FAILED);
  t.is(quorum.active.image.topicIds.size, 0);

  quorum.call('CreateAcls', { creations: [creation({ operation: 5 })] });
  const created = create('orders');
  t.is(created?.errorCode, ErrorCode.NONE);
  // The topic's settings are told to those who may describe its configuration.
  t.is(created?.topicConfigErrorCode, ErrorCode.TOPIC_AUTHORIZATION_FAILED);
  t.is(created?.numPartitions, -1);
  quorum.call('CreateAcls', {
    creations: [
      creation({ resourceType: 4, resourceName: 'kafka-cluster', operation: 5 }),
      creation({ resourceName: '*', operation: 10 }),
    ],
  });
  t.is(create('payments')?.numPartitions, 1);
  t.is(create('__cluster_metadata')?.errorCode, ErrorCode.INVALID_REQUEST);

  const topic = { name: 'orders', count: 2, assignments: null };
  const grow = () => quorum.call('CreatePartitions', { topics: [topic], timeoutMs: 0, validateOnly: false }, as).results[0];
  t.is(grow()?.errorCode, ErrorCode.TOPIC_AUTHORIZATION_FAILED);
  quorum.call('CreateAcls', { creations: [creation({ operation: 7 })] });
  t.is(grow()?.errorCode, ErrorCode.NONE);

  const change = (resourceType: number, resourceName: string) => {
    const configs = [{ name: 'retention.ms', configOperation: 0, value: '5' }];
    const request = { resources: [{ resourceType, resourceName, configs }], validateOnly: true };
    return quorum.call('IncrementalAlterConfigs', request, as).responses[0]?.errorCode;
  };
  t.is(change(2, 'orders'), ErrorCode.TOPIC_AUTHORIZATION_FAILED);
  t.is(change(4, '1'), ErrorCode.CLUSTER_AUTHORIZATION_FAILED);
  quorum.call('CreateAcls', { creations: [creation({ operation: 11 })] });
  t.is(change(2, 'orders'), ErrorCode.NONE);
});

test('who may not describe a topic does not learn from a deletion whether it exists', (t) => {
  const quorum = setUp();
  const { brokerEpoch } = quorum.call('BrokerRegistration', registration(1));
  quorum.call('BrokerHeartbeat', heartbeat(1, BrokerEpoch(brokerEpoch), quorum.logEndOffset));
  const topicId = quorum.call('CreateTopics', topicCreation('orders', 1, 1)).topics[0]?.topicId as string;
  const zero = 'AAAAAAAAAAAAAAAAAAAAAA';
  const remove = (...topics: { name: string | null; topicId: string }[]) =>
    quorum
      .call('DeleteTopics', { topics, topicNames: [], timeoutMs: 0 }, { principal: ALICE, version: 6 })
      .responses.map(({ name, errorCode }) => [name, errorCode]);
  const byName = { name: 'orders', topicId: zero };
  const byId = { name: null, topicId };
  const absent = { name: 'absent', topicId: zero };
  const failed = ErrorCode.TOPIC_AUTHORIZATION_FAILED;
  t.deepEqual(remove(byName, byId, absent), [
    ['orders', failed],
    [null, failed],
    ['absent', failed],
  ]);
  quorum.call('CreateAcls', { creations: [creation({ resourceName: '*', operation: 8 })] });
  t.deepEqual(remove(byName, absent), [
    ['orders', failed],
    ['absent', ErrorCode.UNKNOWN_TOPIC_OR_PARTITION],
  ]);
  t.deepEqual(remove(byId), [['orders', failed]]);
  quorum.call('CreateAcls', { creations: [creation({ operation: 6 })] });
  t.deepEqual(remove(byName), [['orders', ErrorCode.NONE]]);
});
