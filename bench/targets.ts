/** What the pairs of `--against` are to come to: of now divided by before, or of the figure now. */
export interface PairTarget {
  readonly of: 'ratio' | 'now';
  readonly at: 'least' | 'most';
  readonly value: number;
}

const faster = (times: number): PairTarget => ({ of: 'ratio', at: 'least', value: times });
const shrunkBy = (times: number): PairTarget => ({ of: 'ratio', at: 'most', value: 1 / times });
const now = (at: PairTarget['at'], value: number): PairTarget => ({ of: 'now', at, value });

/** By the id of a figure. What standard finds must not get less with the time that it takes. */
export const PAIR_TARGETS: Readonly<Record<string, PairTarget>> = {
  'standard.seeds-per-second.cpu': faster(2),
  'standard.marks-per-seed': faster(1),
  'standard.properties': faster(1),
  'standard.marks-per-second.cpu': faster(1),
  'reference.real-time.cpu': faster(2),
  'partitions.growth.1000': now('most', 1.5),
  'partitions.boot.1000': shrunkBy(5),
  'partitions.boot.3000': shrunkBy(20),
  'first.standard': shrunkBy(1.6),
  'allocation.reference.seed': shrunkBy(2),
  'allocation.reference.frame': shrunkBy(2),
  'workers.ratio': now('least', 1.9),
  'memory.per-worker-1': now('most', 150),
  'memory.per-worker-2': now('most', 150),
};

/** The sections that measure them. */
export const TARGETED_SECTIONS = 'standard,reference,partitions,allocation,first,workers,memory';
