/**
 * What the broker asks of the group coordinator, and what it tells it. Requests come decoded; the answer goes to `done`, at
 * once or later, exactly once. Errors are in the answer, never thrown.
 */
import type { RequestTypes, ResponseTypes } from '../protocol/messages/index.ts';
import type { Draft } from '../protocol/schema.ts';

/** Who asks. Some answers differ by the version of the request. */
export interface GroupRequestContext {
  readonly version: number;
  readonly clientId: string | null;
  readonly clientHost: string;
}

export type GroupApiName =
  | 'JoinGroup'
  | 'SyncGroup'
  | 'Heartbeat'
  | 'LeaveGroup'
  | 'OffsetCommit'
  | 'OffsetFetch'
  | 'DescribeGroups'
  | 'ListGroups'
  | 'DeleteGroups'
  | 'OffsetDelete';

/** One handler per API. */
export type GroupHandlers = {
  readonly [A in GroupApiName]: (
    context: GroupRequestContext,
    request: RequestTypes[A],
    done: (response: Draft<ResponseTypes[A]>) => void,
  ) => void;
};

/** A group as an operator would see it. */
export interface GroupSummary {
  readonly group: string;
  readonly state: string;
  readonly generation: number;
  readonly members: readonly string[];
  readonly offsets: readonly { readonly partition: string; readonly offset: number }[];
}
