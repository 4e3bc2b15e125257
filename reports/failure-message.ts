/** A failed seed told in fast-check's manner: what failed, after how many runs, how to run it again, what was run, why. */
import type { SeedOutcome } from '../campaign/outcome.ts';
import { printable } from '../campaign/printable.ts';
import type { Plan } from '../sim/plan.ts';
import { plural } from './format.ts';

export interface FailureContext {
  /** Seeds that ran, with this one. */
  readonly runs: number;
  /** The command or code that runs it again. */
  readonly reproduce: string;
  readonly plan: Plan | null;
  /** Folder of the bundle, if there is one. */
  readonly bundle?: string;
}

export function failureMessage(outcome: SeedOutcome, context: FailureContext): string {
  const what = outcome.verdict === 'error' ? 'The harness failed' : 'Property failed';
  const ids = [...new Set(outcome.violations.map(({ property }) => property))].join(', ');
  const lines = [
    `${what} after ${plural(context.runs, 'seed')}${ids === '' ? '' : `: ${ids}`}`,
    `{ scenario: ${JSON.stringify(outcome.scenario)}, seed: ${outcome.seed} }`,
  ];
  if (context.plan !== null) lines.push(`Plan: ${planInShort(context.plan)}`);
  for (const { property, message, atMs } of outcome.violations) {
    lines.push(`Got ${property} at ${(atMs / 1_000).toFixed(3)} s: ${message}`);
  }
  if (outcome.error !== null) lines.push(`Got error: ${outcome.error}`);
  lines.push('', `Run it again: ${context.reproduce}`);
  if (context.bundle !== undefined) {
    lines.push(`Look at it:   npx trial replay ${context.bundle}`, `Make it small: npx trial shrink ${context.bundle}`);
  } else if (outcome.verdict === 'fail') {
    lines.push('Hint: "npx trial shrink SEED" reduces the plan to what is needed for the failure.');
  }
  return printable(lines.join('\n'));
}

/** `3 brokers, 3 controllers, 2 topics, 4 clients, 20 s of chaos with 5 faults (crash x3, pause x2)` */
export function planInShort(plan: Plan): string {
  const { cluster } = plan;
  const kinds = new Map<string, number>();
  for (const { kind } of plan.faults) kinds.set(kind, (kinds.get(kind) ?? 0) + 1);
  const faults = [...kinds].map(([kind, count]) => (count === 1 ? kind : `${kind} x${count}`)).join(', ');
  return [
    plural(cluster.brokers, 'broker'),
    `${plural(cluster.controllers, 'controller')}${cluster.combined ? ' (combined)' : ''}`,
    plural(plan.topics.length, 'topic'),
    plural(plan.clients.length, 'client'),
    `${plan.chaosMs / 1_000} s of chaos with ${plural(plan.faults.length, 'fault')}${faults === '' ? '' : ` (${faults})`}`,
  ].join(', ');
}
