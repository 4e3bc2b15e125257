/** Java programs of Apache Kafka: the broker, and the tools that come with it. */
import { type ChildProcess, execFile, spawn } from 'node:child_process';
import { openSync, readFileSync, writeFileSync } from 'node:fs';
import { connect } from 'node:net';
import { join } from 'node:path';
import type { Properties } from '../../core/config/index.ts';
import { sleep } from '../testing/served.ts';

/** What Kafka says of its controller when it is late. */
const SLOW = /EventPerformanceMonitor|controller event queue overloaded/;
const START_LIMIT_MS = 240_000;
const TOOL_LIMIT_MS = 120_000;

export interface ToolOutput {
  readonly status: number;
  /** Standard output and error. */
  readonly text: string;
}

export class Java {
  readonly #classPath: string;
  readonly #folder: string;
  readonly #options: readonly string[];
  #started = 0;
  #files = 0;

  /** `folder` is for files that the programs need. */
  constructor(classPath: string, folder: string) {
    this.#classPath = classPath;
    this.#folder = folder;
    this.#options = ['-XX:+UseSerialGC', '-XX:TieredStopAtLevel=1', '-Dorg.slf4j.simpleLogger.defaultLogLevel=warn'];
  }

  /** Runs a tool to its end. */
  tool(mainClass: string, options: readonly string[], input = ''): Promise<ToolOutput> {
    const all = ['-Xmx256m', ...this.#options, '-cp', this.#classPath, mainClass, ...options];
    return new Promise((resolve) => {
      const limits = { timeout: TOOL_LIMIT_MS, maxBuffer: 256 << 20 };
      const child = execFile('java', all, limits, (error, stdout, stderr) => {
        resolve({ status: error === null ? 0 : typeof error.code === 'number' ? error.code : 1, text: `${stdout}${stderr}` });
      });
      child.stdin?.end(input);
    });
  }

  /** Starts a broker with these properties on a formatted directory; resolves when its port accepts. */
  async startBroker(properties: Properties, port: number): Promise<KafkaProcess> {
    const file = this.propertiesFile(properties);
    const out = join(this.#folder, `kafka-${this.#started++}.out`);
    const fd = openSync(out, 'a');
    const options = ['-Xmx512m', ...this.#options, '-cp', this.#classPath, 'kafka.Kafka', file];
    const broker = new KafkaProcess(spawn('java', options, { stdio: ['ignore', fd, fd] }), out);
    await broker.accepts(port);
    return broker;
  }

  propertiesFile(properties: Properties): string {
    const file = join(this.#folder, `server-${this.#files++}.properties`);
    writeFileSync(
      file,
      Object.entries(properties)
        .map(([name, value]) => `${name}=${value}\n`)
        .join(''),
    );
    return file;
  }
}

export class KafkaProcess {
  readonly #process: ChildProcess;
  readonly #output: string;

  constructor(child: ChildProcess, output: string) {
    this.#process = child;
    this.#output = output;
    const end = (): void => void child.kill('SIGKILL');
    process.once('exit', end);
    child.once('exit', () => process.off('exit', end));
  }

  /** What it wrote: warnings and errors. */
  get output(): string {
    return readFileSync(this.#output, 'utf8');
  }

  /** The errors that it wrote, but for those about a machine that is too slow for it. */
  get complaints(): readonly string[] {
    return this.output.split('\n').filter((line) => /\b(ERROR|FATAL)\b/.test(line) && !SLOW.test(line));
  }

  async accepts(port: number): Promise<void> {
    const deadline = Date.now() + START_LIMIT_MS;
    while (!(await isOpen(port))) {
      if (this.#process.exitCode !== null) throw new Error(`Apache Kafka ended while starting:\n${this.output}`);
      if (Date.now() > deadline) {
        await this.kill();
        throw new Error(`Apache Kafka was not ready after ${START_LIMIT_MS} ms:\n${this.output}`);
      }
      await sleep(100);
    }
  }

  /** A controlled shutdown. */
  stop(): Promise<void> {
    return this.#end('SIGTERM');
  }

  kill(): Promise<void> {
    return this.#end('SIGKILL');
  }

  async #end(signal: NodeJS.Signals): Promise<void> {
    if (this.#process.exitCode !== null || this.#process.signalCode !== null) return;
    const ended = new Promise((resolve) => this.#process.once('exit', resolve));
    this.#process.kill(signal);
    await ended;
  }
}

function isOpen(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect(port, '127.0.0.1');
    socket.on('connect', () => {
      socket.destroy();
      resolve(true);
    });
    socket.on('error', () => resolve(false));
  });
}
