/** The defaults of tables of properties. */
import { type ConfigKeys, type ConfigValue, REQUIRED } from './definition.ts';

type Values = Record<string, ConfigValue>;

interface Defaults {
  readonly make: () => Values;
  readonly required: readonly string[];
}

const tables = new WeakMap<object, Defaults>();

/**
 * The defaults of these keys (null where there is none), to be changed: a new object each time, which the engine keeps as a struct. One that
 * is filled name by name becomes a hash table after a dozen names, and core looks into its configuration several times per event.
 */
export function defaultsOf(keys: ConfigKeys): Values {
  return tableOf(keys).make();
}

/** The names of those that have no default. */
export function requiredOf(keys: ConfigKeys): readonly string[] {
  return tableOf(keys).required;
}

function tableOf(keys: ConfigKeys): Defaults {
  let table = tables.get(keys);
  if (table === undefined) {
    const names = Object.keys(keys);
    const required = names.filter((name) => keys[name]?.default === REQUIRED);
    const values = Object.values(keys).map((key) => (key.default === REQUIRED ? null : key.default));
    const fields = names.map((name, index) => `${JSON.stringify(name)}: values[${index}]`);
    // oxlint-disable-next-line typescript/no-implied-eval -- only a literal makes a struct of so many names
    const makerOf = new Function('values', `return () => ({ ${fields.join(', ')} });`) as (values: ConfigValue[]) => () => Values;
    table = { make: makerOf(values), required };
    tables.set(keys, table);
  }
  return table;
}
