/** Checks of options that depend on each other, told by the names that people typed. */
import { UsageError } from './errors.ts';
import type { Terminal } from './terminal.ts';

/** An option's name as it is typed: ifNotExists -> --if-not-exists. */
export function flag(option: string): string {
  return `--${option.replaceAll(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`)}`;
}

function list(options: readonly string[]): string {
  return options
    .map(flag)
    .join(', ')
    .replace(/, ([^,]*)$/, ' and $1');
}

/** Is this option given? A repeatable one without values, and a switch that is off, are not. */
export function isGiven(value: unknown): boolean {
  return value !== undefined && value !== false && !(Array.isArray(value) && value.length === 0);
}

/** The one of these options that is given. Throws UsageError if it is none or several. */
export function exactlyOne<O extends object, K extends keyof O & string>(options: O, names: readonly K[]): K {
  const given = names.filter((name) => isGiven(options[name]));
  const [only] = given;
  if (only === undefined) throw new UsageError(`exactly one of ${list(names)} must be given`);
  if (given.length > 1) throw new UsageError(`only one of ${list(names)} can be given, but here are ${list(given)}`);
  return only;
}

/** Options that make sense only with some of the actions. Throws UsageError for one that is given with another action. */
export function onlyWith<O extends object>(
  options: O,
  action: string,
  rules: Partial<Record<keyof O & string, readonly string[]>>,
): void {
  for (const [name, actions] of Object.entries(rules) as [keyof O & string, readonly string[]][])
    if (isGiven(options[name]) && !actions.includes(action))
      throw new UsageError(`${flag(name)} goes with ${list(actions)}, not with ${flag(action)}`);
}

/** Throws UsageError if `name` is given together with one of the others. */
export function notWith<O extends object>(options: O, name: keyof O & string, others: readonly (keyof O & string)[]): void {
  if (!isGiven(options[name])) return;
  for (const other of others)
    if (isGiven(options[other])) throw new UsageError(`${flag(name)} and ${flag(other)} exclude each other`);
}

/** What is said to whoever uses an older name. */
export function deprecation(older: string, current: string): string {
  return `trial: warning: ${flag(older)} is deprecated; use ${flag(current)}.`;
}

/**
 * Options under the names that Kafka's tools have for them since release 4.2 (KIP-1147). The older names are still taken, with a
 * note. Throws UsageError if an option is given under both.
 */
export function underCurrentNames<O extends object>(
  options: O,
  renamed: readonly (readonly [older: keyof O & string, current: keyof O & string])[],
  terminal: Terminal,
): O {
  const named = { ...options };
  for (const [older, current] of renamed) {
    if (!isGiven(options[older])) continue;
    notWith(options, older, [current]);
    terminal.note(deprecation(older, current));
    Object.assign(named, { [current]: options[older], [older]: undefined });
  }
  return named;
}

/** A regular expression that names must match as a whole. Throws UsageError if it is none. */
export function wholeNamePattern(option: string, text: string): RegExp {
  try {
    return new RegExp(`^(?:${text})$`, 'u');
  } catch {
    throw new UsageError(`${option} ${text} is not a regular expression`);
  }
}
