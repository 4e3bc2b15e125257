/**
 * Watches the ticks (`process.nextTick`) that simulated code queues: Node's streams and event emitters go on by them, and the next event of
 * a simulation has to wait for them and for what comes of them.
 */
import { guardsAreUp } from '../world/guards.ts';

const queue = process.nextTick.bind(process);
let waiting = 0;
let ran = 0;

const counted: typeof process.nextTick = (callback, ...args: unknown[]) => {
  if (!guardsAreUp()) return queue(callback, ...args);
  waiting++;
  queue(() => {
    waiting--;
    ran++;
    (callback as (...args: unknown[]) => void)(...args);
  });
};

/** Test runners put Node's own function back: Vitest 4 and 5 do when they have loaded a module, which may be this one. */
function watch(): void {
  if (process.nextTick !== counted) process.nextTick = counted;
}

/**
 * Makes a function that calls back when no tick is left, and no promise job; one call at a time. Ticks run one after the other, and promise
 * jobs only after the last of them: a tick of our own that finds that others have run just before it knows nothing of what these have
 * set off, and asks again.
 */
export function settler(): (callback: () => void) => void {
  let ranBefore = 0;
  let done: () => void = () => {};
  watch();
  const ask = () => {
    watch();
    ranBefore = ran;
    queue(answer);
  };
  const answer = () => {
    if (waiting > 0 || ran !== ranBefore) void resolved.then(ask);
    else done();
  };
  return (callback) => {
    done = callback;
    void resolved.then(ask);
  };
}

const resolved = Promise.resolve();
