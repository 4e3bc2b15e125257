import test from 'ava';
import { InvariantViolation } from '../../ports/invariant.ts';
import type { ApiName } from '../protocol/messages/index.ts';
import { RpcClient } from './rpc-client.ts';
import { type IncomingRequest, RpcServer } from './rpc-server.ts';
import { TestWorld } from '../testing/test-world.ts';

const APIS = new Map<ApiName, readonly [number, number]>([
  ['Heartbeat', [0, 4]],
  ['Metadata', [0, 13]],
]);

/** A server whose handler does as told, in a world that reports errors or, like the simulation, does not. */
function setUp(handle: (request: IncomingRequest) => void, isReporting = true) {
  const world = new TestWorld();
  const told: string[] = [];
  const onRequestError = (api: string, error: unknown): void => {
    told.push(`${api}: ${String(error)}`);
  };
  const env = { ...world.environment('b1'), ...(isReporting ? { onRequestError } : {}) };
  const errorAnswer = (request: IncomingRequest): object | null => (request.api === 'Heartbeat' ? { errorCode: -1 } : null);
  const options = {
    port: 9092,
    listener: 'PLAINTEXT',
    apis: APIS,
    maxRequestBytes: 1_000_000,
    connectionsMaxIdleMs: -1,
    errorAnswer,
  };
  new RpcServer(env, options, handle);
  const client = new RpcClient(world.environment('c1'), { clientId: 'c1', versions: 'latest', requestTimeoutMs: 1000 });
  const ask = (api: ApiName): string => {
    let outcome = 'nothing';
    client.send({ id: '1', host: 'b1', port: 9092 }, api, {}, {}, (result) => {
      outcome = result.ok ? JSON.stringify(result.response) : result.reason;
    });
    world.run(100);
    return outcome;
  };
  return { ask, told };
}

test('a handler that throws is reported, and its request answered; other requests go on', (t) => {
  const { ask, told } = setUp((request) => {
    if (request.clientId === 'c1') throw new TypeError('oops');
  });
  t.regex(ask('Heartbeat'), /"errorCode":-1/);
  t.regex(ask('Heartbeat'), /"errorCode":-1/);
  t.is(ask('Metadata'), 'disconnected');
  t.deepEqual(told.slice(1), ['Heartbeat: TypeError: oops', 'Metadata: TypeError: oops']);
});

test('an answer that cannot be written is a failed request', (t) => {
  const { ask, told } = setUp((request) => request.respond({ errorCode: 1e9 }));
  t.regex(ask('Heartbeat'), /"errorCode":-1/);
  t.is(told.length, 1);
});

test('a broken invariant ends the node, and in the simulation any error does', (t) => {
  const broken = setUp(() => {
    throw new InvariantViolation('impossible');
  });
  t.throws(() => broken.ask('Heartbeat'), { instanceOf: InvariantViolation });
  const simulated = setUp(() => {
    throw new TypeError('oops');
  }, false);
  t.throws(() => simulated.ask('Heartbeat'), { instanceOf: TypeError });
});
