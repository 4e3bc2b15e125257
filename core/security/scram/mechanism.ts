/** The SCRAM mechanisms (RFC 5802, RFC 7677) and their limits in Kafka. */
import type { HashAlgorithm } from '../../../ports/crypto.ts';

export type ScramMechanism = 'SCRAM-SHA-256' | 'SCRAM-SHA-512';

export interface ScramMechanismFacts {
  readonly name: ScramMechanism;
  /** Its number in requests and metadata records. */
  readonly type: number;
  readonly algorithm: HashAlgorithm;
  readonly minIterations: number;
}

export const MAX_SCRAM_ITERATIONS = 16_384;

export const SCRAM: Readonly<Record<ScramMechanism, ScramMechanismFacts>> = {
  'SCRAM-SHA-256': { name: 'SCRAM-SHA-256', type: 1, algorithm: 'sha256', minIterations: 4096 },
  'SCRAM-SHA-512': { name: 'SCRAM-SHA-512', type: 2, algorithm: 'sha512', minIterations: 4096 },
};

/** Null: there is no mechanism of this number. */
export function scramMechanism(type: number): ScramMechanismFacts | null {
  return Object.values(SCRAM).find((facts) => facts.type === type) ?? null;
}

/** What a server keeps of a user's password. */
export interface ScramCredential {
  readonly salt: Uint8Array;
  readonly storedKey: Uint8Array;
  readonly serverKey: Uint8Array;
  readonly iterations: number;
}
