/** What somebody may have meant who wrote a name that does not exist. */

/** Single-character edits between two names. */
function editDistance(a: string, b: string): number {
  let row = Array.from({ length: b.length + 1 }, (_, i) => i);
  for (let i = 1; i <= a.length; i++) {
    const next = [i];
    for (let j = 1; j <= b.length; j++) {
      const replace = (row[j - 1] as number) + (a[i - 1] === b[j - 1] ? 0 : 1);
      next.push(Math.min(replace, (row[j] as number) + 1, (next[j - 1] as number) + 1));
    }
    row = next;
  }
  return row[b.length] as number;
}

/** The known name that is closest to `name`, upper and lower case being the same, or null if none is close. */
export function closestName(known: Iterable<string>, name: string): string | null {
  let best: string | null = null;
  let least = Math.max(1, Math.floor(name.length / 2.5)) + 1;
  for (const candidate of known) {
    const distance = editDistance(name.toLowerCase(), candidate.toLowerCase());
    if (distance < least) [best, least] = [candidate, distance];
  }
  return best;
}

/** `; did you mean "brokers"?`, or nothing. */
export function meant(known: Iterable<string>, name: string): string {
  const closest = closestName(known, name);
  return closest === null ? '' : `; did you mean "${closest}"?`;
}
