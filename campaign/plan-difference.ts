/** What one plan has less of than another, in words: how a shrinking plan gets smaller. */
import type { Plan } from '../sim/plan.ts';

/** Phrases like `faults 2 instead of 11`; empty if the plans are the same. */
export function planDifference(before: Plan, after: Plan): string[] {
  const out: string[] = [];
  for (const key of ['faults', 'clients', 'topics'] as const) number(out, key, before[key].length, after[key].length);
  for (const key of ['brokers', 'controllers', 'racks', 'logDirs'] as const)
    number(out, key, before.cluster[key], after.cluster[key]);
  for (const name of ['metadata.version', 'eligible.leader.replicas.version'] as const)
    number(out, name, before.cluster.features?.[name], after.cluster.features?.[name]);
  for (const [name, read] of [
    ['cluster', (plan: Plan) => plan.cluster.properties],
    ['world', (plan: Plan) => plan.world],
    ['heal', (plan: Plan) => plan.heal],
  ] as const) {
    settings(out, name, read(before), read(after));
  }
  for (const key of ['warmUpMs', 'chaosMs'] as const) number(out, key, before[key], after[key]);
  for (const topic of after.topics) {
    const old = before.topics.find(({ name }) => name === topic.name);
    if (old === undefined) continue;
    for (const key of ['partitions', 'replicationFactor'] as const) number(out, `${key} of ${topic.name}`, old[key], topic[key]);
    settings(out, topic.name, old.configs, topic.configs);
  }
  for (const client of after.clients) {
    const old = before.clients.find(({ name }) => name === client.name);
    if (old === undefined) continue;
    settings(out, client.name, old.properties, client.properties);
    settings(out, client.name, old.params, client.params);
    number(out, `beginnings of ${client.name}`, old.beginsAtMost, client.beginsAtMost, 'all');
    number(out, `records of ${client.name}`, old.onlySends?.length, client.onlySends?.length, 'all');
  }
  if (before.faults.length === after.faults.length) {
    after.faults.forEach((fault, index) => {
      const old = before.faults[index];
      if (old === undefined) return;
      number(out, `forMs of ${fault.kind}`, old.forMs, fault.forMs);
      number(out, `atMs of ${fault.kind}`, old.atMs, fault.atMs);
    });
  }
  return out;
}

function number(
  out: string[],
  what: string,
  before: number | undefined,
  after: number | undefined,
  absent = 'the default',
): void {
  if (before !== after && after !== undefined) out.push(`${what} ${after} instead of ${before ?? absent}`);
}

function settings(
  out: string[],
  of: string,
  before: Readonly<Record<string, string | number | boolean>>,
  after: Readonly<Record<string, string | number | boolean>>,
): void {
  const gone = Object.keys(before).filter((name) => !Object.hasOwn(after, name));
  if (gone.length > 0) out.push(`${of} without ${gone.join(', ')}`);
  for (const [name, value] of Object.entries(after)) {
    if (before[name] !== value)
      out.push(`${name} ${JSON.stringify(value)} instead of ${JSON.stringify(before[name]) ?? 'the default'}`);
  }
}
