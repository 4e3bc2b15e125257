/** Which questions go to which coordinator, and what becomes of its answers. */
import test from 'ava';
import { EMPTY_IMAGE, type MetadataImage } from '../metadata/image.ts';
import { ErrorCode } from '../protocol/errors.ts';
import type { AddPartitionsToTxnRequest, AddPartitionsToTxnResponse } from '../protocol/messages/index.ts';
import type { Draft } from '../protocol/schema.ts';
import type { InterBrokerRpc, RpcResult } from '../replication/ports.ts';
import type { TransactionSupport } from '../replication/transaction-support.ts';
import { TestWorld } from '../testing/test-world.ts';
import { AddPartitionsToTxnManager } from './add-partitions-to-txn-manager.ts';

type Answer = RpcResult<AddPartitionsToTxnResponse>;

interface Sent {
  readonly to: string;
  readonly request: Draft<AddPartitionsToTxnRequest>;
  readonly done: (answer: Answer) => void;
}

/** Brokers 1 and 2; the one partition of the topic is led by `leader`. */
function imageOf(leader: number | null, fenced = false): MetadataImage {
  const broker = (id: number) =>
    [id, { id, fenced, endpoints: new Map([['PLAINTEXT', { host: `b${id}`, port: 9092 }]]) }] as const;
  const topic = { name: '__transaction_state', id: 'T', partitions: new Map(leader === null ? [] : [[0, { leader }]]) };
  return {
    ...EMPTY_IMAGE,
    brokers: new Map([broker(1), broker(2)]),
    topicIds: new Map([['__transaction_state', 'T']]),
    topicsById: new Map([['T', topic]]),
  } as unknown as MetadataImage;
}

function setUp() {
  const sent: Sent[] = [];
  const state = { image: imageOf(1) };
  const rpc = {
    send: (
      to: { readonly id: string },
      _api: string,
      request: Draft<AddPartitionsToTxnRequest>,
      _: object,
      done: Sent['done'],
    ) => {
      sent.push({ to: to.id, request, done });
    },
  } as unknown as InterBrokerRpc;
  const env = new TestWorld().environment('n1');
  const manager = new AddPartitionsToTxnManager(env, { rpc, image: () => state.image, interBrokerListener: 'PLAINTEXT' });
  const answers: string[] = [];
  const ask = (
    transactionalId: string,
    { epoch = 0, support = 'add' as TransactionSupport, partitions = [0] as number[] } = {},
  ): void => {
    manager.addOrVerify(
      { transactionalId, producerId: 1, producerEpoch: epoch, support },
      partitions.map((partition) => ({ topic: 't', partition })),
      (errors) =>
        answers.push([`${transactionalId}/${epoch}`, ...Array.from(errors, ([key, error]) => `${key}=${error}`)].join(' ')),
    );
  };
  return { sent, state, ask, answers };
}

function answer(...results: [transactionalId: string, ...errors: number[]][]): Answer {
  const resultsByTransaction = results.map(([transactionalId, ...errors]) => ({
    transactionalId,
    topicResults: [
      {
        name: 't',
        resultsByPartition: errors.map((partitionErrorCode, partitionIndex) => ({ partitionIndex, partitionErrorCode })),
      },
    ],
  }));
  const response = { throttleTimeMs: 0, errorCode: ErrorCode.NONE, resultsByTransaction, resultsByTopicV3AndBelow: [] };
  return { ok: true, response, version: 5 };
}

const idsOf = ({ request }: Sent): (string | undefined)[] =>
  (request.transactions ?? []).map(({ transactionalId }) => transactionalId);

test('a coordinator is asked one request at a time; what comes meanwhile goes together', (t) => {
  const { sent, ask, answers } = setUp();
  ask('a', { partitions: [0, 1] });
  ask('b', { support: 'verify' });
  ask('c');
  t.deepEqual(sent.map(idsOf), [['a']]);
  sent[0]?.done(answer(['a', 0, ErrorCode.INVALID_TXN_STATE]));
  t.deepEqual(sent.map(idsOf), [['a'], ['b', 'c']]);
  t.deepEqual(
    sent[1]?.request.transactions?.map(({ verifyOnly }) => verifyOnly),
    [true, false],
  );
  sent[1]?.done(answer(['c', 0], ['b', 0]));
  t.deepEqual(answers, [`a/0 t-1=${ErrorCode.INVALID_TXN_STATE}`, 'b/0', 'c/0']);
});

test('of one transactional id only the newest question waits', (t) => {
  const { sent, ask, answers } = setUp();
  ask('busy');
  ask('a', { epoch: 4 });
  ask('a', { epoch: 4 });
  t.deepEqual(answers, [`a/4 t-0=${ErrorCode.NETWORK_EXCEPTION}`]);
  ask('a', { epoch: 5 });
  t.is(answers.at(-1), `a/4 t-0=${ErrorCode.INVALID_PRODUCER_EPOCH}`);
  ask('a', { epoch: 4 });
  t.is(answers.at(-1), `a/4 t-0=${ErrorCode.INVALID_PRODUCER_EPOCH}`);
  sent[0]?.done(answer(['busy', 0]));
  t.deepEqual(
    sent[1]?.request.transactions?.map(({ producerEpoch }) => producerEpoch),
    [5],
  );
});

test('without a live leader of its partition there is no coordinator', (t) => {
  const { sent, state, ask, answers } = setUp();
  for (const image of [EMPTY_IMAGE, imageOf(null), imageOf(-1), imageOf(1, true)]) {
    state.image = image;
    ask('a');
    t.is(answers.at(-1), `a/0 t-0=${ErrorCode.COORDINATOR_NOT_AVAILABLE}`);
  }
  state.image = imageOf(2);
  ask('a');
  t.deepEqual(
    sent.map(({ to }) => to),
    ['2'],
  );
});

test('what producers hear of a coordinator that did not answer, and of errors that are not for them', (t) => {
  const { sent, ask, answers } = setUp();
  const hear = (result: Answer, support: TransactionSupport = 'add'): number | null => {
    ask('a', { support });
    sent.at(-1)?.done(result);
    const [, error] = answers.at(-1)?.split('=') ?? [];
    return error === undefined ? null : Number(error);
  };
  const failed = (reason: 'disconnected' | 'timed-out' | 'unsupported-version'): Answer => ({ ok: false, reason, sent: true });
  t.is(hear(failed('disconnected')), ErrorCode.NETWORK_EXCEPTION);
  t.is(hear(failed('timed-out')), ErrorCode.NETWORK_EXCEPTION);
  t.is(hear(failed('unsupported-version')), null);
  const whole = (errorCode: number): Answer => {
    const { response, ...rest } = answer() as Extract<Answer, { ok: true }>;
    return { ...rest, response: { ...response, errorCode } };
  };
  t.is(hear(whole(ErrorCode.CLUSTER_AUTHORIZATION_FAILED)), ErrorCode.INVALID_TXN_STATE);
  t.is(hear(whole(ErrorCode.UNKNOWN_SERVER_ERROR)), ErrorCode.UNKNOWN_SERVER_ERROR);
  t.is(hear(answer(['a', ErrorCode.PRODUCER_FENCED])), ErrorCode.INVALID_PRODUCER_EPOCH);
  t.is(hear(answer(['a', ErrorCode.TRANSACTION_ABORTABLE]), 'verify-abortable'), ErrorCode.TRANSACTION_ABORTABLE);
  t.is(hear(answer(['a', ErrorCode.TRANSACTION_ABORTABLE]), 'verify'), ErrorCode.INVALID_TXN_STATE);
});
