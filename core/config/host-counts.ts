/** Lists such as `localhost:10,10.0.0.7:200`: a number for each host. */

/** Null if the text is no such list. */
export function hostCounts(text: string): ReadonlyMap<string, number> | null {
  const counts = new Map<string, number>();
  for (const item of text.split(',').map((part) => part.trim())) {
    if (item === '') continue;
    // The last colon, since addresses of IPv6 have some of their own.
    const match = /^(.+):(\d+)$/.exec(item);
    if (match === null) return null;
    counts.set(match[1] as string, Number(match[2]));
  }
  return counts;
}
