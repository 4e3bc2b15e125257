/** `groups --delete` and `--delete-offsets`. */
import type { Admin } from '../../core/client/admin/admin.ts';
import { KafkaError } from '../../core/client/errors.ts';
import { EXIT, type ExitStatus, refusal } from '../errors.ts';
import { column, type Terminal } from '../terminal.ts';
import { partitionCounts } from './offsets.ts';
import { parseScopes, type Scope } from './scope.ts';

/** Deletes each of the groups, and tells of those that could not be deleted. */
export async function deleteGroups(admin: Admin, groups: readonly string[], terminal: Terminal): Promise<ExitStatus> {
  const deleted: string[] = [];
  const refused: string[] = [];
  for (const group of groups) {
    const error = await refusalOf(admin.deleteConsumerGroups([group]));
    if (error === null) deleted.push(group);
    else refused.push(`trial: group ${group} is not deleted: ${error}.`);
  }
  if (deleted.length > 0)
    terminal.out(`Deletion of requested consumer groups (${deleted.map((group) => `'${group}'`).join(', ')}) was successful.\n`);
  for (const sentence of refused) terminal.note(sentence);
  return refused.length === 0 ? EXIT.done : EXIT.refused;
}

/** Deletes the group's offsets of the topics or partitions, and tells of each partition how that went. */
export async function deleteOffsets(
  admin: Admin,
  group: string,
  topics: readonly string[],
  terminal: Terminal,
): Promise<ExitStatus> {
  const scopes = parseScopes(topics);
  const rows: (readonly [topic: string, partition: string, status: string])[] = [];
  let isRefused = false;
  for (const { topic, partitions } of await spelledOut(admin, scopes)) {
    if (partitions === null) {
      isRefused = true;
      rows.push([topic, 'Not Provided', 'Error: there is no such topic (UNKNOWN_TOPIC_OR_PARTITION)']);
    }
    for (const partition of partitions ?? []) {
      const error = await refusalOf(admin.deleteConsumerGroupOffsets(group, [{ topic, partition }]));
      if (error !== null) isRefused = true;
      rows.push([topic, String(partition), error === null ? 'Successful' : `Error: ${error}`]);
    }
  }
  if (!isRefused) terminal.out(`Request succeed for deleting offsets with topic ${topics.join(', ')} group ${group}\n`);
  terminal.out(
    `${[['TOPIC', 'PARTITION', 'STATUS'] as const, ...rows]
      .map(([topic, partition, status]) => `\n${column(topic, 30)} ${column(partition, 15)} ${column(status, 15)}`)
      .join('')}\n`,
  );
  return isRefused ? EXIT.refused : EXIT.done;
}

/** All partitions where only the topic was named; null stays where there is no such topic. */
async function spelledOut(admin: Admin, scopes: readonly Scope[]): Promise<Scope[]> {
  const open = new Set(scopes.filter(({ partitions }) => partitions === null).map(({ topic }) => topic));
  const counts = await partitionCounts(admin, open);
  return scopes.map(({ topic, partitions }) => {
    const count = counts.get(topic);
    return { topic, partitions: partitions ?? (count === undefined ? null : [...Array(count).keys()]) };
  });
}

async function refusalOf(call: Promise<void>): Promise<string | null> {
  try {
    await call;
    return null;
  } catch (error) {
    if (error instanceof KafkaError) return refusal(error);
    throw error;
  }
}
