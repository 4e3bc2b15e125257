import type { ConfigValue } from './definition.ts';

type Values = Record<string, ConfigValue>;

const packers = new WeakMap<object, (values: Values) => Values>();

/**
 * The same values as an object that the engine keeps as a struct. One that is filled name by name becomes a hash table after
 * a dozen names, and core looks into its configuration several times per event. `keys` has the names.
 */
export function packed(keys: object, values: Values): Values {
  let pack = packers.get(keys);
  if (pack === undefined) {
    const fields = Object.keys(keys).map((name) => `${JSON.stringify(name)}: values[${JSON.stringify(name)}]`);
    // oxlint-disable-next-line typescript/no-implied-eval -- only a literal makes a struct of so many names
    pack = new Function('values', `return { ${fields.join(', ')} };`) as (values: Values) => Values;
    packers.set(keys, pack);
  }
  const struct = pack(values);
  // Composed names (`listener.name.<name>.<property>`) are few, and only where somebody set them.
  for (const [name, value] of Object.entries(values)) if (!(name in keys)) struct[name] = value;
  return struct;
}
