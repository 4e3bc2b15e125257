/** What the committed metadata says of a partition. */
export interface PartitionRegistrationSummary {
  readonly partition: string;
  readonly topic: string;
  readonly topicId: string;
  readonly replicas: readonly number[];
  readonly isr: readonly number[];
  readonly elr: readonly number[];
  readonly lastKnownElr: readonly number[];
  readonly leader: number;
  readonly leaderEpoch: number;
  readonly partitionEpoch: number;
  readonly recovering: boolean;
}

export interface RemovedPartitionSummary {
  readonly partition: string;
  readonly topic: string;
  readonly topicId: string;
}

export interface BrokerRegistrationSummary {
  readonly brokerId: number;
  readonly brokerEpoch: number;
  readonly incarnationId: string;
  readonly fenced: boolean;
  readonly inControlledShutdown: boolean;
}

/** Metadata and the active controller (core/metadata, core/controller). */
export type MetadataEvent =
  /** This node's image moved to `offset` (the last offset applied); everything that changed since its last event. */
  | {
      readonly type: 'metadata-applied';
      readonly role: 'broker' | 'controller';
      readonly offset: number;
      readonly epoch: number;
      readonly fromSnapshot: boolean;
      readonly partitions: readonly PartitionRegistrationSummary[];
      readonly removedPartitions: readonly RemovedPartitionSummary[];
      readonly brokers: readonly BrokerRegistrationSummary[];
      readonly removedBrokers: readonly number[];
      readonly configs: readonly { readonly resource: string; readonly name: string; readonly value: string | null }[];
      /** Level 0: the feature is not in use any more. */
      readonly features: readonly { readonly name: string; readonly level: number }[];
      /** ACLs, controllers and the next producer id, if they have changed, by name, as text; null: it is not there any more. Credentials are not told. */
      readonly others: readonly { readonly name: string; readonly value: string | null }[];
    }
  /** The metadata log holds what core does not have (levels of features, kinds of records), which is passed over. */
  | { readonly type: 'features-lacking'; readonly names: readonly string[] }
  | { readonly type: 'controller-activated'; readonly epoch: number; readonly claimOffset: number }
  | { readonly type: 'controller-renounced'; readonly epoch: number; readonly reason: string }
  /** The active controller answered a write with success. */
  | {
      readonly type: 'controller-write-completed';
      readonly operation: string;
      readonly epoch: number;
      readonly offset: number;
      readonly committedOffset: number;
    }
  | {
      readonly type: 'alter-partition-answered';
      readonly partition: string;
      readonly topic: string;
      readonly broker: number;
      /** The requester's broker epoch as the request names it, and those of the members it asks for (-1: not given). */
      readonly brokerEpoch: number;
      readonly requestedIsr: readonly number[];
      readonly requestedEpochs: readonly number[];
      /** It was decided on the metadata below this offset. */
      readonly decidedAt: number;
      readonly leaderEpoch: number;
      readonly partitionEpoch: number;
      readonly error: number;
    }
  | { readonly type: 'producer-ids-allocated'; readonly firstId: number; readonly count: number; readonly broker: number }
  /** A heartbeat came to the active controller, whatever it is answered. */
  | {
      readonly type: 'broker-heartbeat-received';
      readonly brokerId: number;
      readonly brokerEpoch: number;
      readonly wantFence: boolean;
      readonly wantShutDown: boolean;
    }
  /** The active controller takes a registration: a new incarnation, or the same once more. */
  | {
      readonly type: 'broker-registration-accepted';
      readonly brokerId: number;
      readonly brokerEpoch: number;
      readonly incarnationId: string;
    }
  | { readonly type: 'broker-session-expired'; readonly brokerId: number; readonly brokerEpoch: number }
  | {
      readonly type: 'controlled-shutdown-granted';
      readonly brokerId: number;
      readonly brokerEpoch: number;
      /** Offset of the metadata that the decision saw, without its own changes. */
      readonly decidedOn: number;
      /** Its own changes among them; the answer waits until they are committed. */
      readonly decidedAt: number;
    };
