/** Who this consumer is in its group: what a transactional producer commits offsets as (KIP-447). */
export interface GroupMetadata {
  readonly groupId: string;
  /** -1: not a member. */
  readonly generationId: number;
  /** '': not a member. */
  readonly memberId: string;
  /** Of a static member. */
  readonly groupInstanceId: string | null;
}
