/** The controller half of a node: serves its listener for the quorum, for brokers and for operators, and keeps its address registered. */
import type { BrokerConfig } from '../config/index.ts';
import { QuorumController } from '../controller/quorum-controller.ts';
import type { Environment } from '../environment.ts';
import type { MetadataDelta } from '../metadata/delta.ts';
import type { MetadataImage } from '../metadata/image.ts';
import type { MetadataPublisher } from '../metadata/loader.ts';
import { ErrorCode } from '../protocol/errors.ts';
import type { RaftClient } from '../raft/raft-client.ts';
import type { ApiRanges } from '../rpc/api-versions.ts';
import { ConnectionQuotas } from '../rpc/connection-quotas.ts';
import { RpcServer } from '../rpc/rpc-server.ts';
import type { AuthHelper } from '../security/auth-helper.ts';
import { apiVersionsResponse } from './api-versions.ts';
import { authHelper, listenerPrincipal } from './authorization.ts';
import type { ControllerContext } from './controller-context.ts';
import { bootstrapRecords, metadataVersionOf, type SupportedFeature } from '../metadata/features.ts';
import { supportsControllerRegistration } from '../metadata/metadata-version.ts';
import type { MetadataRecord } from '../metadata/records.ts';
import { decodeMetadataRecord } from '../protocol/codec.ts';
import { readBootstrapSnapshot } from '../raft/bootstrap-snapshot.ts';
import { DiskError } from '../../ports/disk.ts';
import { METADATA_TOPIC } from './topic-names.ts';
import type { NodeToControllerChannel } from './node-to-controller-channel.ts';
import type { ListenerAddress, NodeSettings } from './node-settings.ts';
import { controllerApis, forwardedApis, rangesOf } from './offered-apis.ts';
import { controllerRouter } from './request-router.ts';

const REGISTRATION_RETRY_MS = 500;

export interface ControllerServerOptions {
  readonly settings: NodeSettings;
  readonly listener: ListenerAddress;
  readonly clusterId: string;
  readonly incarnationId: string;
  readonly config: BrokerConfig;
  readonly raft: RaftClient;
  readonly channel: NodeToControllerChannel;
  readonly internalListeners: readonly string[];
  /** What this node's release speaks. */
  readonly spoken: ApiRanges;
  /** Those that this controller registers with. */
  readonly features: readonly SupportedFeature[];
}

export class ControllerServer implements MetadataPublisher {
  readonly controller: QuorumController;
  readonly #env: Environment;
  readonly #options: ControllerServerOptions;
  readonly #auth: AuthHelper;
  /** The image as of the last update; null until this node has caught up with the metadata log. */
  #published: MetadataImage | null = null;
  #server: RpcServer | null = null;
  #registering = false;
  #closed = false;

  constructor(env: Environment, options: ControllerServerOptions) {
    this.#env = env;
    this.#options = options;
    const { clusterId, config, raft } = options;
    this.#auth = authHelper(config, () => this.#published);
    this.controller = new QuorumController(env, {
      nodeId: config['node.id'],
      clusterId,
      config,
      raft,
      auth: this.#auth,
      bootstrap: () => this.#bootstrap(),
    });
  }

  start(): void {
    const { clusterId, config, internalListeners, listener, raft, settings, spoken } = this.#options;
    const offered = controllerApis(spoken);
    const context: ControllerContext = {
      clusterId,
      controllerListenerName: settings.controllerListenerName,
      auth: this.#auth,
      raft,
      controller: this.controller,
      apiVersions: (version) => apiVersionsResponse(offered, version, this.controller.image),
      forwarded: rangesOf(forwardedApis(spoken)),
      handle: (request) => handle(request),
    };
    const handle = controllerRouter(context, offered);
    this.#server = new RpcServer(
      this.#env,
      {
        port: listener.port,
        listener: listener.name,
        apis: rangesOf(offered),
        maxRequestBytes: config['socket.request.max.bytes'],
        connectionsMaxIdleMs: config['connections.max.idle.ms'],
        principal: listenerPrincipal(internalListeners, listener.name),
        quotas: new ConnectionQuotas(config),
      },
      handle,
    );
    this.controller.loader.addPublisher(this);
  }

  onMetadataUpdate(_delta: MetadataDelta, image: MetadataImage): void {
    this.#published = image;
    this.#registerUnlessKnown(image);
  }

  close(): void {
    this.#closed = true;
    this.#server?.close();
    this.controller.close();
    this.#options.channel.close();
  }

  /** Without the file that this node was formatted with, a new cluster has the newest metadata.version and nothing else, as in Kafka. */
  #bootstrap(): readonly MetadataRecord[] {
    const directory = `${this.#options.settings.metadataDirectory}/${METADATA_TOPIC}-0`;
    let found: ReturnType<typeof readBootstrapSnapshot>;
    try {
      found = readBootstrapSnapshot(this.#env.disk, directory);
    } catch (error) {
      if (!(error instanceof DiskError)) throw error;
      this.#env.halt(`the bootstrap snapshot in ${directory} cannot be read: ${error.message}`);
      return [];
    }
    if (found === 'damaged') this.#env.halt(`the bootstrap snapshot in ${directory} is damaged`);
    if (typeof found !== 'string') return found.map((bytes) => decodeMetadataRecord(bytes) as MetadataRecord);
    return bootstrapRecords({ eligibleLeaderReplicas: 0, groupVersion: 0, transactionVersion: 0 });
  }

  #registerUnlessKnown(image: MetadataImage): void {
    if (!supportsControllerRegistration(metadataVersionOf(image.features))) return;
    const registered = image.controllers.get(this.#options.config['node.id']);
    if (registered?.incarnationId !== this.#options.incarnationId) this.#register();
  }

  /** Tells the active controller where this one is reached (KIP-919); asked again until the metadata log says so. */
  #register(): void {
    if (this.#registering || this.#closed) return;
    this.#registering = true;
    const { config, incarnationId, listener, channel } = this.#options;
    channel.send(
      'ControllerRegistration',
      {
        controllerId: config['node.id'],
        incarnationId,
        zkMigrationReady: false,
        listeners: [{ name: listener.name, host: listener.host, port: listener.port, securityProtocol: 0 }],
        features: this.#options.features,
      },
      (result) => {
        if (result.ok && result.response.errorCode === ErrorCode.NONE) {
          this.#registering = false;
          return;
        }
        this.#env.timers.after(REGISTRATION_RETRY_MS, () => {
          this.#registering = false;
          if (!this.#closed) this.#registerUnlessKnown(this.controller.image);
        });
      },
    );
  }
}
