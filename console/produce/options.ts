/** The options of `trial produce`, as kafka-console-producer.sh has them, and the producer's properties they come to. */
import { type ConnectionOptions } from '../client-properties.ts';
import { parseKeyValues, readProperties, type StringProperties } from '../properties.ts';

export interface ProduceOptions extends ConnectionOptions {
  readonly topic?: string;
  /** KEY=VALUE each, for the reader of lines. */
  readonly readerProperty?: readonly string[];
  readonly readerConfig?: string;
  /** Before release 4.2 of Kafka: readerProperty. */
  readonly property?: readonly string[];
  /** Before release 4.2 of Kafka: commandProperty. */
  readonly producerProperty?: readonly string[];
  /** Before release 4.2 of Kafka: commandConfig. */
  readonly 'producer.config'?: string;
  readonly sync?: boolean;
  /** True: given without a value, which means gzip. */
  readonly compressionCodec?: string | true;
  readonly requestRequiredAcks?: string;
  readonly requestTimeoutMs?: number;
  readonly timeout?: number;
  readonly batchSize?: number;
  /** Before release 4.2 of Kafka: batchSize, over which it wins as with Kafka's tool. */
  readonly maxPartitionMemoryBytes?: number;
  readonly maxMemoryBytes?: number;
  readonly maxBlockMs?: number;
  readonly messageSendMaxRetries?: number;
  readonly retryBackoffMs?: number;
  readonly metadataExpiryMs?: number;
}

/** Options that Kafka's tool calls otherwise since release 4.2. */
export const RENAMED = [
  ['property', 'readerProperty'],
  ['producerProperty', 'commandProperty'],
  ['producer.config', 'commandConfig'],
] as const satisfies readonly (readonly [older: keyof ProduceOptions, current: keyof ProduceOptions])[];

/** The options that set a property of the producer, the later ones last, with the tool's own default. */
const PROPERTY_OPTIONS = [
  ['linger.ms', 'timeout', 1000],
  ['acks', 'requestRequiredAcks', '-1'],
  ['request.timeout.ms', 'requestTimeoutMs', 1500],
  ['retries', 'messageSendMaxRetries', 3],
  ['retry.backoff.ms', 'retryBackoffMs', 100],
  ['buffer.memory', 'maxMemoryBytes', 33_554_432],
  ['batch.size', 'batchSize', 16_384],
  ['batch.size', 'maxPartitionMemoryBytes', 16_384],
  ['metadata.max.age.ms', 'metadataExpiryMs', 300_000],
  ['max.block.ms', 'maxBlockMs', 60_000],
] as const satisfies readonly (readonly [property: string, option: keyof ProduceOptions, byDefault: string | number])[];

/** What the options add to the properties that were given: an option wins, then a property, then the tool's default. */
export function producerProperties(options: ProduceOptions, given: Readonly<StringProperties>): StringProperties {
  const properties: StringProperties = { 'client.id': 'console-producer', ...given };
  for (const [property, option, byDefault] of PROPERTY_OPTIONS) {
    const value = options[option];
    if (value !== undefined) properties[property] = String(value);
    else properties[property] ??= String(byDefault);
  }
  const { compressionCodec } = options;
  if (compressionCodec !== undefined) properties['compression.type'] = compressionCodec === true ? 'gzip' : compressionCodec;
  return properties;
}

/** Properties of the reader of lines. Throws UsageError. */
export function readerProperties(options: ProduceOptions): StringProperties {
  return {
    ...(options.readerConfig === undefined ? {} : readProperties(options.readerConfig)),
    ...parseKeyValues('--reader-property', options.readerProperty ?? []),
  };
}
