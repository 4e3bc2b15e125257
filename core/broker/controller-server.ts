/** The controller half of a node: serves its listener for the quorum, for brokers and for operators, and keeps its address registered. */
import type { BrokerConfig } from '../config/index.ts';
import { QuorumController } from '../controller/quorum-controller.ts';
import type { Environment } from '../environment.ts';
import type { MetadataDelta } from '../metadata/delta.ts';
import type { MetadataImage } from '../metadata/image.ts';
import type { MetadataPublisher } from '../metadata/loader.ts';
import { CLUSTER_OPERATIONS } from '../controller/authorization.ts';
import { failedResponse } from '../controller/failures.ts';
import { ErrorCode } from '../protocol/errors.ts';
import { ApiKey } from '../protocol/messages/index.ts';
import type { RaftClient } from '../raft/raft-client.ts';
import { ConnectionQuotas } from '../rpc/connection-quotas.ts';
import { type IncomingRequest, RpcServer } from '../rpc/rpc-server.ts';
import type { AuthHelper } from '../security/auth-helper.ts';
import { describeAcls } from '../security/describe-acls.ts';
import { apiVersionsResponse, controllerApis } from './api-versions.ts';
import { authHelper, listenerPrincipal } from './authorization.ts';
import { openEnvelope } from './envelope.ts';
import { describeCluster, EndpointType } from './handlers/describe-cluster.ts';
import { SUPPORTED_FEATURES } from './features.ts';
import type { NodeToControllerChannel } from './node-to-controller-channel.ts';
import type { ListenerAddress, NodeSettings } from './node-settings.ts';

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
}

export class ControllerServer implements MetadataPublisher {
  readonly controller: QuorumController;
  readonly #env: Environment;
  readonly #options: ControllerServerOptions;
  readonly #ranges = controllerApis();
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
    this.controller = new QuorumController(env, { nodeId: config['node.id'], clusterId, config, raft, auth: this.#auth });
  }

  start(): void {
    const { config, listener, internalListeners } = this.#options;
    this.#server = new RpcServer(
      this.#env,
      {
        port: listener.port,
        listener: listener.name,
        apis: this.#ranges,
        maxRequestBytes: config['socket.request.max.bytes'],
        connectionsMaxIdleMs: config['connections.max.idle.ms'],
        principal: listenerPrincipal(internalListeners, listener.name),
        quotas: new ConnectionQuotas(config),
      },
      (request) => this.#handle(request),
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

  #handle(request: IncomingRequest): void {
    const { raft } = this.#options;
    const operation = CLUSTER_OPERATIONS[request.api];
    if (operation !== undefined && !this.#auth.cluster(request, operation)) {
      const error = ErrorCode.CLUSTER_AUTHORIZATION_FAILED;
      request.respond(failedResponse(request.api, request.body, error, 'Cluster authorization failed.'));
    } else if (request.api === 'Envelope') {
      const envelope = request as IncomingRequest<'Envelope'>;
      const enveloped = openEnvelope(envelope, this.#ranges);
      if (typeof enveloped === 'number') envelope.respond({ errorCode: enveloped, responseData: null });
      else this.#handle(enveloped);
    } else if (request.api === 'DescribeAcls') {
      const asked = request as IncomingRequest<'DescribeAcls'>;
      asked.respond(describeAcls(this.#auth, asked, asked.body));
    } else if (request.api === 'ApiVersions') {
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
    request.respond(
      describeCluster(this.#auth, request, EndpointType.CONTROLLERS, clusterId, () => {
        const brokers = [...this.controller.image.controllers.values()].flatMap((controller) => {
          const endpoint = controller.endpoints.get(settings.controllerListenerName);
          return endpoint === undefined
            ? []
            : [{ brokerId: controller.id, host: endpoint.host, port: endpoint.port, rack: null }];
        });
        return { controllerId: raft.leaderAndEpoch.leaderId, brokers };
      }),
    );
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
