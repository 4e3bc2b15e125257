/** Which groups with members may change their protocol (`group.consumer.migration.policy`, KIP-848). */
export const MIGRATION_POLICIES = ['disabled', 'downgrade', 'upgrade', 'bidirectional'] as const;

export type MigrationPolicy = (typeof MIGRATION_POLICIES)[number];

export function isMigrationPolicy(text: string): text is MigrationPolicy {
  return MIGRATION_POLICIES.some((policy) => policy === text);
}

/** Given in whatever case. */
export function migrationPolicy(text: string): MigrationPolicy {
  const policy = text.toLowerCase();
  if (!isMigrationPolicy(policy)) throw new RangeError(`"${text}" is no policy of migration`);
  return policy;
}
