/** Properties of a subscription to clients' metrics (KIP-714). Kept and described; there is no telemetry. */
import { ConfigError, defineConfig, int, list } from './definition.ts';

const MATCHED = new Set([
  'client_instance_id',
  'client_id',
  'client_software_name',
  'client_software_version',
  'client_source_address',
  'client_source_port',
]);

export const CLIENT_METRICS_CONFIG = defineConfig({
  metrics: list([], 'medium', 'No meaning here.'),
  'interval.ms': int(300_000, 'medium', 'No meaning here.'),
  match: list([], 'medium', 'No meaning here.'),
});

const [LEAST_INTERVAL_MS, MOST_INTERVAL_MS] = [100, 3_600_000];

/** Why the interval cannot be accepted: one sentence, or null when it can. */
export function intervalProblem(intervalMs: number): string | null {
  if (intervalMs >= LEAST_INTERVAL_MS && intervalMs <= MOST_INTERVAL_MS) return null;
  return `interval.ms is ${intervalMs}, but it must be between ${LEAST_INTERVAL_MS} and ${MOST_INTERVAL_MS}.`;
}

/** Each pattern is `property=regular expression`. Throws ConfigError. */
export function checkMatch(patterns: readonly string[]): void {
  for (const pattern of patterns) {
    const [property = '', expression, ...more] = pattern.split('=');
    const isPattern = MATCHED.has(property.trim()) && expression !== undefined && expression !== '' && more.length === 0;
    if (!isPattern || !isRegularExpression(expression.trim()))
      throw new ConfigError(`match holds ${pattern}, but each must be one of ${[...MATCHED].join(', ')}, and = with a pattern.`);
  }
}

function isRegularExpression(text: string): boolean {
  try {
    return new RegExp(text) instanceof RegExp;
  } catch {
    return false;
  }
}
