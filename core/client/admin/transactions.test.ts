import test from 'ava';
import { ErrorCode } from '../../protocol/errors.ts';
import type { ApiName } from '../../protocol/messages/index.ts';
import type { IncomingRequest } from '../../rpc/rpc-server.ts';
import { TestWorld } from '../../testing/test-world.ts';
import type { KafkaError } from '../errors.ts';
import { FakeBroker } from '../testing/fake-broker.ts';
import { Admin } from './admin.ts';

function setUp() {
  const world = new TestWorld();
  const broker = new FakeBroker(world);
  const properties = { 'bootstrap.servers': 'b1:9092', 'default.api.timeout.ms': 5_000, 'request.timeout.ms': 2_000 };
  return { world, broker, admin: new Admin(world.environment('a'), properties) };
}

function answer<A extends ApiName>(broker: FakeBroker, api: A, respond: (request: IncomingRequest<A>) => void): void {
  broker.script = (request) => {
    if (request.api !== api) return false;
    respond(request as unknown as IncomingRequest<A>);
    return true;
  };
}

test('transactions are described by the coordinators of their ids', async (t) => {
  const { world, broker, admin } = setUp();
  const errors: number[] = [ErrorCode.COORDINATOR_LOAD_IN_PROGRESS, ErrorCode.NONE];
  answer(broker, 'DescribeTransactions', (request) =>
    request.respond({
      transactionStates: request.body.transactionalIds.map((transactionalId) => ({
        errorCode: errors.shift() ?? ErrorCode.TRANSACTIONAL_ID_NOT_FOUND,
        transactionalId,
        transactionState: 'Ongoing',
        transactionTimeoutMs: 60_000,
        transactionStartTimeMs: 7,
        producerId: 4,
        producerEpoch: 2,
        topics: [{ topic: 'orders', partitions: [0, 3] }],
      })),
    }),
  );
  const described = admin.describeTransactions(['t']);
  world.runTo(2_000);
  t.deepEqual(await described, [
    {
      transactionalId: 't',
      coordinatorId: 1,
      state: 'Ongoing',
      producerId: 4,
      producerEpoch: 2,
      timeoutMs: 60_000,
      startedMs: 7,
      partitions: [
        { topic: 'orders', partition: 0 },
        { topic: 'orders', partition: 3 },
      ],
    },
  ]);
  t.true(broker.of('FindCoordinator').every(({ body }) => body.keyType === 1 && body.coordinatorKeys[0] === 't'));
  const unknown = admin.describeTransactions(['u']);
  world.runTo(4_000);
  t.is((await t.throwsAsync<KafkaError>(unknown))?.errorName, 'TRANSACTIONAL_ID_NOT_FOUND');
});

test('transactions are listed by every broker, in a version that can say what is asked', async (t) => {
  const { world, broker, admin } = setUp();
  const state = { transactionalId: 't', producerId: 4, transactionState: 'Ongoing' };
  answer(broker, 'ListTransactions', (request) => request.respond({ transactionStates: [state] }));
  const all = admin.listTransactions();
  for (let now = 100; now <= 1_000; now += 100) {
    world.runTo(now);
    await Promise.resolve();
    await Promise.resolve();
    await Promise.resolve();
  }
  t.deepEqual(await all, [{ transactionalId: 't', producerId: 4, state: 'Ongoing', coordinatorId: 1 }]);
  t.like(broker.of('ListTransactions')[0]?.body, { durationFilter: -1, transactionalIdPattern: null, stateFilters: [] });
});

test('a hanging transaction is aborted with a marker to the leader of its partition', async (t) => {
  const { world, broker, admin } = setUp();
  const errors: number[] = [ErrorCode.NOT_LEADER_OR_FOLLOWER, ErrorCode.NONE, ErrorCode.TRANSACTION_COORDINATOR_FENCED];
  answer(broker, 'WriteTxnMarkers', (request) =>
    request.respond({
      markers: [
        { producerId: 4, topics: [{ name: 'orders', partitions: [{ partitionIndex: 0, errorCode: errors.shift() ?? 0 }] }] },
      ],
    }),
  );
  const open = { topic: 'orders', partition: 0, producerId: 4, producerEpoch: 2, coordinatorEpoch: 9 };
  const aborted = admin.abortTransaction(open);
  world.runTo(2_000);
  t.is(await aborted, undefined);
  t.like(broker.of('WriteTxnMarkers')[1]?.body.markers[0], { producerEpoch: 2, coordinatorEpoch: 9, transactionResult: false });
  const refused = admin.abortTransaction(open);
  world.runTo(4_000);
  t.is((await t.throwsAsync<KafkaError>(refused))?.errorName, 'TRANSACTION_COORDINATOR_FENCED');
});

test('producers are fenced by a new epoch of their transactional id', async (t) => {
  const { world, broker, admin } = setUp();
  broker.producerEpoch = 6;
  const fenced = admin.fenceProducers(['t']);
  world.runTo(2_000);
  t.deepEqual(await fenced, new Map([['t', { producerId: 1000, producerEpoch: 6 }]]));
  t.like(broker.of('InitProducerId')[0]?.body, { transactionalId: 't', producerId: -1, transactionTimeoutMs: 2_000 });
});

test('who names a replica hears that it is none; the leader is looked for else', async (t) => {
  const { world, broker, admin } = setUp();
  const partition = { topic: 'orders', partition: 0 };
  const errors: number[] = [ErrorCode.NOT_LEADER_OR_FOLLOWER, ErrorCode.NOT_LEADER_OR_FOLLOWER, ErrorCode.NONE];
  answer(broker, 'DescribeProducers', (request) =>
    request.respond({
      topics: [{ name: 'orders', partitions: [{ partitionIndex: 0, errorCode: errors.shift() ?? 0, activeProducers: [] }] }],
    }),
  );
  const refused = admin.describeProducers([partition], { brokerId: 1 });
  world.runTo(1_000);
  t.is((await t.throwsAsync<KafkaError>(refused))?.errorName, 'NOT_LEADER_OR_FOLLOWER');
  const described = admin.describeProducers([partition]);
  world.runTo(3_000);
  t.deepEqual(await described, [{ ...partition, producers: [] }]);
});
