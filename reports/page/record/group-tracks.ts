/** What groups went through: as their coordinators tell it, and who had which partition as the applications themselves knew it. */
import type { TraceEvent } from '../../../core/trace.ts';
import type { HistoryEvent, Session } from '../../../sim/history.ts';
import type { GroupTrack } from './run-record.ts';

interface Building {
  readonly states: GroupTrack['states'][number][];
  readonly owners: { partition: string; process: number; generation: number; fromUs: number; toUs: number }[];
  readonly commits: GroupTrack['commits'][number][];
  /** By session and partition, what is owned now. */
  readonly owned: Map<string, { toUs: number }>;
}

export class GroupTracks {
  readonly #groups = new Map<string, Building>();

  onEvent(us: number, process: number, event: TraceEvent): void {
    switch (event.type) {
      case 'group-transition':
        this.#group(event.group).states.push({
          us,
          process,
          state: event.to,
          generation: event.generation,
          members: event.members,
        });
        break;
      case 'consumer-group-changed':
        this.#group(event.group).states.push({
          us,
          process,
          state: event.state,
          generation: event.epoch,
          members: event.members.map(({ member }) => member),
        });
        break;
      case 'group-deleted':
        this.#group(event.group).states.push({ us, process, state: 'Dead', generation: -1, members: [] });
        break;
      case 'offset-committed':
        this.#group(event.group).commits.push({ us, partition: event.partition, offset: event.offset });
        break;
      case 'transactional-offsets-ended':
        for (const { group, partition, offset, isApplied } of event.offsets) {
          if (isApplied) this.#group(group).commits.push({ us, partition, offset });
        }
        break;
      default:
        break;
    }
  }

  onHistory(us: number, process: number, event: HistoryEvent): void {
    const group = groupOf(event.session);
    if (group === null) return;
    const { owned, owners } = this.#group(group);
    const { id } = event.session;
    switch (event.type) {
      case 'assigned':
        for (const { topic, partition } of event.partitions) {
          const name = `${topic}-${partition}`;
          if (owned.has(`${id} ${name}`)) continue;
          const span = { partition: name, process, generation: event.generation, fromUs: us, toUs: Number.POSITIVE_INFINITY };
          owned.set(`${id} ${name}`, span);
          owners.push(span);
        }
        break;
      case 'revoked':
      case 'lost':
        for (const { topic, partition } of event.partitions) ended(owned, `${id} ${topic}-${partition}`, us);
        break;
      case 'closed':
      case 'crashed':
        for (const key of [...owned.keys()]) if (key.startsWith(`${id} `)) ended(owned, key, us);
        break;
      default:
        break;
    }
  }

  /** Of a run that ended at this time; in alphabetical order. */
  tracks(endUs: number): readonly GroupTrack[] {
    return [...this.#groups]
      .map(([name, { states, owners, commits }]) => ({
        name,
        states,
        owners: owners.map((owner) => ({ ...owner, toUs: Math.min(owner.toUs, endUs) })),
        commits,
      }))
      .toSorted((a, b) => a.name.localeCompare(b.name, 'en', { numeric: true }));
  }

  #group(name: string): Building {
    let group = this.#groups.get(name);
    if (group === undefined) {
      group = { states: [], owners: [], commits: [], owned: new Map() };
      this.#groups.set(name, group);
    }
    return group;
  }
}

function ended(owned: Building['owned'], key: string, us: number): void {
  const span = owned.get(key);
  if (span === undefined) return;
  span.toUs = us;
  owned.delete(key);
}

function groupOf({ kind, properties }: Session): string | null {
  const group = properties['group.id'];
  return kind === 'consumer' && group !== undefined ? String(group) : null;
}
