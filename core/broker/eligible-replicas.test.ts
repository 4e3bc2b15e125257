import test from 'ava';
import type { ApiName, ResponseTypes } from '../protocol/messages/index.ts';
import { RpcClient } from '../rpc/rpc-client.ts';
import { TestWorld } from '../testing/test-world.ts';
import { formatStorage, type RunningNode, startNode } from './index.ts';
import { type Stage, tellOfEligibleReplicas } from './testing/eligible-replicas-story.ts';

/** Broker 1, which is the controller, and brokers 2 and 3, of which it is said below whether they are up. */
function simulated(): Stage {
  const world = new TestWorld();
  const nodes = new Map<number, RunningNode>();
  const client = new RpcClient(world.environment('client'), {
    clientId: 'test',
    versions: 'negotiate',
    requestTimeoutMs: 30_000,
  });
  const start = (id: number): void => {
    const properties = {
      'node.id': id,
      'process.roles': id === 1 ? 'broker,controller' : 'broker',
      listeners: id === 1 ? 'PLAINTEXT://:9092,CONTROLLER://:9093' : 'PLAINTEXT://:9092',
      'controller.quorum.voters': '1@n1:9093',
      'log.dirs': 'data',
    };
    nodes.set(id, startNode(world.environment(`n${id}`), properties));
  };
  const untilRunning = (id: number): void => {
    world.runUntil(() => nodes.get(id)?.inspect().broker?.state === 'RUNNING', 30_000);
  };
  for (const id of [1, 2, 3]) {
    const env = world.environment(`n${id}`);
    formatStorage(env.disk, env.random.stream('format'), {
      clusterId: 'c1usterAAAAAAAAAAAAAAA',
      nodeId: id,
      directories: ['data'],
      controller: id === 1 ? { metadataDirectory: 'data' } : null,
      wallMs: env.clock.wallMs(),
    });
    start(id);
  }
  for (const id of [1, 2, 3]) untilRunning(id);
  return {
    ask: async <A extends ApiName>(id: number, api: A, version: number, body: Parameters<Stage['ask']>[3]) => {
      let response: ResponseTypes[A] | null = null;
      client.send({ id: String(id), host: `n${id}`, port: 9092 }, api, body as never, { version }, (result) => {
        if (!result.ok) throw new Error(`${api}: ${result.reason}`);
        response = result.response;
      });
      world.runUntil(() => response !== null, 30_000);
      return response as unknown as ResponseTypes[A];
    },
    wallMs: () => world.environment('client').clock.wallMs(),
    pass: async (ms) => world.run(ms),
    stop: async (id) => {
      let isDown = false;
      nodes.get(id)?.shutdown(() => {
        isDown = true;
      });
      world.runUntil(() => isDown, 60_000);
      world.process(`n${id}`).kill();
    },
    kill: async (id) => world.process(`n${id}`).kill(),
    start: async (id) => {
      start(id);
      untilRunning(id);
    },
  };
}

test('eligible leader replicas: what becomes of partitions whose replicas end one after the other', async (t) => {
  const { checks, problems } = await tellOfEligibleReplicas(simulated());
  t.deepEqual(problems, []);
  t.true(checks > 20);
});
