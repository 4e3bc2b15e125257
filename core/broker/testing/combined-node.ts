/** One node that is broker and controller, in a world of its own, and what clients ask of it. */
import type { Properties } from '../../config/index.ts';
import type { InitialFeatures } from '../../metadata/features.ts';
import type { ApiName, RequestTypes, ResponseTypes } from '../../protocol/messages/index.ts';
import type { Draft } from '../../protocol/schema.ts';
import { RpcClient } from '../../rpc/rpc-client.ts';
import { TestWorld } from '../../testing/test-world.ts';
import { formatStorage, startNode } from '../index.ts';

const CLUSTER_ID = 'c1usterAAAAAAAAAAAAAAA';

/** Sends one request, by default of the newest version, and runs the world until it is answered. Throws an Error if it is not. `port`: of the listener. */
export type Call = <A extends ApiName>(
  api: A,
  version: number | undefined,
  body: Draft<RequestTypes[A]>,
  port?: number,
) => ResponseTypes[A];

const BROKER_PORT = 9092;
const ANSWER_LIMIT_MS = 60_000;

/** A node `n1` that listens at 9092, and as controller at 9093, once its broker runs. `start` starts it again after its process was killed. */
export function combinedNode(properties: Properties = {}, features: InitialFeatures = {}) {
  const world = new TestWorld();
  const { disk, random } = world.environment('n1');
  formatStorage(disk, random.stream('format'), {
    clusterId: CLUSTER_ID,
    nodeId: 1,
    directories: ['data'],
    controller: { metadataDirectory: 'data', features },
    wallMs: 0,
  });
  const start = () =>
    startNode(world.environment('n1'), {
      'node.id': 1,
      'process.roles': 'broker,controller',
      listeners: `PLAINTEXT://:${BROKER_PORT},CONTROLLER://:9093`,
      'controller.quorum.voters': '1@n1:9093',
      'log.dirs': 'data',
      'offsets.topic.replication.factor': 1,
      'transaction.state.log.replication.factor': 1,
      'transaction.state.log.min.isr': 1,
      ...properties,
    });
  const running = start();
  const callFrom = (host: string): Call => {
    const client = new RpcClient(world.environment(host), { clientId: host, versions: 'negotiate', requestTimeoutMs: 30_000 });
    return (api, version, body, port = BROKER_PORT) => {
      let answer: unknown = null;
      client.send({ id: String(port), host: 'n1', port }, api, body, version === undefined ? {} : { version }, (result) => {
        if (!result.ok) throw new Error(`${api}: ${result.reason}`);
        answer = result.response;
      });
      world.runUntil(() => answer !== null, ANSWER_LIMIT_MS);
      return answer as never;
    };
  };
  world.runUntil(() => running.inspect().broker?.state === 'RUNNING', 20_000);
  return { world, running, start, callFrom, call: callFrom('client') };
}
