/** What producers and operators of transactions are answered who may not do what they ask for. */
import { type Conversation, versions } from '../../conversation.ts';
import { TIMEOUT_MS, TOPIC, TransactionalProducer } from './producer.ts';

/** As Kafka numbers them. */
const [ALL, READ, WRITE, DESCRIBE] = [2, 3, 4, 8];
const [ON_TOPIC, ON_GROUP, ON_TRANSACTIONAL_ID] = [2, 3, 5];
const [DENY, ALLOW] = [2, 3];

export async function denied(talk: Conversation): Promise<void> {
  const acl = (resourceType: number, resourceName: string, operation: number, permissionType = DENY): object => ({
    resourceType,
    resourceName,
    resourcePatternType: 3,
    principal: 'User:*',
    host: '*',
    operation,
    permissionType,
  });
  const creations = [
    acl(ON_TRANSACTIONAL_ID, 'denied', WRITE),
    acl(ON_TRANSACTIONAL_ID, 'hidden', DESCRIBE),
    acl(ON_TRANSACTIONAL_ID, '*', ALL, ALLOW),
    acl(ON_GROUP, 'denied-group', READ),
    acl(ON_GROUP, '*', ALL, ALLOW),
    acl(ON_TOPIC, 'denied-topic', WRITE),
    acl(ON_TOPIC, 'denied-topic', READ),
    acl(ON_TOPIC, '*', ALL, ALLOW),
  ];
  await talk.until('FindCoordinator', 1, { key: 'some-id', keyType: 1 }, ({ errorCode }) => errorCode === 0);
  await talk.until('FindCoordinator', 1, { key: 'some-group', keyType: 0 }, ({ errorCode }) => errorCode === 0);
  const of = { transactionalId: 'denied', producerId: 1, producerEpoch: 0 };
  const producer = await TransactionalProducer.with(talk, 2, 'allowed');
  await TransactionalProducer.with(talk, 2, 'denied');
  const hidden = await TransactionalProducer.with(talk, 2, 'hidden');
  await hidden.send(0);
  await talk.quietly('CreateAcls', 3, { creations: creations as [] });
  const anything = { resourceTypeFilter: 1, patternTypeFilter: 1, operation: 1, permissionType: 1 };
  await talk.until(
    'DescribeAcls',
    3,
    { ...anything, resourceNameFilter: null, principalFilter: null, hostFilter: null },
    (answer) => answer.resources.flatMap((resource) => resource.acls).length === creations.length,
  );
  const topicId = await talk.topicId('denied-topic');
  for (const version of versions('FindCoordinator', 1))
    for (const name of ['denied', 'hidden'])
      await talk.ask(name, 'FindCoordinator', version, {
        keyType: 1,
        ...(version >= 4 ? { coordinatorKeys: [name, 'allowed'] } : { key: name }),
      });
  for (const version of versions('InitProducerId', 0, 5))
    await talk.ask('denied', 'InitProducerId', version, { transactionalId: 'denied', transactionTimeoutMs: TIMEOUT_MS });
  for (const version of versions('AddPartitionsToTxn', 0, 3))
    for (const transactionalId of ['denied', 'allowed'])
      await talk.ask(transactionalId, 'AddPartitionsToTxn', version, {
        v3AndBelowTransactionalId: transactionalId,
        v3AndBelowProducerId: producer.producerId,
        v3AndBelowProducerEpoch: producer.producerEpoch,
        v3AndBelowTopics: [TOPIC, 'denied-topic', 'no-such-topic'].map((name) => ({ name, partitions: [0, 9] })),
      });
  for (const version of versions('AddOffsetsToTxn', 0)) {
    await talk.ask('denied', 'AddOffsetsToTxn', version, { ...of, groupId: 'group' });
    await talk.ask('a group', 'AddOffsetsToTxn', version, { ...producer.identity, groupId: 'denied-group' });
  }
  for (const version of versions('TxnOffsetCommit', 0)) {
    const partitions = [{ partitionIndex: 0, committedOffset: 1, committedMetadata: '' }];
    const topics = [{ ...(version < 6 ? { name: 'denied-topic' } : { topicId }), partitions }];
    await talk.ask('denied', 'TxnOffsetCommit', version, { ...of, groupId: 'group', topics });
    await talk.ask('a group', 'TxnOffsetCommit', version, { ...producer.identity, groupId: 'denied-group', topics });
    await talk.ask('a topic', 'TxnOffsetCommit', version, { ...producer.identity, groupId: 'group', topics });
  }
  for (const version of versions('EndTxn', 0)) await talk.ask('denied', 'EndTxn', version, { ...of, committed: true });
  for (const version of versions('Produce', 3)) {
    const name = version < 13 ? { name: 'denied-topic' } : { topicId };
    const request = producer.produceBody(0, name);
    await talk.ask('a topic', 'Produce', version, request);
    await talk.ask('denied', 'Produce', version, { ...request, transactionalId: 'denied' });
  }
  await talk.ask('some hidden', 'DescribeTransactions', 0, { transactionalIds: ['hidden', 'denied', 'allowed', 'no-such-id'] });
  for (const version of versions('ListTransactions', 0)) await talk.ask('some hidden', 'ListTransactions', version, {});
  await hidden.end(true);
  await talk.until(
    'DescribeProducers',
    0,
    { topics: [{ name: TOPIC, partitionIndexes: [0] }] },
    ({ topics: [topic] }) =>
      topic?.partitions[0]?.activeProducers.every(({ currentTxnStartOffset }) => currentTxnStartOffset < 0) === true,
  );
  // One that may be described, with a topic that may not.
  const more = [acl(ON_TOPIC, TOPIC, DESCRIBE)];
  await talk.quietly('CreateAcls', 3, { creations: more as [] });
  await talk.until('Metadata', 12, { topics: [{ name: TOPIC }] }, ({ topics: [topic] }) => topic?.errorCode === 29);
  await talk.ask('with a topic that is hidden', 'DescribeTransactions', 0, { transactionalIds: ['allowed', 'hidden'] });
  await talk.ask('of a topic that is hidden', 'DescribeProducers', 0, { topics: [{ name: TOPIC, partitionIndexes: [0] }] });
}
