/**
 * Kafka's CooperativeStickyAssignor (KIP-429, KIP-792): as StickyAssignor, but a partition that is to move goes to nobody while another member
 * has it. Its owner gives it up when it hears of this assignment, joins again, and only then is it given to who is to have it.
 *
 * Of a partition that two members claim in one generation neither is believed, and both must give it up first. Kafka does so where all members
 * subscribe to the same topics, and otherwise lets one of the two keep it.
 */
import { keyOf } from '../metadata.ts';
import type { Assignor, MemberSubscription } from './assignor.ts';
import { assignSticky, claimsOf, type Previous } from './sticky-assignment.ts';

export const cooperativeStickyAssignor: Assignor = {
  name: 'cooperative-sticky',
  isCooperative: true,
  userData: (_owned, generationId) => encodeGeneration(generationId),
  assign(partitionCounts, members) {
    const claims = claimsOf(members, previousOf);
    const assignment = assignSticky(partitionCounts, members, claims);
    for (const [member, partitions] of assignment) {
      const mayBeGiven = partitions.filter((partition) => {
        const claim = claims.get(keyOf(partition));
        return claim === undefined || claim.member === member;
      });
      assignment.set(member, mayBeGiven);
    }
    return assignment;
  },
};

/** From version 2 on a subscription says itself what generation its partitions are of; before, the user data do. */
function previousOf({ ownedPartitions, generationId, userData }: MemberSubscription): Previous {
  return { partitions: ownedPartitions, generation: generationId >= 0 ? generationId : decodeGeneration(userData) };
}

/** Kafka's user data of it, version 0: an int32. */
function encodeGeneration(generationId: number): Uint8Array {
  const bytes = new Uint8Array(4);
  new DataView(bytes.buffer).setInt32(0, generationId);
  return bytes;
}

function decodeGeneration(bytes: Uint8Array | null): number {
  if (bytes === null || bytes.length < 4) return -1;
  return new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength).getInt32(0);
}
