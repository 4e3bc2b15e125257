import test from 'ava';
import { ErrorCode } from '../protocol/errors.ts';
import { BrokerEpoch, LeaderEpoch, PartitionEpoch } from '../protocol/numbers.ts';
import { topicPartitionKey } from '../protocol/partition.ts';
import { TestWorld } from '../testing/test-world.ts';
import { type AlterPartitionAnswer, AlterPartitionManager } from './alter-partition-manager.ts';
import type { PendingIsr } from './isr-state.ts';
import type { ControllerResult } from './ports.ts';

const CHANGE: PendingIsr = {
  kind: 'pending-expand',
  isr: [1, 2],
  proposed: [1, 2, 3],
  proposedEpochs: [1, 2, 3].map((brokerId) => ({ brokerId, brokerEpoch: BrokerEpoch(brokerId) })),
  leaderEpoch: LeaderEpoch(4),
  partitionEpoch: PartitionEpoch(7),
};

/** One change, submitted; the controller is the test. */
function submitted(isVoid = false) {
  const world = new TestWorld();
  const sent: ((result: ControllerResult<never>) => void)[] = [];
  const controller = { send: (_api: string, _request: unknown, done: never) => void sent.push(done) };
  const manager = new AlterPartitionManager(world.environment('b1'), 1, () => BrokerEpoch(1), controller as never);
  const answers: AlterPartitionAnswer[] = [];
  manager.submit({
    key: topicPartitionKey('orders', 0),
    topicId: 'id',
    partition: 0,
    change: CHANGE,
    isVoid: () => isVoid,
    done: (answer) => void answers.push(answer),
  });
  const answer = (errorCode: number, unanswered = 0): void => {
    const partition = { partitionIndex: 0, errorCode, leaderId: 1, leaderEpoch: 4, isr: [1, 2, 3], partitionEpoch: 8 };
    const response = { errorCode: 0, topics: [{ topicId: 'id', partitions: [partition] }] };
    sent.at(-1)?.({ ok: true, response: response as never, version: 3, unanswered });
  };
  const lose = (wasSent: boolean): void => sent.at(-1)?.({ ok: false, reason: 'timed-out', sent: wasSent, unanswered: 0 });
  return { world, sent, answers, answer, lose };
}

test('the answer to the only attempt is the last word', (t) => {
  const { answers, answer, sent } = submitted();
  answer(ErrorCode.INELIGIBLE_REPLICA);
  t.deepEqual(answers, [{ ok: false, error: ErrorCode.INELIGIBLE_REPLICA }]);
  t.is(sent.length, 1);
});

test('a request that never left says nothing against it', (t) => {
  const { world, answers, answer, lose } = submitted();
  lose(false);
  world.run(50);
  answer(ErrorCode.INELIGIBLE_REPLICA);
  t.deepEqual(answers, [{ ok: false, error: ErrorCode.INELIGIBLE_REPLICA }]);
});

for (const error of [ErrorCode.INELIGIBLE_REPLICA, ErrorCode.OPERATION_NOT_ATTEMPTED]) {
  for (const where of ['the channel', 'here'] as const) {
    test(`after an attempt that ${where} saw unanswered, error ${error} decides nothing: the change is asked for again`, (t) => {
      const { world, sent, answers, answer, lose } = submitted();
      if (where === 'here') {
        lose(true);
        world.run(50);
      }
      answer(error, where === 'the channel' ? 1 : 0);
      t.deepEqual(answers, []);
      t.deepEqual(world.events('isr-change-unanswered'), [
        { type: 'isr-change-unanswered', partition: 'orders-0', leaderEpoch: 4, partitionEpoch: 7 },
      ]);
      const before = sent.length;
      world.run(50);
      t.is(sent.length, before + 1);
      answer(error);
      t.deepEqual(answers, []);
      world.run(50);
      answer(ErrorCode.INVALID_UPDATE_VERSION);
      t.deepEqual(answers, [{ ok: false, error: ErrorCode.INVALID_UPDATE_VERSION }]);
    });
  }
}

test('a change that can never be applied any more is given up', (t) => {
  const { answers, answer } = submitted(true);
  answer(ErrorCode.INELIGIBLE_REPLICA, 1);
  t.deepEqual(answers, [{ ok: false, error: ErrorCode.INELIGIBLE_REPLICA }]);
});
