/** What is asked of a transaction's coordinator before an append, and what producers hear of its answers. */
import test from 'ava';
import { VerificationGuard } from '../log/verification.ts';
import { ErrorCode } from '../protocol/errors.ts';
import { Offset } from '../protocol/numbers.ts';
import { encodeBatch } from '../protocol/records.ts';
import { TestWorld } from '../testing/test-world.ts';
import type { HostedPartitions } from './hosted-partitions.ts';
import type { ReplicationConfig, TransactionVerifier } from './ports.ts';
import type { ReplicaAppends } from './replica-appends.ts';
import type { TransactionSupport } from './transaction-support.ts';
import type { AppendOptions, AppendResult } from './types.ts';
import { VerifiedAppends } from './verified-appends.ts';

const APPENDED: AppendResult = {
  error: 0,
  baseOffset: Offset(0),
  lastOffset: Offset(0),
  logAppendTimeMs: -1,
  logStartOffset: Offset(0),
};

/** Partitions 0 to 2 are hosted; on 1 the transaction is open, 3 is elsewhere. */
function setUp(isEnabled = true) {
  const world = new TestWorld();
  const env = world.environment('n1');
  const guard = new VerificationGuard(1);
  const questions: { readonly partitions: readonly number[]; readonly answer: (errors: ReadonlyMap<never, number>) => void }[] =
    [];
  const appended: AppendOptions[] = [];
  const partitions = {
    find: (_topic: string, index: number) =>
      index === 3 ? ErrorCode.NOT_LEADER_OR_FOLLOWER : { startVerification: () => (index === 1 ? null : guard) },
  } as unknown as HostedPartitions;
  const appends = {
    append: (options: AppendOptions) => {
      appended.push(options);
      options.done(options.entries.map(() => APPENDED));
    },
  } as unknown as ReplicaAppends;
  const verifier = {
    addOrVerify: (_transaction, asked, answer) => {
      questions.push({ partitions: asked.map(({ partition }) => partition), answer });
    },
  } as TransactionVerifier;
  const config = {
    'request.timeout.ms': 30_000,
    'transaction.partition.verification.enable': isEnabled,
    'add.partitions.to.txn.retry.backoff.ms': 20,
    'add.partitions.to.txn.retry.backoff.max.ms': 100,
  } as ReplicationConfig;
  const verified = new VerifiedAppends(env, { config, partitions, appends, verifier });
  const produce = (indexes: readonly number[], support: TransactionSupport = 'add', isTransactional = true) => {
    const heard: { errors: readonly number[] | null; messages: readonly (string | undefined)[] } = { errors: null, messages: [] };
    const records = encodeBatch([{ key: null, value: null, timestamp: 0 }], {
      isTransactional,
      producerId: 1,
      producerEpoch: 0,
      baseSequence: 0,
    });
    verified.produce({
      transactionalId: 'x',
      support,
      timeoutMs: 1_000,
      requiredAcks: -1,
      entries: indexes.map((partition) => ({ topic: 't', partition, records })),
      done: (results) => {
        heard.errors = results.map(({ error }) => error);
        heard.messages = results.map(({ message }) => message);
      },
    });
    return heard;
  };
  const answer = (errors: Readonly<Record<string, number>> = {}): void =>
    questions.shift()?.answer(new Map(Object.entries(errors)) as unknown as ReadonlyMap<never, number>);
  const appendedTo = () => appended.map(({ entries }) => entries.map(({ partition }) => partition));
  return { world, guard, questions, appended, appendedTo, produce, answer, verified };
}

test('the coordinator is asked where no transaction is open; what it agrees to is appended with its guard', (t) => {
  const { guard, questions, appended, appendedTo, produce, answer } = setUp();
  const heard = produce([3, 0, 1, 2]);
  t.deepEqual(questions[0]?.partitions, [0, 2]);
  t.deepEqual(appended, []);
  answer({ 't-2': ErrorCode.INVALID_TXN_STATE });
  t.deepEqual(appendedTo(), [[0, 1]]);
  t.deepEqual(
    appended[0]?.entries.map(({ verificationGuard }) => verificationGuard),
    [guard, null],
  );
  t.deepEqual(heard.errors, [ErrorCode.NOT_LEADER_OR_FOLLOWER, 0, 0, ErrorCode.INVALID_TXN_STATE]);
});

test('nobody is asked of what is open, or is no transaction, or may not be asked', (t) => {
  const open = setUp();
  t.deepEqual(open.produce([1]).errors, [0]);
  t.deepEqual(open.produce([0], 'add', false).errors, [0]);
  t.is(open.questions.length, 0);
  const disabled = setUp(false);
  t.deepEqual(disabled.produce([0], 'verify-abortable').errors, [0]);
  disabled.produce([0], 'add');
  t.is(disabled.questions.length, 1);
});

test('a coordinator that can not tell is a reason to try again, in words that every client knows', (t) => {
  const { produce, answer } = setUp();
  const hear = (error: number, support: TransactionSupport = 'verify') => {
    const heard = produce([0], support);
    answer({ 't-0': error });
    return heard.errors?.[0];
  };
  for (const error of [
    ErrorCode.NETWORK_EXCEPTION,
    ErrorCode.COORDINATOR_LOAD_IN_PROGRESS,
    ErrorCode.COORDINATOR_NOT_AVAILABLE,
    ErrorCode.NOT_COORDINATOR,
    ErrorCode.CONCURRENT_TRANSACTIONS,
  ])
    t.is(hear(error), ErrorCode.NOT_ENOUGH_REPLICAS);
  t.is(hear(ErrorCode.NOT_COORDINATOR, 'add'), ErrorCode.NOT_ENOUGH_REPLICAS);
  t.is(hear(ErrorCode.INVALID_PRODUCER_EPOCH), ErrorCode.INVALID_PRODUCER_EPOCH);
  t.is(hear(ErrorCode.TRANSACTION_ABORTABLE), ErrorCode.TRANSACTION_ABORTABLE);
});

test('while the last transaction ends, the broker asks again for add.partitions.to.txn.retry.backoff.max.ms', (t) => {
  const { world, questions, produce, answer } = setUp();
  const heard = produce([0]);
  const concurrent = { 't-0': ErrorCode.CONCURRENT_TRANSACTIONS };
  answer(concurrent);
  t.is(questions.length, 0);
  world.run(20);
  t.is(questions.length, 1);
  answer();
  t.deepEqual(heard.errors, [0]);

  const givenUp = produce([0]);
  for (let attempt = 0; attempt < 5; attempt++) {
    answer(concurrent);
    world.run(20);
    t.is(givenUp.errors, null);
  }
  answer(concurrent);
  t.deepEqual(givenUp.errors, [ErrorCode.CONCURRENT_TRANSACTIONS]);
});

test('after a close nothing is appended or asked any more', (t) => {
  const { world, questions, appended, produce, answer, verified } = setUp();
  produce([0]);
  produce([0]);
  answer({ 't-0': ErrorCode.CONCURRENT_TRANSACTIONS });
  verified.close();
  answer();
  world.run(100);
  t.is(questions.length, 0);
  t.deepEqual(appended, []);
});
