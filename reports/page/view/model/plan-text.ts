/** Parts of a plan in words. */
import type { FaultPlan, FaultTarget } from '../../../../sim/plan.ts';

/** `isolate on leader orders-2 at 2100 ms for 8000 ms` */
export function faultText({ kind, target, atMs, on, forMs }: FaultPlan): string {
  const when = on === undefined ? `at ${atMs ?? 0} ms` : `at ${on.event} ${on.nth}${on.afterMs > 0 ? ` + ${on.afterMs} ms` : ''}`;
  return `${kind} on ${targetText(target)} ${when}${forMs > 0 ? ` for ${forMs} ms` : ''}`;
}

export function targetText({ role, ...rest }: FaultTarget): string {
  return [role, ...Object.values(rest)].join(' ');
}
