/** Reset plans as files: `topic,partition,offset` for one group, `group,topic,partition,offset` for several. */
import type { TopicPartition } from '../../core/protocol/partition.ts';
import { UsageError } from '../errors.ts';

export interface PlannedOffset extends TopicPartition {
  readonly offset: number;
}

/** What each group's offsets are to be. */
export type ResetPlan = ReadonlyMap<string, readonly PlannedOffset[]>;

/** Reads a plan; lines without a group are for `onlyGroup`. Throws UsageError. */
export function parseResetPlan(text: string, onlyGroup: string | null, source: string): ResetPlan {
  const plan = new Map<string, PlannedOffset[]>();
  for (const [index, line] of text.split(/\r?\n/).entries()) {
    if (line.trim() === '') continue;
    const cells = line.split(',').map((cell) => cell.trim().replace(/^"(.*)"$/, '$1'));
    const [offset, partition, topic, group = onlyGroup] = cells.toReversed();
    const areNumbers = /^\d+$/.test(offset ?? '') && /^\d+$/.test(partition ?? '');
    if (cells.length > 4 || !areNumbers || topic === undefined || topic === '' || group === null || group === '') {
      const form = onlyGroup === null ? 'group,topic,partition,offset' : 'topic,partition,offset';
      throw new UsageError(`line ${index + 1} of ${source} is ${JSON.stringify(line)}, but it must be ${form}`);
    }
    const of = plan.get(group) ?? [];
    of.push({ topic, partition: Number(partition), offset: Number(offset) });
    plan.set(group, of);
  }
  return plan;
}

/** The plan as lines; with the group in front unless there is only one that was asked for. */
export function formatResetPlan(plan: ResetPlan, withGroup: boolean): string {
  return Array.from(plan, ([group, offsets]) =>
    offsets.map(({ topic, partition, offset }) => `${withGroup ? `${group},` : ''}${topic},${partition},${offset}\n`).join(''),
  ).join('');
}
