/** What the API handlers of a broker work with. */
import type { BrokerConfig, BrokerConfigLayers } from '../config/index.ts';
import type { Environment } from '../environment.ts';
import type { LogManager } from '../log/LogManager.ts';
import type { MetadataImage } from '../metadata/image.ts';
import type { ApiName } from '../protocol/messages/index.ts';
import type { FetchHandler } from '../replication/FetchHandler.ts';
import type { ReplicaManager } from '../replication/ReplicaManager.ts';
import type { IncomingRequest } from '../rpc/RpcServer.ts';
import type { AuthHelper } from '../security/AuthHelper.ts';
import type { AutoTopicCreation } from './AutoTopicCreation.ts';
import type { GroupCoordinator } from '../group/GroupCoordinator.ts';
import type { NodeToControllerChannel } from './NodeToControllerChannel.ts';
import type { ProducerIdManager } from './ProducerIdManager.ts';

export interface BrokerContext {
  readonly env: Environment;
  readonly config: BrokerConfig;
  readonly brokerId: number;
  readonly clusterId: string;
  readonly auth: AuthHelper;
  /** The metadata that this broker published last. */
  readonly image: () => MetadataImage;
  readonly configLayers: () => BrokerConfigLayers;
  readonly replicas: ReplicaManager;
  readonly fetches: FetchHandler;
  readonly logs: LogManager;
  /** Null on a broker that runs without group coordinator. */
  readonly groups: GroupCoordinator;
  /** The channel for requests that only the active controller can answer. */
  readonly forwarding: NodeToControllerChannel;
  readonly autoTopics: AutoTopicCreation;
  readonly producerIds: ProducerIdManager;
}

/** Answers one request, at once or later. */
export type Handler<A extends ApiName> = (broker: BrokerContext, request: IncomingRequest<A>) => void;
