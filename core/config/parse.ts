/** Properties, as given by a person, a file or the metadata log, into typed values. */
import { closestName } from './closest-name.ts';
import {
  ConfigError,
  type ConfigKey,
  type ConfigKeys,
  type ConfigTable,
  type ConfigType,
  type ConfigValue,
  type ConfigValues,
  NO_LIMIT,
  type Properties,
} from './definition.ts';
import { defaultsOf, requiredOf } from './defaults.ts';

const INTEGER_RANGE = {
  short: [-32_768, 32_767],
  int: [-2_147_483_648, 2_147_483_647],
  long: [-NO_LIMIT, NO_LIMIT],
} as const;

function invalid(name: string, value: unknown, right: string): ConfigError {
  return new ConfigError(`${name} is ${JSON.stringify(value)}, but it must be ${right}.`);
}

function parseInteger(name: string, type: 'short' | 'int' | 'long', given: string | number | boolean): number {
  const text = String(given).trim();
  if (!/^[+-]?\d+$/.test(text)) throw invalid(name, given, 'a whole number');
  const [min, max] = INTEGER_RANGE[type];
  const parsed = Number(text);
  // Java's longs reach further than safe integers; what lies beyond means "no limit" in both.
  if (type === 'long') return Math.min(Math.max(parsed, min), max);
  if (parsed < min || parsed > max) throw invalid(name, given, `between ${min} and ${max}`);
  return parsed;
}

/** The entries of a list as they stand there. */
export function listItems(text: string): string[] {
  return text.trim() === '' ? [] : text.split(',').map((item) => item.trim());
}

/** Reads one value as the key's type says and checks it. Throws ConfigError. */
export function parseValue(name: string, key: ConfigKey, given: string | number | boolean): ConfigValue {
  const value = readValue(name, key, given);
  const right = key.validate?.(value) ?? null;
  if (right !== null) throw invalid(name, key.type === 'password' ? '[hidden]' : given, right);
  return value;
}

function readValue(name: string, key: ConfigKey, given: string | number | boolean): ConfigValue {
  switch (key.type) {
    case 'boolean': {
      const text = String(given).trim().toLowerCase();
      if (text !== 'true' && text !== 'false') throw invalid(name, given, 'true or false');
      return text === 'true';
    }
    case 'short':
    case 'int':
    case 'long':
      return parseInteger(name, key.type, given);
    case 'double': {
      const text = String(given).trim();
      const parsed = Number(text);
      if (text === '' || !Number.isFinite(parsed)) throw invalid(name, given, 'a number');
      return parsed;
    }
    case 'list': {
      const items = listItems(String(given));
      if (items.includes('')) throw invalid(name, given, 'a list without empty entries');
      return [...new Set(items)];
    }
    case 'string':
    case 'class':
    case 'password':
      return String(given).trim();
  }
}

/**
 * Parses properties by a table: every value typed and checked, defaults filled in, then the table's checks across values.
 * Throws ConfigError for an unknown name, a missing required one, a bad value, or values that do not fit each other.
 */
export function parseConfig<T extends ConfigTable>(table: T, properties: Properties): ConfigValues<T> {
  const keys: ConfigKeys = table.keys;
  const values = defaultsOf(keys);
  for (const [name, given] of Object.entries(properties)) {
    const key = Object.hasOwn(keys, name) ? (keys[name] as ConfigKey) : (table.composed?.(name) ?? null);
    if (key === null) {
      const closest = closestName(Object.keys(table.keys), name);
      throw new ConfigError(`${name} is not a known property.${closest === null ? '' : ` Did you mean ${closest}?`}`);
    }
    values[name] = parseValue(name, key, given);
  }
  for (const name of requiredOf(keys))
    if (properties[name] === undefined) throw new ConfigError(`${name} is missing and has no default.`);
  table.finish(values, new Set(Object.keys(properties)));
  return values as ConfigValues<T>;
}

/** A value as DescribeConfigs and property files write it; null for no value. */
export function formatValue(value: ConfigValue, type?: ConfigType): string | null {
  if (value === null) return null;
  if (typeof value === 'object') return value.join(',');
  if (type === 'double') return formatDouble(value as number);
  return value === NO_LIMIT ? '9223372036854775807' : String(value);
}

/** As Java writes it: always with a point, and with an exponent below 0.001 and from 10 millions on. */
function formatDouble(value: number): string {
  const size = Math.abs(value);
  if (value === 0 || (size >= 1e-3 && size < 1e7)) return Number.isInteger(value) ? `${value}.0` : String(value);
  const [digits = '', exponent] = value.toExponential().split('e');
  return `${digits.includes('.') ? digits : `${digits}.0`}E${Number(exponent)}`;
}
