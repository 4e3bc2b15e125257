/** A node of the cluster: one process that is a broker, a controller, or both, over one copy of the metadata log. */
import { BROKER_CONFIG, ConfigError, parseConfig, type Properties } from '../config/index.ts';
import type { ActiveController } from '../controller/active.ts';
import type { Changes } from '../controller/changes.ts';
import { moveLeader } from '../controller/elections.ts';
import type { Environment } from '../environment.ts';
import { readCleanShutdownEpoch } from '../log/clean-shutdown.ts';
import { SUPPORTED_FEATURES, type SupportedFeature } from '../metadata/features.ts';
import { MetadataLoader } from '../metadata/loader.ts';
import { randomUuid } from '../protocol/uuid.ts';
import { RaftClient } from '../raft/raft-client.ts';
import { type ApiRanges, RELEASE_APIS } from '../rpc/api-versions.ts';
import { type Endpoint, RpcClient } from '../rpc/rpc-client.ts';
import { BrokerServer } from './broker-server.ts';
import { ControllerServer } from './controller-server.ts';
import { DynamicBrokerConfig } from './dynamic-broker-config.ts';
import { readStorage } from './format-storage.ts';
import { inspectNode, type NodeInspection } from './inspection.ts';
import { NodeToControllerChannel } from './node-to-controller-channel.ts';
import { nodeSettings } from './node-settings.ts';
import { METADATA_TOPIC } from './topic-names.ts';

export interface RunningNode {
  /**
   * Ends the node in order: a broker hands over its leaderships first. `done` is called once, when all is closed. A node that
   * is broker and controller asks `beforeQuorum` in between, so that a whole cluster can keep its quorum until all brokers
   * have handed over.
   */
  shutdown(done: () => void, beforeQuorum?: (proceed: () => void) => void): void;
  /** A read-only view for checkers and operators. */
  inspect(): NodeInspection;
  /** What somebody who runs the cluster in his own process may have it do, besides what clients can ask for. */
  readonly operations: NodeOperations;
}

export interface NodeOperations {
  /** Is this the active controller? */
  isActiveController(): boolean;
  /**
   * Has this broker lead, as the preferred replica. Null when it is committed; `not-active`: this is not the active controller; or one sentence: why
   * it can't be.
   */
  moveLeader(topic: string, partition: number, broker: number, done: (refusal: string | null) => void): void;
  /** Does this broker coordinate the group? */
  isCoordinatorOf(group: string): boolean;
  /** Has the members of a group join again, at its coordinator. Null, or one sentence: why that can't be. */
  rebalance(group: string): string | null;
}

export interface NodeOptions {
  /** Names of PLAINTEXT listeners that nobody but the cluster's own nodes can reach: who comes by them may do anything. */
  readonly internalListeners?: readonly string[];
  /** What this node speaks with other nodes, and up to which version its listeners answer. Default: what this release speaks. */
  readonly apis?: ApiRanges;
  /** The features that this node registers with. Default: those of this release. */
  readonly features?: readonly SupportedFeature[];
  /**
   * `any-release`: the node asks each other node for its versions before it sends anything else, as Kafka's do. `same-release`, the
   * default: the nodes of the cluster all speak the same, and save that round trip on each connection.
   */
  readonly peers?: 'same-release' | 'any-release';
}

/**
 * Starts a node on directories that `formatStorage` prepared. Throws ConfigError when the properties or the directories do not
 * fit; everything later is told by trace events, or ends the process through `env.halt`.
 */
export function startNode(env: Environment, properties: Properties, options: NodeOptions = {}): RunningNode {
  const config = parseConfig(BROKER_CONFIG, properties);
  const settings = nodeSettings(config, env.host);
  const internalListeners = options.internalListeners ?? [];
  const spoken = options.apis ?? RELEASE_APIS;
  const features = options.features ?? SUPPORTED_FEATURES;
  const negotiation = { versions: options.peers === 'any-release' ? 'negotiate' : 'latest', apis: spoken } as const;
  const needsCrypto = settings.brokerListeners.find(({ security }) => security.sasl !== null);
  if (needsCrypto !== undefined && env.crypto === undefined) {
    throw new ConfigError(`The listener ${needsCrypto.name} uses SASL, but there is no cryptography in this world.`);
  }
  const directories = readStorage(env.disk, settings);
  const metadataDirectory = directories.find(({ path }) => path === settings.metadataDirectory);
  if (metadataDirectory === undefined) {
    // A broken disk, not a wrong configuration: Kafka ends the process too.
    const reason = `the metadata log directory ${settings.metadataDirectory} cannot be read`;
    env.halt(reason);
    throw new ConfigError(reason);
  }
  const { clusterId, directoryId } = metadataDirectory;
  const incarnationId = randomUuid(env.random.stream('broker/incarnation'));
  const roles = [...(settings.isBroker ? ['broker' as const] : []), ...(settings.isController ? ['controller' as const] : [])];
  env.tracer.emit({ type: 'node-started', nodeId: settings.nodeId, roles, incarnationId });

  const raftRpc = new RpcClient(env, {
    ...negotiation,
    clientId: `raft-client-${settings.nodeId}`,
    requestTimeoutMs: config['controller.quorum.request.timeout.ms'],
  });
  const raft = new RaftClient(env, {
    nodeId: settings.nodeId,
    clusterId,
    directory: `${settings.metadataDirectory}/${METADATA_TOPIC}-0`,
    directoryId,
    voters: settings.voters,
    config,
    rpc: raftRpc,
    logConfig: {
      'segment.bytes': config['metadata.log.segment.bytes'],
      'internal.segment.bytes': config['internal.metadata.log.segment.bytes'],
      'segment.ms': config['metadata.log.segment.ms'],
    },
  });

  const activeController = (): Endpoint | null => {
    const voter = raft.voters.get(raft.leaderAndEpoch.leaderId);
    return voter === null ? null : { id: String(voter.id), host: voter.host, port: voter.port };
  };
  const retryTimeoutMs = {
    // Half a session, so that a heartbeat stuck with a dead controller leaves time for the next (KAFKA-14392).
    heartbeat: Math.floor(config['broker.session.timeout.ms'] / 2),
    'alter-partition': Number.MAX_SAFE_INTEGER / 2,
    'directory-assignments': 60_000,
    forwarding: 60_000,
    'controller-registration': 60_000,
  };
  const channel = (purpose: keyof typeof retryTimeoutMs): NodeToControllerChannel => {
    const requestTimeoutMs = Math.min(config['controller.socket.timeout.ms'], retryTimeoutMs[purpose]);
    const rpc = new RpcClient(env, { ...negotiation, clientId: `${settings.nodeId}-${purpose}`, requestTimeoutMs });
    return new NodeToControllerChannel(env, { rpc, activeController, requestTimeoutMs, retryTimeoutMs: retryTimeoutMs[purpose] });
  };

  const controller =
    settings.controllerListener === null
      ? null
      : new ControllerServer(env, {
          settings,
          listener: settings.controllerListener,
          clusterId,
          incarnationId,
          config,
          raft,
          internalListeners,
          spoken,
          features,
          channel: channel('controller-registration'),
        });
  // A combined node has one copy of the metadata: the controller's.
  const loader = controller?.controller.loader ?? new MetadataLoader(env, { role: 'broker', raft, config });
  const broker = !settings.isBroker
    ? null
    : new BrokerServer(env, {
        clusterId,
        incarnationId,
        config,
        dynamicConfig: new DynamicBrokerConfig(properties, config),
        listeners: settings.brokerListeners,
        interBrokerListener: settings.interBrokerListener,
        directories,
        logDirectories: settings.logDirectories,
        metadataDirectory: settings.metadataDirectory,
        previousBrokerEpoch: readCleanShutdownEpoch(env.disk, settings.logDirectories),
        internalListeners,
        negotiation,
        features,
        loader,
        channel,
      });

  controller?.start();
  raft.start(controller?.controller ?? loader);
  broker?.start();

  let stopping = false;
  const stopRest = (done: () => void): void => {
    raft.shutdown(() => {
      loader.close();
      controller?.close();
      raftRpc.close();
      done();
    });
  };
  return {
    shutdown(done, beforeQuorum = (proceed) => proceed()) {
      if (stopping) return;
      stopping = true;
      if (broker === null) stopRest(done);
      else broker.shutdown(() => beforeQuorum(() => stopRest(done)));
    },
    inspect: () => inspectNode({ settings, raft, loader, broker }),
    operations: {
      isActiveController: () => controller?.controller.isActive === true,
      moveLeader: (topic, partition, to, done) => {
        if (controller === null) return done('not-active');
        const decide = (active: ActiveController, changes: Changes): void =>
          moveLeader(changes, active.config, topic, partition, to);
        controller.controller.operate('move-leader', decide, done);
      },
      isCoordinatorOf: (group) => broker?.groups.coordinates(group) === true,
      rebalance: (group) => broker?.groups.rebalance(group) ?? null,
    },
  };
}
