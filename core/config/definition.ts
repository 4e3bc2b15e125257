/**
 * Tables of configuration properties: each name with its type, default, check, importance and a line of documentation.
 * A table and what is parsed by it are typed by the same object, so `config['num.partitions']` is known to be a number.
 */
export type ConfigType = 'boolean' | 'int' | 'long' | 'short' | 'double' | 'string' | 'list' | 'class' | 'password';
export type Importance = 'high' | 'medium' | 'low';
export type ConfigValue = boolean | number | string | readonly string[] | null;

/** What a person or a scenario may give for a property. */
export type Properties = Readonly<Record<string, string | number | boolean>>;

/** The same of properties that were checked: names of a table, and no other. */
export type GivenConfigs<Name extends string> = { readonly [Given in Name]?: string | number | boolean };

/** A check of one value: null, or what would be right ("at least 1"). */
export type Validator = (value: ConfigValue) => string | null;

/** A property without a default. */
export const REQUIRED: unique symbol = Symbol('required');

export interface ConfigKey<V extends ConfigValue = ConfigValue> {
  readonly type: ConfigType;
  readonly default: V | typeof REQUIRED;
  readonly validate: Validator | null;
  readonly importance: Importance;
  readonly doc: string;
  /** For tests: DescribeConfigs tells of it only where somebody has set it. */
  readonly isInternal?: true;
}

export type ConfigKeys = Readonly<Record<string, ConfigKey>>;

export interface ConfigTable<T extends ConfigKeys = ConfigKeys> {
  readonly keys: T;
  /** The key of a name that is made of others, such as `listener.name.internal.ssl.keystore.key`; null: there is no such name. */
  readonly composed?: (name: string) => ConfigKey | null;
  /** Looks at the values together: may correct them in place, and throws ConfigError when they do not fit each other. */
  readonly finish: (values: Record<string, ConfigValue>, given: ReadonlySet<string>) => void;
}

export type ConfigValues<T extends ConfigTable> = {
  readonly [K in keyof T['keys']]: T['keys'][K] extends ConfigKey<infer V> ? V : never;
};

/** A property that cannot be used; the message is one sentence with name, value and what would be right. */
export class ConfigError extends Error {
  override readonly name = 'ConfigError';
}

/** Java's Long.MAX_VALUE stands for "no limit"; here it is the largest safe integer. */
export const NO_LIMIT: number = Number.MAX_SAFE_INTEGER;
export const MAX_INT = 2_147_483_647;

/** Makes a table; `finish` sees all values after each was parsed by itself. */
export function defineConfig<const T extends ConfigKeys>(
  keys: T,
  finish: ConfigTable<T>['finish'] = () => {},
  composed?: ConfigTable<T>['composed'],
): ConfigTable<T> {
  return composed === undefined ? { keys, finish } : { keys, finish, composed };
}

export function atLeast(min: number): Validator {
  return (value) => (value === null || (value as number) >= min ? null : `at least ${min}`);
}

export function between(min: number, max: number): Validator {
  return (value) =>
    value === null || ((value as number) >= min && (value as number) <= max) ? null : `between ${min} and ${max}`;
}

/** Of a list that has to have an entry. */
export const notEmpty: Validator = (value) => ((value as readonly string[] | null)?.length === 0 ? 'not empty' : null);

export function listOf(...allowed: string[]): Validator {
  return (value) =>
    (value as readonly string[]).every((item) => allowed.includes(item)) ? null : `a list of ${allowed.join(', ')}`;
}

const someText: Validator = (value) => (value === '' ? 'not empty' : null);

type NumberKey = {
  (byDefault: number, importance: Importance, doc: string, validate?: Validator): ConfigKey<number>;
  (byDefault: null, importance: Importance, doc: string, validate?: Validator): ConfigKey<number | null>;
};
type StringKey = {
  (byDefault: string, importance: Importance, doc: string, validate?: Validator): ConfigKey<string>;
  (byDefault: null, importance: Importance, doc: string, validate?: Validator): ConfigKey<string | null>;
};

function keyOf(type: ConfigType) {
  return (byDefault: ConfigValue, importance: Importance, doc: string, validate?: Validator): ConfigKey => ({
    type,
    default: byDefault,
    validate: validate ?? null,
    importance,
    doc,
  });
}

export const int: NumberKey = keyOf('int') as NumberKey;
export const long: NumberKey = keyOf('long') as NumberKey;
export const short: NumberKey = keyOf('short') as NumberKey;
export const double: NumberKey = keyOf('double') as NumberKey;
export const string: StringKey = keyOf('string') as StringKey;
export const className: StringKey = keyOf('class') as StringKey;

/** A text that is shown to nobody. */
export function password(importance: Importance, doc: string): ConfigKey<string | null> {
  return { type: 'password', default: null, validate: null, importance, doc };
}

export function boolean(byDefault: boolean, importance: Importance, doc: string): ConfigKey<boolean> {
  return { type: 'boolean', default: byDefault, validate: null, importance, doc };
}

type ListKey = {
  (byDefault: readonly string[], importance: Importance, doc: string, validate?: Validator): ConfigKey<readonly string[]>;
  (byDefault: null, importance: Importance, doc: string, validate?: Validator): ConfigKey<readonly string[] | null>;
};

export const list: ListKey = keyOf('list') as ListKey;

/** A property that is there for tests. */
export function internal<V extends ConfigValue>(key: ConfigKey<V>): ConfigKey<V> {
  return { ...key, isInternal: true };
}

/** A list that has no default. */
export function requiredList(importance: Importance, doc: string, validate?: Validator): ConfigKey<readonly string[]> {
  return { type: 'list', default: REQUIRED, validate: validate ?? null, importance, doc };
}

/** An integer that has no default. */
export function requiredInt(importance: Importance, doc: string, validate?: Validator): ConfigKey<number> {
  return { type: 'int', default: REQUIRED, validate: validate ?? null, importance, doc };
}

/** A string with an optional default that may not be empty when given. */
export function optionalName(importance: Importance, doc: string): ConfigKey<string | null> {
  return { type: 'string', default: null, validate: someText, importance, doc };
}

/** One of some words. */
export function choice<const C extends string>(
  allowed: readonly C[],
  byDefault: NoInfer<C>,
  importance: Importance,
  doc: string,
): ConfigKey<C> {
  return {
    type: 'string',
    default: byDefault,
    validate: (value) => (allowed.includes(value as C) ? null : `one of ${allowed.join(', ')}`),
    importance,
    doc,
  };
}
