/** The strict schema of a scenario: that of a plan, with values that may be drawn, and what only a scenario has. */
import { z } from 'zod';
import {
  anything,
  callback,
  either,
  forward,
  listOf,
  recordOf,
  scalar,
  sentence,
  strictObject,
  text,
  whole,
  word,
  yesOrNo,
} from '../core/config/strict.ts';
import { meant } from '../core/config/index.ts';
import { PROPERTY_TITLES } from '../properties/registry.ts';
import { faultKindMisfit, faultMisfit } from '../sim/check-plan.ts';
import type { Drawn, Scalar } from '../sim/generate.ts';
import { brokerPropertyMisfit, clientPropertyMisfit, topicConfigMisfit } from '../sim/kafka-properties.ts';
import { LEGAL_STEPS, type TransactionStep } from '../sim/transaction-steps.ts';
import { clusterSchema, faultSchema, featureLevels, nameSchema, planSchema, topicSchema, worldSchema } from '../sim/plan.ts';

/** All values that may be drawn; of a range its ends. */
export function possible<T>(value: Drawn<T>): readonly T[] {
  if (typeof value !== 'object' || value === null) return [value as T];
  if ('oneOf' in value && Array.isArray(value.oneOf)) return value.oneOf.filter((one) => one !== undefined) as T[];
  if ('from' in value) return [value.from, value.to] as T[];
  return [value as T];
}

/** A value as the schema says, one of several, or a range of whole numbers. */
export function drawn(schema: z.ZodType): z.ZodType {
  const fits = anything.superRefine((value, context) => {
    const check = (one: unknown, at: readonly PropertyKey[]): void => forward(schema, one, context, at);
    if (typeof value !== 'object' || value === null) check(value, []);
    else if ('oneOf' in value) {
      if (!Array.isArray(value.oneOf) || value.oneOf.length === 0)
        context.addIssue({ code: 'custom', message: 'at least one value', path: ['oneOf'] });
      else for (const [index, one] of value.oneOf.entries()) if (one !== undefined) check(one, ['oneOf', index]);
    } else if ('from' in value && 'to' in value) {
      const [from, to] = [value.from, value.to];
      if (!Number.isSafeInteger(from) || !Number.isSafeInteger(to) || (from as number) > (to as number))
        context.addIssue({ code: 'custom', message: 'two whole numbers, the smaller one first' });
      check(from, ['from']);
      check(to, ['to']);
    } else check(value, []);
  });
  return schema.safeParse(undefined).success ? fits.optional() : fits;
}

/** Kafka's properties, each fixed or drawn. */
function properties(misfit: (name: string, value: Scalar) => string | null): z.ZodType {
  return recordOf(drawn(scalar))
    .superRefine((values, context) => {
      for (const [name, value] of Object.entries(values as Record<string, Drawn<Scalar>>)) {
        const wrong = possible(value).map((one) => misfit(name, one));
        const first = wrong.find((found) => found !== null);
        if (first !== undefined && first !== null) context.addIssue(sentence(first));
      }
    })
    .optional();
}

function together(misfit: (name: string, value: Scalar) => string | null): z.ZodType {
  const set = recordOf(scalar).superRefine((values, context) => {
    for (const [name, value] of Object.entries(values)) {
      const wrong = misfit(name, value);
      if (wrong !== null) context.addIssue(sentence(wrong));
    }
  });
  return listOf(listOf(set).min(1, 'a list of at least one set')).optional();
}

const faultKind = text.superRefine((kind, context) => {
  const wrong = faultKindMisfit(kind);
  if (wrong !== null) context.addIssue(sentence(wrong));
});

const alwaysFault = faultSchema.superRefine((fault, context) => {
  const wrong = faultMisfit(fault, null);
  if (wrong !== null) context.addIssue(sentence(wrong));
});

const faults = strictObject({
  kinds: either('all', listOf(faultKind), "'all', or a list of kinds"),
  atMost: whole(0, 1_000).optional(),
  atLeast: whole(0, 1_000).optional(),
  swarm: yesOrNo.optional(),
  always: listOf(alwaysFault).optional(),
  triggers: yesOrNo.optional(),
  transactionWindowsOneIn: whole(1, 1_000).optional(),
});

const check = z.custom<{ readonly properties: readonly { readonly id: string }[] }>(
  (value) =>
    typeof value === 'object' &&
    value !== null &&
    'create' in value &&
    typeof value.create === 'function' &&
    'properties' in value &&
    Array.isArray(value.properties),
  'a definition of properties: { properties: [{ id, title }], create(context) { ... } }',
);

const { shape: cluster } = clusterSchema;
const { shape: topic } = topicSchema;
const { shape: plan } = planSchema;

export const scenarioSchema: z.ZodType = strictObject({
  name: z.custom<string>(
    (value) => typeof value === 'string' && /^[a-z0-9][a-z0-9-]*$/.test(value),
    'small letters, digits and "-"',
  ),
  about: text,
  cluster: strictObject({
    brokers: drawn(cluster.brokers),
    controllers: drawn(cluster.controllers),
    combined: drawn(cluster.combined).optional(),
    racks: drawn(cluster.racks).optional(),
    logDirs: drawn(cluster.logDirs).optional(),
    features: strictObject({
      'metadata.version': drawn(featureLevels['metadata.version']),
      'eligible.leader.replicas.version': drawn(featureLevels['eligible.leader.replicas.version']),
      'group.version': drawn(featureLevels['group.version']),
      'transaction.version': drawn(featureLevels['transaction.version']),
    }).optional(),
    properties: properties(brokerPropertyMisfit),
    together: together(brokerPropertyMisfit),
  }),
  topics: listOf(
    strictObject({
      name: topic.name,
      partitions: drawn(topic.partitions),
      replicationFactor: drawn(topic.replicationFactor),
      configs: properties(topicConfigMisfit),
    }),
  ),
  clients: listOf(
    strictObject({
      name: nameSchema,
      run: callback,
      count: drawn(whole(0, 100)),
      properties: properties(clientPropertyMisfit),
      together: together(clientPropertyMisfit),
      params: recordOf(drawn(scalar)).optional(),
    }),
  ),
  world: strictObject(
    Object.fromEntries(Object.entries(worldSchema.shape).map(([name, schema]) => [name, drawn(schema).optional()])),
  ).optional(),
  releases: strictObject({
    of: listOf(cluster.releases.unwrap().valueType).min(1, 'a list of at least one release'),
    nodesOneIn: whole(1, 1_000_000),
    clientsOneIn: whole(1, 1_000_000),
  }).optional(),
  warmUpMs: drawn(plan.warmUpMs).optional(),
  chaosMs: drawn(plan.chaosMs).optional(),
  faults: either('none', faults, "'none', or { kinds, ... }"),
  heal: strictObject({
    restartAll: drawn(yesOrNo).optional(),
    leaveMinorityDown: drawn(yesOrNo).optional(),
  }).optional(),
  budget: drawn(word('within', 'beyond')).optional(),
  properties: listOf(text).optional(),
  checks: listOf(check).optional(),
  reaches: strictObject({
    properties: listOf(text).optional(),
    steps: listOf(word(...(LEGAL_STEPS as [TransactionStep, ...TransactionStep[]]))).optional(),
  }).optional(),
}).superRefine(({ properties: chosen, checks, reaches }, context) => {
  const ids = new Set([
    ...PROPERTY_TITLES.keys(),
    ...(checks ?? []).flatMap((definition) => definition.properties.map(({ id }) => id)),
  ]);
  for (const [path, named] of [
    [['properties'], chosen],
    [['reaches', 'properties'], reaches?.properties],
  ] as const) {
    for (const [index, id] of (named ?? []).entries()) {
      if (ids.has(id)) continue;
      const hint = meant(ids, id) || '; see "trial list properties"';
      context.addIssue(sentence(`"${id}" is no property${hint}`, [...path, index]));
    }
  }
});
