/** Ctrl-C: the first one asks for an orderly end, a later one ends at once. */

/** One press may come twice: from the terminal, and passed on by whoever started this process. */
const SAME_PRESS_MS = 500;

const ENDING = '\nEnding: what is under way is finished first. Press Ctrl-C again to end at once.\n';

/** `sentence` is told at the first one. */
export function onInterrupt(sentence: string = ENDING): AbortSignal {
  const controller = new AbortController();
  let firstMs = 0;
  const listener = () => {
    if (controller.signal.aborted) {
      if (performance.now() - firstMs > SAME_PRESS_MS) process.exit(130);
      return;
    }
    firstMs = performance.now();
    process.stderr.write(sentence);
    controller.abort();
  };
  process.on('SIGINT', listener);
  process.on('SIGTERM', listener);
  return controller.signal;
}
