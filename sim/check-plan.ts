/** What a plan's schema can't say: values that do not fit each other, and names of things that do not exist. */
import { highestLevel } from '../core/broker/index.ts';
import {
  BROKER_CONFIG,
  ConfigError,
  meant,
  numberGiven,
  parseConfig,
  PRODUCER_CONFIG,
  validateTopicConfig,
} from '../core/config/index.ts';
import { RARE_PATHS } from '../core/rare-paths.ts';
import { ELR_FEATURE } from '../core/metadata/eligible-leader-replicas.ts';
import { GROUP_VERSION, TRANSACTION_VERSION } from '../core/metadata/features.ts';
import {
  ELR_MIN_METADATA_VERSION,
  LATEST_METADATA_VERSION,
  METADATA_VERSION,
  supportsDirectories,
  supportsElr,
} from '../core/metadata/metadata-version.ts';
import { shown } from '../core/config/strict.ts';
import { TRACE_EVENTS } from '../core/trace-events.ts';
import { featuresOf, INTERNAL_TOPICS, nodesOf, TWIN } from './cluster.ts';
import { FAULTS } from './faults/registry.ts';
import { brokerPropertyMisfit, clientPropertyMisfit, propertiesOfKind, topicConfigMisfit } from './kafka-properties.ts';
import { type ClientPlan, type FaultPlan, type Plan, PlanError } from './plan.ts';
import { HARNESS } from './run/stage.ts';

/** Throws PlanError with the first thing that does not fit. */
export function checkPlan(plan: Plan): void {
  const wrong = clusterMisfit(plan) ?? topicsMisfit(plan) ?? clientsMisfit(plan) ?? faultsMisfit(plan) ?? rarePathsMisfit(plan);
  if (wrong !== null) throw new PlanError(`the plan can't be used: ${wrong}`);
}

function rarePathsMisfit({ rarePaths = [] }: Plan): string | null {
  return firstOf(rarePaths.entries(), ([index, name]) =>
    name in RARE_PATHS ? null : `rarePaths.${index}: "${name}" is no rare path${meant(Object.keys(RARE_PATHS), name)}`,
  );
}

function clusterMisfit(plan: Plan): string | null {
  const { properties, features, logDirs } = plan.cluster;
  const level = features?.[METADATA_VERSION] ?? LATEST_METADATA_VERSION;
  if (!supportsElr(level) && (features?.[ELR_FEATURE] ?? 0) > 0) {
    return `cluster.features: ${ELR_FEATURE} needs ${METADATA_VERSION} ${ELR_MIN_METADATA_VERSION} or later`;
  }
  if (!supportsDirectories(level) && logDirs > 1) {
    return `cluster.logDirs is ${logDirs}, but at ${METADATA_VERSION} ${level} brokers have one log directory`;
  }
  const ofProperty = firstOf(Object.entries(properties), ([name, value]) => brokerPropertyMisfit(name, value));
  if (ofProperty !== null) return `cluster.properties: ${ofProperty}`;
  const ofReleases = releasesMisfit(plan);
  if (ofReleases !== null) return ofReleases;
  const ofNodes = firstOf(nodesOf(plan), (node) => {
    const misfit = configMisfit(() => parseConfig(BROKER_CONFIG, node.properties));
    return misfit === null ? null : `cluster.properties: ${misfit}`;
  });
  return ofNodes ?? internalReplicasMisfit(plan);
}

/** With too few brokers for its replicas an internal topic would never come into being. */
function internalReplicasMisfit({ cluster: { brokers, properties } }: Plan): string | null {
  return firstOf(INTERNAL_TOPICS, ({ replicas: name }) => {
    if (properties[name] === undefined) return null;
    const replicas = numberGiven(BROKER_CONFIG, properties, name);
    return replicas <= brokers ? null : `cluster.properties: ${name} is ${replicas}, but there are only ${brokers} brokers`;
  });
}

/** Nodes of older releases that are not there, or that could not live with the levels that the cluster begins with. */
function releasesMisfit(plan: Plan): string | null {
  const names = nodesOf(plan).map(({ name }) => name);
  const levels = featuresOf(plan);
  const wanted = {
    [METADATA_VERSION]: levels.metadataVersion ?? LATEST_METADATA_VERSION,
    [ELR_FEATURE]: levels.eligibleLeaderReplicas ?? 0,
    [GROUP_VERSION]: levels.groupVersion ?? 0,
    [TRANSACTION_VERSION]: levels.transactionVersion ?? 0,
  };
  return firstOf(Object.entries(plan.cluster.releases ?? {}), ([name, release]) => {
    if (!names.includes(name)) return `cluster.releases: there is no node ${shown(name)}, only ${names.join(', ')}`;
    return firstOf(Object.entries(wanted), ([feature, level]) => {
      const highest = highestLevel(release, feature);
      if (level <= highest) return null;
      return `cluster.features: ${feature} is ${level}, but ${name} is of ${release} and knows no level above ${highest}`;
    });
  });
}

function topicsMisfit(plan: Plan): string | null {
  const { brokers } = plan.cluster;
  const twice = repeated(plan.topics.map(({ name }) => name));
  if (twice !== null) return `two topics are called "${twice}"`;
  const broker = parseConfig(BROKER_CONFIG, nodesOf(plan)[0]?.properties ?? {});
  return firstOf([...plan.topics.entries()], ([index, { replicationFactor, configs }]) => {
    if (replicationFactor > brokers) {
      return `topics.${index}.replicationFactor is ${replicationFactor}, but there are only ${brokers} brokers`;
    }
    const misfit =
      firstOf(Object.entries(configs), ([name, value]) => topicConfigMisfit(name, value)) ?? validateTopicConfig(configs, broker);
    return misfit === null ? null : `topics.${index}.configs: ${misfit.replace(/\.$/, '')}`;
  });
}

function clientsMisfit(plan: Plan): string | null {
  const names = [...plan.clients.map(({ name }) => name), ...nodesOf(plan).map(({ name }) => name), HARNESS, TWIN];
  const twice = repeated(names);
  if (twice !== null) return `two processes are called "${twice}"`;
  return firstOf([...plan.clients.entries()], ([index, { properties }]) => {
    const misfit =
      firstOf(Object.entries(properties), ([name, value]) => clientPropertyMisfit(name, value)) ??
      transactionMisfit(plan, properties);
    return misfit === null ? null : `clients.${index}.properties: ${misfit}`;
  });
}

/** What would be refused when the producer is made, or by every broker that it asks for its id. */
function transactionMisfit(plan: Plan, properties: ClientPlan['properties']): string | null {
  if (properties['transactional.id'] === undefined) return null;
  const own = { ...propertiesOfKind(PRODUCER_CONFIG, properties), 'bootstrap.servers': 'b1:9092' };
  const misfit = configMisfit(() => parseConfig(PRODUCER_CONFIG, own));
  if (misfit !== null) return misfit;
  const timeoutMs = numberGiven(PRODUCER_CONFIG, own, 'transaction.timeout.ms');
  const mostMs = numberGiven(BROKER_CONFIG, plan.cluster.properties, 'transaction.max.timeout.ms');
  if (timeoutMs <= mostMs) return null;
  return `transaction.timeout.ms is ${timeoutMs}, but the brokers' transaction.max.timeout.ms allows ${mostMs}`;
}

function faultsMisfit(plan: Plan): string | null {
  return firstOf([...plan.faults.entries()], ([index, fault]) => {
    const misfit = faultMisfit(fault, plan);
    return misfit === null ? null : `faults.${index}.${misfit}`;
  });
}

/** What is wrong with a fault, beginning with its key. */
export function faultMisfit({ kind, target, on, params }: FaultPlan, plan: Plan | null): string | null {
  const definition = FAULTS.get(kind);
  if (definition === undefined) return `kind: ${faultKindMisfit(kind)}`;
  if (on !== undefined && !Object.hasOwn(TRACE_EVENTS, on.event)) {
    const hint = meant(Object.keys(TRACE_EVENTS), on.event);
    return `on.event is ${shown(on.event)}, which is no trace event${hint || '; see "trial list events"'}`;
  }
  for (const [name, value] of Object.entries(params)) {
    const range = Object.hasOwn(definition.params, name) ? definition.params[name] : undefined;
    if (range !== undefined) {
      if (Number.isSafeInteger(value) && value >= range.min && value <= range.max) continue;
      return `params.${name} is ${value}, but it must be a whole number from ${range.min} to ${range.max}`;
    }
    const known = Object.keys(definition.params);
    return `params: "${name}" is no parameter of ${kind}${meant(known, name) || `: it has ${known.join(', ') || 'none'}`}`;
  }
  if (plan === null || target.role !== 'node') return null;
  const names = [...nodesOf(plan), ...plan.clients].map(({ name }) => name);
  return names.includes(target.name) ? null : `target.name is ${shown(target.name)}, but there are only ${names.join(', ')}`;
}

/** What is wrong with the name of a kind of fault, null if it is one. */
export function faultKindMisfit(kind: string): string | null {
  return FAULTS.has(kind) ? null : `"${kind}" is no kind of fault${meant(FAULTS.keys(), kind) || '; see "trial list faults"'}`;
}

function configMisfit(parse: () => unknown): string | null {
  try {
    parse();
    return null;
  } catch (error) {
    if (error instanceof ConfigError) return error.message.replace(/\.$/, '');
    throw error;
  }
}

function firstOf<T>(items: Iterable<T>, misfit: (item: T) => string | null): string | null {
  for (const item of items) {
    const found = misfit(item);
    if (found !== null) return found;
  }
  return null;
}

function repeated(names: readonly string[]): string | null {
  return names.find((name, index) => names.indexOf(name) !== index) ?? null;
}
