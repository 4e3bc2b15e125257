/** Values of options that several subcommands take. */
import { InvalidArgumentError, Option } from 'commander';
import type { Command } from 'commander';

/** A whole number of at least 0. */
export function whole(text: string): number {
  const value = Number(text);
  if (!/^\d+$/.test(text.trim()) || !Number.isSafeInteger(value))
    throw new InvalidArgumentError('It must be a whole number of at least 0.');
  return value;
}

/** A whole number, with or without a sign. */
export function integer(text: string): number {
  const value = Number(text);
  if (!/^[+-]?\d+$/.test(text.trim()) || !Number.isSafeInteger(value))
    throw new InvalidArgumentError('It must be a whole number.');
  return value;
}

/** The most that a field of the protocol with this many bits holds. */
export const INT16_MAX = 2 ** 15 - 1;
export const INT32_MAX = 2 ** 31 - 1;

/** What `parse` takes, if it is at most `most`. */
export const upTo =
  (most: number, parse: (text: string) => number) =>
  (text: string): number => {
    const value = parse(text);
    if (value > most) throw new InvalidArgumentError(`It must be at most ${most}.`);
    return value;
  };

/** For options that may be given several times. */
export const collect = (text: string, previous: readonly string[]): readonly string[] => [...previous, text];

export function repeatable(flags: string, description: string): Option {
  return new Option(flags, `${description}; repeatable`).argParser(collect).default([], 'none');
}

/** What every command takes that talks to a cluster. */
export function clusterOptions(command: Command): Command {
  return command
    .option('--bootstrap-server <host:port>', 'servers of the cluster to begin with, joined by commas')
    .option('--command-config <file>', 'properties file for the clients')
    .addOption(repeatable('--command-property <key=value>', 'a property for the clients, before those of the file'));
}
