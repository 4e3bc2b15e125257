/**
 * An application of yours as a client of a scenario, unmodified: whatever Node runs, from its first module on. It finds the cluster in the
 * environment variable KAFKA_BROKERS (`b1:9092,b2:9092,b3:9092`), and reads and writes there with the Kafka client that it brings.
 *
 *     clients: [{ name: 'service', count: 2, run: app({ entry: './src/service.ts' }) }]
 */
import vm from 'node:vm';
import { bootstrapServers } from '../sim/cluster.ts';
import type { Workload, WorkloadContext } from '../sim/workload/context.ts';
import { bundleOf, filePath, type ProgramSource } from './bundle.ts';
import { hostsOf } from './hosts.ts';
import { Realm, type RealmOptions } from './realm.ts';
import { withSourceStack } from './source-stack.ts';

export interface AppOptions {
  /** Its first module, TypeScript or JavaScript: a path from where the command is called, or a URL. */
  readonly entry: string | URL;
  /** `process.argv` from the third element on. */
  readonly args?: readonly string[];
  /** `process.env`; of the real one it sees nothing. `{process}` in a value is the name of the process. */
  readonly env?: Readonly<Record<string, string>>;
  /** The variable in which it finds the brokers. Default `KAFKA_BROKERS`. */
  readonly brokersIn?: string;
  /** Files that take the place of modules, by the names that they are imported by: of Node's, or of packages. */
  readonly standIns?: Readonly<Record<string, string | URL>>;
  /**
   * How long somebody waits until he starts it again when it has ended by itself, in order or not, ms. Without it, that it ends with an error is a
   * violation of A1.
   */
  readonly restartAfterMs?: number;
}

/** How long it has to end after SIGTERM, ms: Kubernetes' default. */
const GRACE_MS = 30_000;

/** A process that runs an application. */
export function app(options: AppOptions): Workload {
  const source: ProgramSource = {
    entry: filePath(options.entry),
    standIns: Object.fromEntries(Object.entries(options.standIns ?? {}).map(([name, file]) => [name, filePath(file)])),
  };
  let compiled: { readonly script: vm.Script; readonly map: string } | null = null;
  const prepare = async (): Promise<void> => {
    if (compiled !== null) return;
    const { code, map } = await bundleOf(source);
    compiled = { script: new vm.Script(code, { filename: source.entry }), map };
  };
  const run = async (context: WorkloadContext): Promise<void> => {
    if (compiled === null) throw new Error('the application was not prepared');
    const { script, map } = compiled;
    const program = context.program();
    const facts = factsOf(options, source, context);
    let realm: Realm | null = null;
    let isToEnd = false;
    program.onEnd(() => {
      isToEnd = true;
      realm?.signal('SIGTERM');
      program.env.timers.after(GRACE_MS, () => realm?.kill());
    });
    for (let life = 1; !isToEnd; life++) {
      realm = new Realm({ ...facts, program, chance: context.random, pid: program.incarnation * 100 + life });
      const { code, error } = await realm.live(script);
      program.env.tracer.emit({ type: 'application-ended', status: code });
      if (isToEnd) return;
      if (options.restartAfterMs === undefined) {
        if (code === 0 && error === undefined) return;
        throw withSourceStack(error ?? new Error(`the application ended with status ${code}`), map);
      }
      await context.sleep(options.restartAfterMs);
    }
  };
  return Object.assign(run, { prepare });
}

/** What every life of a process is told. */
function factsOf(
  { args = [], env = {}, brokersIn = 'KAFKA_BROKERS' }: AppOptions,
  { entry }: ProgramSource,
  { plan, name, env: { tracer } }: WorkloadContext,
): Pick<RealmOptions, 'hosts' | 'argv' | 'env' | 'say'> {
  const given = Object.entries(env).map(([key, value]) => [key, value.replaceAll('{process}', name)]);
  return {
    hosts: hostsOf(name, plan),
    argv: ['/usr/bin/node', entry, ...args],
    env: { [brokersIn]: bootstrapServers(plan), NODE_ENV: 'production', HOSTNAME: name, ...Object.fromEntries(given) },
    say: (fd, line) => tracer.emit({ type: 'application-said', stream: fd === 1 ? 'stdout' : 'stderr', line }),
  };
}
