/** Epochs of a producer id come to an end: a transactional id goes on with another producer id. */
import type { ResponseTypes } from '../../../../core/protocol/messages/index.ts';
import type { Conversation } from '../../conversation.ts';
import { described } from './coordinator.ts';
import { inState, settled, TIMEOUT_MS, TransactionalProducer, type TransactionVersion } from './producer.ts';

/** The last epoch but one: with the one after it only the coordinator may write. */
const LAST_EPOCH = 32_766;
const codeOf = ({ errorCode }: { readonly errorCode: number }): number => errorCode;

export async function exhausted(talk: Conversation, level: TransactionVersion): Promise<void> {
  await talk.until('FindCoordinator', 1, { key: 'exhausted', keyType: 1 }, ({ errorCode }) => errorCode === 0);
  for (const [index, committed] of [true, false].entries()) {
    const transactionalId = `exhausted-${index}`;
    const producer = await TransactionalProducer.with(talk, level, transactionalId);
    while (producer.producerEpoch < LAST_EPOCH - 2) await producer.init();
    const init = async (step: string, body: object = {}): Promise<void> => {
      const request = { transactionalId, transactionTimeoutMs: TIMEOUT_MS, ...body };
      const answer = await settled(talk, `${step}, ${committed}`, 'InitProducerId', 4, request, codeOf);
      if (answer.errorCode === 0) ({ producerId: producer.producerId, producerEpoch: producer.producerEpoch } = answer);
    };
    const end = (step: string, of: object): Promise<ResponseTypes['EndTxn']> =>
      settled(talk, `${step}, ${committed}`, 'EndTxn', level < 2 ? 4 : 5, { ...producer.identity, committed, ...of }, codeOf);
    const former = producer.identity;
    await init('before the last');
    await init('the last');
    const last = producer.identity;
    await producer.send(0);
    await described(talk, `with the last epoch, ${committed}`, transactionalId);
    const answer = await end('with the last epoch', {});
    await inState(talk, transactionalId, committed ? 'CompleteCommit' : 'CompleteAbort');
    await described(talk, `ended with the last epoch, ${committed}`, transactionalId);
    await end('with the last epoch once more', last);
    if (answer.producerId >= 0) ({ producerId: producer.producerId, producerEpoch: producer.producerEpoch } = answer);
    await init('after the last, with what it has', { producerId: producer.producerId, producerEpoch: producer.producerEpoch });
    await init('after the last, with what it had', last);
    await init('after the last, with what it had long before', former);
    await init('after the last');
    await described(talk, `after the last epoch, ${committed}`, transactionalId);
    await producer.init();
    await producer.send(1);
    await producer.end(true);
    await inState(talk, transactionalId, 'CompleteCommit');
    await talk.ask(`after all, ${committed}`, 'DescribeProducers', 0, {
      topics: [{ name: 'transactional', partitionIndexes: [0, 1] }],
    });
  }
}
