/** Registration of brokers and controllers, and heartbeats. */
import type { BrokerConfig } from '../config/index.ts';
import type { BrokerRegistration, MetadataImage } from '../metadata/image.ts';
import { featureLevel, metadataVersionOf } from '../metadata/features.ts';
import {
  METADATA_VERSION,
  supportsControllerRegistration,
  supportsCordonedDirectories,
  supportsDirectories,
} from '../metadata/metadata-version.ts';
import { isReservedDirectory } from '../protocol/directory-ids.ts';
import { ErrorCode } from '../protocol/errors.ts';
import type { BrokerHeartbeatRequest } from '../protocol/messages/broker-heartbeat-request.ts';
import type { BrokerRegistrationRequest } from '../protocol/messages/broker-registration-request.ts';
import type { ControllerRegistrationRequest } from '../protocol/messages/controller-registration-request.ts';
import { BrokerEpoch, type BrokerId, Offset } from '../protocol/numbers.ts';
import { ApiError } from './api-error.ts';
import type { Changes } from './changes.ts';
import type { BrokerHeartbeats, BrokerState } from './heartbeats.ts';
import {
  beginControlledShutdown,
  cordonDirectories,
  fenceBroker,
  leadsAny,
  takeDirectoriesOffline,
  takeInNewIncarnation,
  unfenceBroker,
} from './partition-updates.ts';

/** The registration that this epoch belongs to. STALE_BROKER_EPOCH if it is another's, or nobody's. */
export function brokerOfEpoch(image: MetadataImage, brokerId: BrokerId, brokerEpoch: BrokerEpoch): BrokerRegistration {
  const broker = image.brokers.get(brokerId);
  if (broker === undefined) throw new ApiError(ErrorCode.STALE_BROKER_EPOCH, `No broker ${brokerId} is registered.`);
  if (broker.epoch !== brokerEpoch) {
    throw new ApiError(ErrorCode.STALE_BROKER_EPOCH, `Broker ${brokerId} has epoch ${broker.epoch}, not ${brokerEpoch}.`);
  }
  return broker;
}

/** Decides a registration; returns the broker epoch. A repeat by the same incarnation keeps its epoch and state. */
export function registerBroker(
  changes: Changes,
  config: BrokerConfig,
  heartbeats: BrokerHeartbeats,
  clusterId: string,
  request: BrokerRegistrationRequest,
  nowMs: number,
): BrokerEpoch {
  const { image } = changes;
  const { brokerId } = request;
  if (request.clusterId !== clusterId) {
    throw new ApiError(ErrorCode.INCONSISTENT_CLUSTER_ID, `This is cluster ${clusterId}, not ${request.clusterId}.`);
  }
  const existing = image.brokers.get(brokerId);
  const isSameIncarnation = existing !== undefined && existing.incarnationId === request.incarnationId;
  if (!isSameIncarnation && heartbeats.hasValidSession(brokerId, nowMs)) {
    throw new ApiError(ErrorCode.DUPLICATE_BROKER_REGISTRATION, `Another incarnation of broker ${brokerId} is alive.`);
  }
  const level = metadataVersionOf(image.features);
  if (supportsDirectories(level)) validateDirectories(image, request);
  validateFeatures(image, request);

  const brokerEpoch = isSameIncarnation ? existing.epoch : BrokerEpoch(changes.baseOffset);
  // First in its batch, so that the epoch is the record's own offset.
  changes.add('RegisterBrokerRecord', {
    brokerId,
    isMigratingZkBroker: false,
    incarnationId: request.incarnationId,
    brokerEpoch,
    endPoints: request.listeners,
    features: request.features,
    rack: request.rack,
    fenced: isSameIncarnation ? existing.fenced : true,
    inControlledShutdown: isSameIncarnation ? existing.inControlledShutdown : false,
    logDirs: supportsDirectories(level) ? request.logDirs : [],
    cordonedLogDirs: null,
  });
  if (!isSameIncarnation) {
    takeInNewIncarnation(changes, config, brokerId, existing !== undefined && request.previousBrokerEpoch === existing.epoch);
    heartbeats.remove(brokerId);
  }
  heartbeats.register(brokerId, isSameIncarnation ? existing.fenced : true, nowMs);
  return brokerEpoch;
}

function validateDirectories(image: MetadataImage, request: BrokerRegistrationRequest): void {
  const { brokerId, logDirs } = request;
  const refuse = (message: string): never => {
    throw new ApiError(ErrorCode.INVALID_REGISTRATION, message);
  };
  if (logDirs.length === 0) refuse('The registration names no log directory.');
  if (logDirs.some(isReservedDirectory)) refuse('The registration names a reserved directory id.');
  if (new Set(logDirs).size !== logDirs.length) refuse('The registration names a directory id twice.');
  for (const other of image.brokers.values()) {
    if (other.id === brokerId) continue;
    const shared = other.directories.find((directory) => logDirs.includes(directory));
    if (shared !== undefined) refuse(`Broker ${other.id} is already registered with directory ${shared}.`);
  }
}

function validateFeatures(image: MetadataImage, request: BrokerRegistrationRequest): void {
  const check = (name: string, min: number, max: number): void => {
    const level = featureLevel(image.features, name);
    if (level >= min && level <= max) return;
    throw new ApiError(
      ErrorCode.UNSUPPORTED_VERSION,
      `The cluster is at level ${level} of ${name}; broker ${request.brokerId} supports ${min} to ${max}.`,
    );
  };
  const names = new Set<string>();
  for (const { name, minSupportedVersion, maxSupportedVersion } of request.features) {
    check(name, minSupportedVersion, maxSupportedVersion);
    names.add(name);
  }
  if (!names.has(METADATA_VERSION)) {
    throw new ApiError(
      ErrorCode.INVALID_REGISTRATION,
      `The registration does not say which ${METADATA_VERSION} the broker supports.`,
    );
  }
  for (const name of image.features.keys()) if (!names.has(name)) check(name, 0, 0);
}

export interface HeartbeatDecision {
  readonly state: BrokerState;
  readonly isCaughtUp: boolean;
}

/** Decides a heartbeat: fencing, unfencing, the steps of a controlled shutdown, lost directories. */
export function processHeartbeat(
  changes: Changes,
  config: BrokerConfig,
  heartbeats: BrokerHeartbeats,
  request: BrokerHeartbeatRequest,
  nowMs: number,
): HeartbeatDecision {
  const broker = brokerOfEpoch(changes.image, request.brokerId, BrokerEpoch(request.brokerEpoch));
  // A registration's epoch is the offset of its record.
  const registrationOffset = Offset(broker.epoch);
  const { wantFence, wantShutDown } = request;
  const wish = { wantFence, wantShutDown, currentMetadataOffset: Offset(request.currentMetadataOffset) };
  const before = heartbeats.state(broker.id);
  const state = heartbeats.nextState(broker.id, wish, registrationOffset, () => leadsAny(changes.image, broker.id));
  if (state !== before) {
    if (state === 'unfenced') unfenceBroker(changes, config, broker);
    else if (state === 'controlled-shutdown') beginControlledShutdown(changes, config, broker);
    else fenceBroker(changes, config, broker);
  }
  const isFenced = state === 'fenced' || state === 'shutdown-now';
  heartbeats.touch(broker.id, isFenced, wish.currentMetadataOffset, nowMs);
  const registered = changes.image.brokers.get(broker.id);
  const level = metadataVersionOf(changes.image.features);
  if (registered !== undefined && supportsDirectories(level)) {
    takeDirectoriesOffline(changes, config, registered, request.offlineLogDirs);
    if (supportsCordonedDirectories(level)) cordonDirectories(changes, registered, request.cordonedLogDirs);
  }
  return { state, isCaughtUp: wish.currentMetadataOffset >= registrationOffset };
}

export function registerController(changes: Changes, request: ControllerRegistrationRequest): void {
  if (!supportsControllerRegistration(metadataVersionOf(changes.image.features))) {
    throw new ApiError(ErrorCode.UNSUPPORTED_VERSION, 'At this metadata.version controllers do not register.');
  }
  changes.add('RegisterControllerRecord', {
    controllerId: request.controllerId,
    incarnationId: request.incarnationId,
    zkMigrationReady: request.zkMigrationReady,
    endPoints: request.listeners,
    features: request.features,
  });
}
