/** `trial consume`: writes records to the standard output, as kafka-console-consumer.sh does. */
import { randomInt } from 'node:crypto';
import { Consumer, type ConsumerRecord } from '../../core/client/consumer/consumer.ts';
import { KafkaError } from '../../core/client/errors.ts';
import { keyOf } from '../../core/client/metadata.ts';
import { propertiesFor } from '../client-properties.ts';
import { connected } from '../connection.ts';
import { type ExitStatus, explain } from '../errors.ts';
import { underCurrentNames } from '../options.ts';
import { runTool } from '../run.ts';
import { standardStreams, type Terminal } from '../terminal.ts';
import { checkTopic } from '../topic-check.ts';
import { type Formatter, formatter } from './formatter.ts';
import { type ConsumeOptions, consumerProperties, formatterProperties, RENAMED, type Source, sourceOf } from './options.ts';

/** A cluster that is gone is not waited for longer than this with the last commit. */
const CLOSE_MS = 5_000;

/** Reads until there is enough, nothing comes for too long, or `signal` is raised; resolves with the exit status. */
export function runConsume(
  given: ConsumeOptions,
  signal: AbortSignal,
  terminal: Terminal = standardStreams,
): Promise<ExitStatus> {
  return runTool(terminal, () => {
    const options = underCurrentNames(given, RENAMED, terminal);
    const source = sourceOf(options);
    const format = formatter(formatterProperties(options));
    return connected(options, terminal, async ({ environment, admin, given: forAll }) => {
      const unnamed = `console-consumer-${randomInt(100_000)}`;
      const properties = propertiesFor('consumer', consumerProperties(options, forAll, unnamed), terminal);
      if (source.kind !== 'pattern')
        await checkTopic(admin, source.topic, source.kind === 'partition' ? source.partition : null, terminal);
      const reading = new Reading(new Consumer(environment, properties), options, format, terminal);
      await reading.run(source, signal);
      return undefined;
    });
  });
}

class Reading {
  readonly #consumer: Consumer;
  readonly #options: ConsumeOptions;
  readonly #format: Formatter;
  readonly #terminal: Terminal;
  #count = 0;

  constructor(consumer: Consumer, options: ConsumeOptions, format: Formatter, terminal: Terminal) {
    this.#consumer = consumer;
    this.#options = options;
    this.#format = format;
    this.#terminal = terminal;
  }

  async run(source: Source, signal: AbortSignal): Promise<void> {
    const wakeUp = () => this.#consumer.wakeup();
    signal.addEventListener('abort', wakeUp);
    const listening = this.#terminal.onClosed(() => {
      this.#terminal.note('trial: nobody reads the output any more.');
      wakeUp();
    });
    try {
      this.#begin(source);
      if (!signal.aborted) await this.#read();
    } catch (error) {
      if (!(error instanceof KafkaError && error.errorName === 'WAKEUP')) throw error;
    } finally {
      signal.removeEventListener('abort', wakeUp);
      await this.#consumer.close({ timeoutMs: CLOSE_MS });
      listening.stop();
      this.#terminal.note(`Processed a total of ${this.#count} messages`);
    }
  }

  #begin(source: Source): void {
    const consumer = this.#consumer;
    if (source.kind === 'topic') consumer.subscribe([source.topic]);
    else if (source.kind === 'pattern') consumer.subscribe(source.pattern);
    else {
      const partition = { topic: source.topic, partition: source.partition };
      consumer.assign([partition]);
      if (source.from === 'earliest') consumer.seekToBeginning([partition]);
      else if (source.from === 'latest') consumer.seekToEnd([partition]);
      else consumer.seek(partition, source.from);
    }
  }

  async #read(): Promise<void> {
    const { maxMessages = Number.POSITIVE_INFINITY, timeoutMs = Number.POSITIVE_INFINITY } = this.#options;
    while (this.#count < maxMessages) {
      const records = await this.#consumer.poll(timeoutMs);
      if (records.length === 0) {
        this.#terminal.note(`trial: no message within ${timeoutMs} ms.`);
        return;
      }
      const wanted = records.slice(0, maxMessages - this.#count);
      this.#giveBack(records.slice(wanted.length));
      const chunks: Uint8Array[] = [];
      try {
        for (const record of wanted) {
          this.#count++;
          this.#take(record, chunks);
        }
      } finally {
        this.#terminal.out(Buffer.concat(chunks));
      }
      await this.#terminal.drained();
    }
  }

  #take(record: ConsumerRecord, chunks: Uint8Array[]): void {
    try {
      chunks.push(...this.#format(record));
    } catch (error) {
      if (this.#options.skipMessageOnError !== true) throw error;
      this.#terminal.note(`trial: ${keyOf(record)} offset ${record.offset} is left out: ${explain(error).sentence}.`);
    }
  }

  /** What was fetched but not asked for must not be committed as read. */
  #giveBack(records: readonly ConsumerRecord[]): void {
    const first = new Map<string, ConsumerRecord>();
    for (const record of records) if (!first.has(keyOf(record))) first.set(keyOf(record), record);
    for (const { topic, partition, offset } of first.values()) this.#consumer.seek({ topic, partition }, offset);
  }
}
