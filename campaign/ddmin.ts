/** Delta debugging: a small part of a list, or a small number, that still has a property. Tests may be slow: they are few. */

/** A sublist that passes the test and from which no single item can be left out (unless `test` changed its mind). */
export async function ddmin<T>(items: readonly T[], test: (kept: readonly T[]) => Promise<boolean>): Promise<readonly T[]> {
  if (items.length === 0) return items;
  if (await test([])) return [];
  let kept = items;
  let parts = 2;
  while (kept.length >= 2) {
    const size = Math.ceil(kept.length / parts);
    let smaller: readonly T[] | null = null;
    for (let from = 0; from < kept.length && smaller === null; from += size) {
      const without = [...kept.slice(0, from), ...kept.slice(from + size)];
      if (without.length > 0 && (await test(without))) smaller = without;
    }
    if (smaller !== null) {
      kept = smaller;
      parts = Math.max(2, parts - 1);
    } else if (size === 1) {
      break;
    } else {
      parts = Math.min(kept.length, parts * 2);
    }
  }
  return kept;
}

/** As ddmin; where one item is enough, as it often is, it is found soon. */
export async function fewest<T>(items: readonly T[], test: (kept: readonly T[]) => Promise<boolean>): Promise<readonly T[]> {
  if (items.length === 0) return items;
  if (await test([])) return [];
  for (const item of items.length > 2 ? items : []) if (await test([item])) return [item];
  return ddmin(items, test);
}

/** The smallest whole number from `min` to `value` for which bisection finds that the test passes; it passes for `value`. */
export async function bisect(value: number, min: number, test: (smaller: number) => Promise<boolean>): Promise<number> {
  if (value <= min) return value;
  if (await test(min)) return min;
  let failing = min;
  let passing = value;
  while (passing - failing > Math.max(1, Math.floor(passing / 10))) {
    const middle = Math.floor((passing + failing) / 2);
    if (await test(middle)) passing = middle;
    else failing = middle;
  }
  return passing;
}
