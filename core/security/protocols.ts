/** How a listener is secured. */

/** Kafka's security protocols with their numbers in broker registrations. */
export const SECURITY_PROTOCOL_IDS = { PLAINTEXT: 0, SSL: 1, SASL_PLAINTEXT: 2, SASL_SSL: 3 } as const;

export type SecurityProtocol = keyof typeof SECURITY_PROTOCOL_IDS;

export const SECURITY_PROTOCOLS = Object.keys(SECURITY_PROTOCOL_IDS) as readonly SecurityProtocol[];

export function isSecurityProtocol(name: string): name is SecurityProtocol {
  return name in SECURITY_PROTOCOL_IDS;
}

export function usesTls(protocol: SecurityProtocol): boolean {
  return protocol === 'SSL' || protocol === 'SASL_SSL';
}

export function usesSasl(protocol: SecurityProtocol): boolean {
  return protocol === 'SASL_PLAINTEXT' || protocol === 'SASL_SSL';
}
