/** Log directory ids that no directory has, but that say something of where a replica lies (KIP-858). */

/** The replica is from a time when directories had no ids. */
export const DIRECTORY_MIGRATING = 'AAAAAAAAAAAAAAAAAAAAAA';
/** Its broker has not said yet. */
export const DIRECTORY_UNASSIGNED = 'AAAAAAAAAAAAAAAAAAAAAQ';
/** In a directory that its broker lost. */
export const DIRECTORY_LOST = 'AAAAAAAAAAAAAAAAAAAAAg';

/** The first 100 ids are reserved by Kafka: fifteen bytes of 0, and a last byte below 100. */
const RESERVED_DIRECTORY = /^A{20}[A-Y][AQgw]$/;

/** Is this id one that no log directory may have? */
export function isReservedDirectory(id: string): boolean {
  return RESERVED_DIRECTORY.test(id);
}
