/**
 * The story of eligible leader replicas (core/broker/testing/eligible-replicas-story.ts) as a cluster of Apache Kafka plays it: what a
 * simulated cluster is tested to do is what Kafka does. One controller, so that it is there whichever of the other brokers is down.
 */
import { join } from 'node:path';
import { type Stage, tellOfEligibleReplicas, type Told } from '../../core/broker/testing/eligible-replicas-story.ts';
import type { Properties } from '../../core/config/index.ts';
import { sleep } from '../testing/served.ts';
import { Conversation } from './conversation.ts';
import type { KafkaProcess } from './java.ts';
import { freePort, type Workplace } from './servers.ts';

const IDS = [1, 2, 3] as const;
const CLUSTER_ID = 'oracle-tells-a-story-Q';

export async function playElections(workplace: Workplace): Promise<Told> {
  const { java } = workplace;
  const ports = await Promise.all(IDS.map(() => freePort()));
  const controllerPort = await freePort();
  const port = (id: number): number => ports[id - 1] as number;
  const processes = new Map<number, KafkaProcess>();
  const propertiesOf = (id: number): Properties => ({
    'node.id': id,
    'process.roles': id === 1 ? 'broker,controller' : 'broker',
    listeners: `PLAINTEXT://127.0.0.1:${port(id)}${id === 1 ? `,CONTROLLER://127.0.0.1:${controllerPort}` : ''}`,
    'listener.security.protocol.map': 'PLAINTEXT:PLAINTEXT,CONTROLLER:PLAINTEXT',
    'controller.listener.names': 'CONTROLLER',
    'inter.broker.listener.name': 'PLAINTEXT',
    'controller.quorum.voters': `1@127.0.0.1:${controllerPort}`,
    'broker.session.timeout.ms': 3_000,
    'broker.heartbeat.interval.ms': 500,
    'log.dirs': join(workplace.folder, `elections-${id}`),
  });
  const start = async (id: number): Promise<void> => {
    processes.set(id, await java.startBroker(propertiesOf(id), port(id)));
  };
  for (const id of IDS) {
    const format = ['format', '-t', CLUSTER_ID, '-c', java.propertiesFile(propertiesOf(id))];
    const { status, text } = await java.tool('kafka.tools.StorageTool', format);
    if (status !== 0) throw new Error(`Apache Kafka could not format its directory:\n${text}`);
  }
  for (const id of IDS) await start(id);
  const talk = Conversation.with(ports);
  const stage: Stage = {
    // Connections to a broker that ended are of no use to the next.
    ask: async (id, api, version, body) => {
      const wire = await talk.at(id).connect();
      try {
        const answer = await wire.call(api, version, body);
        if (typeof answer === 'string') throw new Error(`${api} v${version}: ${answer}`);
        return answer;
      } finally {
        wire.close();
      }
    },
    wallMs: () => Date.now(),
    pass: sleep,
    stop: (id) => processes.get(id)?.stop() ?? Promise.resolve(),
    kill: (id) => processes.get(id)?.kill() ?? Promise.resolve(),
    start,
  };
  try {
    return await tellOfEligibleReplicas(stage);
  } finally {
    talk.close();
    await Promise.all([...processes.values()].map((process) => process.kill()));
  }
}
