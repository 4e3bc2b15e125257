/** The options of `trial produce`, as kafka-console-producer.sh has them, and the producer's properties they come to. */
import { type ConnectionOptions } from '../client-properties.ts';
import { UsageError } from '../errors.ts';
import { parseKeyValues, readProperties, type StringProperties } from '../properties.ts';

export interface ProduceOptions extends ConnectionOptions {
  readonly topic?: string;
  /** KEY=VALUE each, for the reader of lines. */
  readonly property?: readonly string[];
  readonly readerProperty?: readonly string[];
  readonly readerConfig?: string;
  readonly producerProperty?: readonly string[];
  readonly 'producer.config'?: string;
  readonly sync?: boolean;
  /** True: given without a value, which means gzip. */
  readonly compressionCodec?: string | true;
  readonly requestRequiredAcks?: string;
  readonly requestTimeoutMs?: number;
  readonly timeout?: number;
  readonly batchSize?: number;
  readonly maxPartitionMemoryBytes?: number;
  readonly maxMemoryBytes?: number;
  readonly maxBlockMs?: number;
  readonly messageSendMaxRetries?: number;
  readonly retryBackoffMs?: number;
  readonly metadataExpiryMs?: number;
}

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

/** Throws UsageError if two options name a file for the same thing. */
export function connectionOptions(options: ProduceOptions): ConnectionOptions {
  if (options.commandConfig !== undefined && options['producer.config'] !== undefined)
    throw new UsageError('--command-config and --producer.config exclude each other');
  const file = options.commandConfig ?? options['producer.config'];
  return {
    ...(options.bootstrapServer === undefined ? {} : { bootstrapServer: options.bootstrapServer }),
    ...(file === undefined ? {} : { commandConfig: file }),
    commandProperty: [...(options.commandProperty ?? []), ...(options.producerProperty ?? [])],
  };
}

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
    ...parseKeyValues('--property', options.property ?? []),
    ...parseKeyValues('--reader-property', options.readerProperty ?? []),
  };
}
