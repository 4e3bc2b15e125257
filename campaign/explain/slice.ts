/**
 * The lines of a trace that a violation depends on: a causal slice. A line depends on
 * - what its event came of: the frame that was read, the timer that was set, the sync that was begun, the fault (world/cause-log.ts);
 * - the state of its node: what that had last done to the same partition, group or producer.
 *
 * Both are followed backwards from the violation, the nearest first, until there are enough lines to make a story of; a hop from one told
 * line to the next counts as one, an event that tells nothing for little, so that a chain of polls leads back to what set it going.
 */
import type { TraceLine } from '../../sim/run.ts';
import type { CauseLog } from '../../world/cause-log.ts';

interface SliceOptions {
  /** Lines at most; faults come on top. */
  readonly most: number;
  /** The line, or as much of it as tells of what the violation is about; null: it tells nothing of that. */
  readonly tells: (line: TraceLine) => TraceLine | null;
}

const HOP = 1;
const SILENT_HOP = 0.02;

/** In the order in which they happened. `lines` ends with the violation. */
export function causalSlice(
  lines: readonly TraceLine[],
  causes: Pick<CauseLog, 'causesOf'>,
  { most, tells }: SliceOptions,
): readonly TraceLine[] {
  const violation = lines.at(-1);
  if (violation === undefined) return [];
  const told = lines.slice(0, -1).flatMap((line) => tells(line) ?? []);
  const byStep = new Map<number, number[]>();
  /** Of each told line, the one that its node told before. */
  const before: (number | undefined)[] = [];
  const lastOf = new Map<string, number>();
  for (const [index, { step, node }] of told.entries()) {
    const ofStep = byStep.get(step);
    if (ofStep === undefined) byStep.set(step, [index]);
    else ofStep.push(index);
    before.push(lastOf.get(node));
    if (node !== '') lastOf.set(node, index);
  }
  const queue = new Queue();
  queue.add(violation.step, 0);
  // What was found between two events depends on all that was done.
  const isOfStep = (byStep.get(violation.step) ?? []).some((index) => told[index]?.node !== '');
  if (!isOfStep) for (const index of lastOf.values()) queue.add((told[index] as TraceLine).step, HOP);
  const visited = new Set<number>();
  const found = new Set<number>();
  for (let next = queue.take(); next !== null && found.size < most; next = queue.take()) {
    const { step, cost } = next;
    if (visited.has(step)) continue;
    visited.add(step);
    const here = byStep.get(step) ?? [];
    for (const index of here) {
      found.add(index);
      const earlier = before[index];
      if (earlier !== undefined) queue.add((told[earlier] as TraceLine).step, cost + HOP);
    }
    for (const cause of causes.causesOf(step)) queue.add(cause, cost + (here.length > 0 ? HOP : SILENT_HOP));
  }
  const nodes = new Set([...found].map((index) => told[index]?.node));
  const first = Math.min(...found, told.length);
  return told.filter((line, index) => found.has(index) || isFaultOf(line, nodes, index >= first));
}

/** Faults of the nodes that are told of, those that were under way before the story begins too. */
function isFaultOf({ what }: TraceLine, nodes: ReadonlySet<string | undefined>, isInStory: boolean): boolean {
  if (what.type !== 'fault' || what.change === 'refused') return false;
  return what.targets.some((target) => nodes.has(target)) && (isInStory || what.change === 'begins');
}

/** The cheapest first: a binary heap. */
class Queue {
  readonly #steps: number[] = [];
  readonly #costs: number[] = [];

  add(step: number, cost: number): void {
    let at = this.#steps.length;
    while (at > 0) {
      const parent = (at - 1) >> 1;
      if ((this.#costs[parent] as number) <= cost) break;
      this.#steps[at] = this.#steps[parent] as number;
      this.#costs[at] = this.#costs[parent] as number;
      at = parent;
    }
    this.#steps[at] = step;
    this.#costs[at] = cost;
  }

  take(): { readonly step: number; readonly cost: number } | null {
    const step = this.#steps[0];
    const cost = this.#costs[0] as number;
    if (step === undefined) return null;
    const lastStep = this.#steps.pop() as number;
    const lastCost = this.#costs.pop() as number;
    const size = this.#steps.length;
    if (size > 0) {
      let at = 0;
      for (let child = 1; child < size; child = 2 * at + 1) {
        if (child + 1 < size && (this.#costs[child + 1] as number) < (this.#costs[child] as number)) child++;
        if ((this.#costs[child] as number) >= lastCost) break;
        this.#steps[at] = this.#steps[child] as number;
        this.#costs[at] = this.#costs[child] as number;
        at = child;
      }
      this.#steps[at] = lastStep;
      this.#costs[at] = lastCost;
    }
    return { step, cost };
  }
}
