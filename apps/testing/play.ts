/** Programs in a world of their own, without a cluster: what they say, and how they end. */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import vm from 'node:vm';
import { createNodeHost } from '../../campaign/host-node.ts';
import { kafkaEnvironment } from '../../sim/kafka-environment.ts';
import { World } from '../../world/world.ts';
import { bundleOf, type ProgramSource } from '../bundle.ts';
import { Hosts } from '../hosts.ts';
import { Realm, type RealmEnd } from '../realm.ts';

export interface Played {
  /** By program. */
  readonly said: Readonly<Record<string, readonly string[]>>;
  /** Of those that ended. */
  readonly ends: Readonly<Record<string, RealmEnd>>;
  /** The error that ended the run, if one did. */
  readonly stopped: Error | null;
  readonly digest: string;
  readonly events: number;
}

export interface PlayOptions {
  readonly seed?: number;
  readonly forMs?: number;
  readonly standIns?: ProgramSource['standIns'];
  /** When each is sent SIGTERM. */
  readonly endAtMs?: number;
}

/** A folder of the project for the time of a test. */
export function folder(): { readonly path: string; readonly remove: () => void; write(name: string, text: string): string } {
  const path = mkdtempSync(join(process.cwd(), 'apps/testing/tried-'));
  return {
    path,
    remove: () => rmSync(path, { recursive: true, force: true }),
    write(name, text) {
      writeFileSync(join(path, name), text);
      return join(path, name);
    },
  };
}

/** Runs each program, given as the text of its first module, in a process of its name. */
export async function play(programs: Readonly<Record<string, string>>, options: PlayOptions = {}): Promise<Played> {
  const { seed = 1, forMs = 10_000, standIns = {}, endAtMs } = options;
  const files = folder();
  try {
    const scripts = new Map<string, vm.Script>();
    for (const [name, text] of Object.entries(programs)) {
      const entry = files.write(`${name}.ts`, text);
      const { code } = await bundleOf({ entry, standIns });
      scripts.set(name, new vm.Script(code, { filename: entry }));
    }
    return await run(scripts, seed, forMs, endAtMs);
  } finally {
    files.remove();
  }
}

async function run(
  scripts: ReadonlyMap<string, vm.Script>,
  seed: number,
  forMs: number,
  endAtMs: number | undefined,
): Promise<Played> {
  const world = new World({ seed });
  const host = createNodeHost();
  const said: Record<string, string[]> = {};
  const ends: Record<string, RealmEnd> = {};
  for (const [name, script] of scripts) {
    const lines: string[] = [];
    said[name] = lines;
    const process = world.createProcess({ name, machine: world.createMachine({ name }), async: true });
    process.start();
    process.spawn(async (ports) => {
      const { incarnation } = process;
      await Promise.resolve();
      const env = kafkaEnvironment(ports);
      const realm = new Realm({
        program: {
          env,
          incarnation: 1,
          within: (takes, begin) => host.within({ process, number: 0, alive: true, takes }, begin),
          processed: (topic, partition, offset) => void lines.push(`processed ${topic}-${partition}@${offset}`),
          fail: (error) => world.kernel.fail(error, incarnation),
          onEnd: () => {},
        },
        chance: env.random.stream('program'),
        hosts: new Hosts(name, [...scripts.keys()]),
        argv: ['/usr/bin/node', 'program.ts', 'one'],
        env: { NAME: name },
        pid: 7,
        say: (_fd, line) => void lines.push(line),
      });
      if (endAtMs !== undefined) env.timers.after(endAtMs, () => realm.signal('SIGTERM'));
      ends[name] = await realm.live(script);
    });
  }
  let stopped: Error | null = null;
  try {
    for (let until = 0; until <= forMs; until += 1_000) {
      await world.run({ until: until * 1_000, host });
      await new Promise<void>((resolve) => host.yieldToHost(resolve));
      for (const { owner, error } of host.escapes()) owner?.takes?.(error);
    }
  } catch (error) {
    stopped = (error as Error).cause as Error;
  } finally {
    host.close();
  }
  return { said, ends, stopped, digest: world.trace.digest(), events: world.counters().events };
}
