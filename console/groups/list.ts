/** `groups --list`: the ids of the groups, or a table with types and states. */
import type { Admin, GroupListing } from '../../core/client/admin/admin.ts';
import { column, type Terminal } from '../terminal.ts';
import { type GroupsOptions, statesWanted, typesWanted } from './options.ts';

export async function listGroups(admin: Admin, options: GroupsOptions, terminal: Terminal): Promise<void> {
  const states = statesWanted(options.state);
  const types = typesWanted(options.type);
  const groups = (await admin.listConsumerGroups()).filter(
    (group) => (states === null || states.has(stateOf(group))) && (types === null || types.has(typeOf(group))),
  );
  if (options.state === undefined && options.type === undefined) for (const { groupId } of groups) terminal.out(`${groupId}\n`);
  else for (const line of groupLines(groups, options.type !== undefined, options.state !== undefined)) terminal.out(`${line}\n`);
}

export function groupLines(groups: readonly GroupListing[], withType: boolean, withState: boolean): string[] {
  const width = Math.max(15, ...groups.map(({ groupId }) => groupId.length)) + 10;
  const line = (id: string, type: string, state: string) =>
    [column(id, width), ...(withType ? [column(type, 20)] : []), ...(withState ? [column(state, 20)] : [])].join(' ');
  return [line('GROUP', 'TYPE', 'STATE'), ...groups.map((group) => line(group.groupId, typeOf(group), stateOf(group)))];
}

function stateOf({ groupState }: GroupListing): string {
  return groupState === '' ? 'Unknown' : groupState;
}

/** Brokers before 3.8 do not tell the type. */
function typeOf({ groupType }: GroupListing): string {
  return groupType === '' ? 'Unknown' : `${groupType.charAt(0).toUpperCase()}${groupType.slice(1).toLowerCase()}`;
}
