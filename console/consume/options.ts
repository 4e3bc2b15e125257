/** The options of `trial consume`, as kafka-console-consumer.sh has them, and the consumer's properties they come to. */
import type { ConnectionOptions } from '../client-properties.ts';
import { UsageError } from '../errors.ts';
import { notWith, wholeNamePattern } from '../options.ts';
import { parseKeyValues, readProperties, type StringProperties } from '../properties.ts';

export interface ConsumeOptions extends ConnectionOptions {
  readonly topic?: string;
  /** Regular expression of topics. */
  readonly include?: string;
  readonly partition?: number;
  readonly offset?: string;
  readonly fromBeginning?: boolean;
  readonly group?: string;
  readonly maxMessages?: number;
  readonly timeoutMs?: number;
  readonly isolationLevel?: string;
  readonly skipMessageOnError?: boolean;
  /** KEY=VALUE each, for the formatter. */
  readonly formatterProperty?: readonly string[];
  readonly formatterConfig?: string;
  /** Before release 4.2 of Kafka: formatterProperty. */
  readonly property?: readonly string[];
  /** Before release 4.2 of Kafka: commandProperty. */
  readonly consumerProperty?: readonly string[];
  /** Before release 4.2 of Kafka: commandConfig. */
  readonly 'consumer.config'?: string;
}

/** Options that Kafka's tool calls otherwise since release 4.2. */
export const RENAMED = [
  ['property', 'formatterProperty'],
  ['consumerProperty', 'commandProperty'],
  ['consumer.config', 'commandConfig'],
] as const satisfies readonly (readonly [older: keyof ConsumeOptions, current: keyof ConsumeOptions])[];

/** What is read, and from where. */
export type Source =
  | { readonly kind: 'topic'; readonly topic: string }
  | { readonly kind: 'pattern'; readonly pattern: RegExp }
  | {
      readonly kind: 'partition';
      readonly topic: string;
      readonly partition: number;
      readonly from: 'earliest' | 'latest' | number;
    };

/** Checks the options. Throws UsageError. */
export function sourceOf(options: ConsumeOptions): Source {
  const { topic, include, partition, offset } = options;
  if ((topic === undefined) === (include === undefined))
    throw new UsageError('exactly one of --topic and --include must be given');
  notWith(options, 'partition', ['include', 'group']);
  if (partition === undefined) {
    if (offset !== undefined) throw new UsageError('--offset needs --partition');
    if (topic !== undefined) return { kind: 'topic', topic };
    return { kind: 'pattern', pattern: wholeNamePattern('--include', include ?? '') };
  }
  notWith(options, 'fromBeginning', ['offset']);
  const from = options.fromBeginning === true ? 'earliest' : startOf(offset ?? 'latest');
  return { kind: 'partition', topic: topic ?? '', partition, from };
}

function startOf(offset: string): 'earliest' | 'latest' | number {
  const word = offset.toLowerCase();
  if (word === 'earliest' || word === 'latest') return word;
  if (!/^\d+$/.test(offset) || !Number.isSafeInteger(Number(offset)))
    throw new UsageError(`--offset ${offset} must be earliest, latest or a number that is not negative`);
  return Number(offset);
}

/** `unnamedGroup` is the group of those who give none; nothing is committed for it. Throws UsageError. */
export function consumerProperties(
  options: ConsumeOptions,
  given: Readonly<StringProperties>,
  unnamedGroup: string,
): StringProperties {
  const group = options.group ?? given['group.id'];
  if (options.group !== undefined && given['group.id'] !== undefined && given['group.id'] !== options.group)
    throw new UsageError(`--group is ${options.group}, but the property group.id is ${given['group.id']}`);
  if (group !== undefined && options.partition !== undefined)
    throw new UsageError('--partition can not be read in a group, but the property group.id is set');
  const reset = given['auto.offset.reset'];
  if (options.fromBeginning === true && reset !== undefined && reset !== 'earliest')
    throw new UsageError(`--from-beginning contradicts the property auto.offset.reset=${reset}`);
  return {
    'client.id': 'console-consumer',
    'auto.offset.reset': options.fromBeginning === true ? 'earliest' : 'latest',
    ...(group === undefined ? { 'enable.auto.commit': 'false' } : {}),
    ...given,
    ...(options.isolationLevel === undefined ? {} : { 'isolation.level': options.isolationLevel }),
    'group.id': group ?? unnamedGroup,
  };
}

/** Properties of the formatter. Throws UsageError. */
export function formatterProperties(options: ConsumeOptions): StringProperties {
  return {
    ...(options.formatterConfig === undefined ? {} : readProperties(options.formatterConfig)),
    ...parseKeyValues('--formatter-property', options.formatterProperty ?? []),
  };
}
