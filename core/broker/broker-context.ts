/** What the API handlers of a broker work with. */
import type { BrokerConfig, BrokerConfigLayers } from '../config/index.ts';
import type { Environment } from '../environment.ts';
import type { LogManager } from '../log/log-manager.ts';
import type { MetadataImage } from '../metadata/image.ts';
import type { ApiVersionsResponse } from '../protocol/messages/index.ts';
import type { BrokerId } from '../protocol/numbers.ts';
import type { Draft } from '../protocol/schema.ts';
import type { FetchHandler } from '../replication/fetch-handler.ts';
import type { ReplicaManager } from '../replication/replica-manager.ts';
import type { AuthHelper } from '../security/auth-helper.ts';
import type { AutoTopicCreation } from './auto-topic-creation.ts';
import type { GroupCoordinator } from '../group/group-coordinator.ts';
import type { NodeToControllerChannel } from './node-to-controller-channel.ts';
import type { TransactionCoordinator } from '../transaction/transaction-coordinator.ts';
import type { ProducerIdManager } from './producer-id-manager.ts';

export interface BrokerContext {
  readonly env: Environment;
  readonly config: BrokerConfig;
  readonly brokerId: BrokerId;
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
  readonly transactions: TransactionCoordinator;
  /** The channel for requests that only the active controller can answer. */
  readonly forwarding: NodeToControllerChannel;
  readonly autoTopics: AutoTopicCreation;
  readonly producerIds: ProducerIdManager;
  /** What this listener offers, to a request of a version. */
  readonly apiVersions: (version: number) => Draft<ApiVersionsResponse>;
}
