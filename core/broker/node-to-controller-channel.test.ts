import test from 'ava';
import { ErrorCode } from '../protocol/errors.ts';
import { type IncomingRequest, RpcServer } from '../rpc/rpc-server.ts';
import { RpcClient } from '../rpc/rpc-client.ts';
import { NodeToControllerChannel } from './node-to-controller-channel.ts';
import { TestWorld } from '../testing/test-world.ts';

const HEARTBEAT = { brokerId: 1, brokerEpoch: 1, currentMetadataOffset: 1, wantFence: false, wantShutDown: false };

function setUp(handle: (request: IncomingRequest<'BrokerHeartbeat'>, host: string) => void) {
  const world = new TestWorld();
  let active: string | null = null;
  for (const host of ['c1', 'c2']) {
    const options = {
      port: 9093,
      listener: 'CONTROLLER',
      apis: new Map([['BrokerHeartbeat', [0, 2]]] as const),
      maxRequestBytes: 1_000_000,
      connectionsMaxIdleMs: -1,
    };
    new RpcServer(world.environment(host), options, (request) => handle(request as IncomingRequest<'BrokerHeartbeat'>, host));
  }
  const env = world.environment('b1');
  const channel = new NodeToControllerChannel(env, {
    rpc: new RpcClient(env, { clientId: 'b1', versions: 'latest', requestTimeoutMs: 1000 }),
    activeController: () => (active === null ? null : { id: active, host: active, port: 9093 }),
    requestTimeoutMs: 1000,
    retryTimeoutMs: 5000,
  });
  return { world, channel, lead: (host: string | null) => (active = host) };
}

test('a request waits for a controller, and goes on to the next when the first says NOT_CONTROLLER', (t) => {
  const asked: string[] = [];
  const { world, channel, lead } = setUp((request, host) => {
    asked.push(host);
    if (host === 'c1') lead('c2');
    request.respond({ errorCode: host === 'c1' ? ErrorCode.NOT_CONTROLLER : ErrorCode.NONE });
  });
  const outcomes: boolean[] = [];
  channel.send('BrokerHeartbeat', HEARTBEAT, (result) => {
    outcomes.push(result.ok);
  });
  world.run(300);
  t.deepEqual(outcomes, []);
  lead('c1');
  world.run(1000);
  t.deepEqual(outcomes, [true]);
  t.deepEqual(asked, ['c1', 'c2']);
});

test('an answer says how many attempts before it were sent and never answered', (t) => {
  let silent = 2;
  const { world, channel, lead } = setUp((request) => {
    if (silent-- > 0) return;
    request.respond({ errorCode: ErrorCode.NONE });
  });
  lead('c1');
  const unanswered: number[] = [];
  const send = () => channel.send('BrokerHeartbeat', HEARTBEAT, (result) => void unanswered.push(result.unanswered));
  send();
  world.run(4000);
  send();
  world.run(1000);
  t.deepEqual(unanswered, [2, 0]);
});

test('without a controller a request times out, and the next has its own time', (t) => {
  const { world, channel } = setUp(() => {});
  const reasons: string[] = [];
  const send = () =>
    channel.send('BrokerHeartbeat', HEARTBEAT, (result) => {
      if (!result.ok) reasons.push(result.reason);
    });
  send();
  world.run(3000);
  send();
  world.run(2500);
  t.deepEqual(reasons, ['timed-out']);
  world.run(3000);
  t.deepEqual(reasons, ['timed-out', 'timed-out']);
});

test('one request at a time, in order', (t) => {
  const waiting: IncomingRequest<'BrokerHeartbeat'>[] = [];
  const { world, channel, lead } = setUp((request) => waiting.push(request));
  lead('c1');
  const answered: number[] = [];
  for (const id of [1, 2]) channel.send('BrokerHeartbeat', { ...HEARTBEAT, brokerId: id }, () => answered.push(id));
  world.run(100);
  t.is(waiting.length, 1);
  waiting[0]?.respond({});
  world.run(100);
  t.is(waiting.length, 2);
  waiting[1]?.respond({});
  world.run(100);
  t.deepEqual(answered, [1, 2]);
  t.is(channel.pending, 0);
});
