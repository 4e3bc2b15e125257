/** When each process was up, paused, slow or down, and what it was in the quorum. */
import type { TraceEvent } from '../../../core/trace.ts';
import type { WorldChange } from '../../../sim/observe.ts';
import type { Plan } from '../../../sim/plan.ts';
import { nodesOf } from '../../../sim/cluster.ts';
import { processesOf } from '../../../sim/run.ts';
import type { ProcessState, ProcessTrack } from './run-record.ts';

interface Building {
  readonly track: Omit<ProcessTrack, 'states' | 'quorum' | 'votes'>;
  readonly states: { us: number; state: ProcessState; why: string }[];
  readonly quorum: { us: number; role: string; epoch: number; isActive: boolean }[];
  readonly votes: ProcessTrack['votes'][number][];
  factor: number;
}

export class ProcessTracks {
  readonly #all: readonly Building[];
  readonly #indexes: ReadonlyMap<string, number>;

  constructor(plan: Plan) {
    const nodes = new Map(nodesOf(plan).map((node) => [node.name, node]));
    const clients = new Set(plan.clients.map(({ name }) => name));
    const names = processesOf(plan);
    this.#indexes = new Map(names.map((name, index) => [name, index]));
    this.#all = names.map((name) => {
      const node = nodes.get(name);
      const roles = [node?.isBroker === true ? 'broker' : null, node?.isController === true ? 'controller' : null];
      const kind = roles.filter((role) => role !== null).join(' and ') || (clients.has(name) ? 'client' : 'harness');
      return {
        track: { name, kind: kind as ProcessTrack['kind'], nodeId: node?.nodeId ?? -1, rack: node?.rack ?? null },
        states: [{ us: 0, state: 'down', why: 'not started yet' }],
        quorum: [],
        votes: [],
        factor: 1,
      };
    });
  }

  /** -1: there is none of this name. */
  indexOf(name: string): number {
    return this.#indexes.get(name) ?? -1;
  }

  /** True: the process ended by it. */
  onWorld(us: number, index: number, change: WorldChange): boolean {
    const building = this.#all[index];
    if (building === undefined) return false;
    const set = (state: ProcessState, why: string): void => void building.states.push({ us, state, why });
    switch (change.type) {
      case 'started':
        set('up', change.incarnation === 0 ? 'started' : `started again (life ${change.incarnation + 1})`);
        return false;
      case 'resumed':
        set(building.factor > 1 ? 'slow' : 'up', 'goes on');
        return false;
      case 'paused':
        set('paused', 'paused');
        return false;
      case 'slowed':
        building.factor = change.factor;
        if (building.states.at(-1)?.state === 'down') return false;
        set(change.factor > 1 ? 'slow' : 'up', change.factor > 1 ? `${change.factor} times as slow` : 'as fast as ever');
        return false;
      case 'crashed':
      case 'stopped':
      case 'power-lost':
        set(
          'down',
          change.type === 'crashed'
            ? `crashed (${change.reason})`
            : change.type === 'stopped'
              ? 'stopped in order'
              : 'lost power',
        );
        return true;
      default:
        return false;
    }
  }

  onEvent(us: number, index: number, event: TraceEvent): void {
    const building = this.#all[index];
    if (building === undefined) return;
    const last = building.quorum.at(-1);
    if (event.type === 'quorum-voted') {
      building.votes.push({ us, epoch: event.epoch, candidate: event.candidate });
    } else if (event.type === 'quorum-transition') {
      if (event.to === 'candidate') building.votes.push({ us, epoch: event.epoch, candidate: building.track.nodeId });
      building.quorum.push({
        us,
        role: event.to,
        epoch: event.epoch,
        isActive: event.to === 'leader' && last?.isActive === true,
      });
    } else if (event.type === 'controller-activated' || event.type === 'controller-renounced') {
      building.quorum.push({ us, role: last?.role ?? '', epoch: event.epoch, isActive: event.type === 'controller-activated' });
    }
  }

  /** A life of it is over. */
  onEnded(us: number, index: number): void {
    this.#all[index]?.quorum.push({ us, role: '', epoch: -1, isActive: false });
  }

  get tracks(): readonly ProcessTrack[] {
    return this.#all.map(({ track, states, quorum, votes }) => ({ ...track, states, quorum, votes }));
  }
}
