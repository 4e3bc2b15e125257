/** What kinds that make a disk fail have in common. */
import type { Undo } from '../../world/undo.ts';
import type { FaultWorld } from './fault-world.ts';

/** A trouble of a disk, which may end the node: when it is over the node is started, if it is down. */
export function armed(world: FaultWorld, node: string, disarm: Undo): Undo {
  return () => {
    disarm();
    world.start(node);
  };
}

/**
 * May a node's disk lie? A voter's log must be durable when it answers: within the budget its disk does not, for the quorum does not
 * promise to survive that.
 */
export function mayLie(world: FaultWorld, node: string): boolean {
  return world.node(node) !== undefined && (world.plan.budget === 'beyond' || !world.isVoter(node));
}
