/** The module that a pool's threads run for a mutant. */
export function mutantRunner(mutant: string): URL {
  const url = new URL('./mutant-runner.ts', import.meta.url);
  url.searchParams.set('mutant', mutant);
  return url;
}
