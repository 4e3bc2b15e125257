/** A few things by name, of many how many they are. */

const NAMED_MOST = 8;

export function listed(names: readonly string[]): string {
  if (names.length === 0) return 'nothing';
  const rest = names.length - NAMED_MOST;
  return rest <= 1 ? names.join(', ') : `${names.slice(0, NAMED_MOST).join(', ')} and ${rest} more`;
}
