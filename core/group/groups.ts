/** The state of one shard of the group coordinator: its groups, by id. */
import type { CoordinatorShard } from '../coordinator/coordinator-shard.ts';
import { Group } from './group.ts';

export type GroupShard = CoordinatorShard<Groups>;

export class Groups extends Map<string, Group> {
  getOrCreate(id: string): Group {
    let group = this.get(id);
    if (group === undefined) {
      group = new Group(id);
      this.set(id, group);
    }
    return group;
  }

  /** Forgets a group that a failed write would have begun. */
  dropIfPristine(group: Group): void {
    if (group.isPristine && this.get(group.id) === group) this.delete(group.id);
  }
}
