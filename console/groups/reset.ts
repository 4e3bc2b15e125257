/** `groups --reset-offsets`: plans new offsets for groups without members, and sets them if told to. */
import type { Admin } from '../../core/client/admin/admin.ts';
import { keyOf } from '../../core/client/metadata.ts';
import type { TopicPartition } from '../../core/protocol/partition.ts';
import { EXIT, type ExitStatus, RefusedError, UsageError } from '../errors.ts';
import { readText } from '../properties.ts';
import { column, type Terminal } from '../terminal.ts';
import { formatResetPlan, parseResetPlan, type PlannedOffset, type ResetPlan } from './csv.ts';
import { committedOffsets, describedGroup, inOrder, logOffsets, partitionCounts } from './offsets.ts';
import { type GroupsOptions, resetOf } from './options.ts';
import { parseScopes, type Scope } from './scope.ts';
import { parseDateTime, parseDuration } from './times.ts';

/** What was asked for, checked before a connection is opened. */
export interface ResetRequest {
  readonly options: GroupsOptions;
  /** Null: all that the group has committed. */
  readonly scopes: readonly Scope[] | null;
  /** Of --to-datetime. */
  readonly timeMs: number;
  /** Of --by-duration, back from now. */
  readonly durationMs: number;
  readonly plan: ResetPlan | null;
}

/** Throws UsageError. */
export function resetRequest(options: GroupsOptions): ResetRequest {
  const { group: groups = [], fromFile, toDatetime, byDuration } = options;
  const [onlyGroup = null] = groups.length === 1 ? groups : [];
  return {
    options,
    scopes: options.allTopics === true ? null : parseScopes(options.topic ?? []),
    timeMs: toDatetime === undefined ? 0 : parseDateTime(toDatetime),
    durationMs: byDuration === undefined ? 0 : parseDuration(byDuration),
    plan: fromFile === undefined ? null : parseResetPlan(readText(fromFile), onlyGroup, fromFile),
  };
}

export async function resetOffsets(
  admin: Admin,
  groups: readonly string[],
  request: ResetRequest,
  terminal: Terminal,
): Promise<ExitStatus> {
  const { options } = request;
  let status: ExitStatus = EXIT.done;
  const plan = new Map<string, readonly PlannedOffset[]>();
  if (options.execute !== true && options.dryRun !== true)
    terminal.note('trial: this only shows what would be done; --execute does it.');
  for (const group of groups) {
    const state = (await describedGroup(admin, group))?.state ?? 'Empty';
    if (state !== 'Empty') {
      terminal.note(
        `trial: offsets can only be reset while a group has no members, but group ${group} is ${state} (NON_EMPTY_GROUP).`,
      );
      status = EXIT.refused;
      continue;
    }
    const offsets = inOrder(await plannedOffsets(admin, group, request, terminal));
    if (options.execute === true && offsets.length > 0) await admin.alterConsumerGroupOffsets(group, offsets);
    plan.set(group, offsets);
  }
  terminal.out(options.export === true ? `${formatResetPlan(plan, groups.length !== 1)}` : planTable(plan));
  return status;
}

export function planTable(plan: ResetPlan): string {
  const line = (cells: readonly (string | number)[]) =>
    `\n${column(cells[0] ?? '', 30)} ${column(cells[1] ?? '', 30)} ${column(cells[2] ?? '', 10)} ${column(cells[3] ?? '', 15)}`;
  if (plan.size === 0) return '\n';
  const lines = Array.from(plan, ([group, offsets]) =>
    offsets.map(({ topic, partition, offset }) => line([group, topic, partition, offset])).join(''),
  );
  return `${line(['GROUP', 'TOPIC', 'PARTITION', 'NEW-OFFSET'])}${lines.join('')}\n`;
}

async function plannedOffsets(admin: Admin, group: string, request: ResetRequest, terminal: Terminal): Promise<PlannedOffset[]> {
  const { options, plan } = request;
  const kind = resetOf(options);
  if (kind === 'fromFile') {
    const wanted = plan?.get(group);
    if (wanted === undefined) throw new UsageError(`${options.fromFile} says nothing of group ${group}`);
    await mustExist(admin, wanted);
    return withinLog(admin, wanted, terminal);
  }
  const committed = await committedOffsets(admin, group);
  const partitions = await partitionsInScope(admin, request, committed);
  const current = new Map(committed.map((each) => [keyOf(each), each.offset]));
  switch (kind) {
    case 'toOffset':
      return withinLog(
        admin,
        partitions.map((each) => ({ ...each, offset: options.toOffset ?? 0 })),
        terminal,
      );
    case 'toEarliest':
      return take(partitions, await logOffsets(admin, partitions, 'earliest'));
    case 'toLatest':
      return take(partitions, await logOffsets(admin, partitions, 'latest'));
    case 'toCurrent': {
      const without = partitions.filter((each) => !current.has(keyOf(each)));
      return take(partitions, new Map([...(await logOffsets(admin, without, 'latest')), ...current]));
    }
    case 'shiftBy':
      return withinLog(
        admin,
        partitions.map((each) => {
          const offset = current.get(keyOf(each));
          if (offset === undefined)
            throw new RefusedError(`group ${group} has no committed offset of ${keyOf(each)} that could be shifted`);
          return { ...each, offset: offset + (options.shiftBy ?? 0) };
        }),
        terminal,
      );
    case 'toDatetime':
      return atTime(admin, partitions, request.timeMs, terminal);
    case 'byDuration':
      return atTime(admin, partitions, Date.now() - request.durationMs, terminal);
  }
}

async function partitionsInScope(
  admin: Admin,
  { scopes }: ResetRequest,
  committed: readonly TopicPartition[],
): Promise<TopicPartition[]> {
  if (scopes === null) return committed.map(({ topic, partition }) => ({ topic, partition }));
  const counts = await partitionCounts(admin, new Set(scopes.map(({ topic }) => topic)));
  const unique = new Map<string, TopicPartition>();
  for (const { topic, partitions } of scopes) {
    const count = counts.get(topic);
    if (count === undefined) throw new RefusedError(`there is no topic ${topic} (UNKNOWN_TOPIC_OR_PARTITION)`);
    for (const partition of partitions ?? Array(count).keys()) {
      if (partition >= count) throw new RefusedError(noPartition(topic, partition));
      unique.set(keyOf({ topic, partition }), { topic, partition });
    }
  }
  return [...unique.values()];
}

async function mustExist(admin: Admin, partitions: readonly TopicPartition[]): Promise<void> {
  const counts = await partitionCounts(admin, new Set(partitions.map(({ topic }) => topic)));
  for (const { topic, partition } of partitions)
    if (partition >= (counts.get(topic) ?? 0)) throw new RefusedError(noPartition(topic, partition));
}

function noPartition(topic: string, partition: number): string {
  return `there is no partition ${partition} of topic ${topic} (UNKNOWN_TOPIC_OR_PARTITION)`;
}

function take(partitions: readonly TopicPartition[], offsets: ReadonlyMap<string, number>): PlannedOffset[] {
  return partitions.map((each) => ({ ...each, offset: offsets.get(keyOf(each)) ?? 0 }));
}

/** Offsets beyond an end of the log are moved to that end. */
async function withinLog(admin: Admin, wanted: readonly PlannedOffset[], terminal: Terminal): Promise<PlannedOffset[]> {
  const [starts, ends] = await Promise.all([logOffsets(admin, wanted, 'earliest'), logOffsets(admin, wanted, 'latest')]);
  return wanted.map((each) => {
    const start = starts.get(keyOf(each)) ?? 0;
    const end = ends.get(keyOf(each)) ?? start;
    const offset = Math.min(Math.max(each.offset, start), end);
    if (offset !== each.offset)
      terminal.note(`trial: warning: ${keyOf(each)} has offsets from ${start} to ${end}, so ${each.offset} becomes ${offset}.`);
    return { ...each, offset };
  });
}

async function atTime(
  admin: Admin,
  partitions: readonly TopicPartition[],
  timeMs: number,
  terminal: Terminal,
): Promise<PlannedOffset[]> {
  const found = await logOffsets(admin, partitions, timeMs);
  const none = partitions.filter((each) => (found.get(keyOf(each)) ?? -1) < 0);
  for (const each of none) terminal.note(`trial: warning: ${keyOf(each)} has no record from that time on; its end is taken.`);
  return take(partitions, new Map([...found, ...(await logOffsets(admin, none, 'latest'))]));
}
