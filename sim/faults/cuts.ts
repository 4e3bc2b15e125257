/** What kinds that cut links have in common. */
import { allOf, type FaultDefinition, type Strike } from './definition.ts';

interface Cut {
  readonly from: readonly string[];
  readonly to: readonly string[];
  readonly oneWay?: boolean;
}

type CutDefinition<Kind extends string, Param extends string> = Omit<
  FaultDefinition<Kind, Param>,
  'stake' | 'facts' | 'endangers' | 'inject'
> & {
  /** Who is cut off from whom. A cut with nobody on one side is none. */
  readonly cuts: (strike: Strike<Param>) => readonly Cut[];
};

/** A kind that cuts links, and does nothing else. */
export function cutFault<const Kind extends string, Param extends string = never>({
  cuts,
  ...definition
}: CutDefinition<Kind, Param>): FaultDefinition<Kind, Param> {
  const made = (strike: Strike<Param>): readonly Cut[] => cuts(strike).filter(({ from, to }) => from.length > 0 && to.length > 0);
  return {
    ...definition,
    stake: 'session',
    facts: [],
    endangers: (strike) => [...new Set(made(strike).flatMap((cut) => cutOff(strike, cut)))],
    inject: (strike) => allOf(made(strike).map(({ from, to, oneWay = false }) => strike.world.network.cut(from, to, { oneWay }))),
  };
}

/**
 * The few are cut off from the many: whoever is in the larger part keeps its session, if that holds the quorum. And a client has none with the
 * controller that a cut could end.
 */
function cutOff({ world }: Strike, { from, to }: Cut): readonly string[] {
  const here = world.nodes.filter((node) => from.includes(node));
  const there = world.nodes.filter((node) => to.includes(node));
  if (here.length === 0 || there.length === 0) return [];
  if (here.length === 1 && there.length > 1) return here;
  if (there.length === 1 && here.length > 1) return there;
  return [...here, ...there];
}

/** Those whose bit is set, counted modulo eight. */
export function masked(names: readonly string[], mask: number): readonly string[] {
  return names.filter((_, index) => ((mask >> (index % 8)) & 1) === 1);
}
