/** The text of a source with a mutant's changes. */
import { UsageError } from '../usage.ts';
import { type Edit, editsOf, type NamedMutant } from './mutant.ts';

/** Applies the changes that a mutant makes to one file. Throws UsageError, which names the text, unless it is found exactly once. */
export function applyTo(text: string, file: string, mutant: NamedMutant): string {
  let changed = text;
  for (const edit of editsOf(mutant)) if (edit.file === file) changed = applyEdit(changed, edit, mutant.id);
  return changed;
}

function applyEdit(text: string, { file, find, replace }: Edit, id: string): string {
  const [before, after, ...more] = text.split(find);
  if (before === undefined || after === undefined || more.length > 0) {
    const times = after === undefined ? 'not found' : `found ${more.length + 1} times`;
    throw new UsageError(`the mutant ${id} can't be applied: in ${file} its text is ${times}, and must be found once: ${find}`);
  }
  return before + replace + after;
}
