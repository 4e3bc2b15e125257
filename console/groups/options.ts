/** The options of `trial groups`, as kafka-consumer-groups.sh has them, and which of them go together. */
import type { ConnectionOptions } from '../client-properties.ts';
import { UsageError } from '../errors.ts';
import { exactlyOne, flag, isGiven, notWith, onlyWith } from '../options.ts';

export interface GroupsOptions extends ConnectionOptions {
  readonly list?: boolean;
  readonly describe?: boolean;
  readonly delete?: boolean;
  readonly resetOffsets?: boolean;
  readonly deleteOffsets?: boolean;
  readonly group?: readonly string[];
  readonly allGroups?: boolean;
  /** NAME or NAME:0,1,2 */
  readonly topic?: readonly string[];
  readonly allTopics?: boolean;
  readonly members?: boolean;
  readonly offsets?: boolean;
  readonly verbose?: boolean;
  /** With --list the states wanted, joined by commas; true: all. */
  readonly state?: string | true;
  readonly type?: string | true;
  readonly toOffset?: number;
  readonly toEarliest?: boolean;
  readonly toLatest?: boolean;
  readonly toCurrent?: boolean;
  readonly toDatetime?: string;
  readonly byDuration?: string;
  readonly shiftBy?: number;
  readonly fromFile?: string;
  readonly dryRun?: boolean;
  readonly execute?: boolean;
  readonly export?: boolean;
  /** Milliseconds for each call. */
  readonly timeout: number;
}

export type GroupsAction = 'list' | 'describe' | 'delete' | 'resetOffsets' | 'deleteOffsets';

const ACTIONS = ['list', 'describe', 'delete', 'resetOffsets', 'deleteOffsets'] as const;

const RESETS = [
  'toOffset',
  'toEarliest',
  'toLatest',
  'toCurrent',
  'toDatetime',
  'byDuration',
  'shiftBy',
  'fromFile',
] as const satisfies readonly (keyof GroupsOptions)[];

/** What offsets are reset to. */
export type Reset = (typeof RESETS)[number];

/** Checks the options and finds what is to be done. Throws UsageError. */
export function groupsAction(options: GroupsOptions): GroupsAction {
  const action = exactlyOne(options, ACTIONS);
  onlyWith(options, action, {
    group: ['describe', 'delete', 'resetOffsets', 'deleteOffsets'],
    allGroups: ['describe', 'delete', 'resetOffsets'],
    topic: ['resetOffsets', 'deleteOffsets'],
    allTopics: ['resetOffsets'],
    members: ['describe'],
    offsets: ['describe'],
    verbose: ['describe'],
    state: ['describe', 'list'],
    type: ['list'],
    ...Object.fromEntries([...RESETS, 'dryRun', 'execute', 'export'].map((name) => [name, ['resetOffsets']])),
  });
  notWith(options, 'group', ['allGroups']);
  const hasGroups = (options.group ?? []).length > 0 || options.allGroups === true;
  if (action !== 'list' && !hasGroups)
    throw new UsageError(`${flag(action)} needs --group${action === 'deleteOffsets' ? '' : ' or --all-groups'}`);
  if (action === 'describe') checkDescribe(options);
  if (action === 'resetOffsets') checkReset(options);
  if (action === 'deleteOffsets') {
    if ((options.topic ?? []).length === 0) throw new UsageError('--delete-offsets needs --topic');
    if ((options.group ?? []).length > 1) throw new UsageError('--delete-offsets takes one --group');
  }
  return action;
}

function checkDescribe(options: GroupsOptions): void {
  notWith(options, 'members', ['offsets', 'state']);
  notWith(options, 'offsets', ['state']);
  if (typeof options.state === 'string') throw new UsageError(`--state takes no value with --describe (here: ${options.state})`);
}

function checkReset(options: GroupsOptions): void {
  notWith(options, 'dryRun', ['execute']);
  const reset = exactlyOne(options, RESETS);
  notWith(options, 'topic', ['allTopics']);
  const hasScope = (options.topic ?? []).length > 0 || options.allTopics === true;
  if (!hasScope && reset !== 'fromFile') throw new UsageError('--reset-offsets needs --topic or --all-topics');
}

/** How offsets are to be reset, once the options are checked. */
export function resetOf(options: GroupsOptions): Reset {
  return RESETS.find((name) => isGiven(options[name])) ?? 'toCurrent';
}

const STATES = ['PreparingRebalance', 'CompletingRebalance', 'Stable', 'Dead', 'Empty', 'Assigning', 'Reconciling'];
const TYPES = ['Consumer', 'Classic', 'Share'];

/** The states asked for, in Kafka's writing; null: all. Throws UsageError. */
export function statesWanted(given: string | true | undefined): ReadonlySet<string> | null {
  return wanted('--state', given, STATES);
}

/** The group types asked for, in Kafka's writing; null: all. Throws UsageError. */
export function typesWanted(given: string | true | undefined): ReadonlySet<string> | null {
  return wanted('--type', given, TYPES);
}

function wanted(option: string, given: string | true | undefined, known: readonly string[]): ReadonlySet<string> | null {
  if (given === undefined || given === true || given === '') return null;
  return new Set(
    given.split(',').map((text) => {
      const name = known.find((each) => each.toLowerCase() === text.trim().toLowerCase());
      if (name === undefined) throw new UsageError(`${option} ${text.trim()} must be one of ${known.join(', ')}`);
      return name;
    }),
  );
}
