/** The broker half of a node: its parts, the order in which they start, and the order in which they stop. */
import {
  type BrokerConfig,
  ConfigError,
  cordonedDirectories,
  effectiveMinIsr,
  effectiveTopicConfig,
  type TopicConfig,
} from '../config/index.ts';
import { consumerGroupSettings } from './consumer-group-settings.ts';
import { ReplicatedCoordinatorLog } from '../coordinator/coordinator-log.ts';
import { coordinatorPartition } from '../coordinator/coordinator-partition.ts';
import type { Environment } from '../environment.ts';
import { GroupCoordinator } from '../group/group-coordinator.ts';
import { LogManager } from '../log/log-manager.ts';
import type { MetadataDelta } from '../metadata/delta.ts';
import { EMPTY_IMAGE, type MetadataImage, topicConfig } from '../metadata/image.ts';
import type { MetadataLoader } from '../metadata/loader.ts';
import type { BrokerEpoch } from '../protocol/numbers.ts';
import type { TopicPartition, TopicPartitionKey } from '../protocol/partition.ts';
import { FetchHandler } from '../replication/fetch-handler.ts';
import { ReplicaManager } from '../replication/replica-manager.ts';
import { RpcClient, type RpcClientOptions } from '../rpc/rpc-client.ts';
import { ConnectionQuotas } from '../rpc/connection-quotas.ts';
import { RpcServer } from '../rpc/rpc-server.ts';
import { TransactionCoordinator } from '../transaction/transaction-coordinator.ts';
import { AddPartitionsToTxnManager } from './add-partitions-to-txn-manager.ts';
import { AutoTopicCreation } from './auto-topic-creation.ts';
import { apiVersionsResponse } from './api-versions.ts';
import { authHelper, listenerPrincipal } from './authorization.ts';
import type { BrokerContext } from './broker-context.ts';
import { BrokerLifecycleManager } from './broker-lifecycle-manager.ts';
import { BrokerMetadataPublisher } from './broker-metadata-publisher.ts';
import type { DynamicBrokerConfig } from './dynamic-broker-config.ts';
import { featureLevel, metadataVersionOf, type SupportedFeature, TRANSACTION_VERSION } from '../metadata/features.ts';
import { supportsCordonedDirectories, supportsDirectories } from '../metadata/metadata-version.ts';
import { AssignmentsManager } from './assignments-manager.ts';
import type { FormattedDirectory } from './format-storage.ts';
import { markerPorts } from './marker-ports.ts';
import { GROUP_TOPIC, TRANSACTION_TOPIC } from './topic-names.ts';
import type { NodeToControllerChannel } from './node-to-controller-channel.ts';
import type { Listener } from './node-settings.ts';
import { ProducerIdManager } from './producer-id-manager.ts';
import { brokerApis, rangesOf } from './offered-apis.ts';
import { brokerRouter, errorAnswers } from './request-router.ts';
import { serverSecurity } from './server-security.ts';

/** A controlled shutdown that takes longer than this goes on without the controller's leave. */
const CONTROLLED_SHUTDOWN_TIMEOUT_MS = 5 * 60_000;

/** What the group coordinator is made from. */
export interface BrokerServerOptions {
  readonly clusterId: string;
  readonly incarnationId: string;
  readonly config: BrokerConfig;
  readonly dynamicConfig: DynamicBrokerConfig;
  readonly listeners: readonly Listener[];
  readonly interBrokerListener: string;
  readonly directories: readonly FormattedDirectory[];
  readonly logDirectories: readonly string[];
  readonly metadataDirectory: string;
  readonly previousBrokerEpoch: number;
  readonly internalListeners: readonly string[];
  /** What this node's release speaks, and whether other nodes have to be asked what theirs speaks. */
  readonly negotiation: Required<Pick<RpcClientOptions, 'apis' | 'versions'>>;
  /** Those that this broker registers with. */
  readonly features: readonly SupportedFeature[];
  readonly loader: MetadataLoader;
  /** A channel of its own for each use, so that one's trouble does not hold up the others. */
  readonly channel: (
    purpose: 'heartbeat' | 'alter-partition' | 'directory-assignments' | 'forwarding',
  ) => NodeToControllerChannel;
}

export class BrokerServer {
  readonly lifecycle: BrokerLifecycleManager;
  readonly replicas: ReplicaManager;
  readonly logs: LogManager;
  readonly groups: GroupCoordinator;
  readonly transactions: TransactionCoordinator;
  readonly #env: Environment;
  readonly #options: BrokerServerOptions;
  readonly #alterPartitions: NodeToControllerChannel;
  readonly #assignments: AssignmentsManager;
  readonly #forwarding: NodeToControllerChannel;
  readonly #interBroker: RpcClient;
  /** Of transactions, about appends here. */
  readonly #toCoordinators: RpcClient;
  readonly #markerSender: RpcClient;
  readonly #producerIds: ProducerIdManager;
  readonly #publisher: BrokerMetadataPublisher;
  #servers: readonly RpcServer[] = [];
  #image: MetadataImage = EMPTY_IMAGE;
  #logsStarted = false;
  #stopping = false;
  #onReleased: (() => void) | null = null;

  constructor(env: Environment, options: BrokerServerOptions) {
    this.#env = env;
    this.#options = options;
    const { config, directories } = options;
    const brokerId = config['node.id'];
    const image = (): MetadataImage => this.#image;
    const brokerEpoch = (): BrokerEpoch => this.lifecycle.brokerEpoch;
    this.#alterPartitions = options.channel('alter-partition');
    this.#forwarding = options.channel('forwarding');
    this.#assignments = new AssignmentsManager(env, { brokerId, channel: options.channel('directory-assignments'), image });
    const toBrokers = (purpose: string, requestTimeoutMs: number): RpcClient =>
      new RpcClient(env, {
        ...options.negotiation,
        clientId: `broker-${brokerId}-${purpose}`,
        requestTimeoutMs,
        connectionSetupTimeoutMs: config['socket.connection.setup.timeout.ms'],
        connectionsMaxIdleMs: config['connections.max.idle.ms'],
      });
    this.#interBroker = toBrokers('fetcher', config['replica.socket.timeout.ms']);
    this.#toCoordinators = toBrokers('transactions', config['request.timeout.ms']);
    this.#markerSender = toBrokers('txn-marker-sender', config['request.timeout.ms']);
    this.#producerIds = new ProducerIdManager(env, brokerId, brokerEpoch, this.#forwarding);
    this.logs = new LogManager(env, {
      directories: options.logDirectories,
      config,
      cordoned: () => cordonedDirectories(config),
      topicConfig: (topic) => this.#topicConfig(topic),
      onDirectoryFailed: (path, _, partitions) => this.#onDirectoryFailed(path, partitions),
    });
    this.replicas = new ReplicaManager(env, {
      brokerId,
      brokerEpoch,
      config,
      logs: this.logs,
      image,
      rpc: this.#interBroker,
      interBrokerListener: options.interBrokerListener,
      toController: this.#alterPartitions,
      transactionVerifier: new AddPartitionsToTxnManager(env, {
        rpc: this.#toCoordinators,
        image,
        interBrokerListener: options.interBrokerListener,
      }),
      onDirectoryUnknown: (topicId, partition, directoryId) => {
        if (supportsDirectories(metadataVersionOf(this.#image.features)))
          this.#assignments.assign(topicId, partition, directoryId);
      },
      onLateLeader: (topic, partition, leaderEpoch) => {
        if (topic === GROUP_TOPIC) this.groups.onElection(partition, leaderEpoch);
        if (topic === TRANSACTION_TOPIC) this.transactions.onElection(partition, leaderEpoch);
      },
      topicSettings: (topic) => effectiveMinIsr(config, topicConfig(this.#image, topic)),
    });
    this.groups = new GroupCoordinator(env, {
      config,
      log: new ReplicatedCoordinatorLog(this.replicas, GROUP_TOPIC),
      consumerGroups: consumerGroupSettings(config, image),
      partitionOf: coordinatorPartition,
    });
    this.transactions = new TransactionCoordinator(env, {
      config,
      log: new ReplicatedCoordinatorLog(this.replicas, TRANSACTION_TOPIC),
      partitionOf: coordinatorPartition,
      markers: markerPorts(env.timers, this.#markerSender, image, options.interBrokerListener),
      nextProducerId: () => this.#producerIds.next(),
      transactionVersion: () => featureLevel(this.#image.features, TRANSACTION_VERSION),
    });
    this.lifecycle = new BrokerLifecycleManager(env, {
      config,
      clusterId: options.clusterId,
      incarnationId: options.incarnationId,
      listeners: options.listeners,
      features: options.features,
      directoryIds: directories.filter(({ path }) => options.logDirectories.includes(path)).map(({ directoryId }) => directoryId),
      cordonedDirectoryIds: () => this.#cordonedDirectoryIds(),
      previousBrokerEpoch: options.previousBrokerEpoch,
      channel: options.channel('heartbeat'),
      appliedOffset: () => options.loader.image.provenance.offset,
      onCaughtUp: () => this.#startLogs(),
      onReleased: () => this.#onReleased?.(),
    });
    this.#publisher = new BrokerMetadataPublisher({
      brokerId,
      offsetsTopicPartitions: config['offsets.topic.num.partitions'],
      transactionTopicPartitions: config['transaction.state.log.num.partitions'],
      replicas: this.replicas,
      groups: this.groups,
      transactions: this.transactions,
      setImage: (next) => {
        this.#image = next;
        this.#refreshRegistration(next);
      },
      beforeFirstChange: () => this.#moveStrayLogs(),
      applyConfigs: (delta, next) => this.#applyConfigs(delta, next),
      onFirstPublish: () => this.#startServing(),
    });
  }

  /** The metadata that this broker's parts were told of last. */
  get image(): MetadataImage {
    return this.#image;
  }

  /** transaction.max.timeout.ms */
  get transactionMaxTimeoutMs(): number {
    return this.#options.config['transaction.max.timeout.ms'];
  }

  get pendingControllerRequests(): { readonly alterPartition: number; readonly forwarded: number } {
    return { alterPartition: this.#alterPartitions.pending, forwarded: this.#forwarding.pending };
  }

  start(): void {
    this.lifecycle.start();
  }

  /** Hands over leaderships if configured, then stops everything; `done` when the logs are closed in order. */
  shutdown(done: () => void): void {
    if (!this.#options.config['controlled.shutdown.enable']) {
      this.#stop(done);
      return;
    }
    let released = false;
    const proceed = (): void => {
      if (released) return;
      released = true;
      timer.cancel();
      this.#stop(done);
    };
    const timer = this.#env.timers.after(CONTROLLED_SHUTDOWN_TIMEOUT_MS, proceed);
    this.#onReleased = proceed;
    this.lifecycle.beginControlledShutdown();
  }

  /** Loads the logs with the configs that are known now; the replicas are told of the metadata when appends are allowed. */
  #startLogs(): void {
    const { loader, dynamicConfig } = this.#options;
    this.#image = loader.image;
    dynamicConfig.apply(loader.image);
    this.logs.start(() => {
      if (this.#stopping) return;
      this.#logsStarted = true;
      loader.addPublisher(this.#publisher);
    });
  }

  /** A log whose replica was moved or whose topic was deleted while this broker was away must not come back. */
  #moveStrayLogs(): void {
    this.logs.handleStrayLogs((log) => !this.#isHosted(log.topicPartition, log.topicId));
  }

  #isHosted({ topic, partition }: TopicPartition, topicId: string | null): boolean {
    const id = this.#image.topicIds.get(topic);
    // A log that does not say whose it is belongs to nobody, as in Kafka (BrokerMetadataPublisher.initializeManagers).
    if (id === undefined || topicId !== id) return false;
    const registration = this.#image.topicsById.get(id)?.partitions.get(partition);
    return registration?.replicas.includes(this.#options.config['node.id']) ?? false;
  }

  #startServing(): void {
    if (this.#stopping) return;
    const { config, clusterId, listeners, dynamicConfig } = this.#options;
    const brokerId = config['node.id'];
    const offered = brokerApis(this.#env.crypto !== undefined, this.#options.negotiation.apis);
    const context: BrokerContext = {
      env: this.#env,
      config,
      brokerId,
      clusterId,
      auth: authHelper(config, () => this.#image),
      image: () => this.#image,
      configLayers: () => dynamicConfig.layers,
      replicas: this.replicas,
      fetches: new FetchHandler(this.#env, this.replicas, config),
      logs: this.logs,
      groups: this.groups,
      transactions: this.transactions,
      forwarding: this.#forwarding,
      autoTopics: new AutoTopicCreation(config, this.#forwarding),
      producerIds: this.#producerIds,
      apiVersions: (version) => apiVersionsResponse(offered, version, this.#image, (api) => this.#forwarding.versionFor(api)),
    };
    const apis = rangesOf(offered);
    const errorAnswer = errorAnswers(offered);
    const handle = brokerRouter(context, offered);
    this.#servers = listeners.map(
      ({ name, port, security }) =>
        new RpcServer(
          this.#env,
          {
            port,
            listener: name,
            apis,
            maxRequestBytes: config['socket.request.max.bytes'],
            connectionsMaxIdleMs: config['connections.max.idle.ms'],
            quotas: new ConnectionQuotas(config),
            errorAnswer,
            principal: listenerPrincipal(this.#options.internalListeners, name),
            ...serverSecurity(security, context),
          },
          handle,
        ),
    );
    this.lifecycle.setReadyToUnfence();
  }

  #applyConfigs(delta: MetadataDelta, image: MetadataImage): void {
    const ownKey = `broker:${this.#options.config['node.id']}`;
    const brokerChanged = delta.changedConfigs.has('broker:') || delta.changedConfigs.has(ownKey);
    if (brokerChanged) {
      const before = cordonedDirectories(this.#options.config).join();
      this.#options.dynamicConfig.apply(image);
      if (cordonedDirectories(this.#options.config).join() !== before) this.lifecycle.onCordoned();
      for (const server of this.#servers) server.admitWaiting();
    }
    if (!this.#logsStarted) return;
    const topics = brokerChanged ? image.topicIds.keys() : changedTopicConfigs(delta);
    for (const topic of topics) {
      this.logs.updateConfig(topic, effectiveTopicConfig(this.#options.config, topicConfig(image, topic)));
      this.replicas.onTopicConfigChanged(topic);
    }
  }

  /** A broker that registered before 3.7-IV2 has told of no log directories: the cluster has got there meanwhile. */
  #refreshRegistration({ brokers, features }: MetadataImage): void {
    const own = brokers.get(this.#options.config['node.id']);
    if (own?.epoch !== this.lifecycle.brokerEpoch || own.directories.length > 0) return;
    if (supportsDirectories(metadataVersionOf(features))) this.lifecycle.registerAgain();
  }

  /** Throws ConfigError for an override that an older version took: segments below 1 MiB, since Kafka 4.1. */
  #topicConfig(topic: string): TopicConfig {
    try {
      return effectiveTopicConfig(this.#options.config, topicConfig(this.#image, topic));
    } catch (error) {
      if (error instanceof ConfigError) throw new ConfigError(`The topic ${topic} cannot be served: ${error.message}`);
      throw error;
    }
  }

  #cordonedDirectoryIds(): readonly string[] | null {
    const { config, directories, loader } = this.#options;
    if (!supportsCordonedDirectories(metadataVersionOf(loader.image.features))) return null;
    const cordoned = cordonedDirectories(config);
    return directories.filter(({ path }) => cordoned.includes(path)).map(({ directoryId }) => directoryId);
  }

  #onDirectoryFailed(path: string, partitions: readonly TopicPartitionKey[]): void {
    // Ends the process when this was the last directory.
    this.replicas.handleLogDirectoryFailure(partitions);
    if (this.logs.liveDirectories().length === 0) return;
    if (path === this.#options.metadataDirectory) {
      this.#env.halt(`the metadata log directory ${path} has failed`);
      return;
    }
    // One that could not be read at the start has no id, and was not registered.
    const failed = this.#options.directories.find((directory) => directory.path === path);
    if (failed !== undefined) this.lifecycle.reportOfflineDirectory(failed.directoryId);
  }

  #stop(done: () => void): void {
    this.#stopping = true;
    this.#options.loader.removePublisher(this.#publisher);
    this.lifecycle.close();
    for (const server of this.#servers) server.close();
    this.groups.shutdown();
    this.transactions.shutdown();
    this.replicas.close();
    this.#interBroker.close();
    this.#toCoordinators.close();
    this.#markerSender.close();
    this.#alterPartitions.close();
    this.#assignments.close();
    this.#forwarding.close();
    if (this.#logsStarted) {
      this.logs.shutdown(done, this.lifecycle.brokerEpoch);
      return;
    }
    this.logs.close();
    this.#env.timers.after(0, done);
  }
}

function* changedTopicConfigs(delta: MetadataDelta): Generator<string> {
  for (const key of delta.changedConfigs.keys()) if (key.startsWith('topic:')) yield key.slice('topic:'.length);
}
