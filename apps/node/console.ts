/** `console`, `process.stdout` and `process.stderr` of a realm: what is written there is told line by line in the narration of the run. */
import { Console } from 'node:console';
import { Writable } from 'node:stream';
import type { Realm } from '../realm.ts';

/** A stream that keeps what is not yet a whole line. */
export function standardOutput(realm: Realm, fd: 1 | 2): Writable {
  let rest = '';
  const stream = new Writable({
    decodeStrings: false,
    write(chunk: Buffer | string, _encoding, done) {
      const lines = `${rest}${String(chunk)}`.split('\n');
      rest = lines.pop() ?? '';
      for (const line of lines) realm.say(fd, line);
      done();
    },
  });
  return Object.assign(stream, { fd, isTTY: false, columns: 80, rows: 24 });
}

/** Node's console on these streams, with what it times by the simulated clock. */
export function consoleOf(realm: Realm, stdout: Writable, stderr: Writable): Console {
  const made = new Console({ stdout, stderr, colorMode: false, ignoreErrors: true });
  const begun = new Map<string, number>();
  const passed = (label: string): string => `${label}: ${realm.env.clock.monotonicMs() - (begun.get(label) ?? 0)}ms`;
  return Object.assign(made, {
    time: (label = 'default') => void begun.set(label, realm.env.clock.monotonicMs()),
    timeLog: (label = 'default', ...data: unknown[]) => made.log(passed(label), ...data),
    timeEnd: (label = 'default') => {
      made.log(passed(label));
      begun.delete(label);
    },
    Console,
  });
}
