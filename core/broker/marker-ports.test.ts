import test from 'ava';
import { EMPTY_IMAGE, type MetadataImage } from '../metadata/image.ts';
import { RpcClient, type RpcResult } from '../rpc/rpc-client.ts';
import { TestWorld } from '../testing/test-world.ts';
import { markerPorts } from './marker-ports.ts';

/** Brokers 1 and 2, of which 2 has no address for the listener, and `t` with partitions that they and nobody lead. */
function image(): MetadataImage {
  const endpoints = new Map([['INTERNAL', { host: 'b1', port: 9092 }]]);
  const brokers = new Map([
    [1, { id: 1, rack: null, endpoints }],
    [2, { id: 2, rack: null, endpoints: new Map() }],
  ]);
  const partitions = new Map([1, 2, -1].map((leader, index) => [index, { leader }]));
  const topicsById = new Map([['T', { name: 't', id: 'T', partitions }]]);
  return { ...EMPTY_IMAGE, brokers, topicsById, topicIds: new Map([['t', 'T']]) } as unknown as MetadataImage;
}

test('markers go to leaders that have an address; partitions that are not there need none', (t) => {
  const world = new TestWorld();
  const env = world.environment('b3');
  const rpc = new RpcClient(env, { clientId: 'test', versions: 'latest', requestTimeoutMs: 1_000 });
  const ports = markerPorts(env.timers, rpc, image, 'INTERNAL');
  t.is(ports.leaderOf({ topic: 't', partition: 0 }), 1);
  t.is(ports.leaderOf({ topic: 't', partition: 1 }), 'unavailable');
  t.is(ports.leaderOf({ topic: 't', partition: 2 }), 'unavailable');
  t.is(ports.leaderOf({ topic: 't', partition: 3 }), 'gone');
  t.is(ports.leaderOf({ topic: 'u', partition: 0 }), 'gone');
  const results: RpcResult<unknown>[] = [];
  ports.send(2, { markers: [] }, (result) => results.push(result));
  t.deepEqual(results, [], 'not from within the call');
  world.run(0);
  t.deepEqual(results, [{ ok: false, reason: 'disconnected', sent: false }]);
});
