/** OffsetCommit and OffsetFetch name topics by their names up to this version, and by their ids from the next on (KIP-848). */
import type { RequestVersions } from '../rpc/api-versions.ts';

export const OFFSETS_BY_NAME: RequestVersions = { maxVersion: 9 };
