/** A moment in a page's address: `page.html#32.005522` opens it there. */

/** What follows the `#` as simulated time, µs; null: it is none. */
export function momentOfHash(hash: string): number | null {
  return /^#\d+(\.\d+)?$/.test(hash) ? Math.round(Number(hash.slice(1)) * 1e6) : null;
}
