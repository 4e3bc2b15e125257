/** Members of groups, for the scripts that need one. */
import type { ResponseTypes } from '../../../core/protocol/messages/index.ts';
import type { Conversation } from '../conversation.ts';

/** The id of a member that there is not. */
export const NOBODY = 'nobody-0f8fad5b-d9cb-469f-a165-70867728950e';

export const bytes = (text: string): Uint8Array => Buffer.from(text);

interface Join {
  readonly version?: number;
  readonly memberId?: string;
  readonly instance?: string;
  readonly protocols?: readonly string[];
  readonly protocolType?: string;
  readonly sessionTimeoutMs?: number;
  readonly metadata?: string;
}

export function joinBody(groupId: string, join: Join): object {
  const {
    memberId = '',
    instance,
    protocols = ['range'],
    protocolType = 'consumer',
    sessionTimeoutMs = 10_000,
    metadata = 'm',
  } = join;
  return {
    groupId,
    sessionTimeoutMs,
    rebalanceTimeoutMs: 10_000,
    memberId,
    protocolType,
    protocols: protocols.map((name) => ({ name, metadata: Buffer.from(metadata, 'latin1') })),
    ...(instance === undefined ? {} : { groupInstanceId: instance }),
  };
}

/** Joins, and writes the answer down. */
export const ask = (
  talk: Conversation,
  step: string,
  groupId: string,
  join: Join = {},
): Promise<ResponseTypes['JoinGroup'] | null> =>
  talk.ask(step, 'JoinGroup', join.version ?? 5, joinBody(groupId, join) as { groupId: string });

/** Joins as a new member that gets its id first, and syncs as the only one. */
export async function alone(
  talk: Conversation,
  groupId: string,
  more: Join = {},
): Promise<{ memberId: string; generationId: number }> {
  const first = await talk.quietly('JoinGroup', 5, joinBody(groupId, more) as { groupId: string });
  const joined =
    first.errorCode === 79
      ? await talk.quietly('JoinGroup', 5, joinBody(groupId, { ...more, memberId: first.memberId }) as { groupId: string })
      : first;
  const { memberId, generationId } = joined;
  await talk.quietly('SyncGroup', 3, {
    groupId,
    generationId,
    memberId,
    groupInstanceId: more.instance ?? null,
    assignments: [{ memberId, assignment: bytes('a') }],
  });
  return { memberId, generationId };
}
