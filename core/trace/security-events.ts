/** Who clients are (core/security). Nothing here tells a password or a key. */
export type SecurityEvent =
  /** `by`: SSL, or the SASL mechanism. */
  | { readonly type: 'connection-authenticated'; readonly connection: string; readonly principal: string; readonly by: string }
  | { readonly type: 'authentication-failed'; readonly connection: string; readonly reason: string };
