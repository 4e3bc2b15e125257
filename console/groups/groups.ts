/** `trial groups`: lists, describes and deletes consumer groups and their offsets, as kafka-consumer-groups.sh does. */
import type { Admin } from '../../core/client/admin/admin.ts';
import { connected } from '../connection.ts';
import type { ExitStatus } from '../errors.ts';
import { runTool } from '../run.ts';
import { standardStreams, type Terminal } from '../terminal.ts';
import { deleteGroups, deleteOffsets } from './delete.ts';
import { describeGroups } from './describe.ts';
import { listGroups } from './list.ts';
import { type GroupsOptions, groupsAction, statesWanted, typesWanted } from './options.ts';
import { resetOffsets, resetRequest } from './reset.ts';
import { parseScopes } from './scope.ts';

/** Runs the tool; resolves with the exit status. */
export function runGroups(options: GroupsOptions, terminal: Terminal = standardStreams): Promise<ExitStatus> {
  return runTool(terminal, async () => {
    const act = prepare(options, terminal);
    // An explicit property wins.
    const commandProperty = [`default.api.timeout.ms=${options.timeout}`, ...(options.commandProperty ?? [])];
    return connected({ ...options, commandProperty }, terminal, ({ admin }) => act(admin));
  });
}

function prepare(options: GroupsOptions, terminal: Terminal): (admin: Admin) => Promise<ExitStatus | undefined> {
  switch (groupsAction(options)) {
    case 'list':
      statesWanted(options.state);
      typesWanted(options.type);
      return async (admin) => {
        await listGroups(admin, options, terminal);
        return undefined;
      };
    case 'describe':
      return async (admin) => describeGroups(admin, await groupsOf(admin, options), options, terminal);
    case 'delete':
      return async (admin) => deleteGroups(admin, await groupsOf(admin, options), terminal);
    case 'resetOffsets': {
      const request = resetRequest(options);
      return async (admin) => resetOffsets(admin, await groupsOf(admin, options), request, terminal);
    }
    case 'deleteOffsets': {
      const { group: [group = ''] = [], topic: topics = [] } = options;
      parseScopes(topics);
      return (admin) => deleteOffsets(admin, group, topics, terminal);
    }
  }
}

/** Those named, or all, sorted, each once. */
async function groupsOf(admin: Admin, options: GroupsOptions): Promise<string[]> {
  const groups =
    options.allGroups === true ? (await admin.listConsumerGroups()).map(({ groupId }) => groupId) : (options.group ?? []);
  return [...new Set(groups)].sort();
}
