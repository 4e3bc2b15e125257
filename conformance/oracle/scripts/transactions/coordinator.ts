/** What the transaction coordinator answers producers, in every version: ids and epochs, partitions, offsets, ends. */
import type { ResponseTypes } from '../../../../core/protocol/messages/index.ts';
import { type Conversation, versions } from '../../conversation.ts';
import { inState, settled, spoken, TIMEOUT_MS, TOPIC, TransactionalProducer, type TransactionVersion } from './producer.ts';

/** As far as an answer to AddPartitionsToTxn in the form of clients is about one partition. */
const firstError = ({ resultsByTopicV3AndBelow: [topic] }: ResponseTypes['AddPartitionsToTxn']): number =>
  topic?.resultsByPartition[0]?.partitionErrorCode ?? 0;
const codeOf = ({ errorCode }: { readonly errorCode: number }): number => errorCode;

/** Nobody coordinates: the topic of transactions is made when a coordinator is looked for. */
export async function before(talk: Conversation): Promise<void> {
  const transactionalId = 'before';
  const of = { transactionalId, producerId: 1, producerEpoch: 0 };
  const step = 'before there is a coordinator';
  await talk.ask(step, 'InitProducerId', 5, { transactionalId, transactionTimeoutMs: TIMEOUT_MS });
  await talk.ask(step, 'AddPartitionsToTxn', 3, {
    v3AndBelowTransactionalId: transactionalId,
    v3AndBelowProducerId: 1,
    v3AndBelowProducerEpoch: 0,
    v3AndBelowTopics: [{ name: TOPIC, partitions: [0] }],
  });
  await talk.ask(step, 'AddOffsetsToTxn', 4, { ...of, groupId: 'g' });
  await talk.ask(step, 'EndTxn', 5, { ...of, committed: true });
  await talk.ask(step, 'DescribeTransactions', 0, { transactionalIds: [transactionalId] });
  await talk.ask(step, 'ListTransactions', 2, {});
  await talk.until('FindCoordinator', 1, { key: 'some-id', keyType: 1 }, ({ errorCode }) => errorCode === 0);
  // Enough names to reach every coordinator.
  const transactionalIds = Array.from({ length: 400 }, (_, index) => `name-${index}`);
  await talk.until('DescribeTransactions', 0, { transactionalIds }, ({ transactionStates }) =>
    transactionStates.every(({ errorCode }) => errorCode < 14 || errorCode > 16),
  );
  for (const version of versions('FindCoordinator', 1)) {
    const find = (name: string, ...keys: string[]): Promise<unknown> =>
      talk.ask(name, 'FindCoordinator', version, {
        keyType: 1,
        ...(version >= 4 ? { coordinatorKeys: keys } : { key: keys[0] ?? '' }),
      });
    await find('of a transactional id', 'some-id');
    await find('of an empty transactional id', '');
    if (version >= 4) await find('of several transactional ids', 'a', 'b', 'a', '');
  }
}

export async function producerIds(talk: Conversation, level: TransactionVersion): Promise<void> {
  for (const version of versions('InitProducerId', 0, 5)) {
    const transactionalId = `init-v${version}`;
    const init = (step: string, body: object = {}): Promise<ResponseTypes['InitProducerId']> =>
      settled(talk, step, 'InitProducerId', version, { transactionalId, transactionTimeoutMs: TIMEOUT_MS, ...body }, codeOf);
    await init('of a new transactional id');
    const { producerId, producerEpoch } = await init('of a known transactional id');
    await init('of an empty transactional id', { transactionalId: '' });
    await init('of no time', { transactionTimeoutMs: 0 });
    await init('of negative time', { transactionTimeoutMs: -1 });
    await init('of too much time', { transactionTimeoutMs: 900_001 });
    await init('of as much time as may be', { transactionTimeoutMs: 900_000, transactionalId: `${transactionalId}-long` });
    if (version < 3) continue;
    await init('of the epoch that it has', { producerId, producerEpoch });
    await init('of the epoch that it had', { producerId, producerEpoch });
    await init('of an older epoch', { producerId, producerEpoch: 0 });
    await init('of an epoch to come', { producerId, producerEpoch: 9 });
    await init('of another producer id', { producerId: 999_999, producerEpoch: 0 });
    await init('of no producer id, with an epoch', { producerId: -1, producerEpoch: 3 });
    await init('of a producer id without an epoch', { producerId, producerEpoch: -1 });
    await init('of a new transactional id, with a producer id', {
      transactionalId: `${transactionalId}-new`,
      producerId,
      producerEpoch: 1,
    });
    // With a transaction that is under way: it is aborted first.
    const open = await TransactionalProducer.with(talk, level, `${transactionalId}-open`);
    await open.send(0);
    await init('while its transaction is under way', { transactionalId: open.transactionalId });
    await open.init();
    await open.send(0);
    await init('with its own epoch, while its transaction is under way', {
      transactionalId: open.transactionalId,
      producerId: open.producerId,
      producerEpoch: open.producerEpoch,
    });
    await init('with the same epoch once more', {
      transactionalId: open.transactionalId,
      producerId: open.producerId,
      producerEpoch: open.producerEpoch,
    });
  }
}

export async function partitions(talk: Conversation, level: TransactionVersion): Promise<void> {
  for (const version of versions('AddPartitionsToTxn', 0, 3)) {
    const producer = await TransactionalProducer.with(talk, level, `partitions-v${version}`);
    const { producerId, producerEpoch } = producer;
    const add = (step: string, more: object = {}, topics: object[] = [{ name: TOPIC, partitions: [0] }]): Promise<unknown> =>
      settled(
        talk,
        step,
        'AddPartitionsToTxn',
        version,
        {
          v3AndBelowTransactionalId: producer.transactionalId,
          v3AndBelowProducerId: producerId,
          v3AndBelowProducerEpoch: producerEpoch,
          v3AndBelowTopics: topics as [],
          ...more,
        },
        firstError,
      );
    await add('of an unknown topic', {}, [{ name: 'no-such-topic', partitions: [0] }]);
    await add('of known and unknown', {}, [
      { name: TOPIC, partitions: [0, 9] },
      { name: 'no-such-topic', partitions: [0] },
    ]);
    await add('of none', {}, []);
    await add('of a topic without partitions', {}, [{ name: TOPIC, partitions: [] }]);
    await add('of an internal topic', {}, [{ name: '__consumer_offsets', partitions: [0] }]);
    await add('of an older epoch', { v3AndBelowProducerEpoch: producerEpoch - 1 });
    await add('of an epoch to come', { v3AndBelowProducerEpoch: producerEpoch + 1 });
    await add('of another producer id', { v3AndBelowProducerId: 999_999 });
    await add('of an unknown transactional id', { v3AndBelowTransactionalId: 'no-such-id' });
    await add('of an empty transactional id', { v3AndBelowTransactionalId: '' });
    await add('first');
    await add('once more');
    await add('more than before', {}, [{ name: TOPIC, partitions: [0, 1] }]);
    await described(talk, `with partitions by v${version}`, producer.transactionalId);
    await producer.end(true);
    await add('with the epoch of a transaction that ended');
  }
  if (level > 0) await batched(talk, level);
}

/** As brokers ask: for several producers at once, to add partitions or only to see whether they are there. */
async function batched(talk: Conversation, level: TransactionVersion): Promise<void> {
  for (const version of versions('AddPartitionsToTxn', 4)) {
    const producer = await TransactionalProducer.with(talk, level, `batched-v${version}`);
    const another = await TransactionalProducer.with(talk, level, `batched-too-v${version}`);
    const ask = async (step: string, ...transactions: object[]): Promise<void> => {
      const of = { verifyOnly: false, topics: [{ name: TOPIC, partitions: [0] }] };
      const answer = await settled(
        talk,
        step,
        'AddPartitionsToTxn',
        version,
        { transactions: transactions.map((each) => ({ ...of, ...producer.identity, ...each })) as [] },
        ({ resultsByTransaction: [first] }) => first?.topicResults[0]?.resultsByPartition[0]?.partitionErrorCode ?? 0,
      );
      talk.record(
        `AddPartitionsToTxn v${version} ${step}, in this order`,
        answer.resultsByTransaction.map(({ transactionalId }) => transactionalId).join(' '),
      );
    };
    const verifyOnly = true;
    await talk.ask('of nobody', 'AddPartitionsToTxn', version, { transactions: [] });
    await ask('to verify what was never added', { verifyOnly });
    await ask('to verify for an older epoch', { verifyOnly, producerEpoch: producer.producerEpoch - 1 });
    await ask('to verify for an epoch to come', { verifyOnly, producerEpoch: producer.producerEpoch + 1 });
    await ask('to verify for another producer id', { verifyOnly, producerId: 999_999 });
    await ask('to verify for an unknown transactional id', { verifyOnly, transactionalId: 'no-such-id' });
    await ask('to verify for an empty transactional id', { verifyOnly, transactionalId: '' });
    await ask('of an unknown topic', { topics: [{ name: 'no-such-topic', partitions: [0] }] });
    await ask('first', {});
    await ask('to verify one of two', { verifyOnly, topics: [{ name: TOPIC, partitions: [0, 1] }] });
    await ask('of two producers', {}, { ...another.identity, topics: [{ name: TOPIC, partitions: [0, 1] }] });
    await ask('of one known, one unknown', { ...another.identity, verifyOnly }, { transactionalId: 'no-such-id' });
    await ask('of an older epoch', { producerEpoch: producer.producerEpoch - 1 });
    await ask('of an epoch to come', { producerEpoch: producer.producerEpoch + 1 });
    await ask('of an internal topic', { topics: [{ name: '__consumer_offsets', partitions: [0] }] });
    await described(talk, `with partitions by v${version}`, producer.transactionalId);
    await producer.end(false);
    await ask('to verify after the end', { verifyOnly });
  }
}

export async function offsets(talk: Conversation, level: TransactionVersion): Promise<void> {
  for (const version of versions('AddOffsetsToTxn', 0)) {
    const producer = await TransactionalProducer.with(talk, level, `offsets-v${version}`);
    const add = (step: string, more: object = {}): Promise<unknown> =>
      settled(talk, step, 'AddOffsetsToTxn', version, { ...producer.identity, groupId: 'group', ...more }, codeOf);
    const { producerEpoch } = producer;
    await add('of an older epoch', { producerEpoch: producerEpoch - 1 });
    await add('of an epoch to come', { producerEpoch: producerEpoch + 1 });
    await add('of another producer id', { producerId: 999_999 });
    await add('of an unknown transactional id', { transactionalId: 'no-such-id' });
    await add('of an empty transactional id', { transactionalId: '' });
    await add('of an empty group id', { groupId: '' });
    await add('first');
    await add('once more');
    await add('of another group', { groupId: 'another-group' });
    await described(talk, `with offsets by v${version}`, producer.transactionalId);
    await producer.end(true);
  }
}

export async function ends(talk: Conversation, level: TransactionVersion): Promise<void> {
  for (const version of spoken('EndTxn', level)) {
    const producer = await TransactionalProducer.with(talk, level, `ends-v${version}`);
    const end = async (step: string, more: object = {}): Promise<void> => {
      const request = { ...producer.identity, committed: true, ...more };
      const answer = await settled(talk, step, 'EndTxn', version, request, codeOf);
      if (answer.errorCode !== 0 || version < 5 || answer.producerId < 0) return;
      producer.producerId = answer.producerId;
      producer.producerEpoch = answer.producerEpoch;
    };
    await end('of nothing');
    await end('of nothing, aborted', { committed: false });
    await end('of an older epoch', { producerEpoch: producer.producerEpoch - 1 });
    await end('of an epoch to come', { producerEpoch: producer.producerEpoch + 1 });
    await end('of another producer id', { producerId: 999_999 });
    await end('of an unknown transactional id', { transactionalId: 'no-such-id' });
    await end('of an empty transactional id', { transactionalId: '' });
    for (const committed of [true, false]) {
      const how = committed ? 'committed' : 'aborted';
      await producer.init();
      await producer.addPartitions(0, 1);
      const { identity } = producer;
      await end(how, { committed });
      await inState(talk, producer.transactionalId, committed ? 'CompleteCommit' : 'CompleteAbort');
      await described(talk, `${how} by v${version}`, producer.transactionalId);
      await end(`${how} once more, as it was asked`, { ...identity, committed });
      await end(`${how}, and then the other`, { ...identity, committed: !committed });
      await end(`${how}, with what is the next transaction's`, { committed });
    }
  }
}

/** Writes down what is known of the transaction of an id. */
export async function described(talk: Conversation, step: string, ...transactionalIds: string[]): Promise<void> {
  await talk.ask(step, 'DescribeTransactions', 0, { transactionalIds });
}
