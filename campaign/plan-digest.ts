/** Which plan something belongs to: what was made of a plan is of no use for another one. */
import { createHash } from 'node:crypto';
import type { Plan } from '../sim/plan.ts';

/** 16 hex digits over what the plan says, in whatever order and layout its file says it. */
export function planDigest(plan: Plan): string {
  return createHash('sha256').update(JSON.stringify(plan, inOrder)).digest('hex').slice(0, 16);
}

function inOrder(_: string, value: unknown): unknown {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) return value;
  return Object.fromEntries(Object.entries(value).toSorted(([a], [b]) => (a < b ? -1 : 1)));
}
