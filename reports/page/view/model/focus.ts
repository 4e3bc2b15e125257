/** What a page is about: which partitions, group and transactions are shown first. */
import type { PartitionTrack, RunRecord } from '../../record/run-record.ts';

export interface Focus {
  /** Names of partitions, the first one in the foreground. */
  readonly partitions: readonly string[];
  readonly group: string | null;
  /** Names of processes that the violation speaks of. */
  readonly processes: readonly string[];
}

const PARTITIONS_MOST = 3;

export function focusOf(record: RunRecord): Focus {
  const violation = record.violations[0];
  const subjects = [...(record.story?.subjects ?? []), violation?.facts.partition, violation?.facts.group].filter(
    (name) => name !== undefined,
  );
  // What the first violation is about comes first, then what its sentence names, then what the others name.
  const messages = record.violations.map(({ message }) => message);
  const rank = ({ name }: PartitionTrack): number =>
    subjects.includes(name) ? 0 : 1 + messages.findIndex((message) => names(message, name));
  const named = record.partitions
    .filter(({ name }) => subjects.includes(name) || messages.some((message) => names(message, name)))
    .toSorted((a, b) => rank(a) - rank(b));
  const groups = record.groups.filter(({ name }) => subjects.includes(name)).map(({ name }) => name);
  const ids = [violation?.facts.nodeId, violation?.facts.otherNodeId, violation?.facts.brokerId];
  const processes = record.processes
    .filter(
      ({ name, nodeId }) =>
        (nodeId !== -1 && ids.includes(nodeId)) || name === violation?.facts.client || subjects.includes(name),
    )
    .map(({ name }) => name);
  const partitions = unique(named.map(({ name }) => name)).slice(0, PARTITIONS_MOST);
  return {
    partitions: partitions.length > 0 ? partitions : fallback(record, processes),
    group: groups[0] ?? null,
    processes,
  };
}

/** Where nothing is named: the metadata log for controllers, else the partition in which most happened. */
function fallback({ partitions, processes, violations }: RunRecord, named: readonly string[]): readonly string[] {
  const ofControllers =
    named.length > 0 && processes.filter(({ name }) => named.includes(name)).every(({ kind }) => kind.includes('controller'));
  if (ofControllers || violations[0]?.property.startsWith('K') === true) {
    const log = partitions.find(({ name }) => name === '__cluster_metadata-0');
    if (log !== undefined) return [log.name];
  }
  const rows = ({ replicas }: PartitionTrack): number => replicas.reduce((sum, { us }) => sum + us.length, 0);
  const busiest = partitions.filter(({ isInternal }) => !isInternal).toSorted((a, b) => rows(b) - rows(a))[0];
  const chosen = busiest ?? partitions[0];
  return chosen === undefined ? [] : [chosen.name];
}

/** Does a sentence have this name, and not a longer one? */
function names(sentence: string, name: string): boolean {
  return sentence.split(/[\s,;:()[\]@]+/).includes(name);
}

function unique<T>(list: readonly T[]): T[] {
  return [...new Set(list)];
}
