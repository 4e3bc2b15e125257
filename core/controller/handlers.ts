/** What the active controller does for each API: decide, write, answer. */
import type { Environment } from '../environment.ts';
import { ErrorCode } from '../protocol/errors.ts';
import type { ApiName, RequestTypes, ResponseTypes } from '../protocol/messages/index.ts';
import type { Draft } from '../protocol/schema.ts';
import { createAcls, deleteAcls } from './acls.ts';
import type { ActiveController } from './active.ts';
import { alterPartition, requestedIsr } from './alter-partition.ts';
import { ApiError } from './api-error.ts';
import type { Access } from './authorization.ts';
import { assignReplicasToDirectories } from './assign-directories.ts';
import type { Changes } from './changes.ts';
import { processHeartbeat, registerBroker, registerController } from './cluster.ts';
import { alterConfigs, incrementalAlterConfigs } from './configs.ts';
import { electLeaders } from './elections.ts';
import type { ControllerApi } from './failures.ts';
import { unregisterBroker } from './partition-updates.ts';
import { allocateProducerIds, PRODUCER_ID_BLOCK_SIZE } from './producer-ids.ts';
import { alterUserScramCredentials } from './scram.ts';
import { createPartitions, createTopics, deleteTopics } from './topics.ts';

/** An answer that waits for its commit. */
export interface Decision<A extends ApiName> {
  readonly changes: Changes;
  readonly body: Draft<ResponseTypes[A]>;
  /** Told in the step of the answer. */
  readonly onAnswer?: () => void;
}

type Deciders = {
  readonly [A in ControllerApi & ApiName]: (
    env: Environment,
    active: ActiveController,
    request: RequestTypes[A],
    version: number,
    access: Access,
  ) => Decision<A>;
};

/** Each decides on the state as it is now; throws ApiError to refuse the whole request at once. */
export const deciders: Deciders = {
  BrokerRegistration(env, active, request) {
    const changes = active.begin();
    const nowMs = env.clock.monotonicMs();
    const brokerEpoch = registerBroker(changes, active.config, active.heartbeats, active.clusterId, request, nowMs);
    const { brokerId, incarnationId } = request;
    env.tracer.emit({ type: 'broker-registration-accepted', brokerId, brokerEpoch, incarnationId });
    return { changes, body: { errorCode: ErrorCode.NONE, brokerEpoch } };
  },

  BrokerHeartbeat(env, active, request) {
    const changes = active.begin();
    const { brokerId, brokerEpoch, wantFence, wantShutDown } = request;
    env.tracer.emit({ type: 'broker-heartbeat-received', brokerId, brokerEpoch, wantFence, wantShutDown });
    const nowMs = env.clock.monotonicMs();
    const { state, isCaughtUp } = processHeartbeat(changes, active.config, active.heartbeats, request, nowMs);
    const decidedAt = changes.records.length > 0 ? changes.baseOffset + changes.records.length - 1 : active.lastOffset;
    if (state === 'controlled-shutdown') active.heartbeats.setShutdownOffset(brokerId, decidedAt);
    active.watchSessions();
    const shouldShutDown = state === 'shutdown-now';
    const body = { errorCode: ErrorCode.NONE, isCaughtUp, isFenced: state === 'fenced' || shouldShutDown, shouldShutDown };
    if (!shouldShutDown) return { changes, body };
    const onAnswer = (): void => env.tracer.emit({ type: 'controlled-shutdown-granted', brokerId, brokerEpoch, decidedAt });
    return { changes, body, onAnswer };
  },

  UnregisterBroker(_env, active, request) {
    const changes = active.begin();
    const broker = changes.image.brokers.get(request.brokerId);
    if (broker === undefined) {
      throw new ApiError(ErrorCode.BROKER_ID_NOT_REGISTERED, `Broker ${request.brokerId} is not registered.`);
    }
    unregisterBroker(changes, active.config, broker);
    active.heartbeats.remove(broker.id);
    return { changes, body: { errorCode: ErrorCode.NONE, errorMessage: null } };
  },

  ControllerRegistration(_env, active, request) {
    const changes = active.begin();
    registerController(changes, request);
    return { changes, body: { errorCode: ErrorCode.NONE, errorMessage: null } };
  },

  CreateTopics(_env, active, request, _version, access) {
    const changes = active.begin();
    const body = createTopics(changes, active.topicContext, request, access);
    return { changes: request.validateOnly ? active.begin() : changes, body };
  },

  DeleteTopics(_env, active, request, _version, access) {
    const changes = active.begin();
    return { changes, body: deleteTopics(changes, active.config, request, access) };
  },

  CreatePartitions(_env, active, request, _version, access) {
    const changes = active.begin();
    const body = createPartitions(changes, active.topicContext, request, access);
    return { changes: request.validateOnly ? active.begin() : changes, body };
  },

  AlterPartition(env, active, request, version) {
    const changes = active.begin();
    const body = alterPartition(changes, active.config, request, version);
    const { image } = changes;
    const onAnswer = (): void => {
      request.topics.forEach((topic, t) => {
        const name = version > 1 ? (image.topicsById.get(topic.topicId)?.name ?? topic.topicId) : topic.topicName;
        topic.partitions.forEach((data, p) => {
          const requested = requestedIsr(data, version);
          env.tracer.emit({
            type: 'alter-partition-answered',
            partition: `${name}-${data.partitionIndex}`,
            broker: request.brokerId,
            brokerEpoch: request.brokerEpoch,
            requestedIsr: requested.map((replica) => replica.brokerId),
            requestedEpochs: requested.map((replica) => replica.brokerEpoch),
            decidedAt: changes.baseOffset,
            leaderEpoch: data.leaderEpoch,
            partitionEpoch: data.partitionEpoch,
            error: body.topics[t]?.partitions[p]?.errorCode ?? ErrorCode.NONE,
          });
        });
      });
    };
    return { changes, body, onAnswer };
  },

  AssignReplicasToDirs(_env, active, request) {
    const changes = active.begin();
    return { changes, body: assignReplicasToDirectories(changes, active.config, request) };
  },

  ElectLeaders(_env, active, request) {
    const changes = active.begin();
    return { changes, body: electLeaders(changes, active.config, request) };
  },

  IncrementalAlterConfigs(_env, active, request, _version, access) {
    const changes = active.begin();
    return { changes, body: incrementalAlterConfigs(changes, active.config, request, access) };
  },

  AlterConfigs(_env, active, request, _version, access) {
    const changes = active.begin();
    return { changes, body: alterConfigs(changes, active.config, request, access) };
  },

  CreateAcls(_env, active, request, _version, access) {
    const changes = active.begin();
    checkSecurity(access);
    return { changes, body: createAcls(changes, active.aclIds, request) };
  },

  DeleteAcls(_env, active, request, _version, access) {
    const changes = active.begin();
    checkSecurity(access);
    return { changes, body: deleteAcls(changes, request) };
  },

  AlterUserScramCredentials(env, active, request) {
    const changes = active.begin();
    return { changes, body: alterUserScramCredentials(changes, env.crypto, request) };
  },

  AllocateProducerIds(env, active, request) {
    const changes = active.begin();
    const firstId = allocateProducerIds(changes, request.brokerId, request.brokerEpoch);
    const count = PRODUCER_ID_BLOCK_SIZE;
    const broker = request.brokerId;
    return {
      changes,
      body: { errorCode: ErrorCode.NONE, producerIdStart: firstId, producerIdLen: count },
      onAnswer: () => env.tracer.emit({ type: 'producer-ids-allocated', firstId, count, broker }),
    };
  },
};

function checkSecurity(access: Access): void {
  if (!access.isRestricted) throw new ApiError(ErrorCode.SECURITY_DISABLED, 'No authorizer is configured.');
}
