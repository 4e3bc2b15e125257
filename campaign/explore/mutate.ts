/**
 * Plans like others: a plan is changed in a few places, each as a person would who has seen that it comes to something. What does not fit
 * together afterwards is for the caller to find out.
 */
import type { RandomStream } from '../../ports/random.ts';
import type { FaultPlan, FaultTarget, Plan } from '../../sim/plan.ts';

type Change = (plan: Plan, other: Plan, stream: RandomStream) => Plan;

const FAULTS_MAX = 40;

/** The plan with one to four changes. `other`: a plan of the same scenario, of which it may take something. */
export function mutated(plan: Plan, other: Plan, stream: RandomStream): Plan {
  let changed = plan;
  for (let left = 1 + stream.below(4, 'changes'); left > 0; left--)
    changed = stream.pick(CHANGES, 'change')(changed, other, stream);
  return changed;
}

/** A plan with other faults in place of one of its own, which is drawn. */
function replaced(plan: Plan, stream: RandomStream, by: (fault: FaultPlan) => readonly FaultPlan[]): Plan {
  if (plan.faults.length === 0) return plan;
  const at = stream.below(plan.faults.length, 'fault');
  return { ...plan, faults: plan.faults.flatMap((fault, index) => (index === at ? by(fault) : [fault])).slice(0, FAULTS_MAX) };
}

/** Somewhere within a tenth of the chaos phase of a time, or near the event that it waits for. */
function moved(fault: FaultPlan, chaosMs: number, stream: RandomStream): FaultPlan {
  const { atMs, on } = fault;
  if (on !== undefined) {
    const nth = Math.max(1, on.nth + stream.between(-1, 1, 'nth'));
    return { ...fault, on: { ...on, nth, afterMs: stream.pick([0, on.afterMs, on.afterMs * 2, 1 + on.afterMs], 'after') } };
  }
  const reach = Math.ceil(chaosMs / 10);
  const later = (atMs ?? 0) + stream.between(-reach, reach, 'at');
  return { ...fault, atMs: Math.min(Math.max(0, later), Math.max(0, chaosMs - 1)) };
}

/** Who has an index has another one. */
function retargeted(target: FaultTarget, stream: RandomStream): FaultTarget {
  if ('index' in target) return { ...target, index: stream.below(8, 'index') };
  if ('partition' in target)
    return { ...target, partition: target.partition.replace(/\d+$/, () => String(stream.below(2, 'partition'))) };
  return target;
}

/** An item of the other plan with the same name takes the place of one. */
function crossed<T extends { readonly name: string }>(
  own: readonly T[],
  others: readonly T[],
  stream: RandomStream,
): readonly T[] {
  if (own.length === 0) return own;
  const { name } = stream.pick(own, 'name');
  const theirs = others.find((item) => item.name === name);
  return theirs === undefined ? own : own.map((item) => (item.name === name ? theirs : item));
}

const CHANGES: readonly Change[] = [
  // The same past, and another present from the first draw that differs.
  (plan, _, stream) => ({ ...plan, chanceOf: stream.below(0x7fff_ffff, 'chance') }),
  (plan, _, stream) => replaced(plan, stream, () => []),
  (plan, _, stream) => replaced(plan, stream, (fault) => [moved(fault, plan.chaosMs, stream)]),
  (plan, _, stream) => replaced(plan, stream, (fault) => [fault, moved(fault, plan.chaosMs, stream)]),
  (plan, _, stream) => replaced(plan, stream, (fault) => [{ ...fault, target: retargeted(fault.target, stream) }]),
  (plan, _, stream) =>
    replaced(plan, stream, (fault) => [
      { ...fault, forMs: Math.ceil((fault.forMs * stream.pick([1, 2, 6, 8], 'quarters')) / 4) },
    ]),
  // Faults may not fit: one of each is more likely to than all.
  (plan, other, stream) =>
    other.faults.length === 0
      ? plan
      : { ...plan, faults: [...plan.faults, stream.pick(other.faults, 'theirs')].slice(-FAULTS_MAX) },
  (plan, other, stream) => ({ ...plan, clients: [...crossed(plan.clients, other.clients, stream)] }),
  (plan, other, stream) => ({ ...plan, topics: [...crossed(plan.topics, other.topics, stream)] }),
  (plan, other) => ({ ...plan, world: other.world }),
  (plan, other) => ({ ...plan, heal: other.heal }),
];
