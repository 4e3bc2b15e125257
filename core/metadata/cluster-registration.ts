/** Registrations of brokers and controllers, from and to records. */
import type { BrokerRegistrationChangeRecord } from '../protocol/messages/broker-registration-change-record.ts';
import type { RegisterBrokerRecord } from '../protocol/messages/register-broker-record.ts';
import type { RegisterControllerRecord } from '../protocol/messages/register-controller-record.ts';
import { BrokerEpoch } from '../protocol/numbers.ts';
import type { BrokerRegistration, ControllerRegistration, Endpoint, VersionRange } from './image.ts';
import { listsEqual } from './partition-registration.ts';

/** What a BrokerRegistrationChangeRecord says of `fenced` and `inControlledShutdown`. */
export const RegistrationChange = { NONE: 0, FENCE: 1, UNFENCE: -1, IN_CONTROLLED_SHUTDOWN: 1 } as const;

interface WireEndpoint {
  name: string;
  host: string;
  port: number;
  securityProtocol: number;
}
interface WireFeature {
  name: string;
  minSupportedVersion: number;
  maxSupportedVersion: number;
}

export function brokerFromRecord(record: RegisterBrokerRecord): BrokerRegistration {
  return {
    id: record.brokerId,
    epoch: BrokerEpoch(record.brokerEpoch),
    incarnationId: record.incarnationId,
    endpoints: endpointsFrom(record.endPoints),
    features: featuresFrom(record.features),
    rack: record.rack,
    fenced: record.fenced,
    inControlledShutdown: record.inControlledShutdown,
    directories: record.logDirs,
    cordonedDirectories: record.cordonedLogDirs,
  };
}

export function brokerToRecord(broker: BrokerRegistration): RegisterBrokerRecord {
  return {
    brokerId: broker.id,
    isMigratingZkBroker: false,
    incarnationId: broker.incarnationId,
    brokerEpoch: broker.epoch,
    endPoints: endpointsTo(broker.endpoints),
    features: featuresTo(broker.features),
    rack: broker.rack,
    fenced: broker.fenced,
    inControlledShutdown: broker.inControlledShutdown,
    logDirs: [...broker.directories],
    cordonedLogDirs: broker.cordonedDirectories === null ? null : [...broker.cordonedDirectories],
  };
}

export function changedBroker(before: BrokerRegistration, change: BrokerRegistrationChangeRecord): BrokerRegistration {
  return {
    ...before,
    fenced: change.fenced === RegistrationChange.NONE ? before.fenced : change.fenced === RegistrationChange.FENCE,
    inControlledShutdown: change.inControlledShutdown === RegistrationChange.NONE ? before.inControlledShutdown : true,
    directories: change.logDirs.length === 0 ? before.directories : change.logDirs,
    cordonedDirectories: change.cordonedLogDirs ?? before.cordonedDirectories,
  };
}

export function controllerFromRecord(record: RegisterControllerRecord): ControllerRegistration {
  return {
    id: record.controllerId,
    incarnationId: record.incarnationId,
    endpoints: endpointsFrom(record.endPoints),
    features: featuresFrom(record.features),
  };
}

export function controllerToRecord(controller: ControllerRegistration): RegisterControllerRecord {
  return {
    controllerId: controller.id,
    incarnationId: controller.incarnationId,
    zkMigrationReady: false,
    endPoints: endpointsTo(controller.endpoints),
    features: featuresTo(controller.features),
  };
}

export function brokersEqual(a: BrokerRegistration, b: BrokerRegistration): boolean {
  return (
    a.epoch === b.epoch &&
    a.incarnationId === b.incarnationId &&
    a.rack === b.rack &&
    a.fenced === b.fenced &&
    a.inControlledShutdown === b.inControlledShutdown &&
    listsEqual(a.directories, b.directories) &&
    cordonsEqual(a.cordonedDirectories, b.cordonedDirectories) &&
    endpointsEqual(a.endpoints, b.endpoints) &&
    featuresEqual(a.features, b.features)
  );
}

function cordonsEqual(a: readonly string[] | null, b: readonly string[] | null): boolean {
  return a === null || b === null ? a === b : listsEqual(a, b);
}

/** Has the broker a log directory that takes new replicas, or is nothing known against it? */
export function hasUncordonedDirectory({ directories, cordonedDirectories }: BrokerRegistration): boolean {
  if (directories.length === 0 || cordonedDirectories === null) return true;
  return directories.some((directory) => !cordonedDirectories.includes(directory));
}

export function controllersEqual(a: ControllerRegistration, b: ControllerRegistration): boolean {
  return a.incarnationId === b.incarnationId && endpointsEqual(a.endpoints, b.endpoints) && featuresEqual(a.features, b.features);
}

function endpointsFrom(list: readonly WireEndpoint[]): ReadonlyMap<string, Endpoint> {
  const endpoints = new Map<string, Endpoint>();
  for (const { name, host, port, securityProtocol } of list) endpoints.set(name, { host, port, securityProtocol });
  return endpoints;
}

function endpointsTo(endpoints: ReadonlyMap<string, Endpoint>): WireEndpoint[] {
  return Array.from(endpoints, ([name, { host, port, securityProtocol }]) => ({ name, host, port, securityProtocol }));
}

function featuresFrom(list: readonly WireFeature[]): ReadonlyMap<string, VersionRange> {
  const features = new Map<string, VersionRange>();
  for (const feature of list) {
    features.set(feature.name, { min: feature.minSupportedVersion, max: feature.maxSupportedVersion });
  }
  return features;
}

function featuresTo(features: ReadonlyMap<string, VersionRange>): WireFeature[] {
  return Array.from(features, ([name, { min, max }]) => ({ name, minSupportedVersion: min, maxSupportedVersion: max }));
}

function endpointsEqual(a: ReadonlyMap<string, Endpoint>, b: ReadonlyMap<string, Endpoint>): boolean {
  if (a.size !== b.size) return false;
  for (const [name, endpoint] of a) {
    const other = b.get(name);
    if (other === undefined || other.host !== endpoint.host || other.port !== endpoint.port) return false;
    if (other.securityProtocol !== endpoint.securityProtocol) return false;
  }
  return true;
}

function featuresEqual(a: ReadonlyMap<string, VersionRange>, b: ReadonlyMap<string, VersionRange>): boolean {
  if (a.size !== b.size) return false;
  for (const [name, range] of a) {
    const other = b.get(name);
    if (other === undefined || other.min !== range.min || other.max !== range.max) return false;
  }
  return true;
}
