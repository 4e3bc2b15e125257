/** What was left of the failures of a zoo: a line for each, and how the sizes are distributed. */
import type { ShrunkMutant } from '../campaign/zoo/shrink-zoo.ts';
import { duration, plural } from './format.ts';

/** What is measured, and of which size the median should be at most. */
const MEASURES: readonly {
  readonly name: string;
  readonly of: (shrunk: ShrunkMutant) => number;
  readonly target: number;
}[] = [
  { name: 'faults', of: ({ plan }) => plan.faults.length, target: 2 },
  { name: 'clients', of: ({ plan }) => plan.clients.length, target: 2 },
  { name: 'client operations', of: ({ operations }) => operations, target: 6 },
  { name: 's of chaos', of: ({ plan }) => plan.chaosMs / 1_000, target: 3 },
  { name: 'CPU s', of: ({ cpuMs }) => cpuMs / 1_000, target: 60 },
];

/** Of one measure, over all failures. */
export interface Spread {
  readonly name: string;
  readonly quarter: number;
  readonly median: number;
  readonly threeQuarters: number;
  readonly worst: number;
  /** The median should be at most this. */
  readonly target: number;
}

/** Empty if there are no failures. */
export function spreadsOf(shrunk: readonly ShrunkMutant[]): readonly Spread[] {
  if (shrunk.length === 0) return [];
  return MEASURES.map(({ name, of, target }) => {
    const values = shrunk.map(of).toSorted((a, b) => a - b);
    const at = (share: number): number => values[Math.ceil(share * values.length) - 1] as number;
    return { name, quarter: at(0.25), median: at(0.5), threeQuarters: at(0.75), worst: at(1), target };
  });
}

/** `2 brokers, 1 client with 3 operations, 1 fault in 0.4 s of chaos, no decision forced: 41 runs, 12.3 s` */
export function shrunkText({ mutant, property, plan, operations, forced, runs, cpuMs }: ShrunkMutant): string {
  const decided = forced === null ? 'chance still draws' : `${plural(forced, 'decision')} forced`;
  return (
    `${mutant} (${property}): ${plural(plan.cluster.brokers, 'broker')}, ${plural(plan.clients.length, 'client')} with ${plural(operations, 'operation')}, ` +
    `${plural(plan.faults.length, 'fault')} in ${plan.chaosMs / 1_000} s of chaos, ${decided}; ${plural(runs, 'run')}, ${duration(cpuMs)} of processor time`
  );
}

export function spreadText(shrunk: readonly ShrunkMutant[]): string {
  const spreads = spreadsOf(shrunk);
  if (spreads.length === 0) return 'SHRUNK none: nothing was found by a violation';
  const row = (name: string, ...cells: readonly (number | string)[]): string =>
    `  ${name.padEnd(18)}${cells.map((cell) => (typeof cell === 'string' ? cell : String(Math.round(cell * 10) / 10)).padStart(9)).join('')}`;
  return [
    `SHRUNK ${plural(shrunk.length, 'failure')}`,
    row('', 'quarter', 'median', '3/4', 'worst', 'target'),
    ...spreads.map(({ name, quarter, median, threeQuarters, worst, target }) =>
      row(name, quarter, median, threeQuarters, worst, `<= ${target}`),
    ),
  ].join('\n');
}
