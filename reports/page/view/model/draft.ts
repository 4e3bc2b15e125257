/** A plan that is being changed: what is switched off is kept, so that it can be switched on again. */
import type { ClientPlan, FaultPlan, Plan } from '../../../../sim/plan.ts';

export interface Draft {
  readonly base: Plan;
  readonly faults: readonly { readonly fault: FaultPlan; readonly isOn: boolean }[];
  readonly clients: readonly { readonly client: ClientPlan; readonly isOn: boolean }[];
  readonly latencyUs: number;
  readonly jitterUs: number;
  /** Of every node, over what the plan gives; '' takes one away. */
  readonly configs: readonly { readonly name: string; readonly value: string }[];
  /** Another chance; null: the plan's own. */
  readonly chanceOf: number | null;
}

export function draftOf(plan: Plan): Draft {
  return {
    base: plan,
    faults: plan.faults.map((fault) => ({ fault, isOn: true })),
    clients: plan.clients.map((client) => ({ client, isOn: true })),
    latencyUs: plan.world.latencyUs,
    jitterUs: plan.world.jitterUs,
    configs: [],
    chanceOf: plan.chanceOf ?? null,
  };
}

export function planOfDraft({ base, faults, clients, latencyUs, jitterUs, configs, chanceOf }: Draft): Plan {
  const { chanceOf: _, ...rest } = base;
  const properties: Record<string, string | number | boolean> = { ...(base.cluster.properties as Record<string, string>) };
  for (const { name, value } of configs) {
    if (name === '') continue;
    if (value === '') delete properties[name];
    else properties[name] = scalarOf(value);
  }
  return {
    ...rest,
    cluster: { ...base.cluster, properties: properties as Plan['cluster']['properties'] },
    faults: faults.filter(({ isOn }) => isOn).map(({ fault }) => fault),
    clients: clients.filter(({ isOn }) => isOn).map(({ client }) => client),
    world: { ...base.world, latencyUs, jitterUs },
    ...(chanceOf === null ? {} : { chanceOf }),
  };
}

/** What was changed, in a few words. */
export function changesOf(draft: Draft): string {
  const { base, faults, clients, latencyUs, jitterUs, configs, chanceOf } = draft;
  const moved = faults.filter(({ fault, isOn }, index) => isOn && fault !== base.faults[index]).length;
  const changes = [
    ...faults.filter(({ isOn }) => !isOn).map(({ fault }) => `without ${fault.kind}`),
    ...(moved === 0 ? [] : [`${moved} faults moved`]),
    ...clients.filter(({ isOn }) => !isOn).map(({ client }) => `without ${client.name}`),
    ...(latencyUs === base.world.latencyUs && jitterUs === base.world.jitterUs ? [] : [`latency ${latencyUs}+${jitterUs} µs`]),
    ...configs
      .filter(({ name }) => name !== '')
      .map(({ name, value }) => (value === '' ? `without ${name}` : `${name}=${value}`)),
    ...(chanceOf === (base.chanceOf ?? null) ? [] : [`chance of ${chanceOf ?? 'its seed'}`]),
  ];
  return changes.length === 0 ? 'nothing changed' : changes.join(', ');
}

function scalarOf(text: string): string | number | boolean {
  if (text === 'true' || text === 'false') return text === 'true';
  return /^-?\d+$/.test(text) ? Number(text) : text;
}
