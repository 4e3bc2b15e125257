/** The controller half of a node: serves its listener for the quorum, for brokers and for operators, and keeps its address registered. */
import type { BrokerConfig } from '../config/index.ts';
import { QuorumController } from '../controller/QuorumController.ts';
import type { Environment } from '../environment.ts';
import type { MetadataDelta } from '../metadata/delta.ts';
import type { MetadataImage } from '../metadata/image.ts';
import type { MetadataPublisher } from '../metadata/loader.ts';
import { ErrorCode } from '../protocol/errors.ts';
import { ApiKey } from '../protocol/messages/index.ts';
import type { RaftClient } from '../raft/RaftClient.ts';
import { ConnectionQuotas } from '../rpc/ConnectionQuotas.ts';
import { type IncomingRequest, RpcServer } from '../rpc/RpcServer.ts';
import { apiVersionsResponse, controllerApis } from './apiVersions.ts';
import { SUPPORTED_FEATURES } from './features.ts';
import type { NodeToControllerChannel } from './NodeToControllerChannel.ts';
import type { ListenerAddress, NodeSettings } from './nodeSettings.ts';

const REGISTRATION_RETRY_MS = 500;

export interface ControllerServerOptions {
  readonly settings: NodeSettings;
  readonly listener: ListenerAddress;
  readonly clusterId: string;
  readonly incarnationId: string;
  readonly config: BrokerConfig;
  readonly raft: RaftClient;
  readonly channel: NodeToControllerChannel;
}

export class ControllerServer implements MetadataPublisher {
  readonly controller: QuorumController;
  readonly #env: Environment;
  readonly #options: ControllerServerOptions;
  readonly #ranges = controllerApis();
  #server: RpcServer | null = null;
  #registering = false;
  #closed = false;

  constructor(env: Environment, options: ControllerServerOptions) {
    this.#env = env;
    this.#options = options;
    const { clusterId, config, raft } = options;
    this.controller = new QuorumController(env, { nodeId: config['node.id'], clusterId, config, raft });
  }

  start(): void {
    const { config, listener } = this.#options;
    this.#server = new RpcServer(
      this.#env,
      {
        port: listener.port,
        listener: listener.name,
        apis: this.#ranges,
        maxRequestBytes: config['socket.request.max.bytes'],
        connectionsMaxIdleMs: config['connections.max.idle.ms'],
        quotas: new ConnectionQuotas(config),
      },
      (request) => this.#handle(request),
    );
    this.controller.loader.addPublisher(this);
  }

  onMetadataUpdate(_delta: MetadataDelta, image: MetadataImage): void {
    this.#registerUnlessKnown(image);
  }

  close(): void {
    this.#closed = true;
    this.#server?.close();
    this.controller.close();
    this.#options.channel.close();
  }

  #handle(request: IncomingRequest): void {
    const { raft } = this.#options;
    if (request.api === 'ApiVersions') {
      const { features, provenance } = this.controller.image;
      const answer = apiVersionsResponse(this.#ranges, ApiKey, SUPPORTED_FEATURES, features, provenance.offset);
      (request as IncomingRequest<'ApiVersions'>).respond(answer);
    } else if (request.api === 'DescribeCluster') {
      this.#describeCluster(request as IncomingRequest<'DescribeCluster'>);
    } else if (!raft.handle(request) && !this.controller.handle(request)) {
      request.closeConnection();
    }
  }

  #describeCluster(request: IncomingRequest<'DescribeCluster'>): void {
    const { clusterId, raft, settings } = this.#options;
    const brokers = [...this.controller.image.controllers.values()].flatMap((controller) => {
      const endpoint = controller.endpoints.get(settings.controllerListenerName);
      return endpoint === undefined ? [] : [{ brokerId: controller.id, host: endpoint.host, port: endpoint.port, rack: null }];
    });
    request.respond({
      errorCode: ErrorCode.NONE,
      endpointType: 2,
      clusterId,
      controllerId: raft.leaderAndEpoch.leaderId,
      brokers,
    });
  }

  #registerUnlessKnown(image: MetadataImage): void {
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
        features: SUPPORTED_FEATURES,
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
