/** Parameters of the ready-made workloads: read from a plan, checked before it runs. */
import { z } from 'zod';
import { meant } from '../../core/config/index.ts';
import { whole, yesOrNo } from '../../core/config/strict.ts';
import type { ParamsShape, WorkloadContext } from '../../sim/workload/context.ts';

/** A workload whose params the compiler knows. */
export interface TypedWorkload<Shape extends ParamsShape> {
  (context: WorkloadContext): Promise<void>;
  readonly params: Shape;
}

/** A workload with the schema of its params. */
export function workload<const Shape extends ParamsShape>(
  params: Shape,
  run: (context: WorkloadContext) => Promise<void>,
): TypedWorkload<Shape> {
  return Object.assign(run, { params });
}

/** Names of topics, separated by commas. */
export const topicNames: z.ZodType = z.custom<string>(
  (value) => typeof value === 'string' && /^[^,\s]+(,[^,\s]+)*$/.test(value),
  'names of topics, separated by commas',
);

/** Milliseconds, at most a day. */
export const millis: z.ZodType = whole(0, 86_400_000).optional();
export const count: z.ZodType = whole(0, 1_000_000).optional();
export const flag: z.ZodType = yesOrNo.optional();

/** The topics that a client makes, by its params: others may name them too. */
export function madeTopics(params: Readonly<Record<string, unknown>>): string[] {
  const { makes } = params;
  return typeof makes === 'string' ? makes.split(',') : [];
}

/** What is wrong with names of topics, separated by commas, null if nothing is: a topic must be there to be written or read. */
export function topicsMisfit(list: string, topics: readonly string[]): string | null {
  const unknown = list.split(',').find((name) => !topics.includes(name));
  if (unknown === undefined) return null;
  return `topics names "${unknown}", which nobody has${meant(topics, unknown) || `: there are ${topics.join(', ') || 'none'}`}`;
}
