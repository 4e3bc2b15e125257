/** A failed seed told in fast-check's manner: what failed, after how many runs, how to run it again, what was run, why. */
import { shellWord } from '../campaign/commands.ts';
import type { SeedOutcome } from '../campaign/outcome.ts';
import { printable } from '../campaign/printable.ts';
import type { Plan } from '../sim/plan.ts';
import { plural } from './format.ts';

export interface FailureContext {
  /** Seeds that ran, with this one. */
  readonly runs: number;
  /** The command or code that runs it again. */
  readonly reproduce: string;
  /** The command that makes it small, if there is one. */
  readonly shrink?: string;
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
    lines.push(`Got ${property} at ${(atMs / 1_000).toFixed(6)} s: ${message}`);
  }
  if (outcome.error !== null) lines.push(`Got error: ${outcome.error}`);
  lines.push('', `Run it again: ${context.reproduce}`);
  if (context.bundle !== undefined) {
    const bundle = shellWord(context.bundle);
    lines.push(`Look at it:   npx trial replay ${bundle}`, `Make it small: npx trial shrink ${bundle}`);
  } else if (outcome.verdict === 'fail' && context.shrink !== undefined) {
    lines.push(`Make it small: ${context.shrink}`);
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
