/**
 * A violation on one page, for `trial replay`: the event that was judged with its facts, the lines before it that concern the
 * same partition or group, the replicas as they are and who fetches from whom, and the faults then under way.
 */
import type { NodeInspection, ReplicaInspection } from '../core/broker/inspection.ts';
import { errorName } from '../core/protocol/errors.ts';
import { topicPartitionKey } from '../core/protocol/partition.ts';
import { carried, concerning, mentioned, type Subjects } from '../campaign/concerns.ts';
import { PROPERTY_TITLES } from '../properties/registry.ts';
import { factsOf, narrate, narrateTime } from '../campaign/narrate.ts';
import { printable } from '../campaign/printable.ts';
import type { TraceMemory } from '../campaign/trace-memory.ts';
import type { ClusterView, ViolationFacts } from '../sim/observe.ts';
import type { TraceLine } from '../sim/run.ts';

/** Lines about the same that are shown. */
const LINES_SHOWN = 30;

type ViolationLine = TraceLine & { readonly what: Extract<TraceLine['what'], { readonly type: 'violation' }> };

export function isViolation(line: TraceLine): line is ViolationLine {
  return line.what.type === 'violation';
}

/** The page for a violation that was just told: `memory` ends with its line. `again` is the command that got here. */
export function failurePage(violation: ViolationLine, memory: TraceMemory, view: ClusterView, again: string): string {
  const { property, message, facts } = violation.what;
  const title = PROPERTY_TITLES.get(property);
  const before = memory.lines.slice(0, memory.lines.lastIndexOf(violation));
  const judged = judgedEvent(before, violation);
  const subjects = subjectsOf(message, facts, judged, memory, view);
  const time = narrateTime(violation.timeUs).trim();
  const blocks = [
    [
      `VIOLATED ${property}${title === undefined ? '' : `: ${title}`}`,
      `at ${time}, in the phase ${view.phase}:`,
      ...indented(message.split('\n')),
    ],
    judged === null ? ['No single event was judged: it is what the cluster had come to.'] : judgedText(judged),
    linesText(before, subjects),
    ...[...subjects].filter((name) => memory.partitions.has(name)).map((partition) => replicasText(partition, before, view)),
    ...[...subjects].filter((name) => memory.groups.has(name)).map((group) => groupText(group, view)),
    faultsText(memory),
    moreText(subjects, memory, time, again),
  ];
  return printable(blocks.map((lines) => lines.join('\n')).join('\n\n'));
}

/** The event in whose step the violation was found, if it was found in one. */
function judgedEvent(before: readonly TraceLine[], { step }: TraceLine): TraceLine | null {
  const last = before.findLast(({ what }) => !['violation', 'note', 'fault', 'phase'].includes(what.type));
  return last !== undefined && last.step === step ? last : null;
}

/**
 * Partitions and groups that the violation rests on, or else its processes. A property that says only a sentence is about the partitions and
 * groups that this mentions, or else those of the judged event, or else processes.
 */
function subjectsOf(
  message: string,
  facts: ViolationFacts,
  judged: TraceLine | null,
  memory: TraceMemory,
  { nodeIds }: ClusterView,
): Subjects {
  const things = new Set([...memory.partitions, ...memory.groups]);
  const inFacts = [facts.partition, facts.group].filter((name) => name !== undefined && things.has(name)) as string[];
  if (inFacts.length > 0) return new Set(inFacts);
  const nodes = [facts.nodeId, facts.otherNodeId, facts.brokerId];
  const processesInFacts = [...nodeIds].flatMap(([name, id]) => (nodes.includes(id) ? [name] : []));
  if (facts.client !== undefined) processesInFacts.push(facts.client);
  if (processesInFacts.length > 0) return new Set(processesInFacts);
  const inMessage = mentioned(message, things);
  if (inMessage.size > 0) return inMessage;
  const inEvent = judged === null ? new Set<string>() : carried(judged.what, things);
  // An event about everything is about nothing in particular.
  if (inEvent.size > 0 && inEvent.size <= 3) return inEvent;
  const processes = mentioned(message, memory.processes);
  return processes.size > 0 || judged === null ? processes : new Set([judged.node]);
}

function judgedText(line: TraceLine): string[] {
  const facts = factsOf(line.what);
  const width = Math.max(0, ...facts.map(([name]) => name.length));
  return ['The event that was judged:', narrate(line), ...facts.map(([name, value]) => `      ${name.padEnd(width)}  ${value}`)];
}

function linesText(before: readonly TraceLine[], subjects: Subjects): string[] {
  const about = before.flatMap((line) => {
    if (line.what.type === 'fault' || line.what.type === 'phase') return [line];
    if (subjects.has(line.node)) return [line];
    const what = concerning(line.what, subjects);
    return what === null ? [] : [{ ...line, what }];
  });
  const names = [...subjects].join(', ');
  const shown = about.slice(-LINES_SHOWN);
  return [
    `The last ${shown.length} of ${about.length} lines about ${names === '' ? 'the cluster' : names}, and about faults:`,
    ...shown.map(narrate),
  ];
}

const HEADINGS = ['node', 'role', 'epoch', 'log', 'high watermark', 'ISR', 'leader epochs', 'fetches from', 'last answer'];

function replicasText(partition: string, before: readonly TraceLine[], view: ClusterView): string[] {
  const rows = [...view.nodeIds].flatMap(([name, nodeId]) => {
    const node = view.nodes.get(name);
    const replica = node?.broker?.replicas.find((candidate) => candidate.partition === partition);
    if (replica === undefined) {
      return isAssigned(partition, nodeId, view)
        ? [[name, node === undefined ? 'down' : 'no replica', '', '', '', '', '', '', '']]
        : [];
    }
    return [[name, ...replicaCells(replica), ...fetchCells(partition, nodeId, name, replica, before, view)]];
  });
  const quorum = partition === '__cluster_metadata-0' ? quorumRows(view) : [];
  if (quorum.length > 0) return ['The quorum:', ...table(['node', 'role', 'leader', 'epoch', 'log', 'high watermark'], quorum)];
  return rows.length === 0 ? [`Nobody has a replica of ${partition}.`] : [`Replicas of ${partition}:`, ...table(HEADINGS, rows)];
}

function replicaCells(replica: ReplicaInspection): string[] {
  return [
    replica.role,
    String(replica.leaderEpoch),
    `${replica.logStartOffset}..${replica.logEndOffset}`,
    String(replica.highWatermark),
    `${replica.isr.join(' ')}${replica.isrChangePending ? ' (a change is pending)' : ''}`,
    replica.epochs.map(({ epoch, startOffset }) => `${epoch}@${startOffset}`).join(' ') || 'none',
  ];
}

/** Whom a follower asked last, and what it was told. */
function fetchCells(
  partition: string,
  nodeId: number,
  name: string,
  { role }: ReplicaInspection,
  before: readonly TraceLine[],
  view: ClusterView,
): string[] {
  if (role !== 'follower') return ['', ''];
  const last = before.findLast(({ what, node }) => {
    if (!('partition' in what) || what.partition !== partition) return false;
    if (what.type === 'fetch-applied') return node === name;
    return (what.type === 'fetch-rejected' || what.type === 'fetch-diverged') && what.replica === nodeId;
  });
  if (last === undefined) return ['nobody yet', ''];
  const { what } = last;
  const at = narrateTime(last.timeUs).trim();
  switch (what.type) {
    case 'fetch-applied':
      return [nameOf(what.askedNode, view), `${at}: ${what.diverging ? 'diverging, cut to' : 'up to'} ${what.endOffset}`];
    case 'fetch-rejected':
      return [last.node, `${at}: ${errorName(what.error)} at ${what.fetchOffset}${times(what.times)}`];
    case 'fetch-diverged':
      return [last.node, `${at}: epoch ${what.epochEnd.epoch} ends at ${what.epochEnd.endOffset}${times(what.times)}`];
    default:
      return ['', ''];
  }
}

function times(count: number): string {
  return count > 1 ? `, ${count} times so far` : '';
}

function nameOf(nodeId: number, view: ClusterView): string {
  return [...view.nodeIds].find(([, id]) => id === nodeId)?.[0] ?? String(nodeId);
}

/** By the newest metadata that a live node has. */
function isAssigned(partition: string, nodeId: number, { nodes }: ClusterView): boolean {
  const newest = [...nodes.values()].toSorted((a, b) => b.metadata.provenance.offset - a.metadata.provenance.offset)[0];
  for (const topic of newest?.metadata.topicsById.values() ?? []) {
    for (const [index, { replicas }] of topic.partitions)
      if (topicPartitionKey(topic.name, index) === partition) return replicas.includes(nodeId);
  }
  return false;
}

function quorumRows({ nodeIds, nodes }: ClusterView): string[][] {
  return [...nodeIds.keys()].map((name) => {
    const node: NodeInspection | undefined = nodes.get(name);
    if (node === undefined) return [name, 'down', '', '', '', ''];
    const { role, leaderId, epoch, logStartOffset, logEndOffset, highWatermark } = node.quorum;
    return [name, role, String(leaderId), String(epoch), `${logStartOffset}..${logEndOffset}`, String(highWatermark)];
  });
}

function groupText(group: string, { nodes }: ClusterView): string[] {
  const rows = [...nodes].flatMap(([name, { broker }]) => {
    const summary = broker?.groups.find((candidate) => candidate.group === group);
    if (summary === undefined) return [];
    const offsets = summary.offsets.map(({ partition, offset }) => `${partition}@${offset}`).join(' ');
    return [[name, summary.state, String(summary.generation), summary.members.join(' ') || 'none', offsets || 'none']];
  });
  if (rows.length === 0) return [`No broker has group ${group} loaded.`];
  return [`Group ${group}:`, ...table(['coordinator', 'state', 'generation', 'members', 'committed offsets'], rows)];
}

function faultsText({ faults }: TraceMemory): string[] {
  if (faults.length === 0) return ['No fault was under way.'];
  return [
    'Faults under way:',
    ...faults.map(
      ({ fault, sinceUs }) =>
        `  ${fault.kind} on ${fault.targets.join(', ')} since ${narrateTime(sinceUs).trim()}, for ${fault.forMs} ms`,
    ),
  ];
}

function moreText(subjects: Subjects, { partitions }: TraceMemory, time: string, again: string): string[] {
  const partition = [...subjects].find((name) => partitions.has(name));
  return [
    'More:',
    ...(partition === undefined ? [] : [`  ${again} --partition ${partition}`]),
    `  ${again} --around ${time.replace(' ', '')}`,
    `  ${again} --all`,
  ];
}

function table(headings: readonly string[], rows: readonly (readonly string[])[]): string[] {
  const all = [headings, ...rows];
  const widths = headings.map((_, column) => Math.max(...all.map((row) => row[column]?.length ?? 0)));
  return all.map((row) => `  ${row.map((cell, column) => cell.padEnd(widths[column] ?? 0)).join('  ')}`.trimEnd());
}

function indented(lines: readonly string[]): string[] {
  return lines.map((line) => `  ${line}`);
}
