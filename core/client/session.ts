/** What every client has: its connections, its view of the cluster and its back-off. */
import type { ClientEnvironment } from '../environment.ts';
import type { AdminConfig, ConsumerConfig, ProducerConfig } from '../config/index.ts';
import { type ApiRanges, RELEASE_APIS } from '../rpc/api-versions.ts';
import { RpcClient } from '../rpc/rpc-client.ts';
import { clientSecurity } from '../security/client-security.ts';
import { Backoff } from './backoff.ts';
import { authenticationError } from './errors.ts';
import { ClusterMetadata } from './metadata.ts';

export interface Session {
  readonly env: ClientEnvironment;
  readonly rpc: RpcClient;
  readonly metadata: ClusterMetadata;
  readonly backoff: Backoff;
}

/** Throws ConfigError when the security properties are of no use. */
export function openSession(
  env: ClientEnvironment,
  config: ProducerConfig | ConsumerConfig | AdminConfig,
  defaults: { readonly clientId: string; readonly allowAutoTopicCreation: boolean; readonly apis?: ApiRanges | undefined },
): Session {
  const rebootstrap = config['metadata.recovery.strategy'] === 'rebootstrap';
  const rpc = new RpcClient(env, {
    clientId: config['client.id'] === '' ? defaults.clientId : (config['client.id'] ?? defaults.clientId),
    versions: 'negotiate',
    apis: defaults.apis ?? RELEASE_APIS,
    requestTimeoutMs: config['request.timeout.ms'],
    reconnectBackoffMs: config['reconnect.backoff.ms'],
    reconnectBackoffMaxMs: config['reconnect.backoff.max.ms'],
    connectionSetupTimeoutMs: config['socket.connection.setup.timeout.ms'],
    connectionsMaxIdleMs: config['connections.max.idle.ms'],
    clusterId: () => (rebootstrap && config['metadata.cluster.check.enable'] ? metadata.clusterId : null),
    onRebootstrapRequired: () => metadata.rebootstrap(),
    security: clientSecurity(config, env.crypto),
    onAuthenticationFailed: ({ by, message }) => metadata.failFatally(authenticationError(by, message)),
  });
  const backoff = new Backoff(env.random.stream('client/backoff'), config['retry.backoff.ms'], config['retry.backoff.max.ms']);
  const metadata = new ClusterMetadata(env, rpc, backoff, {
    bootstrapServers: config['bootstrap.servers'],
    maxAgeMs: config['metadata.max.age.ms'],
    rebootstrap,
    rebootstrapTriggerMs: config['metadata.recovery.rebootstrap.trigger.ms'],
    allowAutoTopicCreation: defaults.allowAutoTopicCreation,
  });
  return { env, rpc, metadata, backoff };
}

export function closeSession(session: Session): void {
  session.metadata.close();
  session.rpc.close();
}
