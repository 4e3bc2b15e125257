/** Single settings of properties that were checked elsewhere, for whoever judges or plans and needs no whole configuration. */
import { type ConfigKeys, type ConfigTable, type ConfigValue, type Properties, REQUIRED } from './definition.ts';

/** What the properties say of this setting, as given, or its default. */
export function givenOrDefault<T extends ConfigKeys>(
  { keys }: Pick<ConfigTable<T>, 'keys'>,
  properties: Properties,
  name: keyof T & string,
): Exclude<ConfigValue, null> {
  const byDefault = keys[name]?.default;
  const value = properties[name] ?? byDefault;
  if (value === undefined || value === null || value === REQUIRED) throw new Error(`${name} has no default.`);
  return value;
}

/** A number that the properties give, or its default. */
export function numberGiven<T extends ConfigKeys>(
  table: Pick<ConfigTable<T>, 'keys'>,
  properties: Properties,
  name: keyof T & string,
): number {
  return Number(givenOrDefault(table, properties, name));
}
