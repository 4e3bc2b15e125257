/** `trial serve`: a cluster until Ctrl-C or SIGTERM. */
import { ConfigError } from '../core/config/index.ts';
import type { SecurityProtocol } from '../core/security/protocols.ts';
import { chaos, chaosSteps } from './chaos.ts';
import { onLauncherEnd } from './launcher.ts';
import { type Cluster, type ServeOptions, serve } from './serve.ts';
import type { ServedTopic } from './topics.ts';
import type { Users } from './users.ts';
import { UnusableError } from './unusable.ts';

/** The command's options as they were parsed; `config` holds KEY=VALUE each. */
export interface ServeCommandOptions {
  readonly brokers: number;
  readonly controllers?: number;
  readonly combined?: boolean;
  /** One port, or one for each broker, separated by commas. */
  readonly port?: string | number;
  readonly firstBrokerId?: number;
  /** NAME, NAME:PARTITIONS or NAME:PARTITIONS:REPLICAS each. */
  readonly topic?: readonly string[];
  /** ID:KEY=VALUE each. */
  readonly brokerConfig?: readonly string[];
  readonly host: string;
  readonly advertisedHost?: string;
  /** As `port`. */
  readonly advertisedPort?: string;
  readonly data?: string;
  readonly securityProtocol?: SecurityProtocol;
  /** NAME:PASSWORD each. */
  readonly user?: readonly string[];
  readonly config: readonly string[];
  readonly quiet?: boolean;
  /** Seed of the faults that happen to it. */
  readonly chaos?: number;
}

/**
 * Runs a cluster until it is told to end, then stops it in order. Resolves with the exit code: 0 after a signal, 2 if the
 * options are unusable, 1 if it could not start otherwise or all its nodes ended by themselves. A second signal ends at once.
 */
export async function runServe(options: ServeCommandOptions): Promise<number> {
  const say = (line: string): void => {
    if (options.quiet !== true) console.log(line);
  };
  let end: (code: number) => void = () => {};
  const ended = new Promise<number>((resolve) => {
    end = resolve;
  });
  let stopping = false;
  let forgetLauncher: () => void = () => {};
  const onSignal = (): void => {
    if (stopping) process.exit(130);
    stopping = true;
    end(0);
  };
  let cluster: Cluster | null = null;
  const onNodeFailed = (): void => {
    if (cluster?.nodes.every(({ isUp }) => !isUp) === true) end(1);
  };
  try {
    cluster = await serve(serveOptions(options, onNodeFailed));
    process.on('SIGINT', onSignal);
    process.on('SIGTERM', onSignal);
    forgetLauncher = onLauncherEnd(() => end(0));
    // The one line that a script waits for, also when quiet.
    console.log(`bootstrap.servers=${cluster.bootstrapServers}`);
    if (cluster.certificateFile !== null) say(`ssl.truststore.location=${cluster.certificateFile}`);
    for (const { name } of cluster.nodes[0]?.listeners.slice(1) ?? []) say(`${name}: ${cluster.bootstrapServersOf(name)}`);
    say(`Cluster ${cluster.clusterId}, ${options.data === undefined ? 'data removed at the end' : `data in ${options.data}`}.`);
    let isOver = false;
    const over = ended.then(() => {
      isOver = true;
    });
    const troubled =
      options.chaos === undefined ? null : troubleFrom(options.chaos, cluster, { say, over, isOver: () => isOver });
    const code = await ended;
    await troubled;
    if (code === 0) say('Stopping.');
    await cluster.stop();
    return code;
  } catch (error) {
    console.error(`trial: ${error instanceof Error ? error.message : String(error)}`);
    return error instanceof UnusableError || error instanceof ConfigError ? 2 : 1;
  } finally {
    forgetLauncher();
    process.off('SIGINT', onSignal);
    process.off('SIGTERM', onSignal);
  }
}

function troubleFrom(
  seed: number,
  cluster: Cluster,
  { say, over, isOver }: { readonly say: (line: string) => void; readonly over: Promise<void>; readonly isOver: () => boolean },
): Promise<void> {
  const steps = chaosSteps(seed, cluster.nodes.filter(({ isBroker }) => isBroker).length);
  const sleep = async (ms: number): Promise<void> => {
    let timer: NodeJS.Timeout | undefined;
    const passed = new Promise<void>((resolve) => {
      timer = setTimeout(resolve, ms);
    });
    await Promise.race([passed, over]);
    clearTimeout(timer);
  };
  say(`Chaos of seed ${seed}: faults happen to it until it is stopped.`);
  return chaos(cluster, steps, { say, sleep, isOver });
}

function serveOptions(options: ServeCommandOptions, onNodeFailed: () => void): ServeOptions {
  return {
    brokers: options.brokers,
    ...(options.controllers === undefined ? {} : { controllers: options.controllers }),
    ...(options.combined === undefined ? {} : { combined: options.combined }),
    ...(options.firstBrokerId === undefined ? {} : { firstBrokerId: options.firstBrokerId }),
    ...(options.port === undefined ? {} : { port: portsOf('--port', String(options.port)) }),
    ...(options.advertisedPort === undefined ? {} : { advertisedPort: portsOf('--advertised-port', options.advertisedPort) }),
    topics: (options.topic ?? []).map(topicOf),
    brokerConfig: brokerConfigOf(options.brokerConfig ?? []),
    host: options.host,
    ...(options.advertisedHost === undefined ? {} : { advertisedHost: options.advertisedHost }),
    ...(options.data === undefined ? {} : { data: options.data }),
    ...(options.securityProtocol === undefined ? {} : { securityProtocol: options.securityProtocol }),
    ...(options.user === undefined || options.user.length === 0 ? {} : { users: usersOf(options.user) }),
    config: Object.fromEntries(options.config.map((text) => property('--config', text))),
    onNodeFailed,
  };
}

/** No message holds what was given: it may be a password. */
function usersOf(texts: readonly string[]): Users {
  const users: Record<string, string> = {};
  for (const text of texts) {
    const [name = '', ...password] = text.split(':');
    if (name === '' || password.join(':') === '') throw new UnusableError('--user must be NAME:PASSWORD, both not empty.');
    if (name in users) throw new UnusableError(`--user gives ${name} twice.`);
    users[name] = password.join(':');
  }
  return users;
}

function portsOf(flag: string, text: string): number | readonly number[] {
  const ports = text.split(',').map((port) => (/^\d+$/.test(port) ? Number(port) : Number.NaN));
  if (ports.some((port) => Number.isNaN(port))) {
    throw new UnusableError(`${flag} ${text} must be a port, or one for each broker: 9092,9094,9096.`);
  }
  return ports.length === 1 ? (ports[0] as number) : ports;
}

function topicOf(text: string): ServedTopic {
  const [, name, partitions, replicationFactor] = /^([^:]+)(?::(\d+))?(?::(\d+))?$/.exec(text) ?? [];
  if (name === undefined) throw new UnusableError(`--topic ${text} must be NAME, NAME:PARTITIONS or NAME:PARTITIONS:REPLICAS.`);
  return {
    name,
    ...(partitions === undefined ? {} : { partitions: Number(partitions) }),
    ...(replicationFactor === undefined ? {} : { replicationFactor: Number(replicationFactor) }),
  };
}

function brokerConfigOf(texts: readonly string[]): Readonly<Record<string, Readonly<Record<string, string>>>> {
  const config: Record<string, Record<string, string>> = {};
  for (const text of texts) {
    const [, id, rest] = /^(\d+):(.*)$/.exec(text) ?? [];
    if (id === undefined || rest === undefined) throw new UnusableError(`--broker-config ${text} must be ID:KEY=VALUE.`);
    const [name, value] = property('--broker-config', rest);
    config[id] = { ...config[id], [name]: value };
  }
  return config;
}

function property(flag: string, text: string): [name: string, value: string] {
  const at = text.indexOf('=');
  if (at <= 0) throw new UnusableError(`${flag} ${text} must be KEY=VALUE.`);
  return [text.slice(0, at).trim(), text.slice(at + 1)];
}
