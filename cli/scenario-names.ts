/** `standard,./mine.ts` */
export function scenarioNames(text: string): readonly string[] {
  return text.split(',').filter((name) => name !== '');
}
