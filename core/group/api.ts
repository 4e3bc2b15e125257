/** What the group coordinator is told beside a request, and what it tells of its groups. */

/** Who asks. Some answers differ by the version of the request. */
export interface GroupRequestContext {
  readonly version: number;
  readonly clientId: string | null;
  readonly clientHost: string;
}

/** Who asks in the consumer protocol. */
export interface ConsumerRequestContext extends GroupRequestContext {
  /** May the client know that there is such a topic? */
  readonly maySeeTopic: (topic: string) => boolean;
}

/** A group as an operator would see it. */
export interface GroupSummary {
  readonly group: string;
  readonly state: string;
  readonly generation: number;
  readonly members: readonly string[];
  readonly offsets: readonly { readonly partition: string; readonly offset: number }[];
}
