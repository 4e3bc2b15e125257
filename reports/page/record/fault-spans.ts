/** When faults struck, whom, and until when. */
import type { FaultChange } from '../../../sim/observe.ts';
import type { FaultPlan, Plan } from '../../../sim/plan.ts';
import type { FaultSpan } from './run-record.ts';

interface Building {
  readonly kind: string;
  readonly processes: readonly number[];
  readonly fromUs: number;
  toUs: number;
  readonly isRefused: boolean;
  readonly planIndex: number;
  readonly key: string;
  readonly dueUs: number;
}

export class FaultSpans {
  readonly #faults: readonly FaultPlan[];
  readonly #spans: Building[] = [];
  readonly #underWay = new Set<Building>();
  /** Plan faults that have struck or were refused. */
  readonly #seen = new Set<number>();
  #chaosUs = 0;

  constructor({ faults }: Pick<Plan, 'faults'>) {
    this.#faults = faults;
  }

  onChaos(us: number): void {
    this.#chaosUs = us;
  }

  onFault(us: number, { kind, targets, change, forMs }: FaultChange, processes: readonly number[]): void {
    const key = `${kind} ${targets.join()}`;
    if (change !== 'ends') {
      const dueUs = us + (forMs ?? 0) * 1_000;
      const isRefused = change === 'refused';
      const span = { kind, processes, fromUs: us, toUs: us, isRefused, planIndex: this.#planIndex(us, kind), key, dueUs };
      this.#spans.push(span);
      if (!isRefused && forMs !== null) this.#underWay.add(span);
      return;
    }
    // Of several that are alike the one whose time is over first.
    const alike = [...this.#underWay].filter((span) => span.key === key).toSorted((a, b) => a.dueUs - b.dueUs);
    const [over] = alike;
    if (over === undefined) return;
    over.toUs = us;
    this.#underWay.delete(over);
  }

  spans(endUs: number): readonly FaultSpan[] {
    for (const span of this.#underWay) span.toUs = endUs;
    return this.#spans.map(({ kind, processes, fromUs, toUs, isRefused, planIndex }) => ({
      kind,
      processes,
      fromUs,
      toUs,
      isRefused,
      planIndex,
    }));
  }

  /** The fault of the plan that this is: of its kind, due now, or one that waits for an event. */
  #planIndex(us: number, kind: string): number {
    const candidates = this.#faults.flatMap((fault, index) =>
      fault.kind === kind && !this.#seen.has(index) ? [{ fault, index }] : [],
    );
    const due = ({ atMs = 0 }: FaultPlan): number => this.#chaosUs + atMs * 1_000;
    const found =
      candidates.find(({ fault }) => fault.on === undefined && due(fault) === us) ??
      candidates.find(({ fault }) => fault.on !== undefined);
    if (found === undefined) return -1;
    this.#seen.add(found.index);
    return found.index;
  }
}
