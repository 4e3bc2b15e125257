/** `trial produce`: sends each line of the standard input as a record, as kafka-console-producer.sh does. */
import { deferred } from '../../core/client/deferred.ts';
import { KafkaError } from '../../core/client/errors.ts';
import { Producer } from '../../core/client/producer/producer.ts';
import { propertiesFor } from '../client-properties.ts';
import { type Connected, connected } from '../connection.ts';
import { EXIT, type ExitStatus, refusal, UsageError } from '../errors.ts';
import { deprecation, underCurrentNames } from '../options.ts';
import { runTool } from '../run.ts';
import { standardStreams, type Terminal } from '../terminal.ts';
import { checkTopic } from '../topic-check.ts';
import { LineReader, type LineRecord } from './line-reader.ts';
import { linesOf } from './lines.ts';
import { type ProduceOptions, producerProperties, readerProperties, RENAMED } from './options.ts';

/** More than this may not wait for their answers, so that a long input does not pile up in memory. */
const MAX_OUTSTANDING_RECORDS = 10_000;
const MAX_OUTSTANDING_BYTES = 1 << 24;

/** Where the lines come from. */
export interface LineInput {
  readonly chunks: AsyncIterable<Uint8Array>;
  /** Somebody types: they are shown where. */
  readonly isInteractive: boolean;
}

/** Sends until the input ends or `signal` is raised; resolves with the exit status when everything is answered. */
export function runProduce(
  given: ProduceOptions,
  input: LineInput,
  signal: AbortSignal,
  terminal: Terminal = standardStreams,
): Promise<ExitStatus> {
  return runTool(terminal, () => {
    const options = underCurrentNames(given, RENAMED, terminal);
    if (options.maxPartitionMemoryBytes !== undefined) terminal.note(deprecation('maxPartitionMemoryBytes', 'batchSize'));
    const { topic } = options;
    if (topic === undefined || topic === '') throw new UsageError('--topic is missing');
    const reader = new LineReader(readerProperties(options));
    return connected(options, terminal, async (cluster) => {
      await checkTopic(cluster.admin, topic, null, terminal);
      return produce(cluster, topic, options, reader, input, signal, terminal);
    });
  });
}

async function produce(
  { environment, given }: Connected,
  topic: string,
  options: ProduceOptions,
  reader: LineReader,
  input: LineInput,
  signal: AbortSignal,
  terminal: Terminal,
): Promise<ExitStatus> {
  const properties = propertiesFor('producer', producerProperties(options, given), terminal);
  const producer = new Producer(environment, properties);
  const sending = new Sending(producer, topic, terminal);
  const prompt = () => {
    if (input.isInteractive) terminal.out('>');
  };
  try {
    prompt();
    for await (const line of untilAborted(linesOf(input.chunks), signal)) {
      const sent = sending.send(reader.record(line));
      await (options.sync === true ? sent : sending.room());
      if (options.sync === true && sending.failures > 0) break;
      prompt();
    }
  } finally {
    await producer.close();
    await sending.settled();
  }
  return sending.failures > 0 ? EXIT.refused : EXIT.done;
}

/** Sends records, counts those not answered yet, and tells of those that failed. */
class Sending {
  readonly #producer: Producer;
  readonly #topic: string;
  readonly #terminal: Terminal;
  readonly #open = new Set<Promise<void>>();
  #bytes = 0;
  /** Somebody waits for room. */
  #roomMade: (() => void) | null = null;
  failures = 0;

  constructor(producer: Producer, topic: string, terminal: Terminal) {
    this.#producer = producer;
    this.#topic = topic;
    this.#terminal = terminal;
  }

  /** Resolves when the record is answered, well or badly. */
  send(record: LineRecord): Promise<void> {
    const size = (record.key?.length ?? 0) + (record.value?.length ?? 0);
    this.#bytes += size;
    const answered = this.#producer
      .send({ topic: this.#topic, key: record.key, value: record.value, headers: record.headers })
      .then(
        () => undefined,
        (error: unknown) => this.#failed(error),
      )
      .then(() => {
        this.#bytes -= size;
        this.#open.delete(answered);
        if (this.#hasRoom) this.#roomMade?.();
      });
    this.#open.add(answered);
    return answered;
  }

  /** Resolves when there is room for more. */
  room(): Promise<void> {
    if (this.#hasRoom) return Promise.resolve();
    return new Promise((resolve) => {
      this.#roomMade = () => {
        this.#roomMade = null;
        resolve();
      };
    });
  }

  get #hasRoom(): boolean {
    return this.#open.size <= MAX_OUTSTANDING_RECORDS && this.#bytes <= MAX_OUTSTANDING_BYTES;
  }

  async settled(): Promise<void> {
    await Promise.all(this.#open);
  }

  #failed(error: unknown): void {
    this.failures++;
    const words = error instanceof KafkaError ? refusal(error) : String(error);
    this.#terminal.note(`trial: a record for ${this.#topic} was not sent: ${words}.`);
  }
}

/** The items until the signal is raised, whatever is being waited for. */
async function* untilAborted<T>(items: AsyncGenerator<T>, signal: AbortSignal): AsyncGenerator<T> {
  const aborted = deferred<null>();
  const abort = () => aborted.resolve(null);
  signal.addEventListener('abort', abort);
  try {
    while (!signal.aborted) {
      const next = await Promise.race([items.next(), aborted.promise]);
      if (next === null || next.done === true) return;
      yield next.value;
    }
  } finally {
    signal.removeEventListener('abort', abort);
  }
}
