/** AlterConfigs and IncrementalAlterConfigs of topics, brokers, groups, and subscriptions to clients' metrics. */
import {
  BROKER_CONFIG,
  type BrokerConfig,
  checkGroupConfig,
  checkMatch,
  CLIENT_METRICS_CONFIG,
  ConfigError,
  intervalProblem,
  listItems,
  parseConfig,
  TOPIC_CONFIG,
  validateBrokerOverrides,
  validateTopicConfig,
} from '../config/index.ts';
import type { ConfigKeys } from '../config/definition.ts';
import { isElrEnabled } from '../metadata/eligible-leader-replicas.ts';
import { metadataVersionOf } from '../metadata/features.ts';
import { type Configs, type MetadataImage, ResourceType, resourceKey } from '../metadata/image.ts';
import { supportsCordonedDirectories } from '../metadata/metadata-version.ts';
import { ErrorCode } from '../protocol/errors.ts';
import type { AlterConfigsRequest } from '../protocol/messages/alter-configs-request.ts';
import type { AlterConfigsResponse } from '../protocol/messages/alter-configs-response.ts';
import type { IncrementalAlterConfigsRequest } from '../protocol/messages/incremental-alter-configs-request.ts';
import { AclResourceType } from '../security/acl.ts';
import { refusal } from '../security/permissions.ts';
import { ApiError, attempt, type ItemResult } from './api-error.ts';
import type { Changes } from './changes.ts';
import { topicNameProblem } from './topics.ts';

/** What a record of a config can hold at most. */
const VALUE_LENGTH_MAX = 32_767;

/** Kafka's numbers of the incremental operations. */
export const ConfigOperation = { SET: 0, DELETE: 1, APPEND: 2, SUBTRACT: 3 } as const;

interface Resource {
  readonly resourceType: number;
  readonly resourceName: string;
}

/** Whose configs the sender of a request may alter. */
interface AlterRights {
  alterTopic(name: string): boolean;
  alterGroup(name: string): boolean;
  alterCluster(): boolean;
}

interface ConfigChange {
  readonly name: string;
  /** Null: the override goes. */
  readonly value: string | null;
}

/** `isForwarded`: by a broker, which has looked at it. */
export function incrementalAlterConfigs(
  changes: Changes,
  config: BrokerConfig,
  request: IncrementalAlterConfigsRequest,
  may: AlterRights,
  isForwarded = true,
): AlterConfigsResponse {
  const responses = request.resources.map((resource) => {
    const result = attempt(() => {
      checkOnce(request.resources, resource);
      checkAllowed(may, resource);
      const current = overridesOf(changes.image, resource);
      const changed: ConfigChange[] = [];
      const seen = new Set<string>();
      for (const { name, configOperation, value } of resource.configs) {
        if (seen.has(name)) throw new ApiError(ErrorCode.INVALID_REQUEST, `${name} is given more than once.`);
        seen.add(name);
        changed.push({ name, value: operate(resource.resourceType, name, configOperation, current[name], value) });
      }
      addConfigs(changes, config, resource, changed, request.validateOnly, isForwarded);
    });
    return answer(resource, result);
  });
  clearElr(changes);
  return { throttleTimeMs: 0, responses };
}

/** The older call: the overrides given become all there are. */
export function alterConfigs(
  changes: Changes,
  config: BrokerConfig,
  request: AlterConfigsRequest,
  may: AlterRights,
  isForwarded = true,
): AlterConfigsResponse {
  const responses = request.resources.map((resource) => {
    const result = attempt(() => {
      checkOnce(request.resources, resource);
      checkAllowed(may, resource);
      const changed: ConfigChange[] = resource.configs.map(({ name, value }) => ({ name, value }));
      const twice = changed.find((change, index) => changed.findIndex(({ name }) => name === change.name) < index);
      if (twice !== undefined) throw new ApiError(ErrorCode.INVALID_REQUEST, `${twice.name} is given more than once.`);
      const unset = changed.find(({ value }) => value === null);
      if (unset !== undefined) throw new ApiError(ErrorCode.INVALID_REQUEST, `${unset.name} has no value.`);
      for (const name of Object.keys(overridesOf(changes.image, resource))) {
        if (!changed.some((change) => change.name === name)) changed.push({ name, value: null });
      }
      addConfigs(changes, config, resource, changed, request.validateOnly, isForwarded);
    });
    return answer(resource, result);
  });
  clearElr(changes);
  return { throttleTimeMs: 0, responses };
}

/** Who is eligible was decided by the minimum of the ISR that was in force (KIP-966): with another one nobody is, in the topics that it concerns. */
function clearElr(changes: Changes): void {
  if (!isElrEnabled(changes.image)) return;
  for (const { type, data } of [...changes.records]) {
    if (type !== 'ConfigRecord' || data.name !== 'min.insync.replicas') continue;
    changes.add('ClearElrRecord', { topicName: data.resourceType === ResourceType.TOPIC ? data.resourceName : '' });
  }
}

function answer({ resourceType, resourceName }: Resource, result: ItemResult): AlterConfigsResponse['responses'][number] {
  return { ...result, resourceType, resourceName };
}

function overridesOf(image: MetadataImage, { resourceType, resourceName }: Resource): Configs {
  return image.configs.get(resourceKey(resourceType, resourceName)) ?? {};
}

function checkOnce(resources: readonly Resource[], resource: Resource): void {
  const same = resources.filter(
    (other) => other.resourceType === resource.resourceType && other.resourceName === resource.resourceName,
  );
  if (same.length > 1) throw new ApiError(ErrorCode.INVALID_REQUEST, 'Each resource must appear at most once.');
}

function checkAllowed(may: AlterRights, { resourceType, resourceName }: Resource): void {
  if (resourceType === ResourceType.TOPIC && !may.alterTopic(resourceName)) throw refused(AclResourceType.TOPIC);
  if (resourceType === ResourceType.GROUP && !may.alterGroup(resourceName)) throw refused(AclResourceType.GROUP);
  const isOfCluster = resourceType === ResourceType.BROKER || resourceType === ResourceType.CLIENT_METRICS;
  if (isOfCluster && !may.alterCluster()) throw refused(AclResourceType.CLUSTER);
}

function refused(resourceType: number): ApiError {
  const { errorCode, errorMessage } = refusal(resourceType);
  return new ApiError(errorCode, errorMessage);
}

function operate(
  resourceType: number,
  name: string,
  operation: number,
  current: string | undefined,
  value: string | null,
): string | null {
  if (operation === ConfigOperation.DELETE) return null;
  if (value === null) throw new ApiError(ErrorCode.INVALID_REQUEST, `${name} has no value.`);
  switch (operation) {
    case ConfigOperation.SET:
      return value;
    case ConfigOperation.APPEND:
    case ConfigOperation.SUBTRACT: {
      const keys = keysOf(resourceType);
      if (keys[name]?.type !== 'list') throw new ApiError(ErrorCode.INVALID_CONFIG, `${name} is not a list.`);
      const before = current === undefined ? listDefault(keys, name) : current === '' ? [] : current.split(',');
      const given = value.split(',');
      const after =
        operation === ConfigOperation.APPEND
          ? [...new Set([...before, ...given])]
          : before.filter((item) => !given.includes(item));
      return after.join(',');
    }
    default:
      throw new ApiError(ErrorCode.INVALID_REQUEST, `${operation} is not a config operation.`);
  }
}

/** Kafka's controller does not know which properties of groups and clients' metrics are lists. */
function keysOf(resourceType: number): ConfigKeys {
  if (resourceType === ResourceType.TOPIC) return TOPIC_CONFIG.keys;
  return resourceType === ResourceType.BROKER ? BROKER_CONFIG.keys : {};
}

function listDefault(keys: ConfigKeys, name: string): readonly string[] {
  const value = keys[name]?.default;
  return Array.isArray(value) ? value : [];
}

function addConfigs(
  changes: Changes,
  config: BrokerConfig,
  resource: Resource,
  changed: readonly ConfigChange[],
  validateOnly: boolean,
  isForwarded: boolean,
): void {
  const { resourceType, resourceName } = resource;
  const current = overridesOf(changes.image, resource);
  checkExists(changes.image, resource);
  const after: Record<string, string> = { ...current };
  for (const { name, value } of changed) {
    if (value === null) delete after[name];
    else after[name] = value;
  }
  for (const change of changed) checkChange(changes.image, resource, change, isForwarded);
  validate(resource, after, config);
  if (validateOnly) return;
  for (const { name, value } of changed) {
    // A broker's config is written even if it stays the same: brokers reload what it names.
    if (resourceType !== ResourceType.BROKER && (current[name] ?? null) === value) continue;
    changes.add('ConfigRecord', { resourceType, resourceName, name, value });
  }
}

/**
 * Throws ApiError for what the controller alone refuses, before it looks at the value. With eligible leader replicas
 * `min.insync.replicas` is the metadata log's: there is one for the cluster, always, and none for single brokers, since an election is
 * decided by it.
 */
function checkChange(
  image: MetadataImage,
  { resourceType, resourceName }: Resource,
  { name, value }: ConfigChange,
  isForwarded: boolean,
): void {
  if (value !== null && value.length > VALUE_LENGTH_MAX) {
    throw new ApiError(ErrorCode.INVALID_CONFIG, `${name} would be longer than ${VALUE_LENGTH_MAX} characters.`);
  }
  if (name === 'cordoned.log.dirs' && resourceType === ResourceType.BROKER) {
    checkCordoned(image, value, overridesOf(image, { resourceType, resourceName })[name], isForwarded);
  }
  if (name !== 'min.insync.replicas' || resourceType !== ResourceType.BROKER || !isElrEnabled(image)) return;
  if (resourceName !== '') {
    throw new ApiError(ErrorCode.INVALID_CONFIG, `${name} cannot be altered for one broker: its elections are the cluster's.`);
  }
  if (value === null) throw new ApiError(ErrorCode.INVALID_CONFIG, `${name} of the cluster can be altered, but not removed.`);
}

/** The paths of a broker's directories are known at the broker alone: who goes to the controller can only take some out. */
function checkCordoned(image: MetadataImage, value: string | null, before: string | undefined, isForwarded: boolean): void {
  if (!supportsCordonedDirectories(metadataVersionOf(image.features))) {
    throw new ApiError(ErrorCode.INVALID_CONFIG, 'At this metadata.version log directories cannot be cordoned.');
  }
  const known = listItems(before ?? '');
  if (isForwarded || listItems(value ?? '').every((directory) => known.includes(directory))) return;
  throw new ApiError(ErrorCode.INVALID_CONFIG, 'Log directories are cordoned at their broker: here they can only be given back.');
}

/** Throws ApiError if a resource cannot have these overrides. */
function validate({ resourceType, resourceName }: Resource, after: Readonly<Record<string, string>>, config: BrokerConfig): void {
  const scope = resourceName === '' ? 'cluster' : 'broker';
  const refuse = (error: number, problem: string | null): void => {
    if (problem !== null) throw new ApiError(error, problem);
  };
  try {
    if (resourceType === ResourceType.TOPIC) refuse(ErrorCode.INVALID_CONFIG, validateTopicConfig(after, config));
    else if (resourceType === ResourceType.BROKER)
      refuse(ErrorCode.INVALID_REQUEST, validateBrokerOverrides(after, scope, config));
    else if (resourceType === ResourceType.GROUP) checkGroupConfig(config, after);
    else {
      const unknown = Object.keys(after).find((name) => !(name in CLIENT_METRICS_CONFIG.keys));
      if (unknown !== undefined) refuse(ErrorCode.INVALID_REQUEST, `${unknown} is not a property of a metrics subscription.`);
      const { 'interval.ms': intervalMs, match } = parseConfig(CLIENT_METRICS_CONFIG, after);
      refuse(ErrorCode.INVALID_REQUEST, intervalProblem(intervalMs));
      checkMatch(match);
    }
  } catch (error) {
    if (error instanceof ConfigError) throw new ApiError(ErrorCode.INVALID_CONFIG, error.message);
    throw error;
  }
}

function checkExists(image: MetadataImage, { resourceType, resourceName }: Resource): void {
  if (resourceType === ResourceType.TOPIC) {
    if (image.topicIds.has(resourceName)) return;
    if (resourceName === '') throw new ApiError(ErrorCode.INVALID_REQUEST, 'There are no configs for all topics.');
    const problem = topicNameProblem(resourceName);
    if (problem !== null) throw new ApiError(ErrorCode.INVALID_TOPIC_EXCEPTION, problem);
    throw new ApiError(ErrorCode.UNKNOWN_TOPIC_OR_PARTITION, `The topic '${resourceName}' does not exist.`);
  }
  if (resourceType === ResourceType.GROUP || resourceType === ResourceType.CLIENT_METRICS) {
    // Neither has to be there to be configured, but it must be named.
    if (resourceName === '') throw new ApiError(ErrorCode.INVALID_REQUEST, 'A group or a metrics subscription must have a name.');
    return;
  }
  if (resourceType !== ResourceType.BROKER) {
    throw new ApiError(ErrorCode.INVALID_REQUEST, `Resource type ${resourceType} has no configs here.`);
  }
  if (resourceName === '') return;
  if (!/^\d+$/.test(resourceName)) throw new ApiError(ErrorCode.INVALID_REQUEST, `'${resourceName}' is not a broker id.`);
  if (!image.brokers.has(Number(resourceName))) {
    throw new ApiError(ErrorCode.INVALID_REQUEST, `No broker ${resourceName} is registered.`);
  }
}
