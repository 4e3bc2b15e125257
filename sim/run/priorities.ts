/**
 * Priorities of processes (Burckhardt et al., ASPLOS 2010, as far as it fits a world of messages): what a process sends in the chaos phase
 * takes longer the lower its priority is. Priorities are a drawn order, and at some drawn times a process falls to the lowest. A bug that
 * needs one of two to be late in d places is so met with a chance that does not fall with the number of messages.
 */
import { micros } from '../../ports/time.ts';
import { once, type Undo } from '../../world/undo.ts';
import type { World } from '../../world/world.ts';
import type { Plan } from '../plan.ts';
import { HARNESS, processesOf } from './stage.ts';

/** Begins them, if the plan has any. Returns what ends them. */
export function beginPriorities(world: World, plan: Plan): Undo {
  const { priorities, chaosMs } = plan;
  if (priorities === undefined) return () => undefined;
  const { changes, stretch } = priorities;
  const stream = world.chance.stream('priorities');
  const processes = processesOf(plan).filter((name) => name !== HARNESS);
  const undo = new Map<string, Undo>();
  const fall = (name: string, latencyFactor: number): void => {
    undo.get(name)?.();
    const others = processes.filter((other) => other !== name);
    undo.set(name, world.network.slow([name], others, { latencyFactor, oneWay: true }));
  };
  const waiting = [...processes];
  for (let rank = 0; waiting.length > 0; rank++) {
    const [name] = waiting.splice(stream.below(waiting.length, 'next'), 1) as [string];
    fall(name, 1 + Math.floor(((stretch - 1) * rank) / Math.max(1, processes.length - 1)));
  }
  let isOver = false;
  for (let change = 0; change < changes; change++) {
    const name = stream.pick(processes, 'falls');
    world.after(micros(stream.below(Math.max(1, chaosMs), 'when')), () => {
      if (!isOver) fall(name, stretch);
    });
  }
  return once(() => {
    isOver = true;
    for (const end of undo.values()) end();
  });
}
